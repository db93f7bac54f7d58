"""Members: in order, each once, of the same tenant, gone with their owner."""

import pytest

from management.database import Database
from management.errors import Invalid
from management.objects.parts import LARGEST_ID, Members, living
from tests.seed import Seed
from xmlcurl.store.tables import extensions, ring_group_members, ring_groups

MEMBERS = Members(ring_group_members.c.ring_group_id, ring_group_members.c.extension_id, extensions.c.number)


async def test_members_keep_their_order(database: Database, seed: Seed) -> None:
    """Each owner has its own; a new list takes the place of the old one; none is an empty one."""
    first, second, third = (
        seed.row(ring_groups, tenant_id=1, name=name, number=name) for name in ("600", "601", "602")
    )
    async with database.writing() as connection:
        await MEMBERS.save(connection, 1, first, "members", ("1001", "1002"))
        await MEMBERS.save(connection, 1, first, "members", ("1002", "1001"))
        await MEMBERS.save(connection, 1, second, "members", ("1001",))
        await MEMBERS.save(connection, 1, third, "members", ())

        found = await MEMBERS.load(connection, [first, second, third])
        await MEMBERS.remove(connection, first)
        left = await MEMBERS.load(connection, [first, second, third])

    assert found == {first: ("1002", "1001"), second: ("1001",)}
    assert left == {second: ("1001",)}
    assert MEMBERS.empty == ()


async def test_who_is_missing_is_named_by_position(database: Database, seed: Seed) -> None:
    """Unknown, deleted and another tenant's look the same; the old members stay."""
    group = seed.row(ring_groups, tenant_id=1, name="600", number="600")
    seed.delete_extension(seed.extension(1, "1003"))
    seed.extension(seed.tenant("other.test"), "1004")
    async with database.writing() as connection:
        await MEMBERS.save(connection, 1, group, "members", ("1001",))
        with pytest.raises(Invalid) as refused:
            await MEMBERS.save(connection, 1, group, "members", ("1003", "1002", "1004", "4040"))

        assert await MEMBERS.load(connection, [group]) == {group: ("1001",)}
    assert {name: [each.rule for each in broken] for name, broken in refused.value.errors.items()} == {
        name: ["exists"] for name in ("members.0", "members.2", "members.3")
    }


async def test_ids_that_no_database_takes_are_just_not_there(database: Database) -> None:
    """Instead of an error of its driver."""
    async with database.writing() as connection:
        found = await living(connection, 1, extensions.c.id, [1, 0, -1, LARGEST_ID, LARGEST_ID + 1, 2**200])

    assert found == {1: 1}
