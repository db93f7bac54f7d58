"""The command line: `xmlcurl serve` answers lookups, `xmlcurl check-conf` reads a switch's configuration.

Each command imports what it needs when it runs: the check needs no server, and must not wait for one.
"""

import io
import sys
from pathlib import Path
from typing import Annotated

import typer

from xmlcurl.garbage import left_alone

commands = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    no_args_is_help=True,
    help="Answers FreeSWITCH's mod_xml_curl, and checks a FreeSWITCH that is to ask.",
)


@commands.command("serve")
def serve_command(
    *,
    workers: Annotated[
        int, typer.Option(min=1, max=64, metavar="N", help="So many processes at the same address; one for each core.")
    ] = 1,
) -> None:
    """Answer lookups until it is told to stop. Settings come from the environment, see docs/operations.md."""
    with left_alone():
        from xmlcurl.settings import SettingsError  # noqa: PLC0415 - not for check-conf
        from xmlcurl.workers import ready  # noqa: PLC0415 - the same

    try:
        with left_alone():
            serve = ready(workers)
        serve()
    except SettingsError as exc:
        typer.echo(f"xmlcurl: {exc}", err=True)
        raise typer.Exit(2) from None


@commands.command("check-conf")
def check_conf(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="The folder with freeswitch.xml, often /etc/freeswitch.")
    ],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: one JSON object.")] = False,
) -> None:
    """Say what will hurt in a FreeSWITCH configuration. Reads only: nothing in it is executed or fetched.

    Exit status: 0 nothing, or warnings only; 1 something lets somebody in; 2 DIR could not be checked.
    What each finding means is in docs/check-conf.md.
    """
    from rich.console import Console  # noqa: PLC0415 - not for serve

    from xmlcurl.checkconf.errors import ConfigurationError  # noqa: PLC0415 - the same
    from xmlcurl.checkconf.report import as_json as json_of  # noqa: PLC0415 - the same
    from xmlcurl.checkconf.report import check, print_to, printable  # noqa: PLC0415 - the same

    try:
        report = check(folder)
    except ConfigurationError as exc:
        typer.echo(f"xmlcurl: {printable(str(exc))}", err=True)
        raise typer.Exit(2) from None
    if as_json:
        typer.echo(json_of(report))
    else:
        # A name from somebody's file may hold what this terminal can't show.
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(errors="replace")
        print_to(Console(highlight=False), report)
    raise typer.Exit(1 if report.lets_somebody_in else 0)


def main() -> None:
    commands()
