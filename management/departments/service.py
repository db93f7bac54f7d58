"""The rules of departments, for every API, page and command."""

from management.auth import TenantScope
from management.departments.commands import Department, DepartmentValues
from management.departments.repository import DepartmentRepository
from management.effects import Effects
from management.objects.service import Objects


class Departments(Objects[TenantScope, int, Department, DepartmentValues]):
    KIND = "department"
    ROWS = DepartmentRepository

    def consequences(self, scope: TenantScope, before: Department | None, after: Department | None) -> Effects:
        """Nothing that FreeSWITCH gets depends on a department."""
        return Effects()
