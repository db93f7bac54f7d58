"""Rows of tenants."""

from typing import Any

from sqlalchemy import Select, select

from management.objects.links import Reference
from management.objects.repository import Rows
from management.switches.repository import SwitchRepository
from management.tenants.commands import Tenant
from xmlcurl.store.tables import (
    classes_of_service,
    departments,
    extensions,
    gateways,
    greetings,
    group_mailboxes,
    holidays,
    hotlines,
    ivr_menus,
    numbers,
    outbound_routes,
    partners,
    queue_agents,
    queues,
    ring_groups,
    teams,
    tenants,
    users,
)


class TenantRepository(Rows[Tenant]):
    """Living tenants, each with the digits of its default number; pools of partners are none."""

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
        Reference("gateway", gateways.c.tenant_id, gateways.c.name),
        Reference("outbound route", outbound_routes.c.tenant_id, outbound_routes.c.name),
        Reference("class of service", classes_of_service.c.tenant_id, classes_of_service.c.name),
        Reference("ring group", ring_groups.c.tenant_id, ring_groups.c.name),
        Reference("queue", queues.c.tenant_id, queues.c.name),
        Reference("ivr menu", ivr_menus.c.tenant_id, ivr_menus.c.name),
        Reference("group mailbox", group_mailboxes.c.tenant_id, group_mailboxes.c.name),
        Reference("greeting", greetings.c.tenant_id, greetings.c.name),
        Reference("holiday", holidays.c.tenant_id, holidays.c.name),
    )

    async def gateway_ids(self, tenant_id: int) -> frozenset[int]:
        """The gateways that switches have of an active tenant."""
        wanted = select(gateways.c.id).where(
            gateways.c.tenant_id == tenant_id, gateways.c.status == "active", gateways.c.deleted_at.is_(None)
        )
        return frozenset((await self._connection.execute(wanted)).scalars())

    async def has_switch(self, switch_id: int) -> bool:
        """Whether there is such a switch, enabled or not; nobody deletes it before the transaction has ended."""
        return await SwitchRepository(self._connection, None).find(switch_id, to_link=True) is not None

    async def has_partner(self, partner_id: int) -> bool:
        """Whether there is such a partner; nobody deletes it before the transaction has ended."""
        living = select(partners.c.id).where(partners.c.id == partner_id, partners.c.deleted_at.is_(None))
        return (await self._connection.execute(living.with_for_update(read=True, key_share=True))).first() is not None

    async def queues(self, tenant_id: int) -> list[tuple[int, str | None]]:
        """Its living queues, each with the number of one of its agents; once without, where it has none."""
        wanted = (
            select(queues.c.id, extensions.c.number)
            .outerjoin(queue_agents, queue_agents.c.queue_id == queues.c.id)
            .outerjoin(extensions, extensions.c.id == queue_agents.c.extension_id)
            .where(queues.c.tenant_id == tenant_id, queues.c.deleted_at.is_(None))
        )
        return [(row.id, row.number) for row in await self._connection.execute(wanted)]

    async def number_id(self, tenant_id: int, number: str) -> int | None:
        """The id of that tenant's number with these digits, active or not: a disabled one is just not shown."""
        return await self.linked_id(numbers.c.number, number, tenant_id)

    def _living(self) -> Select[Any]:
        own = (tenants.c[name] for name in Tenant.__dataclass_fields__ if name != "default_number")
        return (
            select(*own, numbers.c.number.label("default_number"))
            .select_from(tenants.outerjoin(numbers, numbers.c.id == tenants.c.default_number_id))
            .where(tenants.c.deleted_at.is_(None), tenants.c.is_pool.is_(False))
        )
