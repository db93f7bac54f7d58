"""`management ...`: start the parts, and change the store through the same services as the API.

Errors go to stderr: exit status 1 for a wish that was refused or failed, 2 for wrong words or
settings; never a traceback. Secrets are read from stdin, and shown once, when they are made.
"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, TypeVar

import typer
import uvicorn
from rich.console import Console
from rich.table import Table

from management import demo
from management.api.errors import texts
from management.api.messages import sentence
from management.api.services import Services
from management.app import Backend, create_app, services_of
from management.audit import Actor
from management.auth import ADMIN, SCOPES, TenantScope
from management.errors import Conflict, Invalid, ManagementError
from management.esl.supervisor import Supervisor
from management.extensions.commands import CreateExtension, ExtensionValues
from management.migrations import migrate
from management.numbers.commands import NumberValues
from management.objects.commands import UNSET, Unset
from management.paging import PageWanted
from management.settings import ManagementSettings
from management.switches.commands import SwitchValues
from management.teams.commands import TeamValues
from management.tenants.commands import TenantValues
from management.tokens.commands import TokenValues
from xmlcurl import logs
from xmlcurl.settings import SettingsError, load, split_bind

ACTOR: Final = Actor("cli")
MOST_SHOWN: Final = 200

T = TypeVar("T")

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Manages what xmlcurl answers."
)

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
OfTenant = Annotated[str, typer.Option("--tenant", help="The tenant's domain.")]
OrPlatform = Annotated[str | None, typer.Option("--tenant", help="The tenant's domain; without one: the platform.")]
Search = Annotated[str | None, typer.Option(help="Only what contains this text.")]
PageNumber = Annotated[int, typer.Option("--page", min=1, help=f"Page, of {MOST_SHOWN} rows each.")]
PasswordStdin = Annotated[
    bool, typer.Option("--password-stdin", help="Read the password from stdin; other users see a command line.")
]


@app.command("serve")
def serve() -> None:
    """Answer the API until told to stop."""
    with _told():
        settings = load(ManagementSettings)
        logs.set_up(settings.log_level)
        host, port = split_bind(settings.management_bind)
        uvicorn.run(
            create_app(settings),
            host=host,
            port=port,
            ws="none",
            lifespan="on",
            # X-Forwarded-For is read by us, from the proxies in TRUSTED_PROXIES only.
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
        )


@app.command("worker")
def worker() -> None:
    """Tell every switch what changed, until told to stop."""
    with _told():
        logs.set_up(load(ManagementSettings).log_level)
        Supervisor().run()


@app.command("migrate")
def migrate_command() -> None:
    """Bring the database up to the newest schema."""
    with _told():
        migrate(load(ManagementSettings).database)


@app.command("demo")
def demo_command() -> None:
    """Start everything with embedded defaults and a tenant to try it on; Ctrl-C stops it."""
    with _told():
        demo.run(load(ManagementSettings))


def _group(name: str, text: str) -> typer.Typer:
    group = typer.Typer(no_args_is_help=True, help=text)
    app.add_typer(group, name=name)
    return group


tenants = _group("tenant", "Customers; each owns one SIP domain.")
tokens = _group("token", "Keys to the API.")
switches = _group("switch", "FreeSWITCH nodes that are told of changes.")
numbers = _group("number", "Outside numbers: caller IDs and DIDs.")
teams = _group("team", "Teams of a tenant.")
extensions = _group("extension", "Numbers with a SIP account.")


@tenants.command("add")
def add_tenant(
    domain: str,
    name: Annotated[str | None, typer.Option(help="The domain, if not given.")] = None,
    time_zone: Annotated[str, typer.Option(help="An IANA name.")] = "UTC",
    language: Annotated[str, typer.Option(help="Of messages: en or vi.")] = "en",
    cacheable_ms: Annotated[
        int, typer.Option(help="How long a switch may keep a user, in ms; only for switches of this tenant alone.")
    ] = 0,
    as_json: AsJson = False,
) -> None:
    """Create a tenant."""
    values = TenantValues(
        domain=domain, name=name or domain, time_zone=time_zone, language=language, cacheable_ms=cacheable_ms
    )
    _change(lambda services: services.tenants.create(None, values, actor=ACTOR), as_json)


@tenants.command("list")
def list_tenants(search: Search = None, page: PageNumber = 1, as_json: AsJson = False) -> None:
    """List tenants by domain."""
    _list(lambda services: services.tenants.list(None, _page(page, search)), as_json)


@tokens.command("add")
def add_token(
    tenant: Annotated[
        str | None, typer.Option(help="The tenant's domain; without one: a token of the platform.")
    ] = None,
    name: str = "cli",
    scope: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(SCOPES)}; may be repeated.")] = None,
    as_json: AsJson = False,
) -> None:
    """Create a token. Its text is shown now and never again."""

    async def create(services: Services) -> Any:
        of = await _scope(services, tenant) if tenant else None
        values = TokenValues(name=name, scopes=tuple(scope or (ADMIN,)))
        made = (await services.tokens.create(of, values, actor=ACTOR)).result
        return {**asdict(made.token), "token": made.text}

    _show(_run(create), as_json)


@tokens.command("list")
def list_tokens(
    tenant: OrPlatform = None,
    page: PageNumber = 1,
    as_json: AsJson = False,
) -> None:
    """List tokens, without their text."""

    async def rows(services: Services) -> Any:
        return await services.tokens.list(await _scope(services, tenant) if tenant else None, _page(page))

    _list(rows, as_json)


@tokens.command("revoke")
def revoke_token(
    token_id: int,
    tenant: OrPlatform = None,
) -> None:
    """End a token, at once and for ever."""

    async def revoke(services: Services) -> None:
        of = await _scope(services, tenant) if tenant else None
        await services.tokens.revoke(of, token_id, actor=ACTOR)

    _run(revoke)


@switches.command("add")
def add_switch(
    name: str,
    host: str = "127.0.0.1",
    port: int = 8021,
    profile: Annotated[list[str] | None, typer.Option(help="A sofia profile; may be repeated.")] = None,
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Tell another FreeSWITCH of every change from now on."""
    profiles: tuple[str, ...] | Unset = tuple(profile) if profile else UNSET
    password = _secret("password of the event socket", password_stdin)
    values = SwitchValues(name=name, host=host, port=port, sofia_profiles=profiles, password=password)
    _change(lambda services: services.switches.create(None, values, actor=ACTOR), as_json)


@switches.command("list")
def list_switches(search: Search = None, page: PageNumber = 1, as_json: AsJson = False) -> None:
    """List switches by name."""
    _list(lambda services: services.switches.list(None, _page(page, search)), as_json)


@numbers.command("add")
def add_number(
    number: str,
    tenant: OfTenant,
    display_name: str | None = None,
    carrier: str = "other",
    cli_type: str = "mobile",
    as_json: AsJson = False,
) -> None:
    """Give a tenant an outside number."""
    values = NumberValues(number=number, display_name=display_name, carrier=carrier, cli_type=cli_type)
    _change(lambda services: _for(tenant, services, services.numbers.create, values), as_json)


@numbers.command("list")
def list_numbers(tenant: OfTenant, search: Search = None, page: PageNumber = 1, as_json: AsJson = False) -> None:
    """List a tenant's outside numbers."""
    _list(lambda services: _of(tenant, services, services.numbers.list, _page(page, search)), as_json)


@teams.command("add")
def add_team(name: str, tenant: OfTenant, as_json: AsJson = False) -> None:
    """Create a team."""
    _change(lambda services: _for(tenant, services, services.teams.create, TeamValues(name=name)), as_json)


@teams.command("list")
def list_teams(tenant: OfTenant, search: Search = None, page: PageNumber = 1, as_json: AsJson = False) -> None:
    """List a tenant's teams."""
    _list(lambda services: _of(tenant, services, services.teams.list, _page(page, search)), as_json)


@extensions.command("add")
def add_extension(
    number: str,
    tenant: OfTenant,
    display_name: str | None = None,
    password_stdin: PasswordStdin = False,
    as_json: AsJson = False,
) -> None:
    """Create an extension. Its password is generated unless given, and shown now only."""
    password = _secret("SIP password", password_stdin) if password_stdin else None
    command = CreateExtension(
        extension_number=number, sip_password=password, values=ExtensionValues(display_name=display_name)
    )

    async def create(services: Services) -> Any:
        made = (await _for(tenant, services, services.extensions.create, command)).result
        return {**made.extension.audited(), "sip_password": made.password}

    _show(_run(create), as_json)


@extensions.command("list")
def list_extensions(tenant: OfTenant, search: Search = None, page: PageNumber = 1, as_json: AsJson = False) -> None:
    """List a tenant's extensions."""

    async def rows(services: Services) -> Any:
        found = await _of(tenant, services, services.extensions.page, _page(page, search))
        return [each.audited() for each in found.rows]

    _show(_run(rows), as_json)


@contextmanager
def _told() -> Iterator[None]:
    """Whatever goes wrong inside becomes a line on stderr and an exit status."""
    try:
        yield
    except SettingsError as exc:
        _fail(str(exc), 2)
    except Invalid as exc:
        _fail("; ".join(line for lines in texts(exc.errors, "en").values() for line in lines), 1)
    except Conflict as exc:
        _fail(sentence(exc.field, exc.broken, "en"), 1)
    except (ManagementError, demo.DemoFailed) as exc:
        _fail(f"{type(exc).__name__}: {exc}", 1)


def _fail(reason: str, status: int) -> None:
    typer.echo(f"management: {reason}", err=True)
    raise typer.Exit(status) from None


def _run(wish: Callable[[Services], Awaitable[T]]) -> T:
    """What the services answer, over a backend that lives for this one wish."""

    async def run(settings: ManagementSettings) -> T:
        backend = Backend(settings)
        try:
            return await wish(services_of(backend))
        finally:
            await backend.close()

    with _told():
        settings = load(ManagementSettings)
        logs.set_up("error")
        return asyncio.run(run(settings))
    raise AssertionError("_told raises")


async def _scope(services: Services, domain: str) -> TenantScope:
    tenant = await services.tenants.find(None, domain.lower())
    return TenantScope(tenant.id, tenant.domain, tenant.language)


async def _for(domain: str, services: Services, change: Callable[..., Awaitable[T]], values: object) -> T:
    return await change(await _scope(services, domain), values, actor=ACTOR)


async def _of(domain: str, services: Services, read: Callable[..., Awaitable[T]], wanted: PageWanted) -> T:
    return await read(await _scope(services, domain), wanted)


def _change(wish: Callable[[Services], Awaitable[Any]], as_json: bool) -> None:
    _show(asdict(_run(wish).result), as_json)


def _list(wish: Callable[[Services], Awaitable[Any]], as_json: bool) -> None:
    _show([asdict(row) for row in _run(wish).rows], as_json)


def _page(number: int, search: str | None = None) -> PageWanted:
    return PageWanted(number, MOST_SHOWN, search)


def _show(what: Any, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(what, default=_plain, indent=2))
        return
    rows = what if isinstance(what, list) else [what]
    table = Table()
    for name in rows[0] if rows else ():
        table.add_column(name, overflow="fold")
    for row in rows:
        table.add_row(*("" if value is None else str(_plain(value)) for value in row.values()))
    # Not `rich.print`: brackets in a name are no markup.
    Console(markup=False, highlight=False).print(table if rows else "none")


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return ", ".join(value) if isinstance(value, tuple) else value


def _secret(what: str, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        _fail(f"the {what} is read from a terminal, or with --password-stdin from stdin", 2)
    return str(typer.prompt(f"The {what}", hide_input=True))


def main() -> None:
    app()
