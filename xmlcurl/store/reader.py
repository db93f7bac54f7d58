"""Connections for lookups. SQLAlchemy's exceptions end here, as StoreUnavailable."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from xmlcurl.store.engine import open_reading_engine

Connection: TypeAlias = AsyncConnection
"""What `queries` reads from; to everyone else it is opaque."""


class StoreUnavailable(Exception):
    """The database did not answer, or not in time. Never to be taken for "not found"."""


class Reader:
    """Reads the database; never writes. One for each process; `close` it at the end."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @classmethod
    def open(cls, url: str) -> "Reader":
        """Raises ValueError for what is no URL of a database that we can read; the message doesn't repeat it."""
        try:
            return cls(open_reading_engine(url))
        except (SQLAlchemyError, ImportError):
            raise ValueError("must be postgresql+psycopg://... or sqlite+aiosqlite:///FILE") from None

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """A connection whose every statement sees what is committed when it begins.

        Raises:
            StoreUnavailable: from here or from any statement inside.
        """
        try:
            async with self._engine.connect() as connection:
                yield connection
        except (SQLAlchemyError, OSError) as exc:
            # The message may hold the URL or a statement's values.
            raise StoreUnavailable(type(exc).__name__) from exc

    async def close(self) -> None:
        await self._engine.dispose()
