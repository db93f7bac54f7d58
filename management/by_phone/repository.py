"""Who a phone is of, and what has the number that was dialled on it."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from management.auth import TenantScope
from management.objects.destination import Destination
from xmlcurl.store.tables import extensions, taken_names, tenants

_TYPES: Final[Mapping[str, str]] = {
    "ring_group_id": "ring_group",
    "queue_id": "queue",
    "ivr_menu_id": "ivr",
    "group_mailbox_id": "group_vm",
}
"""Link of a name -> the type of destination it is."""


async def find_active_tenant(connection: AsyncConnection, domain: str) -> TenantScope | None:
    row = (
        await connection.execute(
            select(tenants.c.id, tenants.c.domain, tenants.c.language).where(
                tenants.c.domain == domain, tenants.c.state == "active", tenants.c.deleted_at.is_(None)
            )
        )
    ).one_or_none()
    return row and TenantScope(row.id, row.domain, row.language)


async def find_inside(connection: AsyncConnection, tenant_id: int, name: str) -> Destination | None:
    """What has that number or name inside the tenant, as a call would go on to it."""
    row = (
        await connection.execute(
            select(taken_names, extensions.c.number)
            .outerjoin(extensions, extensions.c.id == taken_names.c.extension_id)
            .where(taken_names.c.tenant_id == tenant_id, taken_names.c.name == name)
        )
    ).one_or_none()
    if row is None:
        return None
    if row.extension_id is not None:
        return Destination(type="extension", extension=row.number)
    link = next(link for link in _TYPES if row._mapping[link] is not None)
    return Destination(type=_TYPES[link], id=row._mapping[link])
