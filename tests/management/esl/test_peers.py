"""Switches that send one another calls: what the worker says of them for lookups."""

from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import update

from management.esl.commands import ASK_CORE_UUID
from tests.fakes.freeswitch import FreeSwitch
from tests.management.esl.conftest import Running
from tests.management.esl.world import World, eventually
from xmlcurl.store.peers import PEERS_KEY
from xmlcurl.store.tables import switches

CORE = "1af3c7e9-9629-44fe-845e-6104b836b445"
ADDRESS = "192.0.2.1:5071"

pytestmark = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)


@pytest.fixture
def peer(world: World, switch: FreeSwitch) -> int:
    """A switch that others reach."""
    switch.canned[ASK_CORE_UUID] = CORE
    host, port = ADDRESS.split(":")
    return world.add_switch(switch, peer_host=host, peer_port=int(port))


def said(redis: Redis) -> dict[bytes, bytes]:
    table: Any = redis.hgetall(PEERS_KEY)
    return dict(table)


def test_others_are_told_where_it_is_reached(
    peer: int, world: World, redis: Redis, start: Callable[..., Running]
) -> None:
    """And what it calls itself; also after Redis has lost it, and when it is reached elsewhere."""
    start()
    assert eventually(lambda: said(redis) == {b"%d" % peer: f"{CORE} {ADDRESS}".encode()})

    redis.delete(PEERS_KEY)
    assert eventually(lambda: said(redis) == {b"%d" % peer: f"{CORE} {ADDRESS}".encode()})

    world.write(update(switches).where(switches.c.id == peer).values(peer_port=5072))
    assert eventually(lambda: said(redis) == {b"%d" % peer: f"{CORE} 192.0.2.1:5072".encode()})


@pytest.mark.parametrize("values", [{"enabled": False}, {"peer_host": None}])
def test_who_is_reached_no_more_is_forgotten(
    peer: int, world: World, redis: Redis, start: Callable[..., Running], values: dict[str, object]
) -> None:
    """And nobody else is."""
    start()
    assert eventually(lambda: bool(said(redis)))
    redis.hset(PEERS_KEY, "404", "of a switch that is gone")

    world.write(update(switches).where(switches.c.id == peer).values(**values))

    assert eventually(lambda: said(redis) == {})


def test_a_worker_that_ends_leaves_what_it_said(peer: int, redis: Redis, start: Callable[..., Running]) -> None:
    """Where a tenant's home is stays known while the worker is restarted."""
    running = start()
    assert eventually(lambda: bool(said(redis)))

    running.stop()

    assert said(redis) == {b"%d" % peer: f"{CORE} {ADDRESS}".encode()}


@pytest.mark.parametrize("reply", ["", "no uuid at all\n", f"{CORE} and more"])
def test_a_switch_without_a_name_of_its_own_is_sent_nothing(
    peer: int, switch: FreeSwitch, redis: Redis, start: Callable[..., Running], reply: str
) -> None:
    """Lookups could not tell when it asks."""
    switch.canned[ASK_CORE_UUID] = reply
    start()

    assert switch.esl.wait_until(lambda esl: esl.commands.count(ASK_CORE_UUID) > 1)
    assert said(redis) == {}
