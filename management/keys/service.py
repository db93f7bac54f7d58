"""Rotation of the keys that stored secrets are encrypted with."""

from functools import partial
from typing import Any, Final

from management.audit import Actor
from management.keys.repository import ENCRYPTED, EncryptedRepository
from management.secrets import Vault
from management.writes import Write, Writes

ROWS_AT_ONCE: Final = 200
"""Rows in one transaction: on SQLite, everybody else who writes waits for it."""


class Keys:
    """Everything that is encrypted. One for each process."""

    def __init__(self, writes: Writes, vault: Vault) -> None:
        self._writes = writes
        self._vault = vault

    async def rotate(self, *, actor: Actor) -> int:
        """Encrypt every stored secret anew, with the first key; how many there are.

        Afterwards the other keys can be taken out of SECRET_KEYS. It may be interrupted, and run again.

        Raises:
            SecretUnreadable: none of the keys decrypts one of them.
            What `Writes.run` raises.
        """
        count = 0
        for column in ENCRYPTED:
            last = 0
            while ids := (await self._writes.run(actor, partial(self._rotate_some, column, last))).result:
                last, count = ids[-1], count + len(ids)
        await self._writes.run(actor, partial(_note, count))
        return count

    async def _rotate_some(self, column: Any, after: int, write: Write) -> list[int]:
        """Of the rows behind the id `after`, the ids of the next ones."""
        secrets = EncryptedRepository(write.connection, column)
        rows = await secrets.after(after, ROWS_AT_ONCE)
        for row_id, old in rows:
            await secrets.replace(row_id, old, self._vault.rotate(old))
        return [row_id for row_id, _ in rows]


async def _note(count: int, write: Write) -> None:
    write.audit("keys.rotate", "keys", "", after={"secrets": count})
