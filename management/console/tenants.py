"""`management tenant`: customers and their SIP domains."""

from typing import Annotated

import typer

from management.console.objects import create, delete, given, list_all, update
from management.console.session import Json, Search
from management.tenants.commands import TenantValues
from management.tenants.service import Tenants
from management.web.services import Services

app = typer.Typer(no_args_is_help=True, help="Customers, each with a SIP domain.")

Domain = Annotated[str, typer.Argument(help="The SIP domain.")]
Language = Annotated[str | None, typer.Option(help="Of the API's messages: en or vi.")]
TimeZone = Annotated[str | None, typer.Option(help="Such as Asia/Ho_Chi_Minh.")]
CacheableMs = Annotated[int | None, typer.Option(help="How long a switch may keep a user, in ms; 0 is never.")]
HomeSwitch = Annotated[
    int | None, typer.Option(help="Id of the switch with its mailboxes and queues; 0: each has its own.")
]
AsJson = Annotated[bool, Json]


def _service(services: Services) -> Tenants:
    return services.tenants


@app.command("add")
def add_tenant(
    domain: Domain,
    *,
    name: Annotated[str | None, typer.Option(help="Default: the domain.")] = None,
    time_zone: TimeZone = None,
    language: Language = None,
    cacheable_ms: CacheableMs = None,
    home_switch: HomeSwitch = None,
    as_json: AsJson = False,
) -> None:
    """A new tenant."""
    options = given(
        time_zone=time_zone,
        language=language,
        cacheable_ms=cacheable_ms,
        home_switch_id="" if home_switch == 0 else home_switch,
    )
    create(_service, TenantValues(domain=domain, name=name or domain, **options), as_json=as_json)


@app.command("update")
def update_tenant(
    domain: Domain,
    *,
    name: Annotated[str | None, typer.Option()] = None,
    state: Annotated[str | None, typer.Option(help="active or suspended")] = None,
    time_zone: TimeZone = None,
    language: Language = None,
    cacheable_ms: CacheableMs = None,
    default_number: Annotated[str | None, typer.Option(help="Shown by calls that have no other; empty: none.")] = None,
    home_switch: HomeSwitch = None,
    as_json: AsJson = False,
) -> None:
    """Other values; what is left out stays."""
    options = given(
        name=name,
        state=state,
        time_zone=time_zone,
        language=language,
        cacheable_ms=cacheable_ms,
        default_number=default_number,
        home_switch_id="" if home_switch == 0 else home_switch,
    )
    update(_service, domain.lower(), TenantValues(**options), as_json=as_json)


@app.command("delete")
def delete_tenant(domain: Domain, *, as_json: AsJson = False) -> None:
    """Delete a tenant that has nothing any more."""
    delete(_service, domain.lower(), as_json=as_json)


@app.command("list")
def list_tenants(*, search: Annotated[str | None, Search] = None, as_json: AsJson = False) -> None:
    """Tenants by domain."""
    columns = ("domain", "name", "state", "time_zone", "language", "cacheable_ms", "default_number", "home_switch_id")
    list_all(_service, columns, search=search, as_json=as_json)
