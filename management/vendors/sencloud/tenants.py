"""Methods about tenants: a partner's; a shop sees its own."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from management.objects.errors import ObjectUnknown
from management.paging import SliceWanted
from management.partners.commands import PartnerTenant
from management.vendor_keys.commands import VendorKeyValues
from management.vendors.sencloud import bodies, wire
from management.vendors.sencloud.asking import Anybody, Asking, Partner
from management.vendors.sencloud.cursors import Section
from management.vendors.sencloud.hotlines import given
from management.vendors.sencloud.keys import DIALECT, key_text
from management.vendors.sencloud.methods import methods
from management.vendors.sencloud.paths import PARTNER

router = methods(PARTNER, "tenants")

SHOP_KEY = VendorKeyValues(dialect=DIALECT, name="CreateTenant")
"""What a new tenant's first key is called."""


@router.post("/CreateTenant")
async def create_tenant(asking: Partner, body: bodies.NewTenant) -> wire.TenantMade:
    """A new tenant of the partner under a domain of its own, with a key for the methods of a shop."""
    written = await asking.services.partner_tenants.create(
        asking.partner_id, body.name or None, SHOP_KEY, actor=asking.actor
    )
    asking.tell_sync(written.sync)
    tenant, key = written.result
    item = wire.tenant_item(tenant, asking.partner_id, ZoneInfo(tenant.time_zone), has_hotline=False)
    return wire.TenantMade(**item.model_dump(), shop_key=key_text(key))


@router.post("/GetTenant")
async def get_tenant(asking: Anybody, body: bodies.WantedTenant) -> wire.TenantItem:
    """The tenant of a shop's key; with a partner's key the one that `tenant_id` names."""
    services, caller = asking.services, asking.caller
    if caller.partner_id is not None:
        tenant_id = bodies.required("tenant_id", body.tenant_id)
        found = await services.partner_tenants.find(caller.partner_id, tenant_id)
        return (await _items(asking, caller.partner_id, [found]))[0]
    own = caller.tenant
    if own is None or bodies.id_of(body.tenant_id) not in {None, own.id}:
        raise ObjectUnknown("tenant", body.tenant_id or "")
    tenant = await services.tenants.find(None, own.domain)
    has_hotline = bool(await services.hotlines.slice(own, SliceWanted(1)))
    return wire.tenant_item(tenant, tenant.partner_id, ZoneInfo(tenant.time_zone), has_hotline=has_hotline)


@router.post("/GetPartnerTenantList")
async def get_partner_tenant_list(asking: Partner, body: bodies.TenantsWanted) -> wire.TenantPage:
    """The partner's tenants, in the order in which they were made."""
    section, wanted = Section.of(body.paging), body.filter or bodies.TenantFilter()
    filters = {"name": wanted.name} if wanted.name else {}
    is_its = bodies.id_of(wanted.owner_id) in {None, asking.partner_id}
    found = await asking.services.partner_tenants.slice(asking.partner_id, section.wanted, filters) if is_its else []
    rows, pages = section.cut(found, lambda each: each.id)
    return wire.TenantPage(tenants=await _items(asking, asking.partner_id, rows), paging=pages)


@router.post("/PartnerActivateTenant")
async def partner_activate_tenant(asking: Partner, body: bodies.HotlineOfTenant) -> wire.Updated:
    """A tenant is active from the beginning: it gets the hotline."""
    if bodies.id_of(body.connection_id) not in {None, int(wire.CONNECTION)}:
        raise ObjectUnknown("connection", body.connection_id or "")
    return await given(asking, body)


async def _items(asking: Asking, partner_id: int, found: Sequence[PartnerTenant]) -> list[wire.TenantItem]:
    connected = await asking.services.partner_tenants.with_hotline(partner_id, [each.id for each in found])
    return [
        wire.tenant_item(each, partner_id, ZoneInfo(each.time_zone), has_hotline=each.id in connected) for each in found
    ]
