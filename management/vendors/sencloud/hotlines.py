"""Methods about hotlines: a shop sees its own; a partner adds them, and says which of its tenants has which."""

from zoneinfo import ZoneInfo

from management.hotlines.commands import HotlineValues
from management.numbers.commands import NumberValues
from management.objects.errors import ObjectUnknown
from management.vendors.sencloud import bodies, wire
from management.vendors.sencloud.asking import Partner, PartnerAsking, Shop
from management.vendors.sencloud.cursors import Section
from management.vendors.sencloud.methods import methods
from management.vendors.sencloud.paths import PARTNER, SHOP

shop = methods(SHOP, "hotlines")
partner = methods(PARTNER, "hotlines")

UTC = ZoneInfo("UTC")
"""In which partners are told times: they have no zone of their own."""


@shop.post("/GetHotlines")
async def get_hotlines(asking: Shop, body: bodies.ListWanted) -> wire.HotlinePage:
    """The tenant's hotlines, in the order of their ids."""
    section = Section.of(body.paging)
    found = await asking.services.hotlines.slice(asking.tenant, section.wanted)
    rows, pages = section.cut(found, lambda each: each.id)
    tenant = await asking.services.tenants.find(None, asking.tenant.domain)
    zone = ZoneInfo(tenant.time_zone)
    return wire.HotlinePage(hotlines=[wire.hotline_item(each, tenant.partner_id, zone) for each in rows], paging=pages)


@partner.post("/PartnerAddHotline")
async def partner_add_hotline(asking: Partner, body: bodies.NewHotline) -> wire.HotlineItem:
    """A new number under a name, which no tenant has yet."""
    check_owner(asking, body.owner_id)
    with bodies.hotlines_fields():
        written = await asking.services.partner_hotlines.add(
            asking.partner_id,
            NumberValues(**body.number()),
            HotlineValues(**body.hotline_values()),
            actor=asking.actor,
        )
    asking.tell_sync(written.sync)
    return wire.hotline_item(written.result, asking.partner_id, UTC)


@partner.post("/GetPartnerHotlineList")
async def get_partner_hotline_list(asking: Partner, body: bodies.ListWanted) -> wire.HotlinePage:
    """The partner's hotlines, whichever of its tenants has them, or none."""
    section = Section.of(body.paging)
    found = await asking.services.partner_hotlines.slice(asking.partner_id, section.wanted)
    rows, pages = section.cut(found, lambda each: each.id)
    return wire.HotlinePage(hotlines=[wire.hotline_item(each, asking.partner_id, UTC) for each in rows], paging=pages)


@partner.post("/AddHotlineToTenant")
async def add_hotline_to_tenant(asking: Partner, body: bodies.HotlineOfTenant) -> wire.Updated:
    """The hotline, which no tenant has, is that one's from now on."""
    return await given(asking, body)


@partner.post("/RemoveHotlineFromTenant")
async def remove_hotline_from_tenant(asking: Partner, body: bodies.HotlineOfTenant) -> wire.Removed:
    """No tenant has it any more; refused while something of the tenant needs it."""
    check_owner(asking, body.owner_id)
    written = await asking.services.partner_hotlines.from_tenant(
        asking.partner_id,
        bodies.required("hotline_id", body.hotline_id),
        bodies.id_of(body.tenant_id),
        actor=asking.actor,
    )
    asking.tell_sync(written.sync)
    return wire.Removed()


@partner.post("/RemoveHotline")
async def remove_hotline(asking: Partner, body: bodies.HotlineWanted) -> wire.Removed:
    """The hotline and its number are no more; refused while a tenant has it."""
    check_owner(asking, body.owner_id)
    hotline_id = bodies.required("hotline_id", body.hotline_id)
    written = await asking.services.partner_hotlines.remove(asking.partner_id, hotline_id, actor=asking.actor)
    asking.tell_sync(written.sync)
    return wire.Removed()


async def given(asking: PartnerAsking, body: bodies.HotlineOfTenant) -> wire.Updated:
    """The hotline is given to the tenant; raises what `PartnerHotlines.to_tenant` does."""
    check_owner(asking, body.owner_id)
    written = await asking.services.partner_hotlines.to_tenant(
        asking.partner_id,
        bodies.required("hotline_id", body.hotline_id),
        bodies.required("tenant_id", body.tenant_id),
        actor=asking.actor,
    )
    asking.tell_sync(written.sync)
    return wire.Updated(updated=1)


def check_owner(asking: PartnerAsking, owner_id: str | None) -> None:
    """Raises ObjectUnknown for an owner that is somebody else."""
    if bodies.id_of(owner_id) not in {None, asking.partner_id}:
        raise ObjectUnknown("owner", owner_id or "")
