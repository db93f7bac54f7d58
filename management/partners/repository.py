"""Rows of partners, of their tenants, and of the hotlines that are theirs: in their pool, or one of their tenants'."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import Select, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from management.hotlines.repository import HotlineRepository
from management.number_destinations.repository import NumberDestinationsRepository
from management.numbers.repository import NumberRepository
from management.objects.links import Reference, named, users_of
from management.objects.parts import LARGEST_ID
from management.objects.repository import MOST_USERS_SHOWN, Rows
from management.partners.commands import Partner, PartnerHotline, PartnerTenant
from management.tenants.commands import POOL_OF_PARTNER
from xmlcurl.store.tables import hotlines, numbers, partners, tenants, utc_now

_HOTLINE: Final = {
    "number": numbers.c.number,
    "carrier": numbers.c.carrier,
    "number_status": numbers.c.status,
    "is_pooled": tenants.c.is_pool,
}
"""What a hotline of a partner shows of other rows than its own."""
_OF_NUMBER: Final = tuple(
    link for link in NumberRepository.LINKS if not (isinstance(link, Reference) and link.column is hotlines.c.number_id)
)
"""What may point to a number, besides hotlines."""


class PartnerRepository(Rows[Partner]):
    """Living partners."""

    TABLE = partners
    MODEL = Partner
    SEARCHED = (partners.c.name,)
    ORDER = (partners.c.name,)
    UNIQUE = "name"

    async def users(self, object_id: int, most: int = MOST_USERS_SHOWN) -> list[str]:
        """Its tenants, and the hotlines in its pool; none comes to that before the transaction has ended."""
        own = tenants.c.partner_id == object_id, tenants.c.deleted_at.is_(None)
        await self._connection.execute(select(tenants.c.id).where(*own, tenants.c.is_pool.is_(True)).with_for_update())
        customers = select(tenants.c.domain).where(*own, tenants.c.is_pool.is_(False)).order_by(tenants.c.domain)
        pooled = (
            select(hotlines.c.name)
            .join(tenants, tenants.c.id == hotlines.c.tenant_id)
            .where(*own, tenants.c.is_pool.is_(True), hotlines.c.deleted_at.is_(None))
            .order_by(hotlines.c.name)
        )
        found = await named(self._connection, "tenant", customers, most)
        return found + await named(self._connection, "hotline", pooled, most - len(found))

    async def remove(self, object_id: int) -> None:
        """Its pool, which is empty, goes with it."""
        pool = update(tenants).where(tenants.c.partner_id == object_id, tenants.c.is_pool.is_(True))
        await self._connection.execute(pool.values(deleted_at=utc_now()))
        await super().remove(object_id)


class PartnerTenantRepository(Rows[PartnerTenant]):
    """Living tenants of one partner, found by their id."""

    TABLE = tenants
    MODEL = PartnerTenant

    def __init__(self, connection: AsyncConnection, partner_id: int) -> None:
        super().__init__(connection, None)
        self._partner_id = partner_id

    async def pool_id(self) -> int | None:
        """Of the partner's pool, where there is one."""
        pool = select(tenants.c.id).where(
            tenants.c.partner_id == self._partner_id, tenants.c.is_pool.is_(True), tenants.c.deleted_at.is_(None)
        )
        return (await self._connection.execute(pool)).scalar_one_or_none()

    async def add_pool(self) -> int:
        """The id of a new pool; there is one for each partner: another one is refused as its domain is taken."""
        domain = POOL_OF_PARTNER.format(self._partner_id)
        pool = {"domain": domain, "name": domain, "state": "suspended", "is_pool": True, "partner_id": self._partner_id}
        made = await self._connection.execute(insert(tenants).values(**pool).returning(tenants.c.id))
        return int(made.scalar_one())

    def _living(self) -> Select[Any]:
        return super()._living().where(tenants.c.partner_id == self._partner_id, tenants.c.is_pool.is_(False))

    async def with_hotline(self, ids: Collection[int]) -> set[int]:
        """Which of these tenants have a hotline."""
        statement = select(hotlines.c.tenant_id).where(hotlines.c.tenant_id.in_(ids), hotlines.c.deleted_at.is_(None))
        return {*(await self._connection.execute(statement)).scalars()}


class PartnerHotlineRepository(Rows[PartnerHotline]):
    """Living hotlines of one partner, whichever of its tenants has them, or none."""

    TABLE = hotlines
    MODEL = PartnerHotline

    def __init__(self, connection: AsyncConnection, partner_id: int) -> None:
        super().__init__(connection, None)
        self._partner_id = partner_id

    async def find(self, key: int | str, *, to_change: bool = False, to_link: bool = False) -> PartnerHotline | None:
        if to_change and isinstance(key, int) and 0 < key <= LARGEST_ID:
            # By itself, and first: who waits for another move then sees where the hotline went.
            await self._connection.execute(select(hotlines.c.id).where(hotlines.c.id == key).with_for_update())
        return await super().find(key, to_link=to_link)

    async def number_users(self, hotline: PartnerHotline) -> list[str]:
        """What would lose the hotline or its number if it went to another tenant; nothing more comes to point to the
        number before the transaction has ended.
        """
        await NumberRepository(self._connection, hotline.tenant_id).find(hotline.number, to_change=True)
        found = await users_of(HotlineRepository.LINKS, self._connection, hotline.id, MOST_USERS_SHOWN)
        found += await users_of(_OF_NUMBER, self._connection, hotline.number_id, MOST_USERS_SHOWN)
        others = select(hotlines.c.name).where(
            hotlines.c.number_id == hotline.number_id, hotlines.c.id != hotline.id, hotlines.c.deleted_at.is_(None)
        )
        found += await named(self._connection, "hotline", others, MOST_USERS_SHOWN)
        for slot, part in NumberDestinationsRepository.PARTS.items():
            if await part.load(self._connection, [hotline.number_id]):
                found.append(f"destination {slot}")
        return found

    async def move(self, hotline: PartnerHotline, tenant_id: int) -> None:
        """The hotline and its number are that tenant's from now on; their ids stay."""
        for table, row_id in ((hotlines, hotline.id), (numbers, hotline.number_id)):
            moved = update(table).where(table.c.id == row_id).values(tenant_id=tenant_id, updated_at=utc_now())
            await self._connection.execute(moved)

    def _living(self) -> Select[Any]:
        own = (hotlines.c[name] for name in PartnerHotline.__dataclass_fields__ if name not in _HOTLINE)
        return (
            select(*own, *(column.label(name) for name, column in _HOTLINE.items()))
            .join(numbers, numbers.c.id == hotlines.c.number_id)
            .join(tenants, tenants.c.id == hotlines.c.tenant_id)
            .where(
                hotlines.c.deleted_at.is_(None),
                tenants.c.deleted_at.is_(None),
                tenants.c.partner_id == self._partner_id,
            )
        )
