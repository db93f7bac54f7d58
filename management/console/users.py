"""`management user`: people, to whom extensions can belong."""

from typing import Annotated

import typer

from management.api.services import Services
from management.console.objects import create, delete, given, list_all, update
from management.console.session import Json, Search, Tenant
from management.users.commands import UserValues
from management.users.service import Users

app = typer.Typer(no_args_is_help=True, help="People, to whom extensions can belong.")

Id = Annotated[int, typer.Argument(metavar="ID")]
Email = Annotated[str | None, typer.Option(help="Unique in the tenant.")]
Mobile = Annotated[str | None, typer.Option()]
Role = Annotated[str | None, typer.Option(help="admin, supervisor, agent or read_only")]
OfTenant = Annotated[str, Tenant]
AsJson = Annotated[bool, Json]


def _service(services: Services) -> Users:
    return services.users


@app.command("add")
def add_user(
    name: Annotated[str, typer.Argument()],
    *,
    tenant: OfTenant,
    email: Email = None,
    mobile: Mobile = None,
    role: Role = None,
    as_json: AsJson = False,
) -> None:
    """A new user."""
    values = UserValues(name=name, **given(email=email, mobile=mobile, role=role))
    create(_service, values, tenant=tenant, as_json=as_json)


@app.command("update")
def update_user(
    user_id: Id,
    *,
    tenant: OfTenant,
    name: Annotated[str | None, typer.Option()] = None,
    email: Email = None,
    mobile: Mobile = None,
    role: Role = None,
    as_json: AsJson = False,
) -> None:
    """Other values; what is left out stays. An empty address or mobile number is none."""
    values = UserValues(**given(name=name, email=email, mobile=mobile, role=role))
    update(_service, user_id, values, tenant=tenant, as_json=as_json)


@app.command("delete")
def delete_user(user_id: Id, *, tenant: OfTenant, as_json: AsJson = False) -> None:
    """Delete a user to whom no extension belongs."""
    delete(_service, user_id, tenant=tenant, as_json=as_json)


@app.command("list")
def list_users(*, tenant: OfTenant, search: Annotated[str | None, Search] = None, as_json: AsJson = False) -> None:
    """Users by name."""
    list_all(_service, ("id", "name", "email", "mobile", "role"), tenant=tenant, search=search, as_json=as_json)
