"""Engines are the same for every process: SQLite lets readers and one writer work side by side."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import OperationalError

from xmlcurl.store.engine import open_async_engine, open_engine, open_reading_engine


async def test_sqlite_is_set_up_for_several_processes(tmp_path: Path) -> None:
    """WAL and a busy timeout, on every connection."""
    engine = open_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite'}")

    async with engine.connect() as connection:
        pragmas = [
            (await connection.execute(text(f"PRAGMA {name}"))).scalar_one()
            for name in ("journal_mode", "busy_timeout", "foreign_keys")
        ]

    assert pragmas == ["wal", 5_000, 1]
    await engine.dispose()


@pytest.mark.parametrize(("writes", "begin"), [(False, "BEGIN"), (True, "BEGIN IMMEDIATE")])
def test_a_writer_takes_the_lock_when_it_begins(tmp_path: Path, writes: bool, begin: str) -> None:
    """A transaction that reads first and writes later would fail at once when another one wrote meanwhile."""
    engine = open_engine(f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite'}")
    statements: list[str] = []
    event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement))

    with engine.execution_options(writes=writes).connect() as connection:
        connection.execute(text("SELECT 1"))

    assert statements == [begin, "SELECT 1"]
    engine.dispose()


async def test_writers_wait_for_one_another(tmp_path: Path) -> None:
    """Read-then-write transactions of many tasks all succeed, and none is lost."""
    engine = open_async_engine(f"sqlite+aiosqlite:///{tmp_path / 'x.sqlite'}")
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE counter (value INTEGER)"))
        await connection.execute(text("INSERT INTO counter VALUES (0)"))

    async def increment() -> None:
        async with engine.execution_options(writes=True).begin() as writing:
            value = (await writing.execute(text("SELECT value FROM counter"))).scalar_one()
            await writing.execute(text("UPDATE counter SET value = :value"), {"value": value + 1})

    await asyncio.gather(*(increment() for _ in range(20)))

    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT value FROM counter"))).scalar_one() == 20
    await engine.dispose()


async def test_a_standby_takes_over_under_the_same_url(own_postgres_url: str) -> None:
    """Several hosts stand in one URL; who does not answer, or takes no writes, is passed over."""
    present = own_postgres_url.partition("?")[2]
    url = own_postgres_url.replace(f"?{present}", f"?host=/nowhere&{present}&target_session_attrs=read-write")
    engine, blocking = open_async_engine(url), open_engine(url)

    async with engine.connect() as connection:
        assert (await connection.execute(text("SHOW transaction_read_only"))).scalar_one() == "off"
    with blocking.connect() as connection_of_thread:
        assert connection_of_thread.execute(text("SELECT 1")).scalar_one() == 1
    await engine.dispose()
    blocking.dispose()


async def test_a_reader_runs_its_statements_and_nothing_else(migrated_database_url: str) -> None:
    """No transaction stays open: the same connection sees what was committed meanwhile."""
    reading, writing = open_reading_engine(migrated_database_url), open_async_engine(migrated_database_url)
    statements: list[str] = []
    event.listen(
        reading.sync_engine, "before_cursor_execute", lambda _c, _u, statement, *_: statements.append(statement)
    )
    counted = text("SELECT count(*) FROM departments")

    async with reading.connect() as connection:
        before = (await connection.execute(counted)).scalar_one()
        async with writing.begin() as other:
            await other.execute(text("CREATE TABLE departments_of_others (id INTEGER)"))
        after = (await connection.execute(text("SELECT count(*) FROM departments_of_others"))).scalar_one()

    assert (before, after) == (0, 0)
    assert statements == [str(counted), "SELECT count(*) FROM departments_of_others"]
    await reading.dispose()
    await writing.dispose()


async def test_a_readers_statement_is_planned_once(own_postgres_url: str) -> None:
    """It stays prepared from one connection of the pool's to the next, which is the same one while nobody else asks."""
    engine = open_reading_engine(own_postgres_url)
    prepared = text("SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE '%departments%'")

    for _ in range(10):
        async with engine.connect() as connection:
            await connection.execute(text("SELECT id FROM departments"))
    async with engine.connect() as connection:
        assert (await connection.execute(prepared)).scalar_one() == 1
    await engine.dispose()


@pytest.mark.parametrize(("idle_seconds", "failures"), [(0.0, 0), (1_000.0, 1)])
async def test_a_connection_that_died_idle_is_replaced(
    own_postgres_url: str, idle_seconds: float, failures: int
) -> None:
    """When it was idle for longer; else whoever finds it dead is told, and the next one gets another."""
    engine, other = open_reading_engine(own_postgres_url, idle_seconds=idle_seconds), open_engine(own_postgres_url)
    async with engine.connect() as connection:
        pid = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar_one()
    with other.connect() as killer:
        assert killer.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid}).scalar_one()
    other.dispose()

    failed = 0
    for _ in range(2):
        try:
            async with engine.connect() as connection:
                await connection.execute(text("SELECT 1"))
        except OperationalError:
            failed += 1

    assert failed == failures
    await engine.dispose()


async def test_a_statement_that_was_given_up_leaves_nothing_behind(own_postgres_url: str) -> None:
    """Whoever asks next does not get its connection."""
    engine = open_reading_engine(own_postgres_url)

    async with engine.connect() as connection:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(connection.execute(text("SELECT pg_sleep(30)")), 0.2)

    async with engine.connect() as connection:
        assert (await connection.execute(text("SELECT 2"))).scalar_one() == 2
    await engine.dispose()


async def test_who_writes_has_each_statement_planned_anew(own_postgres_url: str) -> None:
    """On every connection, also after its first transaction was undone; readers keep their plans."""
    writing, blocking, reading = (
        open_async_engine(own_postgres_url),
        open_engine(own_postgres_url),
        open_reading_engine(own_postgres_url),
    )
    shown = text("SHOW plan_cache_mode")

    for _ in range(2):
        async with writing.connect() as connection:
            assert (await connection.execute(shown)).scalar_one() == "force_custom_plan"
        with blocking.connect() as connection_of_thread:
            assert connection_of_thread.execute(shown).scalar_one() == "force_custom_plan"
    async with reading.connect() as connection:
        assert (await connection.execute(shown)).scalar_one() == "auto"
    await writing.dispose()
    blocking.dispose()
    await reading.dispose()
