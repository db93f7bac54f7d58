"""The one route of the dialect: a header says which action is meant, and the body is that action's."""

from typing import Any, Final

from fastapi import APIRouter, Request, Response, Security
from fastapi.security import APIKeyHeader
from pydantic import ValidationError
from starlette.responses import JSONResponse

from management.errors import Invalid
from management.vendor_keys.commands import KeyCaller
from management.vendors.tencent import wire
from management.vendors.tencent.actions import ACTIONS, Asking
from management.vendors.tencent.errors import ActionUnknown, InstanceUnknown, VersionUnknown
from management.web.errors import of_validation
from management.web.strict import StrictRoute

VERSION: Final = "2020-02-10"


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
