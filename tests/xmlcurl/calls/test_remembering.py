"""Which routes are remembered, until when, and on both databases."""

import pytest
from redis import Redis

from tests.seed import Seed
from tests.xmlcurl import asking
from tests.xmlcurl.calls.rows import NOBODY, OUTSIDE, leg_of
from tests.xmlcurl.calls.switch import Surroundings, Switch
from tests.xmlcurl.calls.world import MAIN, SALES, World
from tests.xmlcurl.service import Service, purge
from xmlcurl.store.cache import Guard
from xmlcurl.store.model import Tag
from xmlcurl.store.tables import destinations, numbers, ring_group_members, utc_now


@pytest.fixture
def world(seed: Seed) -> World:
    world = World(seed)
    world.build()
    return world


async def reached(service: Service, number: str, caller: str = "1001") -> str:
    return (await Switch(service, Surroundings()).call(leg_of(caller), number)).answered


def outside(number: str) -> bytes:
    return asking.call(number, caller="", context="public", sofia_profile_name="external")


async def test_every_kind_of_destination(world: World, service: Service) -> None:
    """Once loaded, all of them are answered without SQL."""
    kinds = ["1002", "1201", "1207", "600", "700", "800", "900", SALES, "0901234567", "112", "*97", "4242"]
    bodies = [asking.call(number) for number in kinds] + [outside(MAIN)]
    cold = [(await service.post(body)).body for body in bodies]
    service.statements.clear()

    assert [(await service.post(body)).body for body in bodies] == cold
    assert service.statements == []


async def test_routes_that_differ_share_no_document(world: World, service: Service) -> None:
    """Each input of a route is in its key."""
    bodies = [
        asking.call("1201"),
        asking.call("1201", caller=""),
        asking.call("1201", xmlcurl_failed="USER_BUSY"),
        asking.call("1201", xmlcurl_failed="NO_ANSWER"),
        asking.call("1201", xmlcurl_failed="USER_BUSY", xmlcurl_path="1235"),
        asking.call("1201", xmlcurl_failed="USER_BUSY", xmlcurl_path="1003"),
        asking.call("1201", xmlcurl_on_behalf_of="1002"),
        asking.call("0901234567", xmlcurl_on_behalf_of="1002"),
        asking.call("0901234567", xmlcurl_on_behalf_of="1004"),
        asking.call("0901234567"),
        asking.call(MAIN, caller="", context="public", sofia_profile_name="external"),
        asking.call(MAIN, caller=""),
    ]

    cold = [(await service.post(body)).body for body in bodies]
    warm = [(await service.post(body)).body for body in reversed(bodies)]

    assert warm == cold[::-1]
    assert len(set(cold)) == len(bodies)


async def test_what_calls_meet_has_a_tag(world: World, seed: Seed, service: Service, redis_url: str) -> None:
    """A change of a group, a route, a rule, a setting drops every route of the tenant, and no user."""
    assert await reached(service, "603") == ""
    await service.post(asking.user("1001"))

    group, member = world.ids["603"], world.ids["1003"]
    seed.row(ring_group_members, tenant_id=world.tenant, ring_group_id=group, extension_id=member, position=0)
    await purge(redis_url, [Tag.calls(world.tenant)], [Guard.of_tenant(world.tenant)])

    assert await reached(service, "603") == "1003"
    service.statements.clear()
    await service.post(asking.user("1001"))
    assert service.statements == []


async def test_a_member_that_leaves_is_rung_no_more(world: World, seed: Seed, service: Service, redis_url: str) -> None:
    """A group's route depends on its members, as it does on itself."""
    assert await reached(service, "601") == "1003"

    seed.delete_extension(world.ids["1003"])
    await purge(redis_url, [Tag.extension(world.tenant, world.ids["1003"])], [Guard.of_tenant(world.tenant)])

    assert await reached(service, "601") == "1002"


async def test_a_number_that_moves_to_another_tenant(
    world: World, seed: Seed, service: Service, redis_url: str
) -> None:
    """Whose it was last is only a hint: the next call is the new owner's."""
    assert await reached(service, SALES, OUTSIDE) == "1002"

    other = seed.tenant("new.test")
    theirs = seed.extension(other, "3001")
    seed.change(numbers, world.ids[SALES], deleted_at=utc_now())
    await purge(redis_url, [Tag.DOMAINS, Tag.tenant(world.tenant)], [Guard.DOMAINS, Guard.of_tenant(world.tenant)])
    number = seed.number(other, SALES)
    row = {"tenant_id": other, "owner_kind": "number", "owner_id": number, "slot": "open", "type": "extension"}
    seed.row(destinations, **row, extension_id=theirs)

    assert await reached(service, SALES, OUTSIDE) == "3001"


async def test_a_forwarded_call_is_not_remembered(world: World, service: Service, redis_url: str) -> None:
    """Its path is its own: it would take room that others need."""
    await service.post(asking.call("1003", xmlcurl_path="1202"))

    with Redis.from_url(redis_url) as client:
        assert [*client.scan_iter("*:d:*", count=1_000)] == []


@pytest.mark.parametrize(
    "said",
    [
        pytest.param({"xmlcurl_path": "1001,${system(x)}"}, id="a path of no numbers"),
        pytest.param({"xmlcurl_on_behalf_of": "1001@pbx.test"}, id="on behalf of no name"),
        pytest.param({"xmlcurl_on_behalf_of": "4242"}, id="on behalf of nobody"),
        pytest.param({"xmlcurl_on_behalf_of": "1020"}, id="on behalf of a disabled one"),
    ],
)
async def test_what_no_route_of_ours_said(world: World, service: Service, said: dict[str, str]) -> None:
    """Refused, whatever the number."""
    switch = Switch(service, Surroundings())

    outcome = await switch.call(leg_of(NOBODY, **said), "1002")

    assert outcome.cause in {"CALL_REJECTED", "UNALLOCATED_NUMBER"}
    assert outcome.rang == []
