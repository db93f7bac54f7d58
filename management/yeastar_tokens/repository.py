"""Rows of tokens. Whoever sends one is found by its hash; whose it is follows from its key."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from management.yeastar_tokens.model import KnownToken
from xmlcurl.store.tables import vendor_keys, yeastar_tokens

_COLUMNS = tuple(yeastar_tokens.c[name] for name in KnownToken.__dataclass_fields__)


class YeastarTokenRepository:
    """Over a connection in a transaction."""

    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, **hashes: str) -> KnownToken | None:
        """The token with this `access_hash`, or `refresh_hash`."""
        statement = select(*_COLUMNS).where(*(yeastar_tokens.c[name] == value for name, value in hashes.items()))
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else KnownToken(**row._mapping)

    async def hold(self, key_id: int) -> None:
        """Who else makes tokens of that key waits until the transaction has ended."""
        await self._connection.execute(select(vendor_keys.c.id).where(vendor_keys.c.id == key_id).with_for_update())

    async def expiries(self, key_id: int, now: datetime) -> Sequence[datetime]:
        """When the valid ones of that key expire, the next one first."""
        expires_at = yeastar_tokens.c.access_expires_at
        statement = select(expires_at).where(yeastar_tokens.c.key_id == key_id, expires_at > now).order_by(expires_at)
        return (await self._connection.execute(statement)).scalars().all()

    async def add(self, columns: Mapping[str, Any]) -> None:
        await self._connection.execute(insert(yeastar_tokens).values(**columns))

    async def remove(self, token_id: int) -> bool:
        """Whether it was there."""
        statement = delete(yeastar_tokens).where(yeastar_tokens.c.id == token_id).returning(yeastar_tokens.c.id)
        return (await self._connection.execute(statement)).first() is not None

    async def remove_expired(self, now: datetime) -> None:
        """Those of every key that are good for nothing any more."""
        await self._connection.execute(delete(yeastar_tokens).where(yeastar_tokens.c.refresh_expires_at <= now))
