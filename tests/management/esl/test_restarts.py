"""Redis and PostgreSQL go away and come back under a worker that runs."""

import threading
from collections.abc import Callable, Iterator

import pytest
from redis import Redis

from management.esl.crew import Crew, Pulse
from management.esl.switch import Connection, end_thread
from tests.fakes.freeswitch import FreeSwitch
from tests.management.esl.conftest import SHORT, Running
from tests.management.esl.world import World, change_of, eventually
from tests.servers import PostgresServer, RedisServer
from xmlcurl.store.engine import open_engine

Begin = Callable[[World, str], Running]


@pytest.fixture
def begin() -> Iterator[Begin]:
    """Starts a crew on a Redis of one's own."""
    running: list[tuple[Running, Redis]] = []

    def begin(world: World, redis_url: str) -> Running:
        client = Redis.from_url(redis_url, socket_timeout=1.0, socket_connect_timeout=1.0)
        crew = Crew(
            world.store,
            client,
            lambda switch: Connection(switch.host, switch.port, "ClueCon", connect_seconds=2.0, call_seconds=2.0),
            owner="test",
            timing=SHORT,
            pulse=Pulse(),
            thread_ends=end_thread,
        )
        started = Running(crew, threading.Thread(target=crew.run, daemon=True))
        started.thread.start()
        running.append((started, client))
        return started

    yield begin
    for started, client in running:
        started.stop()
        client.close()


def connected(switch: FreeSwitch) -> None:
    assert switch.esl.wait_until(lambda esl: "show registrations as json" in esl.commands)


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_a_redis_that_restarts_costs_no_change(
    world: World, switch: FreeSwitch, own_redis: RedisServer, begin: Begin
) -> None:
    """Down: nothing is flushed too early. Back: the change is told, without a restart of ours."""
    world.add_switch(switch)
    begin(world, own_redis.url)
    connected(switch)
    own_redis.stop()
    group = world.commit(change_of("1001"))
    assert eventually(lambda: any("Redis" in (row.error or "") for row in world.rows(group)))
    assert "xml_flush_cache id 1001 pbx.test" not in switch.esl.commands

    own_redis.start()

    assert eventually(lambda: {row.state for row in world.rows(group)} == {"settled"})


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_a_redis_that_hangs_keeps_nobody_from_being_told_later(
    world: World, switch: FreeSwitch, own_redis: RedisServer, begin: Begin
) -> None:
    """Accepts and never answers: each call has its deadline."""
    world.add_switch(switch)
    begin(world, own_redis.url)
    connected(switch)
    own_redis.pause()
    group = world.commit(change_of("1001"))
    assert eventually(lambda: any("Redis" in (row.error or "") for row in world.rows(group)))

    own_redis.resume()

    assert eventually(lambda: world.states(group) == ["settled"])


def test_a_postgresql_that_restarts_costs_no_change(
    switch: FreeSwitch, own_postgres: PostgresServer, own_postgres_url: str, redis_url: str, begin: Begin
) -> None:
    """Killed between a claim and its end: what was told may be told again, and is written down in the end."""
    engine = open_engine(own_postgres_url)
    world = World(engine)
    world.add_switch(switch)
    begin(world, redis_url)
    connected(switch)
    flush, asked, release = switch.cache.flush, threading.Event(), threading.Event()

    def held(arguments: str) -> str:
        if arguments == "id 1001 pbx.test":
            asked.set()
            release.wait(20)
        return flush(arguments)

    switch.cache.flush = held  # type: ignore[method-assign]
    first = world.commit(change_of("1001"))
    assert asked.wait(10)

    own_postgres.kill()
    release.set()
    assert switch.esl.wait_until(lambda esl: "xml_flush_cache number-alias 1001 pbx.test" in esl.commands)
    own_postgres.start()

    assert eventually(lambda: world.states(first) == ["settled"], seconds=30)
    second = world.commit(change_of("1002"))
    assert eventually(lambda: world.states(second) == ["settled"], seconds=30)
    engine.dispose()
