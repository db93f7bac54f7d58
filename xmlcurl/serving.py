"""Serves an ASGI application on one address, the same way on both sides."""

from typing import Final

import uvicorn
from starlette.types import ASGIApp

from xmlcurl.logs import get_log
from xmlcurl.settings import ENV_PREFIX, SettingsError, split_bind

BACKLOG: Final = 4_096
"""Connections that may wait to be accepted: FreeSWITCH opens one for each lookup."""


def serve_until_stopped(app: ASGIApp, *, setting: str, bind: str) -> None:
    """Serve at `bind`, the value of `setting`, until SIGINT or SIGTERM.

    Raises:
        SettingsError: it can't be listened there; a line of the log says why.
    """
    host, port = split_bind(bind)
    get_log().info("serving", bind=bind)
    try:
        uvicorn.run(
            app,
            host=host,
            port=port,
            loop="uvloop",
            http="httptools",
            ws="none",
            lifespan="on",
            backlog=BACKLOG,
            # X-Forwarded-For: lookups believe nobody's, the API reads it itself, from TRUSTED_PROXIES only.
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
        )
    except SystemExit as exc:
        raise SettingsError(f"{ENV_PREFIX}{setting}={bind}: can't be listened on, see the line above") from exc
