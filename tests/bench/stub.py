"""Lookups that cost nothing: `python -m tests.bench.stub BIND FILE` answers with what stands in FILE.

FILE is JSON: documents by USER@DOMAIN, and under "" what everybody else gets.
"""

import json
import re
import sys
from pathlib import Path

from starlette.types import ASGIApp, Receive, Scope, Send

from tests.bench.hello import live
from xmlcurl.serving import serve_until_stopped

_ASKED = re.compile(rb"&user=([^&]*)&domain=([^&]*)")


def stub(documents: dict[str, str]) -> ASGIApp:
    """Reads the body as far as it must, and nothing else."""
    answers = {each.encode(): document.encode() for each, document in documents.items()}

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        body, is_all = b"", False
        while not is_all:
            message = await receive()
            body, is_all = body + message.get("body", b""), not message.get("more_body", False)
        found = _ASKED.search(body)
        answer = answers.get(b"@".join(found.groups()) if found else b"", answers[b""])
        length = (b"content-length", str(len(answer)).encode())
        await send({"type": "http.response.start", "status": 200, "headers": [length, (b"content-type", b"text/xml")]})
        await send({"type": "http.response.body", "body": answer})

    return app


if __name__ == "__main__":
    documents: dict[str, str] = json.loads(Path(sys.argv[2]).read_text())
    serve_until_stopped(stub(documents), setting="LOOKUP_BIND", bind=sys.argv[1])
