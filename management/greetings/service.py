"""The rules of greetings, for every API, page and command."""

import asyncio
from dataclasses import replace
from hashlib import sha256
from typing import Any, Final

from management.audit import Actor
from management.auth import TenantScope
from management.database import Database
from management.greetings.commands import Greeting, GreetingValues
from management.greetings.conversion import as_heard
from management.greetings.repository import GreetingRepository
from management.greetings.sound import format_of
from management.objects.commands import UNSET
from management.objects.errors import ObjectUnknown
from management.objects.repository import Rows
from management.objects.routed import Routed
from management.writes import Writes, Written

DECODED_AT_ONCE: Final = 2
"""Each takes a processor and up to 512 MiB while it lasts."""


class Greetings(Routed[int, Greeting, GreetingValues]):
    """What is kept is what is heard: a file is converted before anything is written."""

    KIND = "greeting"
    ROWS = GreetingRepository

    def __init__(self, database: Database, writes: Writes) -> None:
        super().__init__(database, writes)
        self._decoders = asyncio.Semaphore(DECODED_AT_ONCE)

    async def create(
        self, scope: TenantScope, values: GreetingValues, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[Greeting]:
        values.check(is_new=True)
        return await super().create(scope, await self._as_heard(values), actor=actor, wait_ms=wait_ms)

    async def update(
        self, scope: TenantScope, key: int, values: GreetingValues, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[Greeting]:
        values.check(is_new=False)
        await self.find(scope, key)
        return await super().update(scope, key, await self._as_heard(values), actor=actor, wait_ms=wait_ms)

    async def _as_heard(self, values: GreetingValues) -> GreetingValues:
        if values.content is UNSET:
            return values
        async with self._decoders:
            return replace(values, content=await as_heard(values.content))

    async def file(self, scope: TenantScope, key: int) -> tuple[str, bytes]:
        """The format and the content of a greeting; raises ObjectUnknown."""
        async with self._database.reading() as connection:
            found = await GreetingRepository(connection, scope.id).file(key)
        if found is None:
            raise ObjectUnknown(self.KIND, key)
        return found

    async def columns(self, rows: Rows[Greeting], values: GreetingValues, before: Greeting | None) -> dict[str, Any]:
        columns = values.given()
        if "content" in columns:
            content = columns["content"]
            digest = sha256(content).hexdigest()
            if before and before.sha256 == digest:
                del columns["content"]
            else:
                columns |= {"format": format_of(content), "size_bytes": len(content), "sha256": digest}
        return columns
