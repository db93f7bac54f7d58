"""Lookup processes and writers, with a real Redis between them: after a purge nobody serves what it dropped."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from itertools import count

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis

from tests.servers import RedisServer
from xmlcurl.store.cache import CacheUnavailable, open_redis
from xmlcurl.store.lease import Lease
from xmlcurl.store.local import LocalCopies
from xmlcurl.store.model import Document
from xmlcurl.store.purge import WAIT_SECONDS, BlockingPurge, Purge, Waiting

DOCUMENT = Document(b"<document/>")
TAGS = ("t7",)


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    async with open_redis(redis_url, timeout_seconds=2) as client:
        yield client


@pytest.fixture
async def members(client: Redis) -> str:
    """The key of the list of lookup processes."""
    return f"{(await client.info('server'))['run_id']}:members"


@asynccontextmanager
async def process(client: Redis) -> AsyncIterator[LocalCopies]:
    """A lookup process's copies under a lease that stands."""
    copies = LocalCopies(max_bytes=1_000_000)
    async with Lease(client, copies).kept():
        await leased(copies)
        yield copies
    assert not served(copies)


async def ended(copies: LocalCopies) -> None:
    """Returns when the copies are not served any more."""
    async with asyncio.timeout(30):
        while served(copies):  # noqa: ASYNC110 - nothing tells: that is what is asked
            await asyncio.sleep(0.001)


async def leased(copies: LocalCopies) -> None:
    """Returns with a copy of "key" that is served."""
    async with asyncio.timeout(30):
        while not served(copies):
            copies.put("key", DOCUMENT, tags=TAGS, ttl_ms=60_000, mark=copies.mark())
            await asyncio.sleep(0.01)


def served(copies: LocalCopies) -> bool:
    return copies.get("key") is not None


async def test_after_a_purge_no_process_serves_what_it_dropped(client: Redis) -> None:
    async with process(client) as first, process(client) as second:
        await Purge(client)(tags=TAGS, guards=[])

        assert not served(first)
        assert not served(second)


async def test_what_was_not_purged_stays(client: Redis) -> None:
    async with process(client) as copies:
        await Purge(client)(tags=["t8"], guards=["t7"])

        assert served(copies)


async def test_the_worker_s_purge_does_the_same(client: Redis, redis_url: str) -> None:
    """It has no event loop."""
    async with process(client) as copies:
        with closing(BlockingRedis.from_url(redis_url)) as blocking:
            purge = BlockingPurge(blocking)
            await asyncio.to_thread(purge, tags=TAGS, guards=[])

            assert not served(copies)


async def test_a_process_that_does_not_confirm_is_waited_for_as_long_as_its_lease_may_run(
    client: Redis, members: str
) -> None:
    """And only once: it is on no list then. With its next lease it will be again."""
    await client.hset(members, "hanging", "lease 1")
    purge = Purge(client)
    loop = asyncio.get_running_loop()

    begun = loop.time()
    await purge(tags=TAGS, guards=[])

    assert loop.time() - begun >= WAIT_SECONDS * 0.99
    assert not await client.hexists(members, "hanging")


async def test_a_process_that_began_a_new_lease_meanwhile_stays_on_the_list(client: Redis, members: str) -> None:
    """It may serve copies again that the next purge has to wait for."""
    await client.hset(members, "slow", "lease 1")
    purging = asyncio.create_task(Purge(client)(tags=TAGS, guards=[]))
    async with asyncio.timeout(30):
        for number in count(2):
            await client.hset(members, "slow", f"lease {number}")
            if purging.done():
                break
            await asyncio.sleep(0.05)

    assert await client.hexists(members, "slow")


async def test_a_young_list_is_not_relied_on(client: Redis, members: str) -> None:
    """Redis has lost it, or has just started: whoever holds a lease of before is not on it yet."""
    await client.delete(members)
    loop = asyncio.get_running_loop()

    begun = loop.time()
    await Purge(client)(tags=TAGS, guards=[])

    assert loop.time() - begun >= WAIT_SECONDS * 0.99


def test_no_wait_is_one_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Redis would take the last of a second's thousandths for no limit at all."""
    waiting = Waiting("key", {b"hanging": b"lease 1"}, is_whole=True)
    monkeypatch.setattr(waiting, "_ends_at", 0.0)

    assert waiting.slice_seconds > 0.002


async def test_a_list_from_the_future_begins_anew(client: Redis, members: str) -> None:
    """Redis's clock was set back: one write waits, not all of them until that time has come again."""
    now_seconds, _ = await client.time()
    await client.hset(members, "", (now_seconds + 3_600) * 1_000)
    loop = asyncio.get_running_loop()

    begun = loop.time()
    await Purge(client)(tags=TAGS, guards=[])

    assert loop.time() - begun >= WAIT_SECONDS * 0.99
    begun_ms = int(await client.hget(members, "") or 0)
    assert begun_ms <= (now_seconds + 60) * 1_000


async def test_a_list_that_was_lost_ends_the_lease_of_before(client: Redis, members: str) -> None:
    async with process(client) as copies:
        await client.delete(members)

        await ended(copies)
        await leased(copies)


async def test_a_connection_that_ends_takes_all_copies_with_it(client: Redis) -> None:
    """What was purged before there is another one was not heard."""
    async with process(client) as copies:
        await client.client_kill_filter(_type="pubsub")
        await ended(copies)

        await leased(copies)


async def test_a_process_that_ends_is_waited_for_by_nobody(client: Redis, members: str) -> None:
    async with process(client):
        on_the_list = await client.hlen(members)

    assert (on_the_list, await client.hlen(members)) == (2, 1)


async def test_redis_restarts(own_redis: RedisServer) -> None:
    """Nothing is served from before, and soon copies are again."""
    async with open_redis(own_redis.url, timeout_seconds=2) as client, process(client) as copies:
        await asyncio.to_thread(own_redis.restart)
        await ended(copies)

        await leased(copies)
        await Purge(client)(tags=TAGS, guards=[])

        assert not served(copies)


async def test_redis_hangs(own_redis: RedisServer) -> None:
    """The lease ends by itself, and a write fails meanwhile."""
    async with open_redis(own_redis.url, timeout_seconds=0.3) as client, process(client) as copies:
        own_redis.pause()
        with pytest.raises(CacheUnavailable):
            await Purge(client)(tags=TAGS, guards=[])
        await ended(copies)
        own_redis.resume()

        await leased(copies)


async def test_a_full_redis_takes_a_purge(own_redis: RedisServer) -> None:
    """Nobody can confirm, so the leases are waited for."""
    async with open_redis(own_redis.url, timeout_seconds=2) as client, process(client) as copies:
        await client.config_set("maxmemory", "1")
        await client.config_set("maxmemory-policy", "noeviction")

        await Purge(client)(tags=TAGS, guards=[])

        assert not served(copies)


@pytest.mark.parametrize("pause", [0.0, 0.001, 0.01, 0.1, 0.3])
async def test_it_ends_at_whatever_moment(client: Redis, pause: float) -> None:
    """Also in the middle of a failure."""
    async with asyncio.timeout(30):
        async with Lease(client, LocalCopies(max_bytes=1_000)).kept():
            await asyncio.sleep(pause)
            await client.client_kill_filter(_type="pubsub")
