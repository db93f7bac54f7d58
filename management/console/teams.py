"""`management team`: groups of extensions."""

from typing import Annotated

import typer

from management.api.services import Services
from management.console.objects import create, delete, list_all, update
from management.console.session import Json, Search, Tenant
from management.teams.commands import TeamValues
from management.teams.service import Teams

app = typer.Typer(no_args_is_help=True, help="Groups of extensions.")

Name = Annotated[str, typer.Argument(help="Unique in the tenant.")]
Id = Annotated[int, typer.Argument(metavar="ID")]
OfTenant = Annotated[str, Tenant]
AsJson = Annotated[bool, Json]


def _service(services: Services) -> Teams:
    return services.teams


@app.command("add")
def add_team(name: Name, *, tenant: OfTenant, as_json: AsJson = False) -> None:
    """A new team."""
    create(_service, TeamValues(name=name), tenant=tenant, as_json=as_json)


@app.command("rename")
def rename_team(team_id: Id, name: Name, *, tenant: OfTenant, as_json: AsJson = False) -> None:
    """Another name."""
    update(_service, team_id, TeamValues(name=name), tenant=tenant, as_json=as_json)


@app.command("delete")
def delete_team(team_id: Id, *, tenant: OfTenant, as_json: AsJson = False) -> None:
    """Delete a team that no extension belongs to."""
    delete(_service, team_id, tenant=tenant, as_json=as_json)


@app.command("list")
def list_teams(*, tenant: OfTenant, search: Annotated[str | None, Search] = None, as_json: AsJson = False) -> None:
    """Teams by name."""
    list_all(_service, ("id", "name"), tenant=tenant, search=search, as_json=as_json)
