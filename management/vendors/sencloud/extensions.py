"""Methods about extensions, with a shop's key."""

from collections.abc import Callable

from management.errors import Invalid
from management.extensions.commands import CreateExtension, ExtensionValues, UpdateExtension
from management.extensions.model import Extension
from management.vendors.sencloud import bodies, wire
from management.vendors.sencloud.asking import Shop, ShopAsking
from management.vendors.sencloud.cursors import Section
from management.vendors.sencloud.methods import methods
from management.vendors.sencloud.paths import SHOP
from management.writes import Write
from xmlcurl.store.tables import utc_now

router = methods(SHOP, "extensions")


@router.post("/CreateExtension")
async def create_extension(asking: Shop, body: bodies.NewExtension) -> wire.ExtensionItem:
    """A new extension, with its password."""
    values, zone = ExtensionValues(**body.links()), await asking.zone()
    extensions = asking.services.extensions
    if body.extension_number:
        command = CreateExtension(extension_number=body.extension_number, values=values)
        written = await extensions.create(asking.tenant, command, actor=asking.actor)
    else:
        written = await extensions.create_numbered(asking.tenant, values, actor=asking.actor)
    asking.tell_sync(written.sync)
    made = written.result
    return wire.extension_item(made.extension, asking.tenant, zone, made.password, utc_now())


@router.post("/GetExtensionInfo")
async def get_extension_info(asking: Shop, body: bodies.WantedExtension) -> wire.ExtensionInfo:
    """What a phone signs in with."""
    extensions, contacts = asking.services.extensions, body.contacts()
    if body.extension_number:
        found = await extensions.find(asking.tenant, body.extension_number)
    elif contacts:
        with bodies.users_fields():
            found = await extensions.find_by_contact(asking.tenant, contacts)
    else:
        raise Invalid.of("extension_number", "required")
    password = await extensions.password(asking.tenant, found.number)
    return wire.info(found, asking.tenant, await asking.zone(), password)


@router.post("/GetExtensions")
async def get_extensions(asking: Shop, body: bodies.ListWanted) -> wire.ExtensionPage:
    """Extensions with their passwords, in the order in which they were made."""
    section = Section.of(body.paging)
    found = await asking.services.extensions.slice(asking.tenant, section.wanted)
    rows, pages = section.cut(found, lambda each: each.id)
    passwords = await asking.services.extensions.passwords(asking.tenant, [each.id for each in rows])
    zone, now = await asking.zone(), utc_now()
    items = [wire.extension_item(each, asking.tenant, zone, passwords[each.id], now) for each in rows]
    return wire.ExtensionPage(extensions=items, paging=pages)


@router.post("/AssignUserToExtension")
async def assign_user_to_extension(asking: Shop, body: bodies.ExtensionOfUser) -> wire.Updated:
    """The extension is that user's from now on, whosever it was."""
    extension_id, user_id = body.ids()
    return await _changed(asking, extension_id, lambda _: ExtensionValues(user_id=user_id))


@router.post("/RemoveUserOfExtension")
async def remove_user_of_extension(asking: Shop, body: bodies.ExtensionOfUser) -> wire.Updated:
    """The extension is nobody's any more; nothing happens if it isn't that user's."""
    extension_id, user_id = body.ids()
    return await _changed(
        asking, extension_id, lambda found: ExtensionValues(user_id=None) if found.user_id == user_id else None
    )


@router.post("/UpdateHotlineForExtension")
async def update_hotline_for_extension(asking: Shop, body: bodies.HotlineOfExtension) -> wire.Updated:
    """The extension shows that hotline's number when it calls outside."""
    values, user_id = ExtensionValues(hotline_id=bodies.id_of(body.hotline_id)), bodies.id_of(body.user_id)
    return await _changed(
        asking,
        bodies.required("extension_id", body.extension_id),
        lambda found: values if user_id in {None, found.user_id} else None,
    )


async def _changed(
    asking: ShopAsking, extension_id: int, wish: Callable[[Extension], ExtensionValues | None]
) -> wire.Updated:
    """What `wish` makes of the extension; None: nothing."""
    extensions = asking.services.extensions

    async def change(write: Write) -> wire.Updated:
        found = await extensions.find_in(write, asking.tenant, extension_id)
        values = wish(found)
        if values is None:
            return wire.Updated(updated=0)
        await extensions.update_in(write, asking.tenant, UpdateExtension(extension_number=found.number, values=values))
        return wire.Updated(updated=1)

    written = await asking.services.writes.run(asking.actor, change, tenant_id=asking.tenant.id)
    asking.tell_sync(written.sync)
    return written.result
