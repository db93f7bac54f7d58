"""What points to an object: who uses it, and how they are made to use another one instead."""

from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Column, Select, delete, select, update
from sqlalchemy.ext.asyncio import AsyncConnection


class Link(Protocol):
    """One way to point to an object."""

    async def users(self, connection: AsyncConnection, object_id: int, most: int) -> list[str]:
        """What points there in this way, as "extension 1001", at most so many."""

    async def replace(self, connection: AsyncConnection, object_id: int, other_id: int) -> None:
        """What points there points to the other from now on."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A column of living rows that point here: what they are called, and the column that tells them apart."""

    kind: str
    column: Column[Any]
    name: Column[Any]

    async def users(self, connection: AsyncConnection, object_id: int, most: int) -> list[str]:
        statement = select(self.name).where(self.column == object_id, self.column.table.c.deleted_at.is_(None))
        return await named(connection, self.kind, statement.order_by(self.name), most)

    async def replace(self, connection: AsyncConnection, object_id: int, other_id: int) -> None:
        table = self.column.table
        await connection.execute(update(table).where(self.column == object_id).values({self.column: other_id}))


@dataclass(frozen=True, slots=True)
class Membership:
    """A column of a list of members: `owner` is the column that says whose list it is."""

    kind: str
    column: Column[Any]
    owner: Column[Any]
    name: Column[Any]

    async def users(self, connection: AsyncConnection, object_id: int, most: int) -> list[str]:
        owners = self.name.table
        statement = select(self.name).join(self.column.table, self.owner == owners.c.id)
        return await named(connection, self.kind, statement.where(self.column == object_id).order_by(self.name), most)

    async def replace(self, connection: AsyncConnection, object_id: int, other_id: int) -> None:
        table = self.column.table
        has_other = select(self.owner).where(self.column == other_id)
        # Nobody is a member twice.
        await connection.execute(delete(table).where(self.column == object_id, self.owner.in_(has_other)))
        await connection.execute(update(table).where(self.column == object_id).values({self.column: other_id}))


async def named(connection: AsyncConnection, kind: str, statement: Select[Any], most: int) -> list[str]:
    """The names that the statement selects, as users of something."""
    return [f"{kind} {name}" for name in (await connection.execute(statement.limit(most))).scalars()]


async def users_of(links: tuple[Link, ...], connection: AsyncConnection, object_id: int, most: int) -> list[str]:
    """What points to the object in any way, each once, at most so many."""
    found: dict[str, None] = {}
    for link in links:
        if len(found) < most:
            found |= dict.fromkeys(await link.users(connection, object_id, most))
    return [*found][:most]
