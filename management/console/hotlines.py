"""`management hotline`: numbers under a name, for extensions to show."""

from typing import Annotated

import typer

from management.api.services import Services
from management.console.objects import create, delete, given, list_all, update
from management.console.session import Json, Search, Tenant
from management.hotlines.commands import HotlineValues
from management.hotlines.service import Hotlines

app = typer.Typer(no_args_is_help=True, help="Numbers under a name, for extensions to show.")

Name = Annotated[str, typer.Argument()]
Id = Annotated[int, typer.Argument(metavar="ID")]
Number = Annotated[str, typer.Option(help="One of the tenant's numbers.")]
OfTenant = Annotated[str, Tenant]
AsJson = Annotated[bool, Json]


def _service(services: Services) -> Hotlines:
    return services.hotlines


@app.command("add")
def add_hotline(name: Name, *, number: Number, tenant: OfTenant, as_json: AsJson = False) -> None:
    """A new hotline."""
    create(_service, HotlineValues(name=name, number=number), tenant=tenant, as_json=as_json)


@app.command("update")
def update_hotline(
    hotline_id: Id,
    *,
    tenant: OfTenant,
    name: Annotated[str | None, typer.Option()] = None,
    number: Annotated[str | None, typer.Option(help="One of the tenant's numbers.")] = None,
    as_json: AsJson = False,
) -> None:
    """Other values; what is left out stays."""
    update(_service, hotline_id, HotlineValues(**given(name=name, number=number)), tenant=tenant, as_json=as_json)


@app.command("delete")
def delete_hotline(hotline_id: Id, *, tenant: OfTenant, as_json: AsJson = False) -> None:
    """Delete a hotline that no extension is linked to."""
    delete(_service, hotline_id, tenant=tenant, as_json=as_json)


@app.command("list")
def list_hotlines(*, tenant: OfTenant, search: Annotated[str | None, Search] = None, as_json: AsJson = False) -> None:
    """Hotlines by name."""
    list_all(_service, ("id", "name", "number"), tenant=tenant, search=search, as_json=as_json)
