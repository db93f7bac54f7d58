"""Files of greetings for switches: the gate of lookups, GET and HEAD, one file a name.

A name holds the hash of its content, so what it stands for never changes: a switch may keep it for ever, and whoever
is told of another greeting asks for another name.
"""

import asyncio
import re
from typing import Final

import structlog
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from xmlcurl.documents import Documents
from xmlcurl.gate import Gate
from xmlcurl.metrics import LookupMetrics
from xmlcurl.store.call_model import Greeting
from xmlcurl.store.queries_greetings import find_greeting_file
from xmlcurl.store.reader import Connection, StoreUnavailable

DEADLINE_SECONDS: Final = 4.0
"""Longest that reading a file may take: below `download-timeout` of http_cache.conf, so that our 503 arrives."""

_NAME: Final = re.compile(r"([1-9][0-9]{0,17})-([0-9a-f]{64})\.(wav|mp3)", re.ASCII)
_TYPES: Final = {"wav": "audio/wav", "mp3": "audio/mpeg"}

_log = structlog.get_logger("xmlcurl.greetings")


class Greetings:
    """The page of files; it reads nothing for whom the gate does not admit."""

    def __init__(self, documents: Documents, gate: Gate, metrics: LookupMetrics) -> None:
        self._documents = documents
        self._gate = gate
        self._metrics = metrics

    async def page(self, request: Request) -> Response:
        """The file with the `name` in the path.

        404 unless there is a living greeting with that id and that content; 503 while nobody knows.
        """
        refusal = self._refusal(request)
        if refusal:
            self._metrics.refused.labels(status=str(refusal.status_code)).inc()
            return refusal
        wanted = _greeting(request.path_params["name"])
        if wanted is None:
            return _not_found()
        try:
            async with asyncio.timeout(DEADLINE_SECONDS):
                content = await self._file(wanted)
        except (StoreUnavailable, TimeoutError) as exc:
            _log.error("greeting_failed", greeting=wanted.id, reason=f"{type(exc).__name__} {exc}".strip())
            return PlainTextResponse("no answer now\n", status_code=503)
        if content is None:
            return _not_found()
        headers = {
            "cache-control": "private, max-age=31536000, immutable",
            "etag": f'"{wanted.sha256}"',
            "x-content-type-options": "nosniff",
        }
        return Response(content, media_type=_TYPES[wanted.format], headers=headers)

    def _refusal(self, request: Request) -> Response | None:
        if not self._gate.admits_address(request.client):
            return PlainTextResponse("this address may not ask\n", status_code=403)
        if not self._gate.admits_credentials(request.headers.raw):
            asked = {"www-authenticate": 'Basic realm="xmlcurl"'}
            return PlainTextResponse("credentials are required\n", status_code=401, headers=asked)
        return None

    async def _file(self, wanted: Greeting) -> bytes | None:
        async def load(connection: Connection) -> bytes | None:
            return await find_greeting_file(connection, wanted)

        return await self._documents.read(load)


def _greeting(name: str) -> Greeting | None:
    match = _NAME.fullmatch(name)
    return Greeting(int(match[1]), match[2], match[3]) if match else None


def _not_found() -> Response:
    return PlainTextResponse("no such greeting\n", status_code=404)
