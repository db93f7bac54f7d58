"""Transactions of the management processes: opened the same way everywhere, SQLAlchemy's exceptions made ours.

`reading()` and `writing()` give a connection inside a transaction. A writer on SQLite holds the
database's write lock from the beginning; on PostgreSQL it locks the rows that it read to change
(`SELECT ... FOR UPDATE` in the repositories).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from sqlalchemy.exc import DBAPIError, IntegrityError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from management.errors import Conflict, Unavailable, Unconfirmed
from xmlcurl.store.engine import open_async_engine

_SQLITE_TAKEN: Final = {"SQLITE_CONSTRAINT_UNIQUE", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_FOREIGNKEY"}
_SQLITE_BUSY: Final = ("SQLITE_BUSY", "SQLITE_LOCKED", "SQLITE_IOERR", "SQLITE_CANTOPEN", "SQLITE_FULL")
# Unique and foreign key violations.
_POSTGRESQL_TAKEN: Final = {"23505", "23503"}
_POSTGRESQL_COLLIDED: Final = {"40001", "40P01"}
# Connection failures, no resources, an administrator's shutdown, lock not available, read only.
_POSTGRESQL_AWAY: Final = ("08", "53", "57", "58", "55P03", "25006")


class Collided(Unavailable):
    """Two transactions stood in each other's way and this one was undone: run it again."""


class Database:
    """The management side's way to the store. Safe to use from many tasks."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._writing_engine = engine.execution_options(writes=True)

    @classmethod
    def open(cls, url: str) -> "Database":
        """Raises ValueError for what is no URL of a database that we can use; the message doesn't repeat it."""
        try:
            return cls(open_async_engine(url))
        except (SQLAlchemyError, ImportError):
            raise ValueError("must be postgresql+psycopg://... or sqlite+aiosqlite:///FILE") from None

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that only reads.

        Raises:
            Unavailable: the database did not answer.
        """
        try:
            async with self._engine.begin() as connection:
                yield connection
        except (DBAPIError, PoolTimeout) as exc:
            _raise_ours(exc)
            raise

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction that may write; committed when the block ends, undone when it raises.

        Raises:
            Conflict: a unique name is taken, or a row that was referred to is gone.
            Collided: undone for the sake of another transaction; run the block again.
            Unavailable: the database did not answer, or was locked for too long; nothing is written.
            Unconfirmed: the connection was lost during the commit.
        """
        try:
            async with self._writing_engine.begin() as connection:
                yield connection
                await _commit(connection)
        except (DBAPIError, PoolTimeout) as exc:
            _raise_ours(exc)
            raise

    async def check(self) -> None:
        """Raises Unavailable unless the database answers now."""
        async with self.reading() as connection:
            await connection.exec_driver_sql("SELECT 1")


async def _commit(connection: AsyncConnection) -> None:
    try:
        await connection.commit()
    except DBAPIError as exc:
        if exc.connection_invalidated:
            raise Unconfirmed(committed=None) from exc
        raise


def is_unique_violation(exc: IntegrityError) -> bool:
    """Whether another row has the name; else a row that was referred to is gone, or a fault of ours."""
    return _code(exc) in {"SQLITE_CONSTRAINT_UNIQUE", "23505"}


def _raise_ours(exc: DBAPIError | PoolTimeout) -> None:
    """Raises what a caller can act on; nothing when nobody could, because the fault is ours."""
    if isinstance(exc, PoolTimeout):
        raise Unavailable("every connection to the database is busy") from exc
    code = _code(exc)
    if isinstance(exc, IntegrityError) and (code in _SQLITE_TAKEN or code in _POSTGRESQL_TAKEN):
        raise Conflict(rule="changed_meanwhile") from exc
    if code in _POSTGRESQL_COLLIDED:
        raise Collided(code) from exc
    # A server that refuses, or hangs up, leaves an OperationalError without a code.
    is_away = exc.connection_invalidated or (isinstance(exc, OperationalError) and not code)
    if is_away or code.startswith((*_SQLITE_BUSY, *_POSTGRESQL_AWAY)):
        raise Unavailable(code or "the database does not answer") from exc


def _code(exc: DBAPIError) -> str:
    """The name SQLite gives, or PostgreSQL's SQLSTATE; empty when there is neither."""
    return str(getattr(exc.orig, "sqlite_errorname", None) or getattr(exc.orig, "sqlstate", None) or "")
