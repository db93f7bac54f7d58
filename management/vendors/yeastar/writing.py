"""An extension with all that its body says, in one transaction: its values, what happens to its calls, its class of
service, and what is kept for this dialect's clients alone.
"""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from management.errors import Broken, Invalid
from management.extensions.commands import ChangePassword, CreateExtension, ExtensionValues, UpdateExtension
from management.extensions.model import Extension
from management.presence.commands import PresenceValues
from management.secrets import password_hash
from management.vendors.yeastar import presence_wire, wire
from management.vendors.yeastar.asking import Asking
from management.vendors.yeastar.presence_wire import Named, PresenceSetting
from management.vendors.yeastar.reading import route_ids
from management.writes import Write


async def create(asking: Asking, body: wire.CreateBody) -> Extension:
    """The new extension."""
    given = await _given(body)
    services, tenant = asking.services, asking.tenant

    async def create(write: Write) -> Extension:
        command = CreateExtension(
            extension_number=body.number,
            sip_password=body.reg_password,
            values=await _values(asking, write, given, None),
        )
        command.check()
        made = (await services.extensions.create_in(write, tenant, command)).extension
        await _set_presence(asking, write, given, made.number)
        return made

    return await asking.write(create)


async def update(asking: Asking, body: wire.UpdateBody) -> Extension:
    """The extension with the new values."""
    given = await _given(body)
    services, tenant = asking.services, asking.tenant
    before = await services.extensions.find_by_id(tenant, body.id)
    password = given.get("reg_password")
    # Who sends all of it again signs no phone out.
    is_new = password is not None and password != await services.extensions.password(tenant, before.number)

    async def update(write: Write) -> Extension:
        before = await services.extensions.find_in(write, tenant, body.id)
        if given.get("number", before.number) != before.number:
            raise Invalid.of("number", "prohibited")
        command = UpdateExtension(extension_number=before.number, values=await _values(asking, write, given, before))
        command.check()
        loses_mobile = given.get("mobile_number") == ""
        if loses_mobile:
            # No rule may need it any more.
            await _set_presence(asking, write, given, before.number)
        after = await services.extensions.update_in(write, tenant, command)
        if not loses_mobile:
            await _set_presence(asking, write, given, before.number)
        if is_new:
            change = ChangePassword(extension_number=before.number, new_password=password)
            change.check()
            after = (await services.extensions.change_password_in(write, tenant, change)).extension
        return after

    return await asking.write(update)


async def _given(body: wire.SettingsBody) -> dict[str, Any]:
    """What the client sent; of its user's password a hash that takes a while."""
    given = body.given()
    presence_wire.check(given.get("presence_list", []))
    if "user_password" in given:
        given["user_password"] = await asyncio.to_thread(password_hash, given["user_password"])
    return given


async def _values(asking: Asking, write: Write, given: Mapping[str, Any], before: Extension | None) -> ExtensionValues:
    """New values for an extension, with links to what has to be there.

    Raises:
        Invalid: they name what is not there.
        Conflict: another extension has the address.
    """
    values = wire.values(given, before)
    if values.get("email"):
        extension_id = before.id if before else None
        await asking.services.extensions.check_email_in(write, asking.tenant, values["email"], extension_id)
    if "organization_list" in given:
        values["department_id"] = await _department(asking, write, given["organization_list"])
    if "outbound_route_permission" in given:
        values["class_of_service_id"] = await _class(asking, write, given["outbound_route_permission"], before)
    if keep := _kept(given, before):
        others = before.vendor_values if before else {}
        values["vendor_values"] = {**others, "yeastar": keep}
    return ExtensionValues(**values)


def _kept(given: Mapping[str, Any], before: Extension | None) -> dict[str, Any]:
    kept = wire.kept(before)
    kept |= {name: given[name] for name in (*wire.KEPT, "user_password") if name in given}
    if "presence_list" in given:
        kept["off"] = {**kept.get("off", {}), **presence_wire.off(given["presence_list"])}
    # What says no more than its absence is not kept: who sends all of it again changes nothing.
    return {name: value for name, value in kept.items() if value and value != wire.KEPT.get(name)}


async def _department(asking: Asking, write: Write, organizations: Sequence[Mapping[str, str]]) -> int | None:
    """The first one; each of them must be there."""
    ids = [int(each["value"]) for each in organizations]
    there = await asking.services.departments.living_in(write, asking.tenant, "id", ids)
    missing = [index for index, each in enumerate(ids) if each not in there]
    if missing:
        raise Invalid({f"organization_list.{index}.value": [Broken("exists")] for index in missing})
    return ids[0] if ids else None


async def _class(asking: Asking, write: Write, wished: Sequence[int], before: Extension | None) -> int | None:
    """A class of service with exactly these routes; the one that there is, if it allows them already."""
    present = before.class_of_service_id if before else None
    if before and set(wished) == set(await route_ids(asking, before)):
        return present
    classes = asking.services.classes_of_service
    return (await classes.for_routes_in(write, asking.tenant, wished, present)).id


async def _set_presence(asking: Asking, write: Write, given: Mapping[str, Any], number: str) -> None:
    settings: Sequence[PresenceSetting] = given.get("presence_list", [])
    services, tenant = asking.services, asking.tenant
    names = presence_wire.named_greetings(settings)
    named = Named(
        own_number=number,
        numbers=await services.extensions.numbers_in(write, tenant, presence_wire.named_ids(settings)),
        greetings=await services.greetings.living_in(write, tenant, "name", names),
    )
    values = PresenceValues(rules=presence_wire.rules(settings, named))
    values.check(is_new=False)
    await services.presences.update_in(write, tenant, number, values)
