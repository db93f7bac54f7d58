"""Redis or the database is gone, empty, or hangs: slower or not at all, but never wrong."""

import time
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from tests.seed import Seed
from tests.servers import PostgresServer, RedisServer
from tests.xmlcurl import asking
from tests.xmlcurl.conftest import only_sqlite
from tests.xmlcurl.service import Service, purge_tenant, running
from xmlcurl.store.tables import extensions

NOWHERE = "unix:///nowhere/redis.sock"
KINDS = {
    "user 1001": asking.sip_auth(),
    "not found": asking.user("4242"),
    "route extension in pbx.test": asking.call("1002"),
    "route unallocated_number in pbx.test": asking.call("4242"),
    "group default: name 1001 name 1002": asking.directory(),
}


async def test_without_redis_every_answer_is_right(tenant_id: int, seed: Seed, migrated_database_url: str) -> None:
    """Straight from SQL: slower, and a change is seen at once."""
    victim_id = seed.tenant("victim.test")
    async with running(migrated_database_url, NOWHERE) as service:
        for expected, body in KINDS.items():
            assert (await service.post(body)).shape == expected
        assert (await service.post(asking.user("1001", "unknown.test"))).shape == "not found"
        assert (await service.post(asking.sip_auth(to_host="victim.test"))).shape == "not found"
        assert (await service.post(asking.call("1001", context="victim.test"))).shape.startswith("route call_rejected")

        seed.change(extensions, seed.extension(victim_id, "7"), status="disabled")
        assert (await service.post(asking.user("7", "victim.test"))).shape == "not found"


@only_sqlite
async def test_redis_comes_back_empty(tenant_id: int, migrated_database_url: str, own_redis: RedisServer) -> None:
    """Nothing that it held before is believed, and it fills again."""
    async with running(migrated_database_url, own_redis.url) as service:
        await service.post(asking.user("1001"))
        own_redis.stop()
        assert (await service.post(asking.user("1001"))).shape == "user 1001"
        own_redis.start()
        await until_cached(service, asking.user("1001"))


async def until_cached(service: Service, body: bytes) -> None:
    """A failure pauses the cache for a moment."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        service.statements.clear()
        assert (await service.post(body)).shape == "user 1001"
        if not service.statements:
            return
    raise AssertionError("nothing is remembered again")


@only_sqlite
async def test_a_redis_that_hangs_costs_a_part_of_the_deadline(
    tenant_id: int, migrated_database_url: str, own_redis: RedisServer
) -> None:
    """SQL has the rest of it."""
    async with running(migrated_database_url, own_redis.url, lookup_deadline_ms=3_000) as service:
        await service.post(asking.user("1001"))
        own_redis.pause()
        try:
            replies = [await service.post(asking.user(name)) for name in ("1001", "1002", "1001")]
        finally:
            own_redis.resume()

    assert [reply.shape for reply in replies] == ["user 1001", "user 1002", "user 1001"]


@pytest.fixture
def own_seed(own_postgres_url: str) -> Iterator[Seed]:
    seed = Seed(own_postgres_url)
    tenant_id = seed.tenant("pbx.test")
    for number in ("1001", "1002"):
        seed.extension(tenant_id, number)
    yield seed
    seed.close()


async def test_without_the_database_what_redis_holds_is_served(
    own_seed: Seed, own_postgres: PostgresServer, own_postgres_url: str, redis_url: str
) -> None:
    """Nothing newer can have been committed. The rest is a failure, and no failure is remembered as absence."""
    async with running(own_postgres_url, redis_url) as service:
        await service.post(asking.sip_auth("1001"))
        own_postgres.kill()

        assert (await service.post(asking.sip_auth("1001"))).shape == "user 1001"
        for body in (asking.sip_auth("1002"), asking.call("1002"), asking.directory(), asking.user("4242")):
            reply = await service.post(body)
            assert (reply.status, reply.body) == (503, b"no answer now\n")
        ready = await service.request("GET", "/readyz")
        assert (ready.status, ready.body) == (503, b'{"database":false,"redis":true}')

        own_postgres.start()

        assert (await service.post(asking.sip_auth("1002"))).shape == "user 1002"
        assert (await service.request("GET", "/readyz")).status == 200


async def test_without_both_nothing_is_said(
    own_seed: Seed, own_postgres: PostgresServer, own_postgres_url: str
) -> None:
    """503, never "not found"."""
    async with running(own_postgres_url, NOWHERE) as service:
        own_postgres.kill()

        for body in (*KINDS.values(), asking.user("1001", "unknown.test")):
            assert (await service.post(body)).status == 503


async def eventually(service: Service, body: bytes) -> str:
    """The first answer that is no failure, within 20 seconds."""
    deadline = time.monotonic() + 20
    while (reply := await service.post(body)).status == 503 and time.monotonic() < deadline:
        pass
    return reply.shape


async def test_a_lookup_ends_at_its_deadline(own_seed: Seed, own_postgres_url: str, redis_url: str) -> None:
    """503 before FreeSWITCH gives up, though the database still thinks; and right when it has thought."""
    async with running(own_postgres_url, redis_url, lookup_deadline_ms=200) as service:
        await service.post(asking.user("1001"))
        with own_seed.begin() as connection:
            connection.execute(text("LOCK TABLE extensions IN ACCESS EXCLUSIVE MODE"))
            before = time.monotonic()
            reply = await service.post(asking.user("1002"))
            took = time.monotonic() - before

        assert reply.status == 503
        assert took >= 0.2
        assert await eventually(service, asking.user("1002")) == "user 1002"


@only_sqlite
async def test_a_broken_row_is_a_failure(
    tenant_id: int, seed: Seed, migrated_database_url: str, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user without a usable hash could sign in with any password, so nothing is said of it; the log has no hash."""
    extension_id = seed.extension(tenant_id, "1003")
    seed.change(extensions, extension_id, a1_hash="SECRETSECRETSECRETSECRETSECRET00")
    async with running(migrated_database_url, redis_url) as service:
        for _ in range(2):
            assert (await service.post(asking.sip_auth("1003"))).status == 503

        seed.change(extensions, extension_id, a1_hash="0" * 32)
        await purge_tenant(redis_url, tenant_id)
        assert (await service.post(asking.sip_auth("1003"))).shape == "user 1003"

    assert "SECRET" not in "".join(capsys.readouterr())
