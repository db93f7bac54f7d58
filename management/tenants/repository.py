"""Rows of tenants."""

from typing import Any

from sqlalchemy import Select, select

from management.objects.links import Reference
from management.objects.repository import Rows
from management.tenants.commands import Tenant
from xmlcurl.store.tables import departments, extensions, hotlines, numbers, teams, tenants, users


class TenantRepository(Rows[Tenant]):
    """Living tenants, each with the digits of its default number."""

    TABLE = tenants
    MODEL = Tenant
    SEARCHED = (tenants.c.domain, tenants.c.name)
    ORDER = (tenants.c.domain,)
    KEY = "domain"
    UNIQUE = "domain"
    LINKS = (
        Reference("extension", extensions.c.tenant_id, extensions.c.number),
        Reference("number", numbers.c.tenant_id, numbers.c.number),
        Reference("hotline", hotlines.c.tenant_id, hotlines.c.name),
        Reference("team", teams.c.tenant_id, teams.c.name),
        Reference("department", departments.c.tenant_id, departments.c.name),
        Reference("user", users.c.tenant_id, users.c.name),
    )

    async def number_id(self, tenant_id: int, number: str) -> int | None:
        """The id of that tenant's number with these digits, active or not: a disabled one is just not shown."""
        return await self.linked_id(numbers.c.number, number, tenant_id)

    def _living(self) -> Select[Any]:
        own = (tenants.c[name] for name in Tenant.__dataclass_fields__ if name != "default_number")
        return (
            select(*own, numbers.c.number.label("default_number"))
            .select_from(tenants.outerjoin(numbers, numbers.c.id == tenants.c.default_number_id))
            .where(tenants.c.deleted_at.is_(None))
        )
