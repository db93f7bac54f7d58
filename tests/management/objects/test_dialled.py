"""A number of one's own: taken from all other names of the tenant, given back with a change and with the end."""

from typing import Any

import pytest
from sqlalchemy import select

from management.database import Database
from management.errors import Conflict
from management.queues.repository import QueueRepository
from management.ring_groups.repository import RingGroupRepository
from tests.seed import Seed
from xmlcurl.store.tables import taken_names

NEW: dict[str, Any] = {"name": "Sales", "number": "600"}


async def test_a_number_is_taken_and_given_back(database: Database) -> None:
    """With a row that says whose it is."""
    async with database.writing() as connection:
        rows = RingGroupRepository(connection, 1)

        async def names() -> list[tuple[str, int, bool]]:
            of_groups = select(taken_names).where(taken_names.c.ring_group_id.is_not(None))
            found = await connection.execute(of_groups)
            return [(row.name, row.ring_group_id, row.is_number) for row in found]

        group = await rows.add(NEW)
        assert await names() == [("600", group, True)]
        await rows.change(group, {"name": "Buyers"})
        assert await names() == [("600", group, True)]
        await rows.change(group, {"number": "601"})
        assert await names() == [("601", group, True)]
        await rows.remove(group)
        assert await names() == []
        assert await rows.find(group) is None


@pytest.mark.parametrize("taken", ["1001", "bob", "700"])
async def test_a_name_of_something_else_is_taken(database: Database, seed: Seed, taken: str) -> None:
    """An extension's number and alias, a queue's number; in another tenant it is free."""
    seed.extension(1, "1003", aliases=["bob"])
    other = seed.tenant("other.test")
    async with database.writing() as connection:
        await QueueRepository(connection, 1).add({"name": "Support", "number": "700"})
    async with database.writing() as connection:
        group = await RingGroupRepository(connection, 1).add(NEW)
    # On PostgreSQL nothing more happens in a transaction that met a constraint: one each.
    async with database.writing() as connection:
        with pytest.raises(Conflict, match="number"):
            await RingGroupRepository(connection, 1).add({"name": "Buyers", "number": taken})
        await connection.rollback()
    async with database.writing() as connection:
        with pytest.raises(Conflict, match="number"):
            await RingGroupRepository(connection, 1).change(group, {"number": taken})
        await connection.rollback()
    async with database.writing() as connection:
        assert await RingGroupRepository(connection, other).add({**NEW, "number": taken})
