"""`xmlcurl serve`: the lookup service on the command line."""

import typer

from xmlcurl import logs
from xmlcurl.app import create_app
from xmlcurl.serving import serve_until_stopped
from xmlcurl.settings import Settings, SettingsError, load

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
        SettingsError: a URL can't be understood, or the address is taken.
    """
    app = create_app(settings)
    logs.set_up(settings.log_level)
    serve_until_stopped(app, setting="LOOKUP_BIND", bind=settings.lookup_bind)


def main() -> None:
    commands()
