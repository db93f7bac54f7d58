"""The door that lookups knock at with what phones want changed. Beside the API, and with a secret of its own.

Only the status of an answer counts; xmlcurl/by_phone.py says which means what.
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from management.api.errors import fault
from management.by_phone.service import ByPhone
from management.errors import ManagementError, Unavailable
from xmlcurl.logs import get_log
from xmlcurl.store.model import Wish

PATH: Final = "/by-phone"
MAX_BODY_BYTES: Final = 2_048

log = get_log(part="by_phone")

Page = Callable[[Request], Awaitable[Response]]


class Wanted(BaseModel):
    """The body of a request."""

    model_config = ConfigDict(extra="forbid", strict=True, hide_input_in_errors=True)

    domain: Annotated[str, Field(max_length=255)]
    kind: Literal[
        "forward_always_on",
        "forward_always_off",
        "dnd_on",
        "dnd_off",
        "agent_login",
        "agent_logout",
        "voicemail_pin",
    ]
    number: Annotated[str, Field(max_length=255)]
    digits: Annotated[str, Field(max_length=255, repr=False)] = ""


def by_phone(service: ByPhone, secret: SecretStr) -> Page:
    """The page behind PATH, for whoever knows `secret`."""
    expected = f"Bearer {secret.get_secret_value()}".encode()

    async def page(request: Request) -> Response:
        if not hmac.compare_digest(request.headers.get("authorization", "").encode(), expected):
            return Response(status_code=401)
        body = await _body(request)
        if body is None:
            return Response(status_code=413)
        try:
            wanted = Wanted.model_validate_json(body)
        except ValidationError:
            return Response(status_code=400)
        try:
            return await _carried_out(service, wanted)
        except Exception as exc:  # noqa: BLE001 - the outermost place of a request
            return fault(exc, request.scope)

    return page


async def _carried_out(service: ByPhone, wanted: Wanted) -> Response:
    asked = {"kind": wanted.kind, "domain": wanted.domain, "number": wanted.number}
    try:
        await service.carry_out(wanted.domain, Wish(wanted.kind, wanted.number, wanted.digits))
    except Unavailable as exc:
        log.warning("by_phone", **asked, result="failed", reason=type(exc).__name__)
        return Response(status_code=503)
    except ManagementError as exc:
        log.info("by_phone", **asked, result="refused", reason=type(exc).__name__)
        return Response(status_code=422)
    log.info("by_phone", **asked, result="done")
    return Response(status_code=204)


async def _body(request: Request) -> bytes | None:
    """None: it is longer than it may be."""
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_BODY_BYTES:
            return None
    return body
