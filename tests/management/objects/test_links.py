"""Who points to an object, and how they are made to point to another."""

from management.database import Database
from management.objects.links import Membership, Reference, users_of
from management.objects.parts import Members
from tests.seed import Seed
from xmlcurl.store.tables import extensions, ring_group_members, ring_groups, utc_now

TEAM = Reference("extension", extensions.c.team_id, extensions.c.number)
GROUP = Membership(
    "ring group", ring_group_members.c.extension_id, ring_group_members.c.ring_group_id, ring_groups.c.name
)
MEMBERS = Members(ring_group_members.c.ring_group_id, ring_group_members.c.extension_id, extensions.c.number)


async def test_a_column_that_points_here(database: Database, seed: Seed) -> None:
    """Of living rows, by their name; all of them move."""
    first, second = seed.team(1, "A"), seed.team(1, "B")
    for extension_id in (2, 1):
        seed.change(extensions, extension_id, team_id=first)
    seed.change(extensions, seed.extension(1, "1000"), team_id=first, deleted_at=utc_now())
    async with database.writing() as connection:
        assert await TEAM.users(connection, first, 20) == ["extension 1001", "extension 1002"]
        assert await TEAM.users(connection, first, 1) == ["extension 1001"]
        assert await TEAM.users(connection, second, 20) == []

        await TEAM.replace(connection, first, second)

        assert await TEAM.users(connection, first, 20) == []
        assert await TEAM.users(connection, second, 20) == ["extension 1001", "extension 1002"]


async def test_a_member_takes_the_place_of_another(database: Database, seed: Seed) -> None:
    """At its position; who is a member already is not one twice, and keeps its own."""
    seed.extension(1, "1003")
    one, both = (seed.row(ring_groups, tenant_id=1, name=name, number=name) for name in ("600", "601"))
    async with database.writing() as connection:
        await MEMBERS.save(connection, 1, one, "members", ("1001", "1003"))
        await MEMBERS.save(connection, 1, both, "members", ("1001", "1003", "1002"))
        assert await GROUP.users(connection, 1, 20) == ["ring group 600", "ring group 601"]

        await GROUP.replace(connection, 1, 2)

        assert await GROUP.users(connection, 1, 20) == []
        assert await MEMBERS.load(connection, [one, both]) == {one: ("1002", "1003"), both: ("1003", "1002")}


async def test_each_user_is_named_once_and_no_more_than_are_wanted(database: Database, seed: Seed) -> None:
    """Whichever way it points there; the names of a few say what to do, nobody reads a thousand."""
    groups = [seed.row(ring_groups, tenant_id=1, name=name, number=name) for name in ("600", "601", "602")]
    ways = (GROUP, GROUP, Reference("extension", extensions.c.id, extensions.c.number))
    async with database.writing() as connection:
        for group in groups:
            await MEMBERS.save(connection, 1, group, "members", ("1001",))

        assert await users_of(ways, connection, 1, 2) == ["ring group 600", "ring group 601"]
        everybody = [*(f"ring group {number}" for number in ("600", "601", "602")), "extension 1001"]
        assert await users_of(ways, connection, 1, 4) == everybody
        assert await users_of(ways, connection, 1, 20) == everybody
