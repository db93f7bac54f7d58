"""The rules of tenants, for every API, page and command."""

from dataclasses import asdict
from typing import Any, Final

from management.effects import Effects
from management.errors import Invalid
from management.objects.parts import LARGEST_ID
from management.objects.repository import Rows
from management.objects.service import Objects
from management.tenants.commands import Tenant, TenantValues
from management.tenants.repository import TenantRepository
from management.writes import Write
from xmlcurl.store.cache import Guard
from xmlcurl.store.model import Tag

UNSEEN: Final = frozenset({"name", "language", "partner_id", "updated_at"})
"""Values that stand in no document. Every other one counts: a new column is stale copies until it is named here."""


class Tenants(Objects[None, str, Tenant, TenantValues]):
    """Found by their domain."""

    KIND = "tenant"
    ROWS = TenantRepository

    def consequences(self, scope: None, before: Tenant | None, after: Tenant | None) -> Effects:
        """Who comes or goes changes the set of domains; what changes shows in every document of the tenant."""
        if before is None:
            # Each domain is an alias of the sofia profiles, see freeswitch-conf/sip_profiles.
            return Effects(tags=frozenset({Tag.DOMAINS}), guards=frozenset({Guard.DOMAINS}), rescan=True)
        if after is not None and _seen(before) == _seen(after):
            return Effects()
        changed = Effects(
            tags=frozenset({Tag.tenant(before.id)}),
            guards=frozenset({Guard.of_tenant(before.id)}),
            flush_all=True,
        )
        if after is None:
            changed |= Effects(tags=frozenset({Tag.DOMAINS}), guards=frozenset({Guard.DOMAINS}))
        if after is None or (before.state, after.state) == ("active", "suspended"):
            changed |= Effects(drop_domains=frozenset({before.domain}))
        return changed

    async def columns(self, rows: Rows[Tenant], values: TenantValues, before: Tenant | None) -> dict[str, Any]:
        columns = values.given()
        if "domain" in columns:
            columns["domain"] = columns["domain"].lower()
        if "default_number" in columns:
            number = columns.pop("default_number")
            columns["default_number_id"] = None if number is None else await _number_id(rows, before, number)
        if columns.get("home_switch_id") is not None:
            await _check_switch(rows, columns["home_switch_id"])
        if columns.get("partner_id") is not None:
            await _check_partner(rows, columns["partner_id"])
        return columns

    async def _conclude(
        self,
        write: Write,
        scope: None,
        verb: str,
        *,
        before: Tenant | None,
        after: Tenant | None,
        values: TenantValues | None = None,
        **moved: Any,
    ) -> None:
        await super()._conclude(write, scope, verb, before=before, after=after, values=values, **moved)
        if before and after and before.state != after.state:
            write.tell(await _on_switches(TenantRepository(write.connection, None), after))

    async def _owner_id(self, scope: None, key: str) -> int:
        return (await self.find(None, key)).id


async def _number_id(rows: Rows[Tenant], tenant: Tenant | None, number: str) -> int:
    assert isinstance(rows, TenantRepository)  # noqa: S101 - it is what ROWS says
    found = None if tenant is None else await rows.number_id(tenant.id, number)
    if found is None:
        raise Invalid.of("default_number", "exists")
    return found


async def _check_switch(rows: Rows[Tenant], switch_id: int) -> None:
    assert isinstance(rows, TenantRepository)  # noqa: S101 - it is what ROWS says
    if not await rows.has_switch(switch_id):
        raise Invalid.of("home_switch_id", "exists")


async def _check_partner(rows: Rows[Tenant], partner_id: int) -> None:
    assert isinstance(rows, TenantRepository)  # noqa: S101 - it is what ROWS says
    if partner_id > LARGEST_ID or not await rows.has_partner(partner_id):
        raise Invalid.of("partner_id", "exists")


def _seen(tenant: Tenant) -> dict[str, Any]:
    return {name: value for name, value in asdict(tenant).items() if name not in UNSEEN}


async def _on_switches(rows: TenantRepository, tenant: Tenant) -> Effects:
    """What switches keep of a tenant that came into service, or left it.

    Gateways go and come back, and so do the addresses that they let in. One that connected meanwhile has no queues.
    """
    gateways, is_active = await rows.gateway_ids(tenant.id), tenant.state == "active"
    served = await rows.queues(tenant.id) if is_active else []
    return Effects(
        gateways=frozenset() if is_active else gateways,
        rescan=bool(gateways),
        reloadacl=bool(gateways),
        reload_queues=frozenset(f"{queue_id}@{tenant.domain}" for queue_id, _ in served),
        tell_agents=frozenset((number, tenant.domain) for _, number in served if number),
    )
