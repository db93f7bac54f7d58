"""The table of docs/survival.md: what a lookup answers when Redis, the database or both are in trouble.

Three lookups: one that this process holds a copy of, one that only Redis holds, one that nobody holds.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis as BlockingRedis

from tests.seed import Seed
from tests.servers import PostgresServer, RedisServer
from tests.slow import Slow
from tests.xmlcurl import asking
from tests.xmlcurl.service import Service, running

SLOW_SECONDS = 2.0
PATIENCE_SECONDS = 20.0
HELD_HERE, IN_REDIS, NOWHERE = "1001", "1002", "1003"

SQL, HERE, FAILED = "sql", "local", "failed"


@pytest.fixture
def seed(own_postgres_url: str) -> Iterator[Seed]:
    seed = Seed(own_postgres_url)
    tenant_id = seed.tenant("pbx.test")
    for number in (HELD_HERE, IN_REDIS, NOWHERE):
        seed.extension(tenant_id, number)
    yield seed
    seed.close()


@dataclass
class Troubled:
    """A lookup process with its Redis and its database, each behind something that can slow it down."""

    service: Service
    redis: RedisServer
    postgres: PostgresServer
    slow_redis: Slow
    slow_database: Slow

    async def answer(self, number: str) -> str:
        """Where the answer came from, or that there was none; never a wrong one."""
        before = await self._counted()
        reply = await self.service.post(asking.user(number))
        if reply.status == 503:
            return FAILED
        assert reply.shape == f"user {number}"
        after = await self._counted()
        return next(source for source, count in after.items() if count > before.get(source, 0))

    async def _counted(self) -> dict[str, float]:
        text = (await self.service.request("GET", "/metrics")).body.decode()
        lines = [line for line in text.splitlines() if line.startswith("xmlcurl_lookup_seconds_count")]
        return {line.split('source="')[1].split('"')[0]: float(line.split()[-1]) for line in lines}

    async def until(self, number: str, source: str) -> None:
        """Asks again and again until it comes from there."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (found := await self.answer(number)) != source:
            assert time.monotonic() < deadline, f"{number}: {found}, never {source}"
            await asyncio.sleep(0.02)


@pytest.fixture
async def troubled(
    seed: Seed, own_postgres: PostgresServer, own_postgres_url: str, own_redis: RedisServer, tmp_path: Path
) -> AsyncIterator[Troubled]:
    """Redis was asked for two of the three, this process for one of these; the deadline is a second."""
    del seed
    async with AsyncExitStack() as stack:
        slow_redis = Slow(Path(own_redis.url.removeprefix("unix://")))
        slow_database = Slow(own_postgres.folder / ".s.PGSQL.5432")
        await stack.enter_async_context(slow_redis.at(tmp_path / "redis"))
        await stack.enter_async_context(slow_database.at(tmp_path / ".s.PGSQL.5432"))
        url = own_postgres_url.replace(str(own_postgres.folder), str(tmp_path))

        @asynccontextmanager
        async def started() -> AsyncIterator[Service]:
            async with running(
                url, f"unix://{tmp_path / 'redis'}", lookup_deadline_ms=1_000, local_copies_mb=1
            ) as service:
                yield service

        async with started() as other:
            await other.post(asking.user(IN_REDIS))
        service = await stack.enter_async_context(started())
        troubled = Troubled(service, own_redis, own_postgres, slow_redis, slow_database)
        await troubled.until(HELD_HERE, HERE)
        yield troubled


async def lose_redis(troubled: Troubled) -> None:
    troubled.redis.kill()


async def slow_redis(troubled: Troubled) -> None:
    troubled.slow_redis.seconds = SLOW_SECONDS


async def fill_redis(troubled: Troubled) -> None:
    with BlockingRedis.from_url(troubled.redis.url) as client:
        client.config_set("maxmemory-policy", "noeviction")
        client.config_set("maxmemory", "1")


async def empty_redis(troubled: Troubled) -> None:
    troubled.redis.kill()
    troubled.redis.start()


async def lose_database(troubled: Troubled) -> None:
    troubled.postgres.kill()


async def slow_database(troubled: Troubled) -> None:
    troubled.slow_database.seconds = SLOW_SECONDS


async def restart_database(troubled: Troubled) -> None:
    troubled.postgres.kill()
    troubled.postgres.start()


async def lose_both(troubled: Troubled) -> None:
    troubled.redis.kill()
    troubled.postgres.kill()


# What is answered in the end: copies of this process end within a second when Redis is in trouble.
CELLS = {
    "Redis gone": (lose_redis, {HELD_HERE: SQL, IN_REDIS: SQL, NOWHERE: SQL}),
    "Redis slow": (slow_redis, {HELD_HERE: SQL, IN_REDIS: SQL, NOWHERE: SQL}),
    "Redis full": (fill_redis, {HELD_HERE: HERE, IN_REDIS: HERE, NOWHERE: SQL}),
    "Redis restarted empty": (empty_redis, {HELD_HERE: HERE, IN_REDIS: HERE, NOWHERE: HERE}),
    "database gone": (lose_database, {HELD_HERE: HERE, IN_REDIS: HERE, NOWHERE: FAILED}),
    "database slow": (slow_database, {HELD_HERE: HERE, IN_REDIS: HERE, NOWHERE: FAILED}),
    "database restarted": (restart_database, {HELD_HERE: HERE, IN_REDIS: HERE, NOWHERE: HERE}),
    "both gone": (lose_both, {HELD_HERE: FAILED, IN_REDIS: FAILED, NOWHERE: FAILED}),
}


@pytest.mark.parametrize("trouble", CELLS)
async def test_what_is_answered_in_trouble(troubled: Troubled, trouble: str) -> None:
    """From there in the end, and never a wrong answer before."""
    cause, expected = CELLS[trouble]

    await cause(troubled)

    for number, source in expected.items():
        await troubled.until(number, source)
        if source != HERE:
            assert await troubled.answer(number) == source


def test_each_cell_stands_in_the_document() -> None:
    """Under the same name."""
    rows = (Path(__file__).parents[2] / "docs" / "survival.md").read_text().splitlines()

    assert [trouble for trouble in CELLS if not any(row.startswith(f"| {trouble} |") for row in rows)] == []
