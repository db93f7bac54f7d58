"""Where FreeSWITCH posts its call records. Outside the API: switches have credentials of their own, and no token.

200 is said when the record is committed, and for one that is known already. Everything else, mod_json_cdr
tries again and then writes to its error folder, from which `management import-cdr` takes it.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import PlainTextResponse, Response

from management.api.errors import fault
from management.auth import client_address
from management.calls.errors import Unreadable
from management.calls.record import LARGEST_BYTES
from management.calls.service import Calls
from management.errors import ManagementError
from management.settings import ManagementSettings
from xmlcurl.gate import Gate
from xmlcurl.logs import get_log

SLOWEST_BODY_SECONDS: Final = 5.0
"""FreeSWITCH gives up after `timeout` of json_cdr.conf."""

log = get_log(part="calls")


class Refused(Exception):
    """The status, and a short text for whoever reads it."""

    def __init__(self, status: int, text: str, **headers: str) -> None:
        super().__init__(text)
        self.status = status
        self.headers = headers


def taker(calls: Calls, settings: ManagementSettings, credentials: str) -> Callable[[Request], Awaitable[Response]]:
    """The page that takes one record with each POST from whoever has these credentials."""
    gate = Gate(settings.cdr_allow, (credentials,))

    def admit(request: Request, address: str | None) -> None:
        if not gate.admits_address((address, 0) if address else None):
            raise Refused(403, "this address may not post")
        if not gate.admits_credentials(request.scope["headers"]):
            raise Refused(401, "credentials are required", **{"WWW-Authenticate": 'Basic realm="cdr"'})

    async def take(request: Request) -> Response:
        peer = request.client.host if request.client else None
        address = client_address(peer, request.headers.getlist("x-forwarded-for"), settings.trusted_proxies)
        try:
            admit(request, address)
            is_new = await _kept(calls, request)
        except Refused as exc:
            log.warning("call_record_refused", status=exc.status, reason=str(exc), address=address)
            return PlainTextResponse(f"{exc}\n", exc.status, exc.headers)
        except Exception as exc:  # noqa: BLE001 - the outermost place of a request
            return fault(exc, request.scope)
        return PlainTextResponse("taken\n" if is_new else "known\n")

    return take


async def _kept(calls: Calls, request: Request) -> bool:
    try:
        async with asyncio.timeout(SLOWEST_BODY_SECONDS):
            body = await _read(request)
    except TimeoutError:
        raise Refused(408, "the body did not come", Connection="close") from None
    except ClientDisconnect:
        raise Refused(400, "the body broke off", Connection="close") from None
    try:
        return await calls.take(body)
    except Unreadable as exc:
        raise Refused(422, str(exc)) from exc
    except ManagementError as exc:
        raise Refused(503, "not kept now", **{"Retry-After": "1"}) from exc


async def _read(request: Request) -> bytes:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST_BYTES:
            raise Refused(413, f"the body is longer than {LARGEST_BYTES} bytes", Connection="close")
    return bytes(body)
