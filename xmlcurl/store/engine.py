"""Database engines, made the same way for every process and every test."""

from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

SQLITE_BUSY_TIMEOUT_MS = 5_000
"""How long a writer waits for another one, in milliseconds; SQLite has one writer at a time."""


def open_async_engine(url: str, *, pool_size: int = 10, connect_timeout_seconds: int = 5) -> AsyncEngine:
    """An engine for asyncio: `sqlite+aiosqlite://` or `postgresql+psycopg://`."""
    engine = create_async_engine(url, **_options(url, pool_size, connect_timeout_seconds))
    _prepare(engine.sync_engine)
    return engine


def open_engine(url: str, *, pool_size: int = 5, connect_timeout_seconds: int = 5) -> Engine:
    """The same database for threads: the asynchronous driver's name is replaced by its sibling."""
    engine = create_engine(
        url.replace("sqlite+aiosqlite", "sqlite+pysqlite"),
        **_options(url, pool_size, connect_timeout_seconds),
    )
    _prepare(engine)
    return engine


def _options(url: str, pool_size: int, connect_timeout_seconds: int) -> dict[str, Any]:
    # Parameters are hashes and encrypted passwords: no exception may carry them into a log.
    hidden = {"hide_parameters": True}
    if url.startswith("sqlite"):
        return {**hidden, "pool_size": pool_size, "max_overflow": 0} if "aiosqlite" in url else hidden
    # A restarted server leaves dead connections in the pool; the ping finds them.
    connect_args = {"connect_timeout": connect_timeout_seconds}
    return {
        **hidden,
        "pool_size": pool_size,
        "max_overflow": 0,
        "pool_pre_ping": True,
        "connect_args": connect_args,
    }


def _prepare(engine: Engine) -> None:
    if engine.dialect.name != "sqlite":
        return

    @event.listens_for(engine, "connect")
    def on_connect(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
        # The driver must not open transactions by itself: `on_begin` does, with a lock where one is wanted.
        connection.isolation_level = None
        cursor = connection.cursor()
        for pragma in (
            "journal_mode = WAL",
            f"busy_timeout = {SQLITE_BUSY_TIMEOUT_MS}",
            "foreign_keys = ON",
            "synchronous = NORMAL",
        ):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # A transaction that reads first and writes later can fail with "database is locked" at
        # once, whatever the timeout. Writers say so and take the lock when they begin.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
