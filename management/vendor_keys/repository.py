"""Rows of vendors' keys, of one owner by construction. A key is revoked, never deleted."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from management.objects.parts import LARGEST_ID
from management.paging import Page, PageWanted
from management.vendor_keys.commands import KeyOwner, VendorKey
from xmlcurl.store.tables import partners, tenants, utc_now, vendor_keys

_COLUMNS: Final = tuple(vendor_keys.c[name] for name in VendorKey.__dataclass_fields__)


class VendorKeyRepository:
    """Keys of one tenant, or of one partner."""

    def __init__(self, connection: AsyncConnection, owner: KeyOwner) -> None:
        self._connection = connection
        self._owner = owner

    async def find(self, key_id: int, *, to_change: bool = False) -> VendorKey | None:
        """The key of that id, revoked or not. `to_change` keeps other writers away from it."""
        if not 0 < key_id <= LARGEST_ID:
            return None
        statement = self._own().where(vendor_keys.c.id == key_id)
        if to_change:
            statement = statement.with_for_update()
        row = (await self._connection.execute(statement)).one_or_none()
        return row and VendorKey(**row._mapping)

    async def page(self, wanted: PageWanted) -> Page[VendorKey]:
        """Keys, the newest first, revoked ones too."""
        statement = self._own()
        if wanted.search:
            statement = statement.where(vendor_keys.c.name.icontains(wanted.search, autoescape=True))
        counted = select(func.count()).select_from(statement.subquery())
        total = int((await self._connection.execute(counted)).scalar_one())
        statement = statement.order_by(vendor_keys.c.id.desc()).limit(wanted.size).offset(wanted.offset)
        rows = await self._connection.execute(statement)
        return Page.of([VendorKey(**row._mapping) for row in rows], wanted, total)

    async def add(self, columns: Mapping[str, Any]) -> int:
        """A new key's id."""
        owner = {"tenant_id": self._owner.tenant_id, "partner_id": self._owner.partner_id}
        statement = insert(vendor_keys).values(**owner, **columns).returning(vendor_keys.c.id)
        return int((await self._connection.execute(statement)).scalar_one())

    async def revoke(self, key_id: int) -> None:
        """It is refused from now on."""
        await self._connection.execute(
            update(vendor_keys).where(vendor_keys.c.id == key_id).values(revoked_at=utc_now())
        )

    def _own(self) -> Select[Any]:
        return select(*_COLUMNS).where(
            vendor_keys.c.tenant_id.is_not_distinct_from(self._owner.tenant_id),
            vendor_keys.c.partner_id.is_not_distinct_from(self._owner.partner_id),
        )


@dataclass(frozen=True, slots=True)
class KeyProving:
    """Whoever sends something; over a connection in a transaction. Whose it is follows from the key."""

    connection: AsyncConnection

    async def known(self, dialect: str, **names: int | str) -> Row[Any] | None:
        """The row of the key with these columns (`public_id`, or `id`), with its tenant's `domain`, `state` and
        `language`. None: there is none, it was revoked, or its tenant or partner was deleted.
        """
        of_living_tenant = (tenants.c.id == vendor_keys.c.tenant_id) & tenants.c.deleted_at.is_(None)
        of_living_partner = (partners.c.id == vendor_keys.c.partner_id) & partners.c.deleted_at.is_(None)
        statement = (
            select(vendor_keys, tenants.c.domain, tenants.c.state, tenants.c.language)
            .select_from(vendor_keys.outerjoin(tenants, of_living_tenant).outerjoin(partners, of_living_partner))
            .where(
                vendor_keys.c.dialect == dialect,
                vendor_keys.c.revoked_at.is_(None),
                or_(tenants.c.id.is_not(None), partners.c.id.is_not(None)),
                *(vendor_keys.c[name] == value for name, value in names.items()),
            )
        )
        return (await self.connection.execute(statement)).one_or_none()
