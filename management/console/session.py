"""One command: the services that it calls, and what it prints."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Final, TypeVar

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from management.app import Backend, services_of
from management.audit import Actor
from management.auth import TenantScope
from management.migrations import require_current
from management.paging import Page, PageWanted
from management.settings import ManagementSettings
from management.web.services import Services
from management.writes import SwitchSync, Written
from xmlcurl.settings import load

T = TypeVar("T")

ACTOR: Final = Actor("cli")
"""Who did it, in the audit log."""
ROWS_AT_ONCE: Final = 200
WIDEST: Final = 10_000
"""Characters of a line that goes to no terminal."""

Json = typer.Option("--json", help="Print JSON, for programs.")
Tenant = typer.Option("--tenant", help="The tenant's domain.", metavar="DOMAIN")
PasswordStdin = typer.Option("--password-stdin", help="Read the password from standard input.")
WHAT_REPLACES: Final = "What pointed to it points to this one from then on."
Search = typer.Option("--search", help="Only what holds this text.")


def run(action: Callable[[Services], Awaitable[T]]) -> T:
    """What `action` returns. Every error that a command can end with leaves here as an exception."""
    settings = load(ManagementSettings)
    require_current(settings.database)
    return asyncio.run(_run(settings, action))


async def _run(settings: ManagementSettings, action: Callable[[Services], Awaitable[T]]) -> T:
    backend = Backend(settings)
    try:
        return await action(services_of(backend))
    finally:
        await backend.close()


async def tenant_of(services: Services, domain: str) -> TenantScope:
    """The tenant that an option names; raises ObjectUnknown."""
    found = await services.tenants.find(None, domain.lower())
    return TenantScope(found.id, found.domain, found.language)


async def everything(page: Callable[[PageWanted], Awaitable[Page[T]]], search: str | None) -> list[T]:
    """The rows of all pages."""
    rows: list[T] = []
    while True:
        found = await page(PageWanted(len(rows) // ROWS_AT_ONCE + 1, ROWS_AT_ONCE, search))
        rows += found.rows
        if found.number >= found.last:
            return rows


def show(written: Written[Any], *, as_json: bool) -> None:
    """The object that a command made or changed; on stderr, which switches are yet to be told."""
    show_object(asdict(written.result), as_json=as_json)
    show_sync(written.sync)


def show_object(values: Mapping[str, Any], *, as_json: bool) -> None:
    """One object, a line for each value."""
    if as_json:
        _print_json(dict(values))
        return
    table = Table.grid(padding=(0, 2))
    for name, value in values.items():
        table.add_row(Text(name, style="bold"), Text(_shown(value)))
    Console(soft_wrap=True).print(table)


def show_list(objects: Sequence[Any], columns: Sequence[str], *, as_json: bool) -> None:
    """Objects, one a line, with these columns; as JSON with all there are."""
    show_items([asdict(each) for each in objects], columns, as_json=as_json)


def show_items(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], *, as_json: bool) -> None:
    """The same for objects as the API shows them."""
    if as_json:
        _print_json(rows)
        return
    table = Table(*columns)
    for row in rows:
        # As text: a name that looks like markup is a name.
        table.add_row(*(Text(_shown(row[column])) for column in columns))
    # Whoever reads them by a program, grep say, has no margin: no value is broken in two.
    Console(width=None if sys.stdout.isatty() else WIDEST).print(table)


def show_sync(sync: SwitchSync) -> None:
    """Nothing when every switch has dropped its copies."""
    if sync.pending or sync.failed:
        sys.stderr.write(f"switches: {sync}\n")


def secret(what: str, *, is_from_stdin: bool) -> str:
    """A secret from stdin, or typed at a terminal. Never an option: other users can read command lines."""
    if is_from_stdin:
        return sys.stdin.readline().removesuffix("\n").removesuffix("\r")
    if not sys.stdin.isatty():
        raise typer.BadParameter(f"the {what} is typed at a terminal, or read from stdin with --password-stdin")
    typed: str = typer.prompt(f"The {what}", hide_input=True, err=True)
    return typed


def _print_json(value: Any) -> None:
    sys.stdout.write(json.dumps(value, default=_plain, ensure_ascii=False, indent=2) + "\n")


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return value.isoformat(timespec="seconds")
    raise TypeError(type(value).__name__)


def _shown(value: Any) -> str:
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return value.isoformat(sep=" ", timespec="seconds")
        case tuple() | list():
            return ", ".join(map(_shown, value))
        case dict():
            return json.dumps(value, ensure_ascii=False)
    return str(value)
