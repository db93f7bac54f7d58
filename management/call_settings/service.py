"""The rules of call settings, for every API, page and command."""

from collections.abc import Mapping
from dataclasses import asdict, replace
from typing import Any

from management.audit import Actor
from management.auth import TenantScope
from management.call_settings.commands import CallSettings, CallSettingsValues
from management.call_settings.repository import CallSettingsRepository
from management.database import Database
from management.effects import Effects
from management.errors import Invalid
from management.objects.errors import InUse
from management.writes import Write, Writes, Written
from xmlcurl.store.model import Tag


class TenantCallSettings:
    """Reads and changes what tenants say of their calls; each has settings, if only the defaults.

    One for each process; safe to use from many tasks.
    """

    def __init__(self, database: Database, writes: Writes) -> None:
        self._database = database
        self._writes = writes

    async def find(self, tenant: TenantScope) -> CallSettings:
        async with self._database.reading() as connection:
            return await CallSettingsRepository(connection, tenant.id).find()

    async def update(
        self, tenant: TenantScope, values: CallSettingsValues, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[CallSettings]:
        """The settings with the new values.

        Raises:
            Invalid: values are out of bounds, can't be told apart, or name what is not the tenant's.
            InUse: something inside the tenant is called like an emergency number.
            What `Writes.run` raises.
        """
        values.check(is_new=False)

        async def update(write: Write) -> CallSettings:
            rows = CallSettingsRepository(write.connection, tenant.id)
            before = await rows.find()
            after = replace(before, **_merged(before, values.given()))
            if after == before:
                return before
            if broken := after.broken():
                raise Invalid(broken)
            if after.emergency_numbers != before.emergency_numbers:
                await _refuse_names(rows, after.emergency_numbers)
            await rows.save(before, after)
            write.tell(Effects(tags=frozenset({Tag.calls(tenant.id)})))
            write.audit("call_settings.update", "call_settings", tenant.id, before=asdict(before), after=asdict(after))
            return after

        # Alone: nobody takes a name meanwhile that becomes an emergency number.
        return await self._writes.run(actor, update, tenant_id=tenant.id, wait_ms=wait_ms, alone=True)


def _merged(before: CallSettings, given: dict[str, Any]) -> Mapping[str, Any]:
    if "feature_codes" in given:
        codes = {**before.feature_codes, **given["feature_codes"]}
        given["feature_codes"] = {name: code for name, code in codes.items() if code is not None}
    return given


async def _refuse_names(rows: CallSettingsRepository, emergency_numbers: tuple[str, ...]) -> None:
    owners = await rows.owners(emergency_numbers)
    for index, number in enumerate(emergency_numbers):
        if number in owners:
            raise InUse(f"emergency_numbers.{index}", [owners[number]])
