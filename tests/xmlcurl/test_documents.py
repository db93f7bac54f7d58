"""One load for all who wait, and none of them gets what was true before it asked."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import timedelta

import pytest
from redis.asyncio import Redis

from tests.seed import Seed
from tests.xmlcurl.conftest import only_sqlite
from xmlcurl.documents import Documents, Load, Loaded
from xmlcurl.store.cache import Cache, Guard, open_redis
from xmlcurl.store.local import LocalCopies, boot_ns
from xmlcurl.store.model import Document, Tag
from xmlcurl.store.purge import Purge
from xmlcurl.store.reader import Connection, Reader, StoreUnavailable
from xmlcurl.store.tables import utc_now


@pytest.fixture
async def redis(redis_url: str) -> AsyncIterator[Redis]:
    async with open_redis(redis_url, timeout_seconds=2) as client:
        yield client


@pytest.fixture
async def documents(tenant_id: int, migrated_database_url: str, redis: Redis) -> AsyncIterator[Documents]:
    cache = Cache(redis, fingerprint="test", ttl_seconds=300, absence_ttl_seconds=30, absence_slots=16)
    reader = Reader.open(migrated_database_url)
    documents = Documents(cache, reader, load_deadline_ms=5_000)
    yield documents
    await documents.close()
    await reader.close()


@dataclass
class Slow:
    """Loads that end when the test says so, each with the version that was there when it began."""

    version: int = 1
    begun: int = 0
    has_begun: asyncio.Event = field(default_factory=asyncio.Event)
    may_end: asyncio.Event = field(default_factory=asyncio.Event)

    async def load(self, _connection: Connection, tenant_id: int) -> Loaded:
        version = self.version
        self.begun += 1
        self.has_begun.set()
        await self.may_end.wait()
        return Loaded(Document(b"version %d" % version), tags=[Tag.tenant(tenant_id)])

    async def write(self, redis: Redis, tenant_id: int) -> None:
        """A change that has been answered: committed and purged."""
        self.version += 1
        await Purge(redis)(tags=[Tag.tenant(tenant_id)], guards=[Guard.of_tenant(tenant_id)])


def find(documents: Documents, load: Load, key: str = "key") -> asyncio.Task[bytes | None]:
    async def body() -> bytes | None:
        document = (await documents.find(key, "pbx.test", load)).document
        return document.body if document else None

    return asyncio.create_task(body())


async def waits(task: asyncio.Task[bytes | None]) -> None:
    """Give a task that has nothing to do every chance to begin a load of its own."""
    for _ in range(200):
        await asyncio.sleep(0.001)
        assert not task.done()


@only_sqlite
async def test_one_load_for_all(documents: Documents) -> None:
    """However many phones ask for the same at once."""
    slow = Slow()
    asked = [find(documents, slow.load) for _ in range(20)]
    await slow.has_begun.wait()
    await waits(asked[-1])

    slow.may_end.set()

    assert set(await asyncio.gather(*asked)) == {b"version 1"}
    assert slow.begun == 1


@only_sqlite
async def test_a_lookup_after_a_write_joins_no_older_load(documents: Documents, redis: Redis, tenant_id: int) -> None:
    """The load under way may have read before the write; who asks now must see the write."""
    slow = Slow()
    before = find(documents, slow.load)
    await slow.has_begun.wait()
    slow.has_begun.clear()

    await slow.write(redis, tenant_id)
    after = find(documents, slow.load)
    await slow.has_begun.wait()
    slow.may_end.set()

    assert await after == b"version 2"
    assert await before == b"version 1"
    assert slow.begun == 2


@only_sqlite
async def test_a_write_during_a_fill_leaves_no_old_document(documents: Documents, redis: Redis, tenant_id: int) -> None:
    """What was read before the write is not remembered after it."""
    slow = Slow()
    before = find(documents, slow.load)
    await slow.has_begun.wait()
    await slow.write(redis, tenant_id)
    slow.may_end.set()
    await before

    assert await find(documents, slow.load) == b"version 2"


@only_sqlite
async def test_who_began_a_load_may_give_up(documents: Documents) -> None:
    """Its deadline is not the others'."""
    slow = Slow()
    first = find(documents, slow.load)
    await slow.has_begun.wait()
    second = find(documents, slow.load)
    await waits(second)

    first.cancel()
    slow.may_end.set()

    assert await second == b"version 1"
    assert slow.begun == 1


def failing(slow: Slow) -> Callable[[Connection, int], Awaitable[Loaded]]:
    async def load(connection: Connection, tenant_id: int) -> Loaded:
        await slow.load(connection, tenant_id)
        raise StoreUnavailable

    return load


@only_sqlite
async def test_a_failed_load_is_nobodys_absence(documents: Documents) -> None:
    """All who waited are told; who asks next tries again."""
    slow = Slow()
    asked = [find(documents, failing(slow)) for _ in range(2)]
    await slow.has_begun.wait()
    await waits(asked[1])
    slow.may_end.set()

    results = await asyncio.gather(*asked, return_exceptions=True)

    assert [type(result) for result in results] == [StoreUnavailable] * 2
    assert await find(documents, slow.load) == b"version 1"


@only_sqlite
async def test_a_load_that_nobody_waits_for_ends(documents: Documents) -> None:
    """Closing gives it up, and no task is left behind."""
    slow = Slow()
    asked = find(documents, slow.load)
    await slow.has_begun.wait()
    asked.cancel()

    await documents.close()

    assert [task for task in asyncio.all_tasks() if task is not asyncio.current_task() and not task.done()] == []


@only_sqlite
async def test_what_is_not_final_is_not_remembered(documents: Documents) -> None:
    """It holds for the lookup that asked."""
    slow = Slow()
    slow.may_end.set()

    async def load(connection: Connection, tenant_id: int) -> Loaded:
        loaded = await slow.load(connection, tenant_id)
        return Loaded(loaded.document, loaded.tags, is_final=False)

    for _ in range(2):
        await find(documents, load)

    assert slow.begun == 2


@pytest.mark.parametrize(
    ("left_ms", "cacheable_ms", "memory_ms"),
    [
        (None, 60_000, None),
        (100_000, 0, 100_000),
        (100_000, 60_000, 40_000),
        (61_000, 60_000, 1_000),
        (60_999, 60_000, 0),
        (999, 0, 0),
        (-5_000, 0, 0),
    ],
)
def test_memory_ends_before_the_document(left_ms: int | None, cacheable_ms: int, memory_ms: int | None) -> None:
    """Redis's time and FreeSWITCH's together are never longer than the term; below a second it isn't worth it."""
    now = utc_now()
    ends_at = None if left_ms is None else now + timedelta(milliseconds=left_ms)

    assert Loaded(Document(b"x"), ends_at=ends_at, cacheable_ms=cacheable_ms).memory_ms(now) == memory_ms


@only_sqlite
async def test_domains(documents: Documents, seed: Seed, redis: Redis) -> None:
    """Living tenants' domains, from the remembered set, dropped when a tenant comes."""
    assert await documents.is_domain("pbx.test")
    assert not await documents.is_domain("new.test")
    assert not await documents.is_domain("")

    seed.tenant("new.test")
    await Purge(redis)(tags=[Tag.DOMAINS], guards=[Guard.DOMAINS])

    assert await documents.is_domain("new.test")


@only_sqlite
async def test_that_a_domain_is_nobodys_is_kept_here_too(
    tenant_id: int, migrated_database_url: str, redis: Redis, seed: Seed
) -> None:
    """Each call asks it of its context: without a round trip, until a tenant comes."""
    cache = Cache(redis, fingerprint="test", ttl_seconds=300, absence_ttl_seconds=30, absence_slots=16)
    reader = Reader.open(migrated_database_url)
    copies = LocalCopies(max_bytes=1_000_000)
    copies.serve_until(boot_ns() + 3_600 * 10**9)
    documents = Documents(cache, reader, copies, load_deadline_ms=5_000)
    assert not await documents.is_domain("new.test")
    seed.tenant("new.test")
    await redis.flushall()

    of_copy = await documents.is_domain("new.test")
    copies.drop([Tag.DOMAINS])

    assert not of_copy
    assert await documents.is_domain("new.test")
    await documents.close()
    await reader.close()


@only_sqlite
async def test_who_joined_late_has_time_left(tenant_id: int, migrated_database_url: str, redis: Redis) -> None:
    """The load that it joined ends at the deadline of the one who began it; then it begins its own."""
    cache = Cache(redis, fingerprint="test", ttl_seconds=300, absence_ttl_seconds=30, absence_slots=16)
    reader = Reader.open(migrated_database_url)
    documents = Documents(cache, reader, load_deadline_ms=300)
    slow = Slow()
    first = find(documents, slow.load)
    await slow.has_begun.wait()
    late = find(documents, slow.load)

    with pytest.raises(TimeoutError):
        await first
    slow.may_end.set()

    assert await late == b"version 1"
    assert slow.begun == 2
    await documents.close()
    await reader.close()
