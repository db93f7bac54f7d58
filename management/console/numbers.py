"""`management number`: numbers of the public network, each owned by one tenant."""

from typing import Annotated

import typer

from management.api.services import Services
from management.console.objects import create, delete, given, list_all, update
from management.console.session import Json, Search, Tenant
from management.numbers.commands import NumberValues
from management.numbers.service import Numbers

app = typer.Typer(no_args_is_help=True, help="Numbers of the public network.")

Digits = Annotated[str, typer.Argument(metavar="NUMBER", help="8 to 15 digits.")]
DisplayName = Annotated[str | None, typer.Option(help="The caller's name that goes with it.")]
Carrier = Annotated[str | None, typer.Option(help="viettel, mobifone, vinaphone, vietnamobile, landline, other")]
CliType = Annotated[str | None, typer.Option(help="mobile, fixed_02x, hotline_1900, hotline_1800, brandname")]
Status = Annotated[str | None, typer.Option(help="active or disabled")]
OfTenant = Annotated[str, Tenant]
AsJson = Annotated[bool, Json]


def _service(services: Services) -> Numbers:
    return services.numbers


@app.command("add")
def add_number(
    number: Digits,
    *,
    tenant: OfTenant,
    display_name: DisplayName = None,
    carrier: Carrier = None,
    cli_type: CliType = None,
    status: Status = None,
    as_json: AsJson = False,
) -> None:
    """A new number of the tenant; no other tenant may have it."""
    options = given(display_name=display_name, carrier=carrier, cli_type=cli_type, status=status)
    create(_service, NumberValues(number=number, **options), tenant=tenant, as_json=as_json)


@app.command("update")
def update_number(
    number: Digits,
    *,
    tenant: OfTenant,
    display_name: DisplayName = None,
    carrier: Carrier = None,
    cli_type: CliType = None,
    status: Status = None,
    as_json: AsJson = False,
) -> None:
    """Other values; what is left out stays. An empty display name is none."""
    options = given(display_name=display_name, carrier=carrier, cli_type=cli_type, status=status)
    update(_service, number, NumberValues(**options), tenant=tenant, as_json=as_json)


@app.command("delete")
def delete_number(number: Digits, *, tenant: OfTenant, as_json: AsJson = False) -> None:
    """Delete a number that nothing shows."""
    delete(_service, number, tenant=tenant, as_json=as_json)


@app.command("list")
def list_numbers(*, tenant: OfTenant, search: Annotated[str | None, Search] = None, as_json: AsJson = False) -> None:
    """The tenant's numbers, disabled ones too."""
    columns = ("number", "display_name", "carrier", "cli_type", "status")
    list_all(_service, columns, tenant=tenant, search=search, as_json=as_json)
