"""Serves an ASGI application on one address, the same way on both sides."""

import asyncio
import os
import tempfile
from typing import Any, Final, Protocol, cast

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from xmlcurl.logs import get_log
from xmlcurl.settings import ENV_PREFIX, SettingsError, split_bind

BACKLOG: Final = 4_096
"""Connections that may wait to be accepted: FreeSWITCH opens one for each lookup."""

MOST_AT_WORK: Final = 512
"""Lookups of one process that may be at work; their first steps take a third of the shortest usual deadline."""

_TURNED_AWAY: Final = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\n"
    b"content-length: 14\r\nconnection: close\r\n\r\nno answer now\n"
)


class Crowded(Protocol):
    """An application that wants to know of those that did not get in."""

    def turned_away(self) -> None: ...


class Door(HttpToolsProtocol):
    """HTTP as uvicorn reads it, but what is posted while `MOST_AT_WORK` requests are at work gets 503 unread.

    To read and refuse each of thousands takes so long that those who were let in miss their deadline.
    """

    def data_received(self, data: bytes) -> None:
        # Health and metrics are still told: whoever asks for them would take a crowd for a failure. No part of a
        # body begins so: a form has no blanks.
        if len(self.tasks) >= MOST_AT_WORK and data.startswith(b"POST "):
            self.transport.write(_TURNED_AWAY)
            self.transport.close()
            cast(Crowded, self.app).turned_away()
        else:
            super().data_received(data)


def serve_until_stopped(
    app: ASGIApp, *, setting: str, bind: str, protocol: type[asyncio.Protocol] = HttpToolsProtocol
) -> None:
    """Serve at `bind`, the value of `setting`, until SIGINT or SIGTERM. `protocol` `Door`: `app` is Crowded.

    Raises:
        SettingsError: it can't be listened there; a line of the log says why.
    """
    _run(app, setting=setting, bind=bind, http=protocol)


def serve_by_many(app: str, workers: int, *, setting: str, bind: str, protocol: type[asyncio.Protocol]) -> None:
    """The same by so many processes; `app` is `module:function`, and the function makes it in each of them.

    Their metrics are added up in files of a folder that ends with them.

    Raises:
        SettingsError: it can't be listened there; a line of the log says why.
    """
    with tempfile.TemporaryDirectory(prefix="xmlcurl-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder  # noqa: TID251 - how prometheus_client is told, of children too
        _run(app, setting=setting, bind=bind, http=protocol, factory=True, workers=workers)


def _run(app: ASGIApp | str, *, setting: str, bind: str, **options: Any) -> None:
    host, port = split_bind(bind)
    get_log().info("serving", bind=bind)
    try:
        uvicorn.run(
            app,
            host=host,
            port=port,
            loop="uvloop",
            ws="none",
            lifespan="on",
            backlog=BACKLOG,
            # X-Forwarded-For: lookups believe nobody's, the API reads it itself, from TRUSTED_PROXIES only.
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
            **options,
        )
    except SystemExit as exc:
        raise SettingsError(f"{ENV_PREFIX}{setting}={bind}: can't be listened on, see the line above") from exc
