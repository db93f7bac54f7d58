"""SELECTs of what switches keep, rows in, model objects out: of one tenant, or of all for what a switch has once."""

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from xmlcurl.store.queries_greetings import find_greeting
from xmlcurl.store.switch_model import Agent, Gateway, MenuSetup, QueueSetup
from xmlcurl.store.tables import destinations, extensions, gateways, ivr_menus, queue_agents, queues, switches, tenants

_IN_SERVICE = (
    gateways.c.status == "active",
    gateways.c.deleted_at.is_(None),
    tenants.c.state == "active",
    tenants.c.deleted_at.is_(None),
)


async def list_gateways(connection: AsyncConnection) -> list[Gateway]:
    """Active gateways of active tenants, in order of their ids."""
    return [gateway_of(row) for row in await connection.execute(gateways_in_service())]


def gateways_in_service() -> Select[Any]:
    """The rows of the same, for any connection."""
    return (
        select(gateways, tenants.c.domain)
        .join(tenants, tenants.c.id == gateways.c.tenant_id)
        .where(*_IN_SERVICE)
        .order_by(gateways.c.id)
    )


def gateway_of(row: Row[Any]) -> Gateway:
    """One of those rows."""
    return Gateway(
        id=row.id,
        domain=row.domain,
        host=row.host,
        port=row.port,
        transport=row.transport,
        registers=row.registers,
        username=row.username,
        password_encrypted=row.password_encrypted,
        realm=row.realm,
        expires_seconds=row.expires_seconds,
        codecs=tuple(row.codecs),
    )


async def list_gateway_addresses(connection: AsyncConnection) -> list[str]:
    """The networks, as CIDRs, that calls of active gateways of active tenants come from; each once, in order."""
    rows = await connection.execute(
        select(gateways.c.addresses).join(tenants, tenants.c.id == gateways.c.tenant_id).where(*_IN_SERVICE)
    )
    return sorted({address for addresses in rows.scalars() for address in addresses})


async def list_peer_hosts(connection: AsyncConnection) -> list[str]:
    """The addresses of enabled switches that send one another calls; each once, in order."""
    living = (switches.c.enabled, switches.c.deleted_at.is_(None), switches.c.peer_host.is_not(None))
    return sorted(set((await connection.execute(select(switches.c.peer_host).where(*living))).scalars()))


async def find_queue_setup(connection: AsyncConnection, tenant_id: int, queue_id: int) -> QueueSetup | None:
    """The tenant's living queue."""
    row = (
        await connection.execute(
            select(queues).where(
                queues.c.id == queue_id, queues.c.tenant_id == tenant_id, queues.c.deleted_at.is_(None)
            )
        )
    ).one_or_none()
    if row is None:
        return None
    agents = await _agents(connection, tenant_id, queue_id)
    return QueueSetup(row.id, row.strategy, row.max_wait_seconds, row.ring_seconds, agents)


async def find_menu_setup(connection: AsyncConnection, tenant_id: int, menu_id: int) -> MenuSetup | None:
    """The tenant's living menu."""
    row = (
        await connection.execute(
            select(ivr_menus).where(
                ivr_menus.c.id == menu_id, ivr_menus.c.tenant_id == tenant_id, ivr_menus.c.deleted_at.is_(None)
            )
        )
    ).one_or_none()
    if row is None:
        return None
    slots = await connection.execute(
        select(destinations.c.slot).where(
            destinations.c.tenant_id == tenant_id,
            destinations.c.owner_kind == "ivr_menu",
            destinations.c.owner_id == menu_id,
            destinations.c.slot != "no_choice",
        )
    )
    keys = tuple(sorted(slots.scalars()))
    greeting = await find_greeting(connection, tenant_id, ivr_menus, menu_id)
    return MenuSetup(row.id, row.number, row.timeout_seconds, row.tries, row.direct_dial, keys, greeting)


async def _agents(connection: AsyncConnection, tenant_id: int, queue_id: int) -> tuple[Agent, ...]:
    theirs = queue_agents.alias("theirs")
    among = queues.alias("among")
    longest = (
        select(
            theirs.c.extension_id,
            func.max(among.c.ring_seconds).label("ring_seconds"),
            func.max(among.c.wrap_up_seconds).label("wrap_up_seconds"),
        )
        .join(among, and_(among.c.id == theirs.c.queue_id, *_living(among, tenant_id)))
        .group_by(theirs.c.extension_id)
        .subquery()
    )
    rows = await connection.execute(
        select(
            extensions.c.number,
            queue_agents.c.level,
            queue_agents.c.position,
            longest.c.ring_seconds,
            longest.c.wrap_up_seconds,
        )
        .join(extensions, and_(extensions.c.id == queue_agents.c.extension_id, *_living(extensions, tenant_id)))
        .join(longest, longest.c.extension_id == queue_agents.c.extension_id)
        .where(queue_agents.c.queue_id == queue_id, queue_agents.c.tenant_id == tenant_id)
        .order_by(queue_agents.c.position)
    )
    return tuple(Agent(*row) for row in rows)


def _living(table: FromClause, tenant_id: int) -> tuple[ColumnElement[bool], ...]:
    return table.c.tenant_id == tenant_id, table.c.deleted_at.is_(None)
