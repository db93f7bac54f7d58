"""A sliding window in Redis: never more than the limit in any 60 seconds, whoever asks which process."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from management.ratelimit import WINDOW_SECONDS, RateLimit
from tests.servers import RedisServer
from xmlcurl.store.cache import open_redis


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    client = open_redis(redis_url, timeout_seconds=5)
    yield client
    await client.aclose()


async def test_the_limit_is_never_passed(redis: Redis) -> None:
    """Many at once, over several limiters: as many are allowed as the limit says."""
    limits = [RateLimit(redis, "test", 5) for _ in range(3)]

    rooms = await asyncio.gather(*(limit.take("token") for limit in limits for _ in range(4)))

    assert sum(room.is_allowed for room in rooms if room) == 5
    assert sorted(room.remaining for room in rooms if room and room.is_allowed) == [0, 1, 2, 3, 4]


async def test_a_refusal_says_when_to_come_back(redis: Redis) -> None:
    """Within the window, at least a second from now; it is not counted itself."""
    limit = RateLimit(redis, "test", 1)
    await limit.take("token")

    room = await limit.take("token")

    assert room is not None
    assert not room.is_allowed
    assert 1 <= room.retry_after_seconds <= WINDOW_SECONDS
    assert abs(room.reset_at_seconds - time.time() - room.retry_after_seconds) <= 5
    assert await redis.zcard("limit:test:token") == 1


async def test_what_has_left_the_window_counts_no_more(redis: Redis) -> None:
    """The window slides: one place is free as soon as the oldest is 60 seconds old."""
    now_ms = int(time.time() * 1_000)
    too_old, just_inside = now_ms - WINDOW_SECONDS * 1_000 - 1_000, now_ms - WINDOW_SECONDS * 1_000 + 30_000
    await redis.zadd("limit:test:token", {"old": too_old, "young": just_inside})
    limit = RateLimit(redis, "test", 2)

    first, second = await limit.take("token"), await limit.take("token")

    assert first is not None
    assert second is not None
    assert (first.is_allowed, second.is_allowed) == (True, False)
    assert 20 <= second.retry_after_seconds <= 30


async def test_a_look_counts_nothing(redis: Redis) -> None:
    """Only what happens is counted."""
    limit = RateLimit(redis, "test", 1)

    looks = [await limit.look("token") for _ in range(3)]

    assert [look is not None and look.is_allowed for look in looks] == [True, True, True]


async def test_keys_and_kinds_do_not_share_a_limit(redis: Redis) -> None:
    """One token's requests are not another's, nor its failures."""
    requests, failures = RateLimit(redis, "requests", 1), RateLimit(redis, "failures", 1)
    await requests.take("1")

    others = [await requests.take("2"), await failures.take("1")]

    assert [room is not None and room.is_allowed for room in others] == [True, True]


async def test_redis_forgets_who_does_not_come_back(redis: Redis) -> None:
    """A key ends with its window."""
    await RateLimit(redis, "test", 5).take("token")

    assert 0 < await redis.pttl("limit:test:token") <= WINDOW_SECONDS * 1_000


async def test_without_redis_nothing_is_limited(own_redis: RedisServer) -> None:
    """Reads go on; writes are refused for that reason anyway."""
    client = open_redis(own_redis.url, timeout_seconds=5)
    own_redis.stop()

    assert await RateLimit(client, "test", 1).take("token") is None

    await client.aclose()


async def test_a_window_may_be_shorter(redis: Redis) -> None:
    """What is two seconds old is outside of one second."""
    now_ms = int(time.time() * 1_000)
    await redis.zadd("limit:test:token", {"old": now_ms - 2_000})

    room = await RateLimit(redis, "test", 1, window_seconds=1).take("token")

    assert room is not None
    assert room.is_allowed
