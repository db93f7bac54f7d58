"""The rules of greetings, for every API, page and command."""

from hashlib import sha256
from typing import Any

from management.auth import TenantScope
from management.greetings.commands import Greeting, GreetingValues
from management.greetings.repository import GreetingRepository
from management.greetings.sound import format_of
from management.objects.errors import ObjectUnknown
from management.objects.repository import Rows
from management.objects.routed import Routed


class Greetings(Routed[int, Greeting, GreetingValues]):
    KIND = "greeting"
    ROWS = GreetingRepository

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
