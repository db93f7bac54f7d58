"""Engines are the same for every process: SQLite lets readers and one writer work side by side."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import event, text

from xmlcurl.store.engine import open_async_engine, open_engine


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
