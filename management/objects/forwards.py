"""The rows that keep where calls go on: as values of their owners, and as what points to a destination."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, Row, Select, and_, delete, insert, select, update
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
    """The destinations in some slots of an owner, by slot."""

    owner_kind: str
    slots: frozenset[str]

    @property
    def empty(self) -> Mapping[str, Destination]:
        return {}

    async def load(
        self, connection: AsyncConnection, owner_ids: Sequence[int]
    ) -> Mapping[int, Mapping[str, Destination]]:
        statement = (
            select(destinations, extensions.c.number.label("extension"))
            .outerjoin(extensions, extensions.c.id == destinations.c.extension_id)
            .where(destinations.c.owner_id.in_(owner_ids), *self._own())
            .order_by(destinations.c.slot)
        )
        found: dict[int, dict[str, Destination]] = {}
        for row in await connection.execute(statement):
            found.setdefault(row.owner_id, {})[row.slot] = _destination(row)
        return found

    async def save(
        self, connection: AsyncConnection, tenant_id: int, owner_id: int, field: str, value: Mapping[str, Destination]
    ) -> None:
        await self.put(
            connection, tenant_id, owner_id, {slot: (f"{field}.{slot}", each) for slot, each in value.items()}
        )

    async def put(
        self,
        connection: AsyncConnection,
        tenant_id: int,
        owner_id: int,
        value: Mapping[str, tuple[str, Destination]],
    ) -> None:
        """As `save`; each destination comes with the name of its field."""
        owner = {"tenant_id": tenant_id, "owner_kind": self.owner_kind, "owner_id": owner_id}
        rows = [
            {**owner, "slot": slot, **await _columns(connection, tenant_id, field, each)}
            for slot, (field, each) in value.items()
        ]
        await self.remove(connection, owner_id)
        if rows:
            await connection.execute(insert(destinations), rows)

    async def remove(self, connection: AsyncConnection, owner_id: int) -> None:
        await connection.execute(delete(destinations).where(destinations.c.owner_id == owner_id, *self._own()))

    def _own(self) -> tuple[Any, ...]:
        return destinations.c.owner_kind == self.owner_kind, destinations.c.slot.in_(self.slots)


@dataclass(frozen=True, slots=True)
class Forward:
    """The destination in one slot of an owner, or None."""

    owner_kind: str
    slot: str

    @property
    def empty(self) -> None:
        return None

    async def load(self, connection: AsyncConnection, owner_ids: Sequence[int]) -> Mapping[int, Destination]:
        found = await self._slots.load(connection, owner_ids)
        return {owner_id: slots[self.slot] for owner_id, slots in found.items()}

    async def save(
        self, connection: AsyncConnection, tenant_id: int, owner_id: int, field: str, value: Destination | None
    ) -> None:
        await self._slots.put(connection, tenant_id, owner_id, {self.slot: (field, value)} if value else {})

    async def remove(self, connection: AsyncConnection, owner_id: int) -> None:
        await self._slots.remove(connection, owner_id)

    @property
    def _slots(self) -> Forwards:
        return Forwards(self.owner_kind, frozenset({self.slot}))


@dataclass(frozen=True, slots=True)
class _Owner:
    """A kind of owner of destinations: its key, what its users know it by, and the object that its rows go with."""

    called: str
    key: Column[Any]
    name: Column[Any]
    goes_with: Column[Any]
    link: Column[Any] | None
    """The link of destinations that names such an object."""


_OWNERS: Final[Mapping[str, _Owner]] = {
    "number": _Owner("number", numbers.c.id, numbers.c.number, numbers.c.id, None),
    "ring_group": _Owner(
        "ring group", ring_groups.c.id, ring_groups.c.name, ring_groups.c.id, destinations.c.ring_group_id
    ),
    "queue": _Owner("queue", queues.c.id, queues.c.name, queues.c.id, destinations.c.queue_id),
    "ivr_menu": _Owner("ivr menu", ivr_menus.c.id, ivr_menus.c.name, ivr_menus.c.id, destinations.c.ivr_menu_id),
    "presence_rule": _Owner(
        "presence of extension",
        presence_rules.c.id,
        extensions.c.number,
        presence_rules.c.extension_id,
        destinations.c.extension_id,
    ),
}


@dataclass(frozen=True, slots=True)
class Destined:
    """A way to point to an object: calls go on to it. `column` is the link of destinations that names its kind."""

    column: Column[Any]

    async def users(self, connection: AsyncConnection, object_id: int, most: int) -> list[str]:
        found: list[str] = []
        for kind, owner in _OWNERS.items():
            if len(found) < most:
                found += await named(connection, owner.called, self._names(kind, owner, object_id), most - len(found))
        return found

    async def replace(self, connection: AsyncConnection, object_id: int, other_id: int) -> None:
        await connection.execute(update(destinations).where(self.column == object_id).values({self.column: other_id}))

    def _names(self, kind: str, owner: _Owner, object_id: int) -> Select[Any]:
        is_its = and_(destinations.c.owner_kind == kind, destinations.c.owner_id == owner.key)
        statement = select(owner.name).distinct().select_from(owner.key.table).join(destinations, is_its)
        statement = statement.where(self.column == object_id)
        if kind == "presence_rule":
            statement = statement.join(extensions, extensions.c.id == presence_rules.c.extension_id)
        if self.column is owner.link:
            # A menu that may be heard again, an extension with its own mailbox: that goes when it goes.
            statement = statement.where(owner.goes_with != object_id)
        return statement.order_by(owner.name)


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
