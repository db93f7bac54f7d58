"""The rules of presence, for every API, page and command. Every change goes through `Writes.run`."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from management.audit import Actor
from management.auth import TenantScope
from management.database import Database
from management.effects import Effects
from management.errors import Broken, Invalid
from management.extensions.model import Extension
from management.extensions.repository import ExtensionRepository
from management.presence.commands import Presence, PresenceRule, PresenceRuleValues, PresenceValues
from management.presence.repository import PresenceRepository
from management.writes import Write, Writes, Written
from xmlcurl.store.model import Tag


class Presences:
    """Reads and changes what happens to calls of extensions. One for each process; safe to use from many tasks."""

    def __init__(self, database: Database, writes: Writes) -> None:
        self._database = database
        self._writes = writes

    async def find(self, tenant: TenantScope, number: str) -> Presence:
        """The presence of the extension of that number; raises ExtensionUnknown."""
        async with self._database.reading() as connection:
            extension = await ExtensionRepository(connection, tenant.id).known(number)
            rules = await PresenceRepository(connection, tenant.id).rules(extension.id)
        return Presence(status=extension.presence_status, rules=rules)

    async def update(
        self, tenant: TenantScope, number: str, values: PresenceValues, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[Presence]:
        """The presence with the new values.

        Raises:
            Invalid: values are out of bounds, name what is not the tenant's, or need a mobile number.
            ExtensionUnknown: there is none of that number.
            What `Writes.run` raises.
        """
        values.check(is_new=False)
        return await self._writes.run(
            actor, lambda write: self.update_in(write, tenant, number, values), tenant_id=tenant.id, wait_ms=wait_ms
        )

    async def update_in(self, write: Write, tenant: TenantScope, number: str, values: PresenceValues) -> Presence:
        """As `update`, as part of a write; the values were checked."""
        extensions = ExtensionRepository(write.connection, tenant.id)
        rows = PresenceRepository(write.connection, tenant.id)
        extension = await extensions.known(number, to_change=True)
        before = Presence(status=extension.presence_status, rules=await rows.rules(extension.id))
        given = values.given()
        rules = _changed(before.rules, given.get("rules", {}))
        after = Presence(status=given.get("status", before.status), rules={**before.rules, **rules})
        if after == before:
            return before
        _check_mobile(extension, rules)
        await rows.save(extension.id, rules)
        if after.status != before.status:
            await extensions.change(extension.id, {"presence_status": after.status})
        # Nobody asks a switch's copy of a user what happens to its calls.
        write.tell(Effects(tags=frozenset({Tag.calls(tenant.id), Tag.extension(tenant.id, extension.id)})))
        write.audit("presence.update", "presence", extension.id, before=_audited(before), after=_audited(after))
        return after


def _changed(rules: Mapping[str, PresenceRule], wishes: Mapping[str, PresenceRuleValues]) -> dict[str, PresenceRule]:
    """The rules that become others."""
    wished = {status: replace(rules[status], **values.given()) for status, values in wishes.items()}
    return {status: rule for status, rule in wished.items() if rule != rules[status]}


def _check_mobile(extension: Extension, rules: Mapping[str, PresenceRule]) -> None:
    missing = [f"rules.{status}.{use}" for status, rule in rules.items() for use in rule.uses_of_mobile()]
    if missing and not extension.mobile:
        raise Invalid({name: [Broken("mobile_missing")] for name in missing})


def _audited(presence: Presence) -> dict[str, Any]:
    return {"status": presence.status, **{status: asdict(rule) for status, rule in presence.rules.items()}}
