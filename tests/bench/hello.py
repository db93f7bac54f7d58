"""The least an ASGI application can do: `python -m tests.bench.hello BIND BYTES` answers BYTES bytes to everything.

It reads no body and looks at nothing. It is served as ours is, by xmlcurl/serving.py.
"""

import sys

from starlette.types import ASGIApp, Receive, Scope, Send

from xmlcurl.serving import serve_until_stopped


def hello(size: int) -> ASGIApp:
    """Answers `size` bytes."""
    body = b"x" * size
    headers = [(b"content-length", str(size).encode()), (b"content-type", b"text/xml; charset=utf-8")]

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await live(receive, send)
            return
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    return app


async def live(receive: Receive, send: Send) -> None:
    kind = ""
    while kind != "lifespan.shutdown":
        kind = (await receive())["type"]
        await send({"type": f"{kind}.complete"})


if __name__ == "__main__":
    serve_until_stopped(hello(int(sys.argv[2])), setting="LOOKUP_BIND", bind=sys.argv[1])
