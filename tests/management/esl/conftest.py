"""A worker in threads of the test, against doubles of FreeSWITCH, a real Redis and a real database."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from redis import Redis

from management.esl.crew import Crew, Pulse
from management.esl.switch import Connection, end_thread
from management.esl.timing import Timing
from tests.fakes.freeswitch import FreeSwitch
from tests.management.esl.world import World
from tests.servers import RedisServer
from xmlcurl.store.engine import open_engine

SHORT = Timing(
    flush_again=0.2,
    poll=0.05,
    look=0.1,
    heartbeat=0.2,
    read_tables=0.5,
    lease=2.0,
    shortest_pause=0.05,
    longest_pause=0.1,
)


@pytest.fixture
def switch() -> Iterator[FreeSwitch]:
    with FreeSwitch() as double:
        yield double


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    """On whichever database the test asks for; on both if it does not say."""
    engine = open_engine(migrated_database_url)
    yield World(engine)
    engine.dispose()


@pytest.fixture
def redis(redis_url: str) -> Iterator[Redis]:
    with Redis.from_url(redis_url, socket_timeout=2.0) as client:
        yield client


@dataclass
class Running:
    """A crew at work."""

    crew: Crew
    thread: threading.Thread

    def stop(self) -> None:
        self.crew.stop()
        self.thread.join(20)
        assert not self.thread.is_alive()


def begin(world: World, redis: Redis, *, timing: Timing = SHORT, owner: str = "test") -> Running:
    """A crew that works; `stop` it."""
    crew = Crew(
        world.store,
        redis,
        lambda switch: Connection(switch.host, switch.port, "ClueCon", connect_seconds=1.0, call_seconds=0.7),
        owner=owner,
        timing=timing,
        pulse=Pulse(),
        thread_ends=end_thread,
    )
    running = Running(crew, threading.Thread(target=crew.run, daemon=True))
    running.thread.start()
    return running


@pytest.fixture
def start(world: World, redis: Redis) -> Iterator[Callable[..., Running]]:
    """Starts crews; they end with the test."""
    started: list[Running] = []

    def start(*, timing: Timing = SHORT, owner: str = "test") -> Running:
        started.append(begin(world, redis, timing=timing, owner=owner))
        return started[-1]

    yield start
    for running in started:
        running.stop()


@pytest.fixture
def own_redis_client(own_redis: RedisServer) -> Iterator[Redis]:
    """Of a Redis that the test may stop and pause."""
    with Redis.from_url(own_redis.url, socket_timeout=1.0, socket_connect_timeout=1.0) as client:
        yield client
