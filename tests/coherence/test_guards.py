"""Each guard is needed: with all of them nothing stale is seen, and without any single one something is.

What is switched off is a line of a script, or a step; the rest is the product's. Not here, since nothing can show it:
the order in which a purge deletes guards and tags (a script is one moment for everybody else).
"""

import asyncio
from collections.abc import Callable, Collection
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import count
from typing import Any, Final

import pytest
from redis.asyncio import Redis

from tests.coherence.world import (
    EVERY_FAULT,
    WRITERS,
    Fault,
    Parts,
    Slow,
    World,
    cut_the_subscriptions,
    lose_the_list,
)
from tests.seed import Seed
from tests.servers import RedisServer
from tests.xmlcurl.conftest import only_sqlite
from xmlcurl.documents import Documents, Load
from xmlcurl.store import cache, purge
from xmlcurl.store.cache import Cache, Guard, Miss, open_redis
from xmlcurl.store.local import NS_PER_MS, LocalCopies, Mark, boot_ns
from xmlcurl.store.model import Document, Tag
from xmlcurl.store.purge import LEASE_SECONDS, Purge

pytestmark = pytest.mark.unmeasured

LOOKUPS: Final = 4_000
LONGEST_SECONDS: Final = 90.0
ALL_ON: Final = Parts()
IN_REDIS_ONLY: Final = Parts(copies_bytes=0)
CALM: Final = Slow(stall=0.0)


def without(script: str, line: str, instead: str = "") -> str:
    """The script without that line; an error if it has none, or another one by now."""
    assert script.count(line) == 1, f"not in the script: {line}"
    return script.replace(line, instead)


def cache_without(script: str, line: str, instead: str = "") -> type[Cache]:
    """A cache whose script of that name lacks the line."""

    class Without(Cache):
        def __init__(self, client: Redis, **settings: Any) -> None:
            super().__init__(client, **settings)
            lacking = without(getattr(cache, script.upper()), line, instead)
            setattr(self, script, client.register_script(lacking))

    return Without


ABSENCE_STANDS: Final = "if entry[1] == key and stands(entry[2]) then"
StoresWhateverTheGuardSays: Final = cache_without(
    "_remember", "if redis.call('GET', guard_key(guard)) ~= token then return 0 end"
)
ServesWhateverTheTagsSay: Final = cache_without(
    "_look", "if redis.call('GET', tag_key(tokens[i])) ~= tokens[i + 1] then return false end"
)
ServesAbsenceWhateverTheTagsSay: Final = cache_without("_look", ABSENCE_STANDS, "if entry[1] == key then")
ServesAnyonesAbsence: Final = cache_without("_look", ABSENCE_STANDS, "if stands(entry[2]) then")
StoresDomainsWhateverTheGuardSays: Final = cache_without(
    "_remember_domains", "if redis.call('GET', guard_key('domains')) ~= token then return 0 end"
)
BelievesDomainsWhateverTheirTagSays: Final = cache_without(
    "_look",
    "if not token or redis.call('HGET', domains_key, '') ~= token then",
    "if not redis.call('HGET', domains_key, '') then",
)


class ReadsTheGuardAfterwards(Documents):
    async def _load(self, key: str, tenant_id: int, guard: Guard, load: Load, mark: Mark) -> Document | None:
        async with self._reader.connection() as connection:
            loaded = await load(connection, tenant_id)
        looked = await self._cache.look(f"{key} again", key.split(maxsplit=1)[0])
        assert isinstance(looked, Miss)

        async def known(*_: Any) -> Any:
            return loaded

        return await super()._load(key, tenant_id, looked.guard, known, mark)


class JoinsAnyLoad(Documents):
    async def _shared(self, flight: tuple[str, str], load: Any) -> Any:
        return await super()._shared((flight[0], ""), load)


class HearsNoPurge(LocalCopies):
    def drop(self, tags: Collection[str]) -> None: ...


class MarksAfterwards(LocalCopies):
    def put(self, key: str, document: Document | None, *, tags: Collection[str], ttl_ms: int, mark: Mark) -> None:
        super().put(key, document, tags=tags, ttl_ms=ttl_ms, mark=self.mark())


class HasALeaseForEver(LocalCopies):
    def serve_until(self, ends_ns: int) -> None:
        super().serve_until(ends_ns + 3_600_000 * NS_PER_MS)


class HasALeaseFromThePong(LocalCopies):
    def serve_until(self, ends_ns: int) -> None:
        super().serve_until(boot_ns() + int(LEASE_SECONDS * 1_000) * NS_PER_MS)


class ForgetsNothing(LocalCopies):
    def forget(self) -> None: ...


class WaitsForNobody(Purge):
    async def __call__(self, *, tags: Collection[str], guards: Collection[str]) -> None:
        await self._purge(args=purge._arguments(tags, guards))


Break = Callable[[pytest.MonkeyPatch], None]


def nothing(_patch: pytest.MonkeyPatch) -> None: ...


def rely_on_a_young_list(patch: pytest.MonkeyPatch) -> None:
    waiting = purge._waiting

    def whole(reply: Any) -> purge.Waiting:
        found = waiting(reply)
        return purge.Waiting(found.key, found.members, is_whole=True)

    patch.setattr(purge, "_waiting", whole)


def forget_one_member(patch: pytest.MonkeyPatch) -> None:
    waiting = purge._waiting

    def all_but_one(reply: Any) -> purge.Waiting:
        found = waiting(reply)
        if found.members:
            found.members.popitem()
        return found

    patch.setattr(purge, "_waiting", all_but_one)


def wait_for_less_than_a_lease(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(purge, "WAIT_SECONDS", LEASE_SECONDS / 5)


def remove_whoever_was_slow(patch: pytest.MonkeyPatch) -> None:
    line = (
        "if redis.call('HGET', members_key, ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', members_key, ARGV[i]) end"
    )
    patch.setattr(purge, "_REMOVE", without(purge._REMOVE, line, "redis.call('HDEL', members_key, ARGV[i])"))


@dataclass(frozen=True)
class Case:
    """A guard that is switched off, and what makes it matter."""

    parts: Parts = ALL_ON
    break_it: Break = nothing
    slow: Slow = field(default_factory=Slow)
    faults: tuple[Fault, ...] = ()


GUARDS: Final = {
    "a fill is stored only under its guard": Case(replace(IN_REDIS_ONLY, cache=StoresWhateverTheGuardSays), slow=CALM),
    "the guard is read before the load": Case(replace(IN_REDIS_ONLY, documents=ReadsTheGuardAfterwards), slow=CALM),
    "a document is served while its tags stand": Case(
        replace(IN_REDIS_ONLY, cache=ServesWhateverTheTagsSay), slow=CALM
    ),
    "so is an absence": Case(replace(IN_REDIS_ONLY, cache=ServesAbsenceWhateverTheTagsSay), slow=CALM),
    "an absence is one key's": Case(replace(IN_REDIS_ONLY, cache=ServesAnyonesAbsence, absence_slots=1), slow=CALM),
    "a load is joined only under the same guard": Case(
        replace(IN_REDIS_ONLY, documents=JoinsAnyLoad), slow=replace(CALM, read=0.3, reply=0.005)
    ),
    "purges are heard": Case(replace(ALL_ON, copies=HearsNoPurge), slow=CALM),
    "a copy is as old as its reading": Case(
        replace(ALL_ON, copies=MarksAfterwards),
        slow=Slow(read=0.001, reply=0.06, message=0.001, commit=0.001, stall=0.0),
    ),
    "a lease ends": Case(replace(ALL_ON, copies=HasALeaseForEver)),
    "who was cut off forgets": Case(replace(ALL_ON, copies=ForgetsNothing), slow=CALM, faults=(cut_the_subscriptions,)),
    "a write waits": Case(replace(ALL_ON, purge=WaitsForNobody), slow=CALM),
    "it waits for everyone": Case(break_it=forget_one_member, slow=CALM),
    "it waits for a lease": Case(break_it=wait_for_less_than_a_lease),
    "a young list is not relied on": Case(break_it=rely_on_a_young_list, slow=CALM, faults=(lose_the_list,)),
}


def tenants(database_url: str, domains: list[str]) -> None:
    """With ids from 1 on."""
    seed = Seed(database_url)
    assert [seed.tenant(domain) for domain in domains] == list(range(1, len(domains) + 1))
    seed.close()


@pytest.fixture
def world_of(migrated_database_url: str, redis_url: str) -> Callable[..., World]:
    tenants(migrated_database_url, [World.domain(writer) for writer in range(WRITERS)])
    return partial(World, redis_url, migrated_database_url)


@pytest.mark.timeout(180)
@pytest.mark.parametrize("parts", [ALL_ON, IN_REDIS_ONLY], ids=["with copies", "in Redis only"])
async def test_with_every_guard_nothing_stale_is_seen(world_of: Callable[..., World], parts: Parts) -> None:
    """However slow everything is, and whatever fails."""
    world = world_of(parts, Slow(), EVERY_FAULT)

    assert await world.stale_after(LOOKUPS, LONGEST_SECONDS) == []
    assert world.history.answered_count > WRITERS


@only_sqlite
@pytest.mark.timeout(180)
@pytest.mark.parametrize("case", GUARDS.values(), ids=GUARDS.keys())
async def test_without_a_guard_something_stale_is_seen(
    world_of: Callable[..., World], case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The checker can find what the guard keeps out, so that it found nothing with the guard means something."""
    case.break_it(monkeypatch)
    world = world_of(case.parts, case.slow, case.faults)

    assert await world.first_stale(LONGEST_SECONDS)


@dataclass
class HearingAtWill(World):
    """Its lookup processes hear of a pong, or of the next purge, when the test says so."""

    pongs: asyncio.Event = field(default_factory=asyncio.Event)
    pong_came: asyncio.Event = field(default_factory=asyncio.Event)
    purges: asyncio.Semaphore = field(default_factory=partial(asyncio.Semaphore, 0))
    ticks: "count[int]" = field(default_factory=count)

    async def _delay(self, _node: int, kind: object) -> None:
        if kind == b"pong":
            self.pong_came.set()
            await self.pongs.wait()
        elif kind == b"message":
            await self.purges.acquire()

    async def has_copy(self, documents: Documents, key: str) -> None:
        """Returns when a lookup process has a copy of its own, under a lease."""
        self.pongs.set()
        async with asyncio.timeout(30):
            while await self.source(documents, key) != "local":  # noqa: ASYNC110 - nothing else tells
                await asyncio.sleep(0.01)

    async def hears_a_pong(self) -> None:
        self.pong_came.clear()
        self.pongs.set()
        async with asyncio.timeout(30):
            await self.pong_came.wait()
        for _ in range(10):
            await asyncio.sleep(0)

    async def write(self, redis: Redis, key: str, version: int) -> None:
        started = next(self.ticks)
        self.committed[key] = version
        await Purge(redis)(tags=[Tag.name(1, key)], guards=[Guard.of_tenant(1)])
        self.history.written(key, version, started=started, ended=next(self.ticks))

    async def look(self, documents: Documents, key: str) -> None:
        started = next(self.ticks)
        self.history.seen(key, await self.ask(documents, key), started=started)


KEY: Final = f"{World.domain(0)} 1"


@pytest.mark.parametrize(
    ("copies", "expected"),
    [pytest.param(LocalCopies, [], id="from its ping"), pytest.param(HasALeaseFromThePong, [1], id="from its pong")],
)
@only_sqlite
async def test_a_lease_begins_with_its_ping(
    redis_url: str, migrated_database_url: str, copies: type[LocalCopies], expected: list[int]
) -> None:
    """A pong that lay unread for as long as a writer waits says nothing of now. Too seldom to be left to chance."""
    tenants(migrated_database_url, [World.domain(0)])
    world = HearingAtWill(redis_url, migrated_database_url, Parts(copies=copies), CALM, ())

    async with open_redis(redis_url, timeout_seconds=5) as client, world._lookup_process(0) as documents:
        world.committed[KEY] = 1
        await world.has_copy(documents, KEY)
        world.pongs.clear()
        world.pong_came.clear()
        await world.pong_came.wait()
        await world.write(client, KEY, 2)
        world.pongs.set()
        for _ in range(10):
            await asyncio.sleep(0)
        await world.look(documents, KEY)

    assert [each.version for each in world.history.stale()] == expected


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [pytest.param(nothing, [], id="it stays"), pytest.param(remove_whoever_was_slow, [1], id="it is removed")],
)
@only_sqlite
async def test_who_has_a_new_lease_stays_on_the_list(
    redis_url: str, migrated_database_url: str, break_it: Break, expected: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was waited for in vain, but asked for another lease meanwhile: the next write has to wait for it again."""
    break_it(monkeypatch)
    tenants(migrated_database_url, [World.domain(0)])
    world = HearingAtWill(redis_url, migrated_database_url, ALL_ON, CALM, ())

    async with open_redis(redis_url, timeout_seconds=5) as client, world._lookup_process(0) as documents:
        world.committed[KEY] = 1
        await world.has_copy(documents, KEY)
        await Purge(client)(tags=["another"], guards=[])
        await world.write(client, KEY, 2)
        world.purges.release()
        await world.hears_a_pong()
        await world.look(documents, KEY)

    assert [each.version for each in world.history.stale()] == expected


@pytest.mark.parametrize(
    ("kind", "is_late", "is_looked_for"),
    [
        pytest.param(Cache, False, True, id="a set from before"),
        pytest.param(BelievesDomainsWhateverTheirTagSays, False, False, id="believed whatever its tag says"),
        pytest.param(Cache, True, True, id="a set that comes too late"),
        pytest.param(StoresDomainsWhateverTheGuardSays, True, False, id="stored whatever the guard says"),
    ],
)
async def test_a_new_tenant_is_not_unknown(
    redis_url: str, kind: type[Cache], is_looked_for: bool, is_late: bool
) -> None:
    """The set of all domains was read before it came, and is remembered before or after."""
    async with open_redis(redis_url, timeout_seconds=5) as client:
        remembered = kind(client, fingerprint="t", ttl_seconds=300, absence_ttl_seconds=300, absence_slots=1)
        missed = await remembered.look("k", "new.test")
        assert isinstance(missed, Miss)
        if not is_late:
            assert await remembered.remember_domains({"old.test": 1}, missed.guard)
        await Purge(client)(tags=[Tag.DOMAINS], guards=[Guard.DOMAINS])
        if is_late:
            await remembered.remember_domains({"old.test": 1}, missed.guard)

        found = await remembered.look("k", "new.test")

    assert isinstance(found, Miss) is is_looked_for


RUN: Final = "local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')"


@pytest.mark.parametrize("has_run_id", [True, False], ids=["with run_id in keys", "without"])
@only_sqlite
async def test_an_old_snapshot_revives_nothing(
    own_redis: RedisServer, migrated_database_url: str, has_run_id: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Redis starts again with what it had before a write: documents, tags and guards fit together, and are old."""
    if not has_run_id:
        for module, name in ((cache, "_LOOK"), (cache, "_REMEMBER"), (cache, "_REMEMBER_DOMAINS"), (purge, "_PURGE")):
            monkeypatch.setattr(module, name, without(getattr(module, name), RUN, "local run = 'always the same'"))
    tenants(migrated_database_url, [World.domain(0)])
    world = HearingAtWill(own_redis.url, migrated_database_url, IN_REDIS_ONLY, CALM, ())
    world.purges = asyncio.Semaphore(1_000)

    async with open_redis(own_redis.url, timeout_seconds=5) as client, world._lookup_process(0) as documents:
        await world.write(client, KEY, 1)
        await world.look(documents, KEY)
        await client.save()
        await world.write(client, KEY, 2)
        own_redis.kill()
        own_redis.start()
        await world.look(documents, KEY)

    assert [each.version for each in world.history.stale()] == ([] if has_run_id else [1])
