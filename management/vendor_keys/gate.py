"""Proves keys of vendors' APIs: by a secret that is sent, or for a dialect that checks a signature itself."""

import hmac
from dataclasses import dataclass, field
from typing import Any

from management.auth import Failures, TenantScope, note_use
from management.database import Database
from management.errors import Forbidden, Unauthenticated, Unavailable
from management.secrets import SecretUnreadable, Vault, token_hash
from management.vendor_keys.commands import KeyCaller
from management.vendor_keys.repository import KeyProving
from xmlcurl.logs import get_log
from xmlcurl.store.tables import vendor_keys

log = get_log(part="auth")


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that somebody names; it is yet to be proven."""

    caller: KeyCaller
    secret: str | None = field(repr=False)
    """In clear, of a key that signs."""


class KeyGate:
    """One for each process. Wrong secrets are limited by address, together with those of tokens."""

    def __init__(self, database: Database, vault: Vault, failures: Failures) -> None:
        self._database = database
        self._vault = vault
        self._failures = failures

    async def prove(self, dialect: str, public_id: str, secret: str, address: str | None) -> KeyCaller:
        """Whose key it is.

        Raises:
            Unauthenticated: it is wrong, unknown or revoked, or its owner was deleted.
            TooManyRequests: too many wrong ones came from that address.
            Forbidden: its tenant is suspended.
            Unavailable: the database did not answer.
        """
        await self.look(address)
        row = await self._row(dialect, public_id=public_id)
        # Compared even when there is no such key: the time of the answer tells nothing.
        expected = row.secret_hash if row and row.secret_hash else ""
        if not hmac.compare_digest(expected.ljust(64), token_hash(secret)) or row is None:
            await self.failed(address)
            raise Unauthenticated
        return await self._caller(row, address)

    async def known(self, dialect: str, public_id: str, address: str | None) -> KnownKey | None:
        """The key that a signature names; None where there is none. The dialect proves it, and says so to `failed`
        when it can't.

        Raises:
            TooManyRequests, Forbidden, Unavailable: as `prove`.
        """
        await self.look(address)
        row = await self._row(dialect, public_id=public_id)
        if row is None:
            return None
        try:
            secret = None if row.secret_encrypted is None else self._vault.decrypt(row.secret_encrypted)
        except SecretUnreadable as exc:
            raise Unavailable("no key of SECRET_KEYS decrypts a stored secret") from exc
        return KnownKey(await self._caller(row, address), secret)

    async def of_id(self, dialect: str, key_id: int, address: str | None) -> KeyCaller:
        """Whose key that is, for tokens that were made with it; raises as `prove`."""
        row = await self._row(dialect, id=key_id)
        if row is None:
            raise Unauthenticated
        return await self._caller(row, address)

    async def look(self, address: str | None) -> None:
        """Raises TooManyRequests when too much that was wrong came from there."""
        await self._failures.look(address)

    async def failed(self, address: str | None) -> None:
        """Something wrong came from there; raises TooManyRequests once it is too much."""
        log.info("wrong_key", address=address)
        await self._failures.count(address)

    async def _row(self, dialect: str, **names: int | str) -> Any:
        async with self._database.reading() as connection:
            return await KeyProving(connection).known(dialect, **names)

    async def _caller(self, row: Any, address: str | None) -> KeyCaller:
        if row.state == "suspended":
            raise Forbidden("the tenant is suspended")
        await note_use(self._database, vendor_keys, row, called="key")
        tenant = None if row.tenant_id is None else TenantScope(row.tenant_id, row.domain, row.language)
        return KeyCaller(
            key_id=row.id, tenant=tenant, partner_id=row.partner_id, sdk_app_id=row.sdk_app_id, address=address
        )
