"""Database engines, made the same way for every process and every test."""

import time
from typing import Any, Final

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import DisconnectionError
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry

SQLITE_BUSY_TIMEOUT_MS = 5_000
"""How long a writer waits for another one, in milliseconds; SQLite has one writer at a time."""


IDLE_SECONDS: Final = 1.0
"""A reader's connection that was used since is taken to live: a PostgreSQL that restarts is away for longer."""


def open_async_engine(url: str, *, pool_size: int = 10, connect_timeout_seconds: int = 5) -> AsyncEngine:
    """An engine for asyncio: `sqlite+aiosqlite://` or `postgresql+psycopg://`."""
    engine = create_async_engine(url, **_options(url, pool_size, connect_timeout_seconds))
    _prepare(engine.sync_engine)
    return engine


def open_reading_engine(url: str, *, idle_seconds: float = IDLE_SECONDS) -> AsyncEngine:
    """The same for those who only read: every statement is a transaction of its own, and sees the newest rows.

    So there is no BEGIN and no ROLLBACK to wait for, and PostgreSQL need not plan each statement anew, which takes ten
    times as long as an extension's row: psycopg gives up what it has prepared at each ROLLBACK.

    Source: psycopg 3.3.9, _connection_base.py:618.
    """
    options = _options(url, 10, 5) | {
        "isolation_level": "AUTOCOMMIT",
        "pool_reset_on_return": None,
        "skip_autocommit_rollback": True,
        "pool_pre_ping": False,
        # Statements are prepared for each connection: better one that has them all than ten that have some.
        "pool_use_lifo": True,
    }
    engine = create_async_engine(url, **options)
    if engine.dialect.name == "sqlite":
        event.listen(engine.sync_engine, "connect", _set_up_sqlite)
    else:
        _ping_the_idle(engine.sync_engine, idle_seconds)
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
        event.listen(engine, "connect", _plan_anew)
        return
    event.listen(engine, "connect", _set_up_sqlite)

    @event.listens_for(engine, "begin")
    def on_begin(connection: Any) -> None:
        # A transaction that reads first and writes later can fail with "database is locked" at
        # once, whatever the timeout. Writers say so and take the lock when they begin.
        writes = connection.get_execution_options().get("writes", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _plan_anew(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # A plan that was kept does not know how a table has grown since, nor what is in a list of a thousand names: it
    # compares each with every row, and bulk creation becomes slower with each request.
    cursor = connection.cursor()
    cursor.execute("SET plan_cache_mode = force_custom_plan")
    cursor.close()
    connection.commit()


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
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


def _ping_the_idle(engine: Engine, idle_seconds: float) -> None:
    """As `pool_pre_ping`, where it may be of use: a ping takes as long as what is asked."""

    @event.listens_for(engine, "checkin")
    def on_checkin(_connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
        entry.info["used_at"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def on_checkout(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: Any) -> None:
        now = time.monotonic()
        if now - entry.info.get("used_at", now) < idle_seconds:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as exc:
            # The pool makes another one.
            raise DisconnectionError from exc
