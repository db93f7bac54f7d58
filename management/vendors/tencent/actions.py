"""The six actions: a command, the services, a body. What needs several of them is one write."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from management.auth import TenantScope
from management.errors import Invalid
from management.vendor_keys.commands import KeyCaller
from management.vendors.tencent import wire
from management.web.services import Services
from management.writes import Body, SwitchSync, Write


@dataclass(frozen=True, slots=True)
class Asking:
    """A request that was signed with a key of `tenant`."""

    services: Services
    caller: KeyCaller
    tenant: TenantScope
    request_id: str
    headers: dict[str, str] = field(default_factory=dict)
    """Of the answer."""

    async def user_id(self, email: str) -> int | None:
        """Of whom an address is, None of no address; raises Invalid where it is nobody's."""
        user = await self.services.users.of_email(self.tenant, email) if email else None
        if email and user is None:
            raise Invalid.of("Relation", "exists")
        return None if user is None else user.id

    async def write(self, body: Body[None]) -> wire.Done:
        """All of it in one transaction."""
        written = await self.services.writes.run(self.caller.actor, body, tenant_id=self.tenant.id)
        self.tell_sync(written.sync)
        return wire.Done(RequestId=self.request_id)

    def tell_sync(self, sync: SwitchSync) -> None:
        self.headers["X-Switch-Sync"] = str(sync)


async def create_extension(asking: Asking, body: wire.CreateBody) -> wire.Done:
    """A new extension."""
    services, tenant = asking.services, asking.tenant
    command = body.to_command(await asking.user_id(body.Relation))
    command.check()

    async def create(write: Write) -> None:
        await services.extensions.create_in(write, tenant, command)
        await services.queues.enrol_in(write, tenant, body.ExtensionId, body.SkillGroupIds)

    return await asking.write(create)


async def describe_extension(asking: Asking, body: wire.ExtensionBody) -> wire.Described:
    """What a phone of it registers with."""
    extension = await asking.services.extensions.find(asking.tenant, body.ExtensionId)
    password = await asking.services.extensions.password(asking.tenant, body.ExtensionId)
    return wire.described(asking.request_id, asking.tenant, extension, password)


async def describe_extensions(asking: Asking, body: wire.ListBody) -> wire.Extensions:
    """One page of the extensions, by number."""
    services, tenant = asking.services, asking.tenant
    page = await services.extensions.page(tenant, body.wanted, selected=body.selected)
    numbers = [each.number for each in page.rows]
    return wire.listed(
        asking.request_id,
        app_id=body.SdkAppId,
        tenant=tenant,
        page=page,
        queues=await services.queues.served_by(tenant, numbers),
        users=await services.users.find_many(tenant, {each.user_id for each in page.rows if each.user_id}),
        registrations=await services.registrations.statuses(tenant.domain, numbers) if body.IsNeedStatus else {},
    )


async def modify_extension(asking: Asking, body: wire.ModifyBody) -> wire.Done:
    """New values; what is left out stays."""
    services, tenant = asking.services, asking.tenant
    command, queue_ids = body.to_command(await asking.user_id(body.Relation)), body.queue_ids
    command.check()

    async def modify(write: Write) -> None:
        # In the order in which a change of a queue takes the two: neither waits for one that waits for it.
        if queue_ids is not None:
            await services.queues.enrol_in(write, tenant, body.ExtensionId, queue_ids)
        await services.extensions.update_in(write, tenant, command)

    return await asking.write(modify)


async def delete_extension(asking: Asking, body: wire.ExtensionBody) -> wire.Done:
    """It leaves its queues, and is deleted; refused while something else names it."""
    services, tenant = asking.services, asking.tenant

    async def delete(write: Write) -> None:
        await services.queues.enrol_in(write, tenant, body.ExtensionId, ())
        await services.extensions.delete_in(write, tenant, body.ExtensionId)

    return await asking.write(delete)


async def reset_password(asking: Asking, body: wire.ExtensionBody) -> wire.PasswordReset:
    """Another password; phones with the old one are signed out."""
    written = await asking.services.extensions.change_password(
        asking.tenant, body.to_change_password(), actor=asking.caller.actor
    )
    asking.tell_sync(written.sync)
    return wire.PasswordReset(RequestId=asking.request_id, Password=written.result.password)


@dataclass(frozen=True, slots=True)
class Action:
    """One of the six."""

    body: type[wire.InstanceBody]
    act: Callable[[Asking, Any], Awaitable[wire.Result]]
    changes: bool
    """Whether it is refused when it comes again with the same signature."""


ACTIONS: Final[Mapping[str, Action]] = {
    "CreateExtension": Action(wire.CreateBody, create_extension, changes=True),
    "DescribeExtension": Action(wire.ExtensionBody, describe_extension, changes=False),
    "DescribeExtensions": Action(wire.ListBody, describe_extensions, changes=False),
    "ModifyExtension": Action(wire.ModifyBody, modify_extension, changes=True),
    "DeleteExtension": Action(wire.ExtensionBody, delete_extension, changes=True),
    "ResetExtensionPassword": Action(wire.ExtensionBody, reset_password, changes=True),
}
