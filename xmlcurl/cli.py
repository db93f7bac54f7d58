"""`xmlcurl serve`: the lookup service on the command line."""

import typer
import uvicorn

from xmlcurl import logs
from xmlcurl.app import create_app
from xmlcurl.settings import Settings, SettingsError, load, split_bind

BACKLOG = 4_096
"""Connections that may wait to be accepted: FreeSWITCH opens one for each lookup."""

commands = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help="Answers FreeSWITCH's mod_xml_curl.")


@commands.callback()
def group() -> None:
    """A group, so that `serve` is a word of its own."""


@commands.command("serve")
def serve_command() -> None:
    """Answer lookups until it is told to stop. Settings come from the environment, see docs/lookups.md."""
    try:
        serve(load(Settings))
    except SettingsError as exc:
        typer.echo(f"xmlcurl: {exc}", err=True)
        raise typer.Exit(2) from None


def serve(settings: Settings) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises:
        SettingsError: a URL can't be understood.
    """
    app = create_app(settings)
    logs.set_up(settings.log_level)
    host, port = split_bind(settings.lookup_bind)
    logs.get_log().info("serving", bind=settings.lookup_bind)
    uvicorn.run(
        app,
        host=host,
        port=port,
        loop="uvloop",
        http="httptools",
        ws="none",
        lifespan="on",
        backlog=BACKLOG,
        # X-Forwarded-For is believed from nobody: the allow list is about the peer itself.
        proxy_headers=False,
        server_header=False,
        access_log=False,
        log_config=None,
    )


def main() -> None:
    commands()
