"""Serves an ASGI application on one address, the same way on both sides."""

import asyncio
import os
import tempfile
from typing import Any, Final

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from xmlcurl.logs import get_log
from xmlcurl.settings import ENV_PREFIX, SettingsError, split_bind

BACKLOG: Final = 4_096
"""Connections that may wait to be accepted: FreeSWITCH opens one for each lookup."""


def serve_until_stopped(
    app: ASGIApp, *, setting: str, bind: str, protocol: type[asyncio.Protocol] = HttpToolsProtocol
) -> None:
    """Serve at `bind`, the value of `setting`, until SIGINT or SIGTERM. `protocol` `Door`: `app` is of `Lookups`.

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
