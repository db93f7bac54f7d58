"""Transactions: SQLAlchemy's exceptions become what a caller can act on, and tell no values."""

import asyncio
import traceback
from collections.abc import AsyncIterator
from secrets import token_hex

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from management.database import Collided, Database
from management.errors import Conflict, Unavailable, Unconfirmed
from tests.servers import PostgresServer
from xmlcurl.store.engine import open_async_engine
from xmlcurl.store.tables import api_tokens, tenants


@pytest.fixture
async def database(migrated_database_url: str) -> AsyncIterator[Database]:
    engine = open_async_engine(migrated_database_url, pool_size=2)
    yield Database(engine)
    await engine.dispose()


async def test_a_name_that_is_taken_is_a_conflict(database: Database) -> None:
    """Also when nobody looked for it before; never a fault."""
    twice = [{"domain": "pbx.test", "name": "PBX"}, {"domain": "pbx.test", "name": "PBX"}]

    with pytest.raises(Conflict):
        async with database.writing() as connection:
            await connection.execute(insert(tenants), twice)

    async with database.reading() as connection:
        assert (await connection.execute(select(tenants))).all() == []


async def test_a_row_that_went_away_is_a_conflict(database: Database) -> None:
    """What is referred to is not there."""
    with pytest.raises(Conflict):
        async with database.writing() as connection:
            await connection.execute(insert(api_tokens).values(tenant_id=9, name="x", secret_hash="x", scopes=[]))


async def test_a_mistake_of_ours_stays_one(database: Database) -> None:
    """A statement that no database takes is no outage."""
    with pytest.raises(DBAPIError):
        async with database.reading() as connection:
            await connection.execute(text("SELECT nonsense FROM nowhere"))


async def test_no_exception_carries_values(database: Database) -> None:
    """Parameters are hashes and encrypted passwords; a trace in a log must not show them."""
    secret = token_hex(16)

    with pytest.raises(DBAPIError) as caught:
        async with database.writing() as connection:
            await connection.execute(text("INSERT INTO nowhere VALUES (:hash)"), {"hash": secret})

    assert secret not in "".join(traceback.format_exception(caught.value))


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_a_lock_that_is_held_for_too_long_is_an_outage(migrated_database_url: str, database: Database) -> None:
    """SQLite has one writer at a time."""
    engine = open_async_engine(migrated_database_url, pool_size=1)
    impatient = Database(engine)
    async with impatient.reading() as connection:
        await connection.exec_driver_sql("PRAGMA busy_timeout = 50")

    async with database.writing():
        with pytest.raises(Unavailable):
            async with impatient.writing():
                pass

    await engine.dispose()


async def test_every_connection_in_use_is_an_outage(migrated_database_url: str) -> None:
    """Whoever waits for one in vain may come again."""
    engine = open_async_engine(migrated_database_url, pool_size=1)
    engine.sync_engine.pool._timeout = 0.05  # type: ignore[attr-defined] # of the pool, which has no setting for it
    database = Database(engine)

    async with database.reading():
        with pytest.raises(Unavailable):
            async with database.reading():
                pass

    await engine.dispose()


async def test_a_database_that_can_t_be_opened_is_an_outage() -> None:
    """A folder that is not there, a server that is not there."""
    for url in (
        "sqlite+aiosqlite:////nonexistent/folder/x.sqlite",
        "postgresql+psycopg://nobody@127.0.0.1:1/none",
    ):
        engine = open_async_engine(url)
        with pytest.raises(Unavailable):
            await Database(engine).check()
        await engine.dispose()


async def test_a_server_that_dies_is_an_outage_until_it_is_back(
    own_postgres: PostgresServer, own_postgres_url: str
) -> None:
    """Between statements, within a transaction; after the restart everything goes on."""
    engine = open_async_engine(own_postgres_url)
    database = Database(engine)

    async def be_killed_while_writing() -> None:
        async with database.writing() as connection:
            await connection.execute(insert(tenants).values(domain="pbx.test", name="PBX"))
            own_postgres.kill()
            await connection.execute(insert(tenants).values(domain="two.test", name="PBX"))

    with pytest.raises(Unavailable):
        await be_killed_while_writing()
    with pytest.raises(Unavailable):
        await database.check()
    own_postgres.start()

    async with database.reading() as connection:
        assert (await connection.execute(select(tenants))).all() == []
    await engine.dispose()


async def test_an_answer_to_a_commit_that_is_lost_is_neither_yes_nor_no(
    own_postgres: PostgresServer, own_postgres_url: str
) -> None:
    """Nobody can know whether it was committed, so nobody says so."""
    engine = open_async_engine(own_postgres_url)

    async def be_killed_before_the_commit() -> None:
        async with Database(engine).writing() as connection:
            await connection.execute(insert(tenants).values(domain="pbx.test", name="PBX"))
            own_postgres.kill()

    with pytest.raises(Unconfirmed) as caught:
        await be_killed_before_the_commit()

    assert caught.value.committed is None
    await engine.dispose()


@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
async def test_a_deadlock_says_that_it_may_be_run_again(database: Database) -> None:
    """PostgreSQL undoes one of the two."""
    for domain in ("a.test", "b.test"):
        async with database.writing() as connection:
            await connection.execute(insert(tenants).values(domain=domain, name="x"))
    both_hold_one = asyncio.Barrier(2)

    async def lock(first: int, second: int) -> None:
        async with database.writing() as connection:
            for tenant_id in (first, second):
                await connection.execute(select(tenants).where(tenants.c.id == tenant_id).with_for_update())
                if tenant_id == first:
                    await both_hold_one.wait()

    results = await asyncio.gather(lock(1, 2), lock(2, 1), return_exceptions=True)

    assert sorted(type(result).__name__ for result in results) == ["Collided", "NoneType"]
    assert issubclass(Collided, Unavailable)


async def test_writers_do_not_lose_one_another_s_changes(database: Database) -> None:
    """Read, then write, many at once: nobody overwrites what he has not seen."""
    async with database.writing() as connection:
        await connection.execute(insert(tenants).values(domain="pbx.test", name="PBX", cacheable_ms=0))

    async def count_up() -> None:
        async with database.writing() as connection:
            statement = select(tenants.c.cacheable_ms).with_for_update()
            value = (await connection.execute(statement)).scalar_one()
            await connection.execute(tenants.update().values(cacheable_ms=value + 1))

    await asyncio.gather(*(count_up() for _ in range(20)))

    async with database.reading() as connection:
        assert (await connection.execute(select(tenants.c.cacheable_ms))).scalar_one() == 20
