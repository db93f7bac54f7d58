"""SELECTs of what calls meet, rows in, model objects out. Each is scoped by one tenant's id, but for one.

A link to what was deleted, or belongs to another tenant, is no link.
"""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Row, Table, and_, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from xmlcurl.store.call_model import (
    ClassOfService,
    Destination,
    Forwards,
    Greeting,
    Holiday,
    Mailbox,
    Menu,
    OutboundRoute,
    OwnNumber,
    Presence,
    Queue,
    RingGroup,
)
from xmlcurl.store.model import CallerId, CallSettings, OpenHours
from xmlcurl.store.queries import list_members
from xmlcurl.store.queries_greetings import find_greeting
from xmlcurl.store.tables import (
    call_settings,
    class_of_service_routes,
    classes_of_service,
    destinations,
    emergency_gateways,
    extensions,
    gateways,
    greetings,
    group_mailboxes,
    holidays,
    ivr_menus,
    numbers,
    outbound_route_gateways,
    outbound_routes,
    presence_rules,
    queues,
    ring_groups,
    taken_names,
    tenants,
)

Group = RingGroup | Queue | Menu | Mailbox

_INSIDE: Final[Mapping[str, Table]] = {
    "extension_id": extensions,
    "ring_group_id": ring_groups,
    "queue_id": queues,
    "ivr_menu_id": ivr_menus,
    "group_mailbox_id": group_mailboxes,
}
"""Link of a destination -> what it links to, and whose number is dialled for it."""


async def find_number_owner(connection: AsyncConnection, number: str) -> str | None:
    """The domain of the tenant, whichever it is but a pool, that has the active number of the public network."""
    return (
        await connection.execute(
            select(tenants.c.domain)
            .join(numbers, numbers.c.tenant_id == tenants.c.id)
            .where(numbers.c.number == number, numbers.c.status == "active", numbers.c.deleted_at.is_(None))
            .where(tenants.c.deleted_at.is_(None), tenants.c.is_pool.is_(False))
        )
    ).scalar_one_or_none()


async def find_own_number(connection: AsyncConnection, tenant_id: int, number: str) -> OwnNumber | None:
    """The tenant's active number of the public network."""
    row = (
        await connection.execute(
            select(numbers.c.id).where(
                numbers.c.number == number, numbers.c.status == "active", *_living(numbers, tenant_id)
            )
        )
    ).one_or_none()
    return OwnNumber(number, await _forwards(connection, tenant_id, "number", row.id)) if row else None


async def find_group(connection: AsyncConnection, tenant_id: int, name: str) -> Group | None:
    """The ring group, queue, menu or group mailbox that has this number."""
    taken = (
        await connection.execute(
            select(taken_names).where(taken_names.c.tenant_id == tenant_id, taken_names.c.name == name)
        )
    ).one_or_none()
    if taken is None:
        return None
    if taken.ring_group_id is not None:
        return await _ring_group(connection, tenant_id, taken.ring_group_id)
    if taken.queue_id is not None:
        return await _queue(connection, tenant_id, taken.queue_id, name)
    if taken.ivr_menu_id is not None:
        return await _menu(connection, tenant_id, taken.ivr_menu_id)
    return Mailbox(name) if taken.group_mailbox_id is not None else None


async def find_presence(connection: AsyncConnection, tenant_id: int, extension_id: int) -> Presence:
    """The extension's present status with the rules that it has for it."""
    row = (
        await connection.execute(
            select(
                extensions.c.presence_status,
                extensions.c.mobile,
                extensions.c.mobile_prefix,
                presence_rules.c.id.label("rule_id"),
                presence_rules.c.ring_seconds,
                presence_rules.c.ring_mobile,
            )
            .outerjoin(
                presence_rules,
                (presence_rules.c.extension_id == extensions.c.id)
                & (presence_rules.c.status == extensions.c.presence_status),
            )
            .where(extensions.c.id == extension_id, extensions.c.tenant_id == tenant_id)
        )
    ).one()
    if row.rule_id is None:
        return Presence(row.presence_status)
    return Presence(
        status=row.presence_status,
        ring_seconds=row.ring_seconds,
        ring_mobile=row.ring_mobile,
        mobile=row.mobile,
        prefix=row.mobile_prefix or "",
        forwards=await _forwards(connection, tenant_id, "presence_rule", row.rule_id, of=row),
    )


async def find_class_of_service(connection: AsyncConnection, tenant_id: int, extension_id: int) -> ClassOfService:
    """The extension's, or one that forbids nothing."""
    row = (
        await connection.execute(
            select(classes_of_service)
            .join(extensions, extensions.c.class_of_service_id == classes_of_service.c.id)
            .where(extensions.c.id == extension_id, *_living(classes_of_service, tenant_id))
        )
    ).one_or_none()
    if row is None:
        return ClassOfService()
    return ClassOfService(
        outbound_calls_disabled=row.outbound_calls_disabled,
        outside_hours_calls_disabled=row.outside_hours_calls_disabled,
        international_calls_disabled=row.international_calls_disabled,
        route_ids=None if row.all_routes else await _routes_of_class(connection, row.id),
    )


async def find_call_settings(connection: AsyncConnection, tenant_id: int) -> CallSettings:
    """The tenant's, or the defaults."""
    row = (
        await connection.execute(
            select(call_settings, numbers.c.number.label("caller_id"), numbers.c.display_name)
            .outerjoin(
                numbers,
                (numbers.c.id == call_settings.c.emergency_caller_id_number_id)
                & (numbers.c.tenant_id == tenant_id)
                & (numbers.c.status == "active")
                & numbers.c.deleted_at.is_(None),
            )
            .where(call_settings.c.tenant_id == tenant_id)
        )
    ).one_or_none()
    if row is None:
        return CallSettings()
    return CallSettings(
        country_code=row.country_code,
        international_prefix=row.international_prefix,
        national_prefix=row.national_prefix,
        emergency_numbers=tuple(row.emergency_numbers),
        emergency_caller_id=CallerId(row.caller_id, row.display_name) if row.caller_id else None,
        emergency_gateway_ids=await _active(connection, tenant_id, emergency_gateways, "call_settings_id", row.id),
        feature_codes=row.feature_codes,
        business_hours=tuple(OpenHours(*hours) for hours in row.business_hours),
    )


async def find_default_caller_id(connection: AsyncConnection, tenant_id: int) -> CallerId | None:
    """What the tenant's calls show where nothing else says what: an active number of its own."""
    row = (
        await connection.execute(
            select(numbers.c.number, numbers.c.display_name)
            .join(tenants, tenants.c.default_number_id == numbers.c.id)
            .where(tenants.c.id == tenant_id, numbers.c.status == "active", *_living(numbers, tenant_id))
        )
    ).one_or_none()
    return row and CallerId(row.number, row.display_name)


async def list_gateway_ids(connection: AsyncConnection, tenant_id: int) -> tuple[int, ...]:
    """The tenant's active gateways."""
    rows = await connection.execute(
        select(gateways.c.id)
        .where(gateways.c.status == "active", *_living(gateways, tenant_id))
        .order_by(gateways.c.id)
    )
    return tuple(rows.scalars())


async def list_outbound_routes(connection: AsyncConnection, tenant_id: int) -> tuple[OutboundRoute, ...]:
    """Active ones in the order in which they are tried, with their active gateways."""
    rows = await connection.execute(
        select(outbound_routes)
        .where(outbound_routes.c.status == "active", *_living(outbound_routes, tenant_id))
        .order_by(outbound_routes.c.priority, outbound_routes.c.id)
    )
    by_route = await _gateways_of_routes(connection, tenant_id)
    return tuple(
        OutboundRoute(
            id=row.id,
            patterns=tuple(row.patterns),
            gateway_ids=tuple(by_route.get(row.id, ())),
            strip=row.strip,
            prepend=row.prepend or "",
            is_international=row.is_international,
        )
        for row in rows
    )


async def list_holidays(connection: AsyncConnection, tenant_id: int) -> tuple[Holiday, ...]:
    rows = await connection.execute(
        select(holidays.c.first_day, holidays.c.last_day, holidays.c.is_yearly)
        .where(*_living(holidays, tenant_id))
        .order_by(holidays.c.first_day, holidays.c.id)
    )
    return tuple(Holiday(*row) for row in rows)


async def _ring_group(connection: AsyncConnection, tenant_id: int, group_id: int) -> RingGroup | None:
    row = (
        await connection.execute(
            select(ring_groups).where(ring_groups.c.id == group_id, *_living(ring_groups, tenant_id))
        )
    ).one_or_none()
    if row is None:
        return None
    forwards = await _forwards(connection, tenant_id, "ring_group", group_id)
    members = tuple(await list_members(connection, tenant_id, group_id))
    return RingGroup(row.number, row.strategy, row.ring_seconds, members, forwards.get("no_answer"))


async def _queue(connection: AsyncConnection, tenant_id: int, queue_id: int, number: str) -> Queue:
    forwards = await _forwards(connection, tenant_id, "queue", queue_id)
    greeting = await find_greeting(connection, tenant_id, queues, queue_id)
    return Queue(queue_id, number, forwards.get("timeout"), greeting)


async def _menu(connection: AsyncConnection, tenant_id: int, menu_id: int) -> Menu | None:
    row = (
        await connection.execute(
            select(ivr_menus.c.number, ivr_menus.c.direct_dial).where(
                ivr_menus.c.id == menu_id, *_living(ivr_menus, tenant_id)
            )
        )
    ).one_or_none()
    if row is None:
        return None
    options = dict(await _forwards(connection, tenant_id, "ivr_menu", menu_id))
    no_choice = options.pop("no_choice", None)
    return Menu(menu_id, row.number, no_choice, options, row.direct_dial)


async def _gateways_of_routes(connection: AsyncConnection, tenant_id: int) -> dict[int, list[int]]:
    rows = await connection.execute(
        select(outbound_route_gateways.c.outbound_route_id, gateways.c.id)
        .join(gateways, gateways.c.id == outbound_route_gateways.c.gateway_id)
        .where(gateways.c.status == "active", *_living(gateways, tenant_id))
        .order_by(outbound_route_gateways.c.outbound_route_id, outbound_route_gateways.c.position)
    )
    found: dict[int, list[int]] = {}
    for route_id, gateway_id in rows:
        found.setdefault(route_id, []).append(gateway_id)
    return found


async def _active(
    connection: AsyncConnection, tenant_id: int, links: Table, owner: str, owner_id: int
) -> tuple[int, ...]:
    rows = await connection.execute(
        select(gateways.c.id)
        .join(links, links.c.gateway_id == gateways.c.id)
        .where(links.c[owner] == owner_id, gateways.c.status == "active", *_living(gateways, tenant_id))
        .order_by(links.c.position)
    )
    return tuple(rows.scalars())


async def _routes_of_class(connection: AsyncConnection, class_id: int) -> frozenset[int]:
    rows = await connection.execute(
        select(class_of_service_routes.c.outbound_route_id).where(
            class_of_service_routes.c.class_of_service_id == class_id
        )
    )
    return frozenset(rows.scalars())


async def _forwards(
    connection: AsyncConnection,
    tenant_id: int,
    owner_kind: str,
    owner_id: int,
    *,
    of: Row[*tuple[Any, ...]] | None = None,
) -> Forwards:
    """The owner's destinations by slot; `of` has the mobile number and the prefix of the extension whose they are."""
    dialled = func.coalesce(*(target.c.number for target in _INSIDE.values()))
    statement = select(destinations, dialled.label("dialled"), greetings.c.sha256, greetings.c.format).outerjoin(
        greetings, and_(greetings.c.id == destinations.c.greeting_id, *_living(greetings, tenant_id))
    )
    for link, target in _INSIDE.items():
        statement = statement.outerjoin(target, and_(target.c.id == destinations.c[link], *_living(target, tenant_id)))
    rows = await connection.execute(
        statement.where(
            destinations.c.tenant_id == tenant_id,
            destinations.c.owner_kind == owner_kind,
            destinations.c.owner_id == owner_id,
        )
    )
    found = ((row.slot, _destination(row, of)) for row in rows)
    return {slot: destination for slot, destination in found if destination}


def _destination(row: Row[*tuple[Any, ...]], of: Row[*tuple[Any, ...]] | None) -> Destination | None:
    """None: what it links to, or the mobile number that it means, is gone."""
    if row.type == "end_call":
        return Destination(row.type)
    if row.type == "play_greeting":
        greeting = Greeting(row.greeting_id, row.sha256, row.format) if row.sha256 else None
        return Destination(row.type, greeting=greeting, times=row.times or 1) if greeting else None
    if row.type not in {"mobile_number", "external_num"}:
        return Destination(row.type, row.dialled) if row.dialled else None
    number = of.mobile if of is not None and row.type == "mobile_number" else row.number
    prefix = row.prefix or (of.mobile_prefix if of is not None else None) or ""
    return Destination(row.type, number, prefix) if number else None


def _living(table: Table, tenant_id: int) -> tuple[ColumnElement[bool], ...]:
    return table.c.tenant_id == tenant_id, table.c.deleted_at.is_(None)
