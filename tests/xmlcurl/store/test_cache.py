"""The cache's promise: nothing is served after what it was made of has changed."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from tests.servers import RedisServer
from xmlcurl.store.cache import (
    PAUSE_AFTER_FAILURE_SECONDS,
    Cache,
    CacheUnavailable,
    Guard,
    Hit,
    Miss,
    open_redis,
)
from xmlcurl.store.model import Document, Tag
from xmlcurl.store.purge import Purge
from xmlcurl.store.tables import utc_now

DOCUMENT = Document(b"<document/>\n", "1001", "alice")
TAGS = (Tag.tenant(7), Tag.extension(7, 1), Tag.name(7, "1001"))


@pytest.fixture
async def client(redis_url: str) -> AsyncIterator[Redis]:
    async with open_redis(redis_url, timeout_seconds=2) as client:
        yield client


def cache_of(client: Redis, *, fingerprint: str = "build 1", absence_slots: int = 64) -> Cache:
    return Cache(client, fingerprint=fingerprint, ttl_seconds=300, absence_ttl_seconds=30, absence_slots=absence_slots)


async def cache_with_domains(client: Redis, **settings: str) -> Cache:
    cache = cache_of(client, **settings)  # type: ignore[arg-type]  # only the fingerprint is ever given
    asked = await cache.look("", "pbx.test")
    assert isinstance(asked, Miss)
    assert await cache.remember_domains({"pbx.test": 7, "other.test": 8}, asked.guard)
    return cache


async def missed(cache: Cache, key: str = "id 1001", domain: str = "pbx.test") -> Guard:
    looked = await cache.look(key, domain)
    assert isinstance(looked, Miss)
    return looked.guard


async def test_the_first_lookup_asks_for_the_set_of_domains(client: Redis) -> None:
    """Without it nothing is known about a domain, so the caller loads all of them under their own guard."""
    looked = await cache_of(client).look("id 1001", "pbx.test")

    assert isinstance(looked, Miss)
    assert looked.tenant_id is None
    assert looked.guard.name == Guard.DOMAINS


async def test_an_unknown_domain_is_absent_without_a_load(client: Redis) -> None:
    """One set of domains answers for every name that a scanner invents."""
    cache = await cache_with_domains(client)

    assert await cache.look("id 1001", "scanner.test") == Hit(None)


async def test_what_is_remembered_is_served(client: Redis) -> None:
    """Byte for byte, with the names that the policy for a sign-in needs."""
    cache = await cache_with_domains(client)
    guard = await missed(cache)

    assert await cache.remember("id 1001", DOCUMENT, tags=TAGS, guard=guard)

    assert await cache.look("id 1001", "pbx.test") == Hit(DOCUMENT)


@pytest.mark.parametrize("tag", TAGS)
async def test_a_purge_of_any_tag_drops_the_document(client: Redis, tag: str) -> None:
    """A document stands only while every one of its tags does."""
    cache = await cache_with_domains(client)
    await cache.remember("id 1001", DOCUMENT, tags=TAGS, guard=await missed(cache))

    await Purge(client)(tags=[tag], guards=[])

    await missed(cache)


async def test_a_purge_leaves_other_documents(client: Redis) -> None:
    """A change to one extension costs the others nothing."""
    cache = await cache_with_domains(client)
    await cache.remember("id 1002", DOCUMENT, tags=[Tag.extension(7, 2)], guard=await missed(cache, "id 1002"))

    await Purge(client)(tags=TAGS, guards=[Guard.of_tenant(7)])

    assert await cache.look("id 1002", "pbx.test") == Hit(DOCUMENT)


async def test_a_fill_that_began_before_a_write_is_not_stored(client: Redis) -> None:
    """The fill race: the old row was read, the writer committed and purged, then the fill arrives."""
    cache = await cache_with_domains(client)
    guard = await missed(cache)
    await Purge(client)(tags=[], guards=[Guard.of_tenant(7)])

    stored = await cache.remember("id 1001", DOCUMENT, tags=TAGS, guard=guard)

    assert not stored
    assert (await missed(cache)).token != guard.token


async def test_a_fill_of_domains_that_began_before_a_write_is_not_stored(client: Redis) -> None:
    """A tenant that was created meanwhile must not be unknown."""
    cache = cache_of(client)
    guard = await missed(cache)
    await Purge(client)(tags=[Tag.DOMAINS], guards=[Guard.DOMAINS])

    assert not await cache.remember_domains({"old.test": 1}, guard)


async def test_evicted_tags_and_guards_make_misses(client: Redis) -> None:
    """Redis may drop any key when it is full: that costs a load, never a stale answer."""
    cache = await cache_with_domains(client)
    await cache.remember("id 1001", DOCUMENT, tags=TAGS, guard=await missed(cache))
    evicted = [key async for key in client.scan_iter(match="*:t:t7:e1")]

    await client.delete(*evicted)

    assert len(evicted) == 1
    await missed(cache)


async def test_absence_is_remembered_and_ends_with_its_name(client: Redis) -> None:
    """Creating the name drops the absence at once."""
    cache = await cache_with_domains(client)
    await cache.remember("id 9001", None, tags=[Tag.name(7, "9001")], guard=await missed(cache, "id 9001"))
    assert await cache.look("id 9001", "pbx.test") == Hit(None)

    await Purge(client)(tags=[Tag.name(7, "9001")], guards=[Guard.of_tenant(7)])

    await missed(cache, "id 9001")


async def test_a_scanner_cannot_push_documents_out(client: Redis) -> None:
    """A thousand absent names take no more places than there are slots, and none of a document's."""
    cache = cache_of(client, absence_slots=16)
    await cache.remember_domains({"pbx.test": 7}, await missed(cache))
    await cache.remember("id 1001", DOCUMENT, tags=TAGS, guard=await missed(cache))

    for name in range(1_000):
        key = f"id scan{name}"
        await cache.remember(key, None, tags=[Tag.tenant(7)], guard=await missed(cache, key))

    assert len([key async for key in client.scan_iter(match="*:a:*", count=1_000)]) == 16
    assert await cache.look("id 1001", "pbx.test") == Hit(DOCUMENT)


async def test_slots_are_told_apart_by_the_whole_key(client: Redis) -> None:
    """Two names in one slot: the second takes the place, and is never taken for the first."""
    cache = cache_of(client, absence_slots=1)
    await cache.remember_domains({"pbx.test": 7}, await missed(cache))

    await cache.remember("id 9001", None, tags=[Tag.tenant(7)], guard=await missed(cache, "id 9001"))

    await missed(cache, "id 9002")


async def test_a_peek_says_since_when(client: Redis) -> None:
    """Of what would be served, a document or an absence; a look alone leaves nothing to be seen."""
    cache = await cache_with_domains(client)
    guard = await missed(cache)
    begin = utc_now().replace(microsecond=0)
    before = await cache.peek("id 1001")
    await cache.remember("id 1001", DOCUMENT, tags=TAGS, guard=guard)
    await cache.remember("id 1009", None, tags=TAGS, guard=guard)

    document, absence = await cache.peek("id 1001"), await cache.peek("id 1009")
    await Purge(client)(tags=[Tag.name(7, "1001")], guards=[])

    assert before is None
    assert document is not None
    assert absence is not None
    assert begin <= document.since <= utc_now()
    assert 0 < absence.left_ms <= 30_000 < document.left_ms <= 300_000
    assert await cache.peek("id 1001") is None
    assert await cache_of(client, fingerprint="build 2").peek("id 1009") is None


async def test_another_build_renders_anew(client: Redis) -> None:
    """Documents of another renderer or other settings are not served, but its purges count for all."""
    old = await cache_with_domains(client, fingerprint="build 1")
    await old.remember("id 1001", DOCUMENT, tags=TAGS, guard=await missed(old))
    new = cache_of(client, fingerprint="build 2")

    await missed(new)

    await Purge(client)(tags=TAGS, guards=[])
    await missed(old)


async def test_a_short_term_ends_the_document(client: Redis) -> None:
    """`ttl_ms` bounds what a document states about time."""
    cache = await cache_with_domains(client)
    await cache.remember("id 1001", DOCUMENT, tags=TAGS, guard=await missed(cache), ttl_ms=5_000)

    (key,) = [key async for key in client.scan_iter(match="*:d:*")]

    assert 0 < await client.pttl(key) <= 5_000


async def test_every_key_ends_by_itself(client: Redis) -> None:
    """Redis can evict anything we leave, and forgets what nobody asks for."""
    cache = await cache_with_domains(client)
    await cache.remember("id 1001", DOCUMENT, tags=TAGS, guard=await missed(cache))
    await cache.remember("id 9001", None, tags=TAGS, guard=await missed(cache, "id 9001"))

    lives = {key: await client.ttl(key) async for key in client.scan_iter()}

    assert len(lives) >= 7
    assert all(seconds > 0 for seconds in lives.values()), lives


async def test_a_restarted_redis_revives_nothing(own_redis: RedisServer) -> None:
    """Even with every key restored from an old snapshot: keys carry the run_id of the process that wrote them."""
    async with open_redis(own_redis.url, timeout_seconds=2) as client:
        cache = await cache_with_domains(client)
        await cache.remember("id 1001", DOCUMENT, tags=TAGS, guard=await missed(cache))
        snapshot = {key: await client.dump(key) or b"" async for key in client.scan_iter()}
        own_redis.restart()
        for key, value in snapshot.items():
            await client.restore(key, 60_000, value)
        await asyncio.sleep(PAUSE_AFTER_FAILURE_SECONDS)  # a failure met on the way pauses the cache

        looked = await cache.look("id 1001", "pbx.test")

    assert snapshot
    assert isinstance(looked, Miss)
    assert looked.tenant_id is None


async def test_redis_down_is_said(own_redis: RedisServer) -> None:
    """Lookups and writers learn of it through one error of ours; neither waits for longer than the timeout."""
    async with open_redis(own_redis.url, timeout_seconds=0.5) as client:
        cache, purge = cache_of(client), Purge(client)
        await purge.check()
        own_redis.stop()

        with pytest.raises(CacheUnavailable):
            await cache.look("id 1001", "pbx.test")
        with pytest.raises(CacheUnavailable, match="a moment ago"):
            await cache.look("id 1001", "pbx.test")
        with pytest.raises(CacheUnavailable):
            await purge.check()


async def test_a_full_redis_still_takes_a_purge(own_redis: RedisServer) -> None:
    """A purge only deletes, so running out of memory never blocks a change."""
    async with open_redis(own_redis.url, timeout_seconds=2) as client:
        cache = await cache_with_domains(client)
        guard = await missed(cache)
        await cache.remember("id 1001", DOCUMENT, tags=TAGS, guard=guard)
        await client.config_set("maxmemory-policy", "noeviction")
        await client.config_set("maxmemory", "1")

        await Purge(client)(tags=TAGS, guards=[Guard.of_tenant(7)])

        await client.config_set("maxmemory", "0")
        await missed(cache)
