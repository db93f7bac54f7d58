"""The rows that keep where calls go on: as values of their owners, and as what points to a destination."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Row, and_, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from management.errors import Broken, Invalid
from management.objects.destination import Destination
from management.objects.links import named
from management.objects.parts import living
from xmlcurl.store.tables import (
    destinations,
    extensions,
    greetings,
    group_mailboxes,
    ivr_menus,
    numbers,
    presence_rules,
    queues,
    ring_groups,
)

_LINKS: Final[Mapping[str, tuple[Column[Any], Column[Any]]]] = {
    "extension": (destinations.c.extension_id, extensions.c.number),
    "ext_vm": (destinations.c.extension_id, extensions.c.number),
    "ring_group": (destinations.c.ring_group_id, ring_groups.c.id),
    "queue": (destinations.c.queue_id, queues.c.id),
    "ivr": (destinations.c.ivr_menu_id, ivr_menus.c.id),
    "group_vm": (destinations.c.group_mailbox_id, group_mailboxes.c.id),
    "play_greeting": (destinations.c.greeting_id, greetings.c.id),
}
"""Type of destination -> the column that links to it, and what an administrator names it by."""
_BY_NUMBER: Final = frozenset({"extension", "ext_vm"})


@dataclass(frozen=True, slots=True)
class Forwards:
    """The destinations of an owner by slot."""

    owner_kind: str

    @property
    def empty(self) -> Mapping[str, Destination]:
        return {}

    async def load(
        self, connection: AsyncConnection, owner_ids: Sequence[int]
    ) -> Mapping[int, Mapping[str, Destination]]:
        statement = (
            select(destinations, extensions.c.number.label("extension"))
            .outerjoin(extensions, extensions.c.id == destinations.c.extension_id)
            .where(destinations.c.owner_kind == self.owner_kind, destinations.c.owner_id.in_(owner_ids))
            .order_by(destinations.c.slot)
        )
        found: dict[int, dict[str, Destination]] = {}
        for row in await connection.execute(statement):
            found.setdefault(row.owner_id, {})[row.slot] = _destination(row)
        return found

    async def save(
        self, connection: AsyncConnection, tenant_id: int, owner_id: int, field: str, value: Mapping[str, Destination]
    ) -> None:
        rows = [
            {"slot": slot, **await _columns(connection, tenant_id, f"{field}.{slot}", each)}
            for slot, each in value.items()
        ]
        await self.remove(connection, owner_id)
        await self._insert(connection, tenant_id, owner_id, rows)

    async def remove(self, connection: AsyncConnection, owner_id: int) -> None:
        await connection.execute(delete(destinations).where(self._is(owner_id)))

    async def _insert(
        self, connection: AsyncConnection, tenant_id: int, owner_id: int, rows: Sequence[Mapping[str, Any]]
    ) -> None:
        if rows:
            owner = {"tenant_id": tenant_id, "owner_kind": self.owner_kind, "owner_id": owner_id}
            await connection.execute(insert(destinations), [{**owner, **row} for row in rows])

    def _is(self, owner_id: int) -> Any:
        return and_(destinations.c.owner_kind == self.owner_kind, destinations.c.owner_id == owner_id)


@dataclass(frozen=True, slots=True)
class Forward:
    """The destination in one slot of an owner, or None."""

    owner_kind: str
    slot: str

    @property
    def empty(self) -> None:
        return None

    async def load(self, connection: AsyncConnection, owner_ids: Sequence[int]) -> Mapping[int, Destination]:
        found = await Forwards(self.owner_kind).load(connection, owner_ids)
        return {owner_id: slots[self.slot] for owner_id, slots in found.items() if self.slot in slots}

    async def save(
        self, connection: AsyncConnection, tenant_id: int, owner_id: int, field: str, value: Destination | None
    ) -> None:
        columns = None if value is None else await _columns(connection, tenant_id, field, value)
        await self.remove(connection, owner_id)
        if columns is not None:
            row = {"slot": self.slot, **columns}
            await Forwards(self.owner_kind)._insert(connection, tenant_id, owner_id, [row])  # noqa: SLF001 - one module

    async def remove(self, connection: AsyncConnection, owner_id: int) -> None:
        is_slot = and_(Forwards(self.owner_kind)._is(owner_id), destinations.c.slot == self.slot)  # noqa: SLF001 - one module
        await connection.execute(delete(destinations).where(is_slot))


@dataclass(frozen=True, slots=True)
class Destined:
    """A way to point to an object: calls go on to it. `column` is the link of destinations that names its kind."""

    column: Column[Any]

    async def users(self, connection: AsyncConnection, object_id: int, most: int) -> list[str]:
        found: list[str] = []
        for kind, (owner, name) in _OWNERS.items():
            statement = (
                select(name)
                .join(destinations, and_(destinations.c.owner_kind == kind, destinations.c.owner_id == owner))
                .where(self.column == object_id)
                .order_by(name)
                .distinct()
            )
            if kind == "presence_rule":
                statement = statement.join(extensions, extensions.c.id == presence_rules.c.extension_id)
            if len(found) < most:
                found += await named(
                    connection, _CALLED.get(kind, kind.replace("_", " ")), statement, most - len(found)
                )
        return found

    async def replace(self, connection: AsyncConnection, object_id: int, other_id: int) -> None:
        await connection.execute(update(destinations).where(self.column == object_id).values({self.column: other_id}))


_OWNERS: Final[Mapping[str, tuple[Column[Any], Column[Any]]]] = {
    "number": (numbers.c.id, numbers.c.number),
    "ring_group": (ring_groups.c.id, ring_groups.c.name),
    "queue": (queues.c.id, queues.c.name),
    "ivr_menu": (ivr_menus.c.id, ivr_menus.c.name),
    "presence_rule": (presence_rules.c.id, extensions.c.number),
}
"""Kind of owner -> its id, and what its users know it by."""
_CALLED: Final = {"presence_rule": "presence of extension"}


async def _columns(connection: AsyncConnection, tenant_id: int, field: str, value: Destination) -> dict[str, Any]:
    columns: dict[str, Any] = {"type": value.type, "number": value.number, "prefix": value.prefix, "times": value.times}
    columns |= dict.fromkeys((column.name for column, _ in _LINKS.values()))
    if value.type in _LINKS:
        link, key = _LINKS[value.type]
        wanted = value.extension if value.type in _BY_NUMBER else value.id
        ids = await living(connection, tenant_id, key, [wanted])
        if wanted not in ids:
            raise Invalid({f"{field}.{'extension' if value.type in _BY_NUMBER else 'id'}": [Broken("exists")]})
        columns[link.name] = ids[wanted]
    return columns


def _destination(row: Row[Any]) -> Destination:
    link = _LINKS.get(row.type)
    is_by_id = link is not None and row.type not in _BY_NUMBER
    return Destination(
        type=row.type,
        extension=row.extension if row.type in _BY_NUMBER else None,
        id=getattr(row, link[0].name) if link and is_by_id else None,
        number=row.number,
        prefix=row.prefix,
        times=row.times,
    )
