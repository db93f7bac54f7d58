"""Values of an object that rows of other tables hold: its members in order, where its calls go on.

A kind names them in the PARTS of its rows; they are read and written with it, and go when it goes.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from sqlalchemy import Column, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from management.errors import Broken, Invalid

LARGEST_ID: Final = 2**63 - 1


class Part(Protocol):
    """One such value."""

    async def load(self, connection: AsyncConnection, owner_ids: Sequence[int]) -> Mapping[int, Any]:
        """The value of each owner that has one."""

    async def save(self, connection: AsyncConnection, tenant_id: int, owner_id: int, field: str, value: Any) -> None:
        """A new value, in place of all there was.

        Raises:
            Invalid: it names what the tenant has not; the errors begin with the name of `field`.
        """

    async def remove(self, connection: AsyncConnection, owner_id: int) -> None:
        """The owner goes."""

    @property
    def empty(self) -> Any:
        """The value of an owner that has none."""


@dataclass(frozen=True, slots=True)
class Members:
    """Living objects of the tenant, in order, each once: a tuple of what `key` holds, such as numbers of extensions."""

    owner: Column[Any]
    member: Column[Any]
    key: Column[Any]

    @property
    def empty(self) -> tuple[Any, ...]:
        return ()

    async def load(self, connection: AsyncConnection, owner_ids: Sequence[int]) -> Mapping[int, tuple[Any, ...]]:
        rows = self.owner.table
        statement = (
            select(self.owner, self.key)
            .join(self.key.table, self.key.table.c.id == self.member)
            .where(self.owner.in_(owner_ids))
            .order_by(rows.c.position, rows.c.id)
        )
        found: dict[int, tuple[Any, ...]] = {}
        for owner_id, key in await connection.execute(statement):
            found[owner_id] = (*found.get(owner_id, ()), key)
        return found

    async def save(
        self, connection: AsyncConnection, tenant_id: int, owner_id: int, field: str, value: Sequence[Any]
    ) -> None:
        ids = await living(connection, tenant_id, self.key, value)
        if missing := [index for index, key in enumerate(value) if key not in ids]:
            raise Invalid({f"{field}.{index}": [Broken("exists")] for index in missing})
        await self.remove(connection, owner_id)
        rows = [
            {"tenant_id": tenant_id, self.owner.name: owner_id, self.member.name: ids[key], "position": position}
            for position, key in enumerate(value)
        ]
        if rows:
            await connection.execute(insert(self.owner.table), rows)

    async def remove(self, connection: AsyncConnection, owner_id: int) -> None:
        await connection.execute(delete(self.owner.table).where(self.owner == owner_id))


async def living(
    connection: AsyncConnection, tenant_id: int | None, key: Column[Any], values: Collection[Any]
) -> dict[Any, int]:
    """The ids of the tenant's living rows whose `key` is among `values`; nobody deletes them before the
    transaction has ended.
    """
    table = key.table
    # No database takes a larger integer.
    possible = [each for each in values if not isinstance(each, int) or 0 < each <= LARGEST_ID]
    statement = (
        select(key, table.c.id)
        .where(key.in_(possible), table.c.tenant_id == tenant_id, table.c.deleted_at.is_(None))
        .with_for_update(read=True, key_share=True)
    )
    return {row[0]: row[1] for row in await connection.execute(statement)}
