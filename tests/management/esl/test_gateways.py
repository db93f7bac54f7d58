"""How gateways are on the switches, from the switch to the reading side; and made right where they are not."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from sqlalchemy import insert, update

from management.database import Database
from management.gateways.states import MISSING, UNKNOWN, GatewayOnSwitch, GatewayStates
from tests.fakes.eventsocket import Fault
from tests.fakes.freeswitch import FreeSwitch
from tests.management.esl.conftest import SHORT, Running
from tests.management.esl.world import World, eventually
from xmlcurl.store.engine import open_async_engine
from xmlcurl.store.tables import gateways, tenants

Start = Callable[..., Running]
States = Callable[[int], list[GatewayOnSwitch]]
pytestmark = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)

EXTERNAL_RESCAN = "sofia profile external rescan"


@pytest.fixture
def states(migrated_database_url: str, redis_url: str) -> States:
    """The reading side, for a test without asyncio."""

    async def ask(gateway_id: int) -> list[GatewayOnSwitch]:
        engine = open_async_engine(migrated_database_url)
        async with AsyncRedis.from_url(redis_url) as client:
            try:
                return (await GatewayStates(Database(engine), client).of([gateway_id]))[gateway_id]
            finally:
                await engine.dispose()

    return lambda gateway_id: asyncio.run(ask(gateway_id))


def add_gateway(world: World, tenant_id: int, name: str = "carrier", **values: Any) -> int:
    row = {"host": "192.0.2.1", "codecs": ["PCMA"], "addresses": [], **values}
    world.write(insert(gateways).values(tenant_id=tenant_id, name=name, **row))
    return max(world.store.gateway_revisions())


def let_the_switch_read(switch: FreeSwitch, world: World, state: str = "REGED") -> None:
    """It knows every gateway as it is now."""
    switch.gateways |= {f"g{each}": (state, revision) for each, revision in world.store.gateway_revisions().items()}


def test_everybody_sees_how_a_gateway_is(world: World, switch: FreeSwitch, start: Start, states: States) -> None:
    """On each enabled switch by name; a change shows at the next look."""
    gateway_id = add_gateway(world, world.add_tenant())
    let_the_switch_read(switch, world)
    world.add_switch(switch)
    assert [each.state for each in states(gateway_id)] == [UNKNOWN]
    start()
    assert eventually(lambda: [(each.switch, each.state) for each in states(gateway_id)] == [("fs1", "REGED")])
    before = states(gateway_id)[0]
    assert before.since is not None
    assert before.seen_at is not None

    let_the_switch_read(switch, world, "FAIL_WAIT")
    assert eventually(lambda: states(gateway_id)[0].state == "FAIL_WAIT")
    assert (states(gateway_id)[0].since or before.since) >= before.seen_at

    switch.gateways.clear()
    assert eventually(lambda: states(gateway_id)[0].state == MISSING)


def test_of_a_switch_that_is_away_nothing_is_known(
    world: World, switch: FreeSwitch, start: Start, states: States
) -> None:
    """Nor of one whose profiles don't name the carriers'."""
    gateway_id = add_gateway(world, world.add_tenant())
    let_the_switch_read(switch, world)
    with FreeSwitch() as without:
        world.add_switch(switch, "a")
        world.add_switch(without, "b", sofia_profiles=["internal"])
        start()
        assert eventually(lambda: [each.state for each in states(gateway_id)] == ["REGED", UNKNOWN])
        assert without.esl.wait_until(lambda esl: esl.commands.count("version") > 1)
        assert not any("gateway" in line for line in without.esl.commands)

        switch.esl.fault = Fault.STALLS

        assert eventually(lambda: [each.state for each in states(gateway_id)] == [UNKNOWN, UNKNOWN])


def test_what_redis_has_lost_is_written_again(
    world: World, switch: FreeSwitch, start: Start, states: States, redis: Redis
) -> None:
    """At the next look."""
    gateway_id = add_gateway(world, world.add_tenant())
    let_the_switch_read(switch, world)
    world.add_switch(switch)
    start()
    assert eventually(lambda: states(gateway_id)[0].state == "REGED")

    redis.flushdb()

    assert eventually(lambda: states(gateway_id)[0].state == "REGED")


def test_a_switch_that_was_away_gets_the_gateways_right(world: World, switch: FreeSwitch, start: Start) -> None:
    """Deleted, changed and suspended ones go before the profile is read; what is right stays, and the switch's own."""
    tenant_id, late_id = world.add_tenant(), world.add_tenant("late.test")
    right, changed, suspended = (
        add_gateway(world, tenant_id, "a"),
        add_gateway(world, tenant_id, "b"),
        add_gateway(world, late_id),
    )
    let_the_switch_read(switch, world)
    switch.gateways |= {"g999": ("NOREG", "x"), "own": ("NOREG", "")}
    world.write(update(gateways).where(gateways.c.id == changed).values(host="192.0.2.9"))
    world.write(update(tenants).where(tenants.c.id == late_id).values(state="suspended"))
    world.add_switch(switch)
    start()

    assert switch.esl.wait_until(lambda esl: EXTERNAL_RESCAN in esl.commands)
    before_rescan = switch.esl.commands[: switch.esl.commands.index(EXTERNAL_RESCAN)]
    killed = [line.split()[-1] for line in before_rescan if "killgw" in line]
    assert killed == [f"g{changed}", f"g{suspended}", "g999"]
    assert switch.gateways.keys() == {f"g{right}", "own"}


def test_gateways_that_are_missing_are_read_again_and_again(world: World, switch: FreeSwitch, start: Start) -> None:
    """A switch that read them while no lookup answered has none, though it said that all is well."""
    add_gateway(world, world.add_tenant())
    world.add_switch(switch)
    start(timing=replace(SHORT, read_tables=0.1))

    assert switch.esl.wait_until(lambda esl: esl.commands.count(EXTERNAL_RESCAN) >= 3)
    let_the_switch_read(switch, world)
    asked = "sofia_gateway_data g1 var xmlcurl_gateway_revision"
    assert switch.esl.wait_until(lambda esl: asked in esl.commands)
    switch.esl.commands.clear()
    assert switch.esl.wait_until(lambda esl: esl.commands.count(asked) >= 3)
    assert EXTERNAL_RESCAN not in switch.esl.commands
