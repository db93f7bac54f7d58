"""Rows of presence rules, and their destinations. A status without a row has the defaults."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Select, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from management.objects.forwards import Forwards
from management.presence.commands import SLOTS, PresenceRule
from xmlcurl.store.model import PRESENCE_STATUSES
from xmlcurl.store.tables import presence_rules

_FORWARDS = Forwards("presence_rule", frozenset(SLOTS))


class PresenceRepository:
    """The rules of the extensions of one tenant, over a connection in a transaction."""

    def __init__(self, connection: AsyncConnection, tenant_id: int) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    async def rules(self, extension_id: int) -> dict[str, PresenceRule]:
        """The rule of every status."""
        rows = {row.id: row for row in await self._connection.execute(self._of(extension_id))}
        forwards = await _FORWARDS.load(self._connection, [*rows])
        kept = {
            row.status: PresenceRule(
                ring_seconds=row.ring_seconds, ring_mobile=row.ring_mobile, **forwards.get(row_id, {})
            )
            for row_id, row in rows.items()
        }
        return {status: kept.get(status, PresenceRule()) for status in PRESENCE_STATUSES}

    async def save(self, extension_id: int, rules: Mapping[str, PresenceRule]) -> None:
        """New rules of some statuses.

        Raises:
            Invalid: one names what the tenant has not, as "rules.away.in_busy.extension".
        """
        ids = {row.status: row.id for row in await self._connection.execute(self._of(extension_id))}
        for status, rule in rules.items():
            ring = {"ring_seconds": rule.ring_seconds, "ring_mobile": rule.ring_mobile}
            if status in ids:
                rule_id = ids[status]
                await self._connection.execute(
                    update(presence_rules).where(presence_rules.c.id == rule_id).values(**ring)
                )
            else:
                row = {"tenant_id": self._tenant_id, "extension_id": extension_id, "status": status, **ring}
                made = insert(presence_rules).values(**row).returning(presence_rules.c.id)
                rule_id = (await self._connection.execute(made)).scalar_one()
            fields = {slot: (f"rules.{status}.{slot}", each) for slot, each in rule.forwards().items()}
            await _FORWARDS.put(self._connection, self._tenant_id, rule_id, fields)

    async def remove(self, extension_id: int) -> None:
        """The extension goes."""
        for row in await self._connection.execute(self._of(extension_id)):
            await _FORWARDS.remove(self._connection, row.id)
        await self._connection.execute(delete(presence_rules).where(presence_rules.c.extension_id == extension_id))

    def _of(self, extension_id: int) -> Select[Any]:
        return select(presence_rules).where(presence_rules.c.extension_id == extension_id)
