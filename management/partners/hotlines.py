"""What partners do with their hotlines: those that no tenant has are in the pool, a tenant that nobody else sees."""

from collections.abc import Sequence
from dataclasses import asdict

from management.audit import Actor
from management.auth import TenantScope
from management.database import Database
from management.effects import Effects
from management.errors import Conflict, Forbidden
from management.hotlines.commands import HotlineValues
from management.hotlines.service import Hotlines
from management.numbers.commands import NumberValues
from management.numbers.service import Numbers
from management.objects.errors import InUse, ObjectUnknown
from management.paging import SliceWanted
from management.partners.commands import PartnerHotline
from management.partners.repository import PartnerHotlineRepository, PartnerRepository, PartnerTenantRepository
from management.tenants.commands import POOL_OF_PARTNER
from management.writes import Write, Writes, Written
from xmlcurl.store.cache import Guard
from xmlcurl.store.model import Tag


def consequences(from_id: int, to_id: int) -> Effects:
    """What follows when a hotline and its number went from one tenant to another: both show in documents of theirs."""
    both = (from_id, to_id)
    return Effects(
        tags=frozenset(Tag.tenant(each) for each in both),
        guards=frozenset(Guard.of_tenant(each) for each in both),
        flush_all=True,
    )


class PartnerHotlines:
    """Hotlines of one partner. One for each process. What changes something raises what `Writes.run` raises, too."""

    def __init__(self, database: Database, writes: Writes, numbers: Numbers, hotlines: Hotlines) -> None:
        self._database = database
        self._writes = writes
        self._numbers = numbers
        self._hotlines = hotlines

    async def slice(self, partner_id: int, wanted: SliceWanted) -> Sequence[PartnerHotline]:
        """Some of its hotlines, in the order of their ids."""
        async with self._database.reading() as connection:
            return await PartnerHotlineRepository(connection, partner_id).slice(wanted, {})

    async def add(
        self, partner_id: int, number: NumberValues, hotline: HotlineValues, *, actor: Actor
    ) -> Written[PartnerHotline]:
        """A new number under a name, in the pool.

        Raises:
            Invalid: values are out of bounds.
            Conflict: somebody has the number.
        """
        number.check(is_new=True)
        hotline.check(is_new=True)
        pool = await self._pool(partner_id, actor)

        async def add(write: Write) -> PartnerHotline:
            await self._numbers.create_in(write, pool, number)
            made = await self._hotlines.create_in(write, pool, hotline)
            return await PartnerHotlineRepository(write.connection, partner_id).added(made.id)

        return await self._writes.run(actor, add, tenant_id=pool.id)

    async def to_tenant(self, partner_id: int, hotline_id: int, tenant_id: int, *, actor: Actor) -> Written[None]:
        """The hotline, which is in the pool, is that tenant's from now on; a second time is no fault.

        Raises:
            ObjectUnknown: the partner has no such hotline, or no such tenant.
            InUse: another tenant has it.
            Forbidden: the tenant is suspended.
        """
        async with self._database.reading() as connection:
            tenant = await PartnerTenantRepository(connection, partner_id).find(tenant_id)
        if tenant is None:
            raise ObjectUnknown("tenant", tenant_id)
        if tenant.state == "suspended":
            raise Forbidden("the tenant is suspended")

        async def move(write: Write) -> None:
            rows = PartnerHotlineRepository(write.connection, partner_id)
            hotline = await _known(rows, hotline_id)
            if hotline.tenant_id == tenant_id:
                return
            if not hotline.is_pooled:
                raise InUse("hotline", [f"tenant {hotline.tenant_id}"])
            await _move(write, rows, hotline, tenant_id)

        return await self._writes.run(actor, move, tenant_id=tenant_id)

    async def from_tenant(
        self, partner_id: int, hotline_id: int, tenant_id: int | None, *, actor: Actor
    ) -> Written[None]:
        """The hotline goes from its tenant (of that id, where one is named) back into the pool.

        Raises:
            ObjectUnknown: the partner has no such hotline, or that tenant has it not.
            InUse: an extension, a destination or a setting of the tenant needs it, or its number.
        """
        pool = await self._pool(partner_id, actor)

        async def move(write: Write) -> None:
            rows = PartnerHotlineRepository(write.connection, partner_id)
            hotline = await _known(rows, hotline_id)
            if hotline.is_pooled or tenant_id not in {None, hotline.tenant_id}:
                raise ObjectUnknown("hotline", hotline_id)
            await _move(write, rows, hotline, pool.id)

        return await self._writes.run(actor, move, tenant_id=pool.id)

    async def remove(self, partner_id: int, hotline_id: int, *, actor: Actor) -> Written[None]:
        """The hotline and its number are no more.

        Raises:
            ObjectUnknown: the partner has no such hotline.
            InUse: a tenant has it.
        """
        pool = await self._pool(partner_id, actor)

        async def remove(write: Write) -> None:
            hotline = await _known(PartnerHotlineRepository(write.connection, partner_id), hotline_id)
            if not hotline.is_pooled:
                raise InUse("hotline", [f"tenant {hotline.tenant_id}"])
            await self._hotlines.delete_in(write, pool, hotline.id)
            await self._numbers.delete_in(write, pool, hotline.number)

        return await self._writes.run(actor, remove, tenant_id=pool.id)

    async def _pool(self, partner_id: int, actor: Actor) -> TenantScope:
        """The partner's pool, made when it is first asked for."""

        async def make(write: Write) -> int:
            if await PartnerRepository(write.connection, None).find(partner_id, to_link=True) is None:
                raise ObjectUnknown("partner", partner_id)
            return await PartnerTenantRepository(write.connection, partner_id).add_pool()

        pool_id = await self._pool_id(partner_id)
        if pool_id is None:
            try:
                pool_id = (await self._writes.run(actor, make)).result
            except Conflict:
                # Somebody made it at this moment.
                pool_id = await self._pool_id(partner_id)
                if pool_id is None:
                    raise
        return TenantScope(pool_id, POOL_OF_PARTNER.format(partner_id), "en")

    async def _pool_id(self, partner_id: int) -> int | None:
        async with self._database.reading() as connection:
            return await PartnerTenantRepository(connection, partner_id).pool_id()


async def _known(rows: PartnerHotlineRepository, hotline_id: int) -> PartnerHotline:
    found = await rows.find(hotline_id, to_change=True)
    if found is None:
        raise ObjectUnknown("hotline", hotline_id)
    return found


async def _move(write: Write, rows: PartnerHotlineRepository, hotline: PartnerHotline, tenant_id: int) -> None:
    if users := await rows.number_users(hotline):
        raise InUse("hotline", users)
    await rows.move(hotline, tenant_id)
    write.tell(consequences(hotline.tenant_id, tenant_id))
    write.audit(
        "hotline.move",
        "hotline",
        hotline.id,
        before=asdict(hotline),
        after={**asdict(hotline), "tenant_id": tenant_id},
    )
