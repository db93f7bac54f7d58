"""`management partner`: whoever sells tenants to customers of their own."""

from typing import Annotated

import typer

from management.console.objects import create, delete, list_all, update
from management.console.session import Json, Search
from management.partners.commands import PartnerValues
from management.partners.service import Partners
from management.web.services import Services

app = typer.Typer(no_args_is_help=True, help="Who makes tenants through the SenCloud and eTelecom API.")

Id = Annotated[int, typer.Argument(metavar="ID")]
AsJson = Annotated[bool, Json]


def _service(services: Services) -> Partners:
    return services.partners


@app.command("add")
def add_partner(name: Annotated[str, typer.Argument()], *, as_json: AsJson = False) -> None:
    """A new partner; `management vendor-key add --partner ID` makes it a key."""
    create(_service, PartnerValues(name=name), as_json=as_json)


@app.command("update")
def update_partner(partner_id: Id, *, name: Annotated[str, typer.Option()], as_json: AsJson = False) -> None:
    """Another name."""
    update(_service, partner_id, PartnerValues(name=name), as_json=as_json)


@app.command("delete")
def delete_partner(partner_id: Id, *, as_json: AsJson = False) -> None:
    """Delete a partner that has no tenants, and no hotlines in its pool."""
    delete(_service, partner_id, as_json=as_json)


@app.command("list")
def list_partners(*, search: Annotated[str | None, Search] = None, as_json: AsJson = False) -> None:
    """Partners by name."""
    list_all(_service, ("id", "name", "created_at"), search=search, as_json=as_json)
