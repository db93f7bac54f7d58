"""The six actions: who is asking, a command, a service, a body. They share one route: a header says which is meant."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from fastapi import APIRouter, Request, Response, Security
from fastapi.security import APIKeyHeader
from pydantic import ValidationError
from starlette.responses import JSONResponse

from management.auth import TenantScope
from management.errors import Invalid
from management.vendor_keys.commands import KeyCaller
from management.vendors.tencent import wire
from management.vendors.tencent.errors import ActionUnknown, InstanceUnknown, VersionUnknown
from management.web.errors import of_validation
from management.web.services import Services
from management.web.strict import StrictRoute
from management.writes import Body, SwitchSync, Write

VERSION: Final = "2020-02-10"


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


def _header_described(name: str, *, is_required: bool = True, **schema: Any) -> dict[str, Any]:
    return {"name": name, "in": "header", "required": is_required, "schema": {"type": "string", **schema}}


DESCRIBED: Final[dict[str, Any]] = {
    "parameters": [
        _header_described("X-TC-Action", enum=[*ACTIONS]),
        _header_described("X-TC-Version", const=VERSION),
        _header_described("X-TC-Timestamp", pattern="^[0-9]{1,11}$", description="Seconds since 1970"),
        _header_described("X-TC-Region", is_required=False, description="Means nothing here"),
    ],
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                # Not "oneOf": some bodies are those of several actions.
                "schema": {
                    "anyOf": [body.model_json_schema() for body in dict.fromkeys(a.body for a in ACTIONS.values())]
                }
            }
        },
    },
}
"""What FastAPI can't know: which headers there are, and that the body is that of an action."""

signed = APIKeyHeader(
    name="Authorization",
    auto_error=False,
    description="`TC3-HMAC-SHA256 Credential=<SecretId>/<date>/ccc/tc3_request, SignedHeaders=content-type;host, "
    "Signature=<signature>`; the SDKs make it.",
)
"""Only described here: the door proves signatures."""

router = APIRouter(route_class=StrictRoute, dependencies=[Security(signed)])

AnyAnswer = (
    wire.Answer[wire.Done]
    | wire.Answer[wire.Described]
    | wire.Answer[wire.Extensions]
    | wire.Answer[wire.PasswordReset]
    | wire.Answer[wire.Refused]
)


@router.post(
    "/",
    response_model=AnyAnswer,
    responses={200: {"headers": {"X-Switch-Sync": {"schema": {"type": "string"}}}}},
    openapi_extra=DESCRIBED,
)
async def call(request: Request) -> Response:
    """One of the actions, named by X-TC-Action. See docs/tencent.md."""
    action = ACTIONS.get(_header(request, "X-TC-Action"))
    if action is None:
        raise ActionUnknown
    if _header(request, "X-TC-Version") != VERSION:
        raise VersionUnknown
    caller: KeyCaller = request.state.caller
    body = _understood(action.body, await request.json())
    if caller.tenant is None or body.SdkAppId != caller.sdk_app_id:
        raise InstanceUnknown
    asking = Asking(request.app.state.services, caller, caller.tenant, request.state.request_id)
    result = await action.act(asking, body)
    return JSONResponse({"Response": result.model_dump()}, headers=asking.headers)


def _header(request: Request, name: str) -> str:
    values = request.headers.getlist(name)
    if not values:
        raise Invalid.of(name, "required")
    # Which of several was meant nobody knows.
    return values[0] if len(values) == 1 else ""


def _understood(body: type[wire.InstanceBody], value: Any) -> wire.InstanceBody:
    try:
        return body.model_validate(value)
    except ValidationError as exc:
        raise of_validation([{**each, "loc": ("body", *each["loc"])} for each in exc.errors()]) from None
