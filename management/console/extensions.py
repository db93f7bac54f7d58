"""`management extension`: numbers with a SIP account. For the first ones, and emergencies; the API can do more."""

from dataclasses import asdict
from typing import Annotated, Any

import typer

from management.console.objects import given
from management.console.session import (
    ACTOR,
    WHAT_REPLACES,
    Json,
    PasswordStdin,
    Search,
    Tenant,
    everything,
    run,
    secret,
    show_list,
    show_object,
    show_sync,
    tenant_of,
)
from management.extensions.commands import ChangePassword, CreateExtension, ExtensionValues
from management.extensions.model import WithPassword
from management.web.services import Services
from management.writes import Written

app = typer.Typer(no_args_is_help=True, help="Numbers with a SIP account.")

Number = Annotated[str, typer.Argument(metavar="NUMBER", help="3 to 10 digits.")]
OfTenant = Annotated[str, Tenant]
AsJson = Annotated[bool, Json]


@app.command("add")
def add_extension(
    number: Number,
    *,
    tenant: OfTenant,
    display_name: Annotated[str | None, typer.Option()] = None,
    password_stdin: Annotated[bool, PasswordStdin] = False,
    as_json: AsJson = False,
) -> None:
    """A new extension. Its password is generated unless given, and shown this once."""
    password = secret("SIP password", is_from_stdin=True) if password_stdin else None
    values = ExtensionValues(**given(display_name=display_name))
    command = CreateExtension(extension_number=number, sip_password=password, values=values)

    async def create(services: Services) -> Written[WithPassword]:
        return await services.extensions.create(await tenant_of(services, tenant), command, actor=ACTOR)

    _show(run(create), as_json=as_json)


@app.command("change-password")
def change_password(number: Number, *, tenant: OfTenant, as_json: AsJson = False) -> None:
    """Another password, generated and shown this once; phones with the old one are signed out."""
    command = ChangePassword(extension_number=number)

    async def change(services: Services) -> Written[WithPassword]:
        return await services.extensions.change_password(await tenant_of(services, tenant), command, actor=ACTOR)

    _show(run(change), as_json=as_json)


@app.command("delete")
def delete_extension(
    number: Number,
    *,
    tenant: OfTenant,
    replace_with: Annotated[str | None, typer.Option(help=WHAT_REPLACES)] = None,
    as_json: AsJson = False,
) -> None:
    """Its phones are signed out, its number can be given anew."""

    async def delete(services: Services) -> Written[None]:
        scope = await tenant_of(services, tenant)
        return await services.extensions.delete(scope, number, actor=ACTOR, replace_with=replace_with)

    written = run(delete)
    show_object({"deleted": True}, as_json=as_json)
    show_sync(written.sync)


@app.command("list")
def list_extensions(*, tenant: OfTenant, search: Annotated[str | None, Search] = None, as_json: AsJson = False) -> None:
    """Extensions by number."""

    async def find(services: Services) -> list[Any]:
        scope = await tenant_of(services, tenant)
        return await everything(lambda wanted: services.extensions.page(scope, wanted), search)

    columns = ("number", "display_name", "status", "sign_in_name", "aliases", "team_id", "expires_at")
    show_list(run(find), columns, as_json=as_json)


def _show(written: Written[WithPassword], *, as_json: bool) -> None:
    made = written.result
    show_object({**asdict(made.extension), "sip_password": made.password}, as_json=as_json)
    show_sync(written.sync)
