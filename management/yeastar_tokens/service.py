"""The rules of tokens. They are no objects of a tenant: nobody's copy is stale when one comes or goes."""

import math
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from management.database import Database
from management.secrets import generate_password, token_hash
from management.yeastar_tokens.errors import TokenExpired, TooManyTokens
from management.yeastar_tokens.model import KnownToken, TokenPair
from management.yeastar_tokens.repository import YeastarTokenRepository
from xmlcurl.store.tables import utc_now

ACCESS_SECONDS: Final = 1_800
REFRESH_SECONDS: Final = 86_400
MOST_TOKENS: Final = 8
"""Of one key, valid at the same time.

Source:
    Yeastar, P-Series Software Edition Developer Guide, "Get Access Token" (November 2026): the ninth is refused until
    one expires or is deleted.
"""
_LENGTH: Final = 32
"""Letters and digits of a token, as in the vendor's samples: 190 bits."""

Clock = Callable[[], datetime]


class YeastarTokens:
    """Makes tokens and knows them again. One for each process; stored are hashes."""

    def __init__(self, database: Database, *, clock: Clock = utc_now) -> None:
        self._database = database
        self._clock = clock

    async def make(self, key_id: int) -> TokenPair:
        """New tokens of a key that was proven.

        Raises:
            TooManyTokens: it has as many as one may have.
        """
        async with self._database.writing() as connection:
            return await self._make(YeastarTokenRepository(connection), key_id)

    async def known(self, access: str) -> KnownToken:
        """The token, if it is valid now; raises TokenExpired."""
        async with self._database.reading() as connection:
            found = await YeastarTokenRepository(connection).find(access_hash=token_hash(access))
        if found is None or found.access_expires_at <= self._clock():
            raise TokenExpired
        return found

    async def of_refresh(self, refresh: str) -> KnownToken:
        """The token that may be exchanged for another one with this text; raises TokenExpired."""
        async with self._database.reading() as connection:
            found = await YeastarTokenRepository(connection).find(refresh_hash=token_hash(refresh))
        if found is None or found.refresh_expires_at <= self._clock():
            raise TokenExpired
        return found

    async def exchange(self, old: KnownToken) -> TokenPair:
        """New tokens in place of the old ones, which end.

        Raises:
            TokenExpired: somebody else was faster.
            TooManyTokens: as `make`.
        """
        async with self._database.writing() as connection:
            rows = YeastarTokenRepository(connection)
            if not await rows.remove(old.id):
                raise TokenExpired
            return await self._make(rows, old.key_id)

    async def delete(self, token_id: int) -> None:
        """It is refused from now on, and so is what could be exchanged for another one."""
        async with self._database.writing() as connection:
            await YeastarTokenRepository(connection).remove(token_id)

    async def _make(self, rows: YeastarTokenRepository, key_id: int) -> TokenPair:
        now = self._clock()
        await rows.hold(key_id)
        await rows.remove_expired(now)
        expiries = await rows.expiries(key_id, now)
        if len(expiries) >= MOST_TOKENS:
            raise TooManyTokens(max(1, math.ceil((expiries[0] - now).total_seconds())))
        made = TokenPair(generate_password(_LENGTH), generate_password(_LENGTH), ACCESS_SECONDS, REFRESH_SECONDS)
        await rows.add(
            {
                "key_id": key_id,
                "access_hash": token_hash(made.access),
                "refresh_hash": token_hash(made.refresh),
                "access_expires_at": now + timedelta(seconds=ACCESS_SECONDS),
                "refresh_expires_at": now + timedelta(seconds=REFRESH_SECONDS),
                "created_at": now,
            }
        )
        return made
