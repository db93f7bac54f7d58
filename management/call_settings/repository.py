"""The row of call settings, one for each tenant that has ever changed them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, and_, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from management.call_settings.commands import CallSettings, Hours
from management.errors import Invalid
from management.objects.links import Membership, Reference
from management.objects.parts import Members
from xmlcurl.store.model import CallSettings as Stored
from xmlcurl.store.model import OpenHours
from xmlcurl.store.tables import (
    call_settings,
    emergency_gateways,
    extensions,
    gateways,
    group_mailboxes,
    ivr_menus,
    numbers,
    queues,
    ring_groups,
    taken_names,
)

_GATEWAYS: Final = Members(emergency_gateways.c.call_settings_id, emergency_gateways.c.gateway_id, gateways.c.id)
_OWNERS: Final[tuple[tuple[str, Column[Any], Column[Any]], ...]] = (
    ("extension", taken_names.c.extension_id, extensions.c.number),
    ("ring group", taken_names.c.ring_group_id, ring_groups.c.name),
    ("queue", taken_names.c.queue_id, queues.c.name),
    ("ivr menu", taken_names.c.ivr_menu_id, ivr_menus.c.name),
    ("group mailbox", taken_names.c.group_mailbox_id, group_mailboxes.c.name),
)
"""What can have a name, by which link, and what it is known by itself."""


class CallSettingsRepository:
    """The settings of one tenant, over a connection in a transaction."""

    def __init__(self, connection: AsyncConnection, tenant_id: int) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    async def find(self) -> CallSettings:
        """The tenant's, or the defaults."""
        caller = and_(numbers.c.id == call_settings.c.emergency_caller_id_number_id, numbers.c.deleted_at.is_(None))
        statement = (
            select(call_settings, numbers.c.number)
            .outerjoin(numbers, caller)
            .where(call_settings.c.tenant_id == self._tenant_id)
        )
        row = (await self._connection.execute(statement)).one_or_none()
        if row is None:
            return CallSettings.of(Stored())
        gateway_ids = await _GATEWAYS.load(self._connection, [row.id])
        return CallSettings(
            country_code=row.country_code,
            international_prefix=row.international_prefix,
            national_prefix=row.national_prefix,
            emergency_numbers=tuple(row.emergency_numbers),
            emergency_caller_id=row.number,
            emergency_gateway_ids=gateway_ids.get(row.id, ()),
            feature_codes=row.feature_codes,
            business_hours=tuple(Hours.of(OpenHours(*hours)) for hours in row.business_hours),
        )

    async def save(self, before: CallSettings, settings: CallSettings) -> None:
        """In place of what was before; nobody else may be saving.

        Raises:
            Invalid: a new caller ID is no active number of the tenant, or a gateway is none of its gateways.
        """
        columns: dict[str, Any] = {
            "country_code": settings.country_code,
            "international_prefix": settings.international_prefix,
            "national_prefix": settings.national_prefix,
            "emergency_numbers": settings.emergency_numbers,
            "feature_codes": dict(settings.feature_codes),
            "business_hours": [
                (each.stored.weekday, each.stored.opens, each.stored.closes) for each in settings.business_hours
            ],
        }
        if settings.emergency_caller_id != before.emergency_caller_id:
            columns["emergency_caller_id_number_id"] = await self._number_id(settings.emergency_caller_id)
        settings_id = await self._save_row(columns)
        await _GATEWAYS.save(
            self._connection,
            self._tenant_id,
            settings_id,
            "emergency_gateway_ids",
            settings.emergency_gateway_ids,
        )

    async def owners(self, names: Collection[str]) -> dict[str, str]:
        """Who inside the tenant has one of `names`: name -> "extension 1001"."""
        found: dict[str, str] = {}
        for kind, link, known_by in _OWNERS:
            statement = (
                select(taken_names.c.name, known_by)
                .join(known_by.table, known_by.table.c.id == link)
                .where(taken_names.c.tenant_id == self._tenant_id, taken_names.c.name.in_(names))
            )
            found |= {name: f"{kind} {own}" for name, own in await self._connection.execute(statement)}
        return found

    async def _save_row(self, columns: Mapping[str, Any]) -> int:
        is_own = call_settings.c.tenant_id == self._tenant_id
        changed = update(call_settings).where(is_own).values(**columns).returning(call_settings.c.id)
        settings_id: int | None = (await self._connection.execute(changed)).scalar_one_or_none()
        if settings_id is None:
            made = insert(call_settings).values(tenant_id=self._tenant_id, **columns).returning(call_settings.c.id)
            settings_id = int((await self._connection.execute(made)).scalar_one())
        return settings_id

    async def _number_id(self, number: str | None) -> int | None:
        if number is None:
            return None
        statement = select(numbers.c.id).where(
            numbers.c.tenant_id == self._tenant_id,
            numbers.c.number == number,
            numbers.c.status == "active",
            numbers.c.deleted_at.is_(None),
        )
        # Nobody deletes it before the transaction has ended.
        kept = statement.with_for_update(read=True, key_share=True)
        number_id: int | None = (await self._connection.execute(kept)).scalar_one_or_none()
        if number_id is None:
            raise Invalid.of("emergency_caller_id", "exists")
        return number_id


@dataclass(frozen=True, slots=True)
class EmergencyCalls:
    """A way to point to an object: the tenant's emergency calls need it. `link` says by which column."""

    link: Reference | Membership

    async def users(self, connection: AsyncConnection, object_id: int, most: int) -> list[str]:
        statement = select(self.link.column).where(self.link.column == object_id).limit(1)
        return ["call settings"] if (await connection.execute(statement)).first() else []

    async def replace(self, connection: AsyncConnection, object_id: int, other_id: int) -> None:
        await self.link.replace(connection, object_id, other_id)


EMERGENCY_CALLER_ID: Final = EmergencyCalls(
    Reference("call settings", call_settings.c.emergency_caller_id_number_id, call_settings.c.id)
)
EMERGENCY_GATEWAYS: Final = EmergencyCalls(
    Membership(
        "call settings",
        emergency_gateways.c.gateway_id,
        emergency_gateways.c.call_settings_id,
        call_settings.c.id,
    )
)
