"""`management department`: where extensions belong in the company."""

from typing import Annotated

import typer

from management.api.services import Services
from management.console.objects import create, delete, list_all, update
from management.console.session import Json, Search, Tenant
from management.departments.commands import DepartmentValues
from management.departments.service import Departments

app = typer.Typer(no_args_is_help=True, help="Where extensions belong in the company.")

Name = Annotated[str, typer.Argument(help="Unique in the tenant.")]
Id = Annotated[int, typer.Argument(metavar="ID")]
OfTenant = Annotated[str, Tenant]
AsJson = Annotated[bool, Json]


def _service(services: Services) -> Departments:
    return services.departments


@app.command("add")
def add_department(name: Name, *, tenant: OfTenant, as_json: AsJson = False) -> None:
    """A new department."""
    create(_service, DepartmentValues(name=name), tenant=tenant, as_json=as_json)


@app.command("rename")
def rename_department(department_id: Id, name: Name, *, tenant: OfTenant, as_json: AsJson = False) -> None:
    """Another name."""
    update(_service, department_id, DepartmentValues(name=name), tenant=tenant, as_json=as_json)


@app.command("delete")
def delete_department(department_id: Id, *, tenant: OfTenant, as_json: AsJson = False) -> None:
    """Delete a department that no extension belongs to."""
    delete(_service, department_id, tenant=tenant, as_json=as_json)


@app.command("list")
def list_departments(
    *, tenant: OfTenant, search: Annotated[str | None, Search] = None, as_json: AsJson = False
) -> None:
    """Departments by name."""
    list_all(_service, ("id", "name"), tenant=tenant, search=search, as_json=as_json)
