"""Columns that hold encrypted secrets."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import Column, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from xmlcurl.store.tables import extensions, gateways, switches, vendor_keys

ENCRYPTED: Final[tuple[Column[Any], ...]] = (
    extensions.c.password_encrypted,
    switches.c.password_encrypted,
    gateways.c.password_encrypted,
    vendor_keys.c.secret_encrypted,
)
"""Every one of them; of deleted rows too. A row may have none."""


class EncryptedRepository:
    """One column of encrypted secrets, over a connection in a transaction."""

    def __init__(self, connection: AsyncConnection, column: Column[Any]) -> None:
        self._connection = connection
        self._column = column
        self._id = column.table.c.id

    async def after(self, row_id: int, at_most: int) -> Sequence[tuple[int, str]]:
        """(id, secret as it is stored) of the next rows after that id."""
        is_next = (self._id > row_id, self._column.is_not(None))
        statement = select(self._id, self._column).where(*is_next).order_by(self._id).limit(at_most)
        return [(row[0], row[1]) for row in await self._connection.execute(statement)]

    async def replace(self, row_id: int, old: str, new: str) -> None:
        """Unless it is another one by now: then it was encrypted a moment ago, with the first key."""
        table = self._column.table
        statement = update(table).where(self._id == row_id, self._column == old)
        # Not a change of the object: its updated_at stays.
        await self._connection.execute(statement.values({self._column: new, table.c.updated_at: table.c.updated_at}))
