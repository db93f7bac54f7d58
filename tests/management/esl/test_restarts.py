"""Redis and PostgreSQL go away and come back under a worker that runs."""

from collections.abc import Callable

import pytest
from redis import Redis

from tests.fakes.freeswitch import FreeSwitch
from tests.management.esl.conftest import begin
from tests.management.esl.world import Hold, World, change_of, eventually
from tests.servers import PostgresServer, RedisServer
from xmlcurl.store.engine import open_engine


def connected(switch: FreeSwitch) -> None:
    assert switch.esl.wait_until(lambda esl: "show registrations as json" in esl.commands)


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "away",
    [
        pytest.param((RedisServer.stop, RedisServer.start), id="restarted empty"),
        pytest.param((RedisServer.pause, RedisServer.resume), id="accepts and never answers for a while"),
    ],
)
def test_a_redis_that_is_away_costs_no_change(
    world: World,
    switch: FreeSwitch,
    own_redis: RedisServer,
    own_redis_client: Redis,
    away: tuple[Callable[[RedisServer], None], Callable[[RedisServer], None]],
) -> None:
    """Away: nothing is flushed too early. Back: the change is told, without a restart of ours."""
    goes, comes_back = away
    world.add_switch(switch)
    running = begin(world, own_redis_client)
    connected(switch)
    goes(own_redis)
    group = world.commit(change_of("1001"))
    assert eventually(lambda: any("Redis" in (row.error or "") for row in world.rows(group)))
    assert "xml_flush_cache id 1001 pbx.test" not in switch.esl.commands

    comes_back(own_redis)

    assert eventually(lambda: {row.state for row in world.rows(group)} == {"settled"})
    running.stop()


def test_a_postgresql_that_restarts_costs_no_change(
    switch: FreeSwitch, own_postgres: PostgresServer, own_postgres_url: str, redis: Redis
) -> None:
    """Killed between a claim and its end: what was told may be told again, and is written down in the end."""
    engine = open_engine(own_postgres_url)
    world = World(engine)
    world.add_switch(switch)
    running = begin(world, redis)
    connected(switch)
    hold = Hold(switch)
    first = world.commit(change_of("1001"))
    assert hold.asked.wait(10)

    own_postgres.kill()
    hold.release.set()
    assert switch.esl.wait_until(lambda esl: "xml_flush_cache number-alias 1001 pbx.test" in esl.commands)
    own_postgres.start()

    assert eventually(lambda: world.states(first) == ["settled"], seconds=30)
    second = world.commit(change_of("1002"))
    assert eventually(lambda: world.states(second) == ["settled"], seconds=30)
    running.stop()
    engine.dispose()
