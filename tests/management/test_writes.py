"""The one commit path: all or nothing, seen at once, and finished by the outbox whatever crashes."""

import asyncio
import contextlib
import signal
import sys
from collections.abc import AsyncIterator, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from management.audit import Actor
from management.database import Collided, Database
from management.effects import Effects
from management.errors import Conflict, Unavailable, Unconfirmed
from management.writes import ATTEMPTS, MOST_USERS_FLUSHED, SwitchSync, Write, Writes
from tests.servers import RedisServer
from xmlcurl.store.cache import Cache, Hit, Miss, open_redis
from xmlcurl.store.engine import open_async_engine
from xmlcurl.store.model import Document, Tag
from xmlcurl.store.purge import Purge
from xmlcurl.store.tables import audit, changes, switches, teams, tenants, utc_now

ACTOR = Actor("token:7", "192.0.2.1")
USER = ("1001", "pbx.test")


@pytest.fixture
async def engine(migrated_database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = open_async_engine(migrated_database_url)
    async with engine.begin() as connection:
        await connection.execute(insert(tenants).values(domain="pbx.test", name="PBX"))
    yield engine
    await engine.dispose()


class Bench:
    """The commit path with a look at everything it touches."""

    def __init__(self, engine: AsyncEngine, redis_url: str) -> None:
        self.engine = engine
        self.redis = open_redis(redis_url, timeout_seconds=0.5)
        self.woken = 0
        self.writes = Writes(Database(engine), Purge(self.redis), self._wake, switch_wait_ms=0)
        self.cache = Cache(self.redis, fingerprint="t", ttl_seconds=60, absence_ttl_seconds=60, absence_slots=16)

    async def _wake(self) -> None:
        self.woken += 1

    async def rows(self, table: Any) -> list[Any]:
        async with self.engine.connect() as connection:
            return list((await connection.execute(select(table).order_by(table.c.id))).all())

    async def remember(self, body: bytes) -> None:
        """A document of tenant 1 that depends on its extension 5."""
        miss = await self.cache.look("key", "pbx.test")
        assert isinstance(miss, Miss)
        if miss.tenant_id is None:
            await self.cache.remember_domains({"pbx.test": 1}, miss.guard)
            miss = await self.cache.look("key", "pbx.test")
            assert isinstance(miss, Miss)
        assert await self.cache.remember("key", Document(body), tags=[Tag.extension(1, 5)], guard=miss.guard)

    async def add_switches(self, *names: str) -> None:
        values = {"host": "127.0.0.1", "password_encrypted": "x", "sofia_profiles": []}
        async with self.engine.begin() as connection:
            await connection.execute(insert(switches), [{"name": name, **values} for name in names])


@pytest.fixture
async def bench(engine: AsyncEngine, redis_url: str) -> AsyncIterator[Bench]:
    bench = Bench(engine, redis_url)
    yield bench
    await bench.redis.aclose()


@pytest.fixture
async def own_bench(engine: AsyncEngine, own_redis: RedisServer) -> AsyncIterator[Bench]:
    """With a Redis that the test may break."""
    bench = Bench(engine, own_redis.url)
    yield bench
    await bench.redis.aclose()


async def change(write: Write) -> str:
    """Adds a team; one extension's copies are stale."""
    await write.connection.execute(insert(teams).values(tenant_id=1, name="sales"))
    write.tell(Effects(tags=frozenset({Tag.extension(1, 5)}), flush_users=frozenset({USER})))
    write.audit("team.create", "team", 1, after={"name": "sales"})
    return "done"


async def test_the_change_its_outbox_and_its_audit_are_one_transaction(bench: Bench) -> None:
    """One row for the caches, one for each enabled switch, one in the audit log; all share the write."""
    await bench.add_switches("one", "two")

    written = await bench.writes.run(ACTOR, change, tenant_id=1)

    assert (written.result, written.sync) == ("done", SwitchSync(pending=2))
    outbox = await bench.rows(changes)
    assert [row.switch_id for row in outbox] == [None, 1, 2]
    assert {(row.group_id, row.tenant_id, row.state) for row in outbox} == {(outbox[0].group_id, 1, "pending")}
    assert outbox[1].effects["flush_users"] == [["1001", "pbx.test"]]
    assert [(row.actor, row.address, row.action, row.tenant_id) for row in await bench.rows(audit)] == [
        ("token:7", "192.0.2.1", "team.create", 1)
    ]
    assert bench.woken == 1


async def test_a_body_that_raises_leaves_nothing(bench: Bench) -> None:
    """Not the change, not the outbox, not the audit log; and nobody is woken."""

    async def refused(write: Write) -> None:
        await change(write)
        raise Conflict("name")

    with pytest.raises(Conflict):
        await bench.writes.run(ACTOR, refused, tenant_id=1)

    assert [await bench.rows(table) for table in (teams, changes, audit)] == [[], [], []]
    assert bench.woken == 0


async def test_a_lookup_after_the_write_sees_it(bench: Bench) -> None:
    """The document that was remembered is a miss when `run` has returned."""
    await bench.remember(b"old")

    await bench.writes.run(ACTOR, change, tenant_id=1)

    assert isinstance(await bench.cache.look("key", "pbx.test"), Miss)


async def test_a_fill_that_began_before_the_write_is_refused(bench: Bench) -> None:
    """The guard of the tenant is dropped with every change of it, whatever the body said."""
    await bench.remember(b"old")
    await bench.redis.delete(*[key async for key in bench.redis.scan_iter("*:d:*")])
    filling = await bench.cache.look("key", "pbx.test")
    assert isinstance(filling, Miss)

    await bench.writes.run(ACTOR, change, tenant_id=1)

    tags = [Tag.extension(1, 5)]
    assert not await bench.cache.remember("key", Document(b"old"), tags=tags, guard=filling.guard)


async def test_what_follows_from_nothing_is_nothing(bench: Bench) -> None:
    """A change that no document shows is audited and goes no further."""

    async def unseen(write: Write) -> None:
        await write.connection.execute(insert(teams).values(tenant_id=1, name="sales"))
        write.audit("team.create", "team", 1, after={"name": "sales"})

    await bench.remember(b"right")
    written = await bench.writes.run(ACTOR, unseen, tenant_id=1)

    assert written.sync == SwitchSync()
    assert await bench.rows(changes) == []
    assert len(await bench.rows(audit)) == 1
    assert await bench.cache.look("key", "pbx.test") == Hit(Document(b"right"))


async def test_without_redis_nothing_is_written(own_bench: Bench, own_redis: RedisServer) -> None:
    """Refused before the transaction begins: the body is not even run."""
    own_redis.stop()

    async def body(write: Write) -> None:
        raise AssertionError("was run")

    with pytest.raises(Unavailable) as caught:
        await own_bench.writes.run(ACTOR, body, tenant_id=1)

    assert not isinstance(caught.value, Unconfirmed)
    assert await own_bench.rows(changes) == []


async def test_a_redis_that_hangs_is_no_redis(own_bench: Bench, own_redis: RedisServer) -> None:
    """It accepts connections and answers nothing: refused as well, in bounded time."""
    await own_bench.redis.ping()
    own_redis.pause()

    with pytest.raises(Unavailable):
        await asyncio.wait_for(own_bench.writes.run(ACTOR, change, tenant_id=1), 20)

    assert await own_bench.rows(teams) == []


@pytest.mark.parametrize("break_redis", [RedisServer.stop, RedisServer.pause], ids=["gone", "hanging"])
async def test_redis_lost_after_the_commit_is_not_success(
    own_bench: Bench, own_redis: RedisServer, break_redis: Callable[[RedisServer], None]
) -> None:
    """The change stands, the caller is told so, and a row waits that completes the purge."""

    async def losing(write: Write) -> None:
        await change(write)
        break_redis(own_redis)

    with pytest.raises(Unconfirmed) as caught:
        await own_bench.writes.run(ACTOR, losing, tenant_id=1)

    assert caught.value.committed is True
    assert len(await own_bench.rows(teams)) == 1
    (row,) = await own_bench.rows(changes)
    assert (row.switch_id, row.state) == (None, "pending")
    assert row.effects["tags"] == [Tag.extension(1, 5)]
    assert row.effects["guards"] == ["t1"]


async def test_a_writer_that_is_killed_leaves_its_purge_to_the_outbox(bench: Bench, redis_url: str) -> None:
    """SIGKILL between commit and answer: the copy is stale until the row of the caches is worked on, no longer."""
    await bench.remember(b"old")
    database_url = bench.engine.url.render_as_string(hide_password=False)
    writer = await asyncio.create_subprocess_exec(sys.executable, "-c", WRITER, database_url, redis_url)
    try:
        await _until(lambda: _has_rows(bench, changes), lambda: writer.returncode is None)
    finally:
        writer.kill()
        await writer.wait()

    stale = await bench.cache.look("key", "pbx.test")
    (row,) = await bench.rows(changes)
    effects = Effects.from_json(row.effects)
    await Purge(bench.redis)(tags=effects.tags, guards=effects.guards)

    assert writer.returncode == -signal.SIGKILL
    assert len(await bench.rows(teams)) == 1
    assert stale == Hit(Document(b"old"))
    assert (row.switch_id, row.state) == (None, "pending")
    assert isinstance(await bench.cache.look("key", "pbx.test"), Miss)


WRITER = """
import asyncio, sys
from management.audit import Actor
from management.database import Database
from management.writes import Writes
from tests.management.test_writes import change
from xmlcurl.store.cache import open_redis
from xmlcurl.store.engine import open_async_engine
from xmlcurl.store.purge import Purge

class PurgeThatIsNeverSent(Purge):
    async def __call__(self, *, tags, guards):
        if tags:
            await asyncio.Event().wait()
        await super().__call__(tags=tags, guards=guards)

async def main(database_url, redis_url):
    async def wake():
        pass

    purge = PurgeThatIsNeverSent(open_redis(redis_url, timeout_seconds=5))
    writes = Writes(Database(open_async_engine(database_url)), purge, wake, switch_wait_ms=0)
    await writes.run(Actor("test"), change, tenant_id=1)

asyncio.run(main(*sys.argv[1:]))
"""
"""Commits, and then stands still where the purge would be sent, for as long as it is let."""


async def _has_rows(bench: Bench, table: Any) -> bool:
    return bool(await bench.rows(table))


async def _until(condition: Callable[[], Any], goes_on: Callable[[], bool]) -> None:
    """Looks until it is so; at most 30 seconds, and only while there is hope."""
    async with asyncio.timeout(30):
        while not await condition():
            assert goes_on()
            await asyncio.sleep(0.02)


async def test_a_transaction_that_stood_in_the_way_is_run_again(bench: Bench) -> None:
    """The database undid it for the sake of another one: nobody has to hear of that."""
    runs = 0

    async def unlucky_once(write: Write) -> str:
        nonlocal runs
        runs += 1
        await change(write)
        if runs == 1:
            raise Collided("40P01")
        return "done"

    written = await bench.writes.run(ACTOR, unlucky_once, tenant_id=1)

    assert (written.result, runs) == ("done", 2)
    assert [len(await bench.rows(table)) for table in (teams, changes, audit)] == [1, 1, 1]


async def test_it_is_not_run_for_ever(bench: Bench) -> None:
    """After some attempts the caller may try again later; nothing was written."""
    runs = 0

    async def always_unlucky(write: Write) -> None:
        nonlocal runs
        runs += 1
        raise Collided("40001")

    with pytest.raises(Unavailable):
        await bench.writes.run(ACTOR, always_unlucky, tenant_id=1)

    assert runs == ATTEMPTS


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
async def test_a_deadlock_is_nobody_s_problem(bench: Bench) -> None:
    """Two writers take the same two rows in opposite order: both get through."""
    async with bench.engine.begin() as connection:
        await connection.execute(insert(teams), [{"tenant_id": 1, "name": "a"}, {"tenant_id": 1, "name": "b"}])
    first_locks = asyncio.Barrier(2)

    def taking(*ids: int) -> Callable[[Write], Any]:
        async def body(write: Write) -> None:
            for number, team_id in enumerate(ids):
                await write.connection.execute(update(teams).where(teams.c.id == team_id).values(name=f"t{team_id}"))
                if number == 0 and not first_locks.broken:
                    with contextlib.suppress(asyncio.BrokenBarrierError):
                        await first_locks.wait()
            await first_locks.abort()

        return body

    await asyncio.gather(
        bench.writes.run(ACTOR, taking(1, 2), tenant_id=1), bench.writes.run(ACTOR, taking(2, 1), tenant_id=1)
    )

    assert [row.name for row in await bench.rows(teams)] == ["t1", "t2"]


@pytest.mark.parametrize(
    ("states", "sync"),
    [
        pytest.param(["pending", "flushed"], SwitchSync(acked=1, pending=1), id="one yet to come"),
        pytest.param(["flushed", "settled"], SwitchSync(acked=2), id="the first flush counts, and the second"),
        pytest.param(["failed", "settled"], SwitchSync(acked=1, failed=1), id="one that said no"),
    ],
)
async def test_it_counts_how_far_the_switches_are(bench: Bench, states: list[str], sync: SwitchSync) -> None:
    """As the worker has noted it meanwhile."""
    await bench.add_switches("one", "two")

    async def work() -> None:
        await _until(lambda: _has_rows(bench, changes), lambda: True)
        async with bench.engine.execution_options(writes=True).begin() as connection:
            for switch_id, state in enumerate(states, 1):
                await connection.execute(update(changes).where(changes.c.switch_id == switch_id).values(state=state))

    waiting = bench.writes.run(ACTOR, change, tenant_id=1, wait_ms=0 if "pending" in states else 20_000)
    if "pending" not in states:
        written, _ = await asyncio.gather(waiting, work())
        assert written.sync == sync
        return
    await waiting
    await work()
    (group_id,) = {row.group_id for row in await bench.rows(changes)}
    assert await bench.writes._progress(group_id) == sync


async def test_many_users_are_one_bare_flush(bench: Bench) -> None:
    """Beyond a hundred names a switch forgets everything instead."""
    users = frozenset((str(number), "pbx.test") for number in range(MOST_USERS_FLUSHED + 1))

    async def body(write: Write) -> None:
        write.tell(Effects(tags=frozenset({"t1:e1"}), flush_users=users))

    await bench.add_switches("one")
    await bench.writes.run(ACTOR, body, tenant_id=1)

    effects = Effects.from_json((await bench.rows(changes))[1].effects)
    assert (effects.flush_all, effects.flush_users) == (True, frozenset())


async def test_a_term_that_ends_is_a_row_that_falls_due(bench: Bench) -> None:
    """Nobody writes at that moment."""
    ends_at = utc_now() + timedelta(days=30_000)

    async def body(write: Write) -> None:
        write.tell_at_expiry(5, ends_at)

    await bench.writes.run(ACTOR, body, tenant_id=1)

    (row,) = await bench.rows(changes)
    assert (row.kind, row.due_at, row.switch_id, row.effects["extension_id"]) == ("expiry", ends_at, None, 5)
