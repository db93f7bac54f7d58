"""Routes of tokens: a client ID and its secret for a token, a token for another one, a token's end."""

from typing import Annotated, Final

from fastapi import APIRouter, Request, Security
from pydantic import Field

from management.vendors.yeastar.asking import by_token
from management.vendors.yeastar.wire import ANSWERS, Done, Failure, Route, TokensMade
from management.web.services import Services
from management.web.strict import StrictModel
from management.yeastar_tokens.errors import TokenExpired
from management.yeastar_tokens.model import KnownToken, TokenPair

PROVEN_BY_THEIR_BODY: Final = ("/get_token", "/refresh_token")

router = APIRouter(route_class=Route, tags=["tokens"])

Secret = Annotated[str, Field(min_length=1, max_length=128, json_schema_extra={"format": "password"})]


class ClientBody(StrictModel):
    """A client ID and its secret: what an administrator made with `POST /api/pbx/vendor-keys`."""

    username: Secret
    password: Secret


class RefreshBody(StrictModel):
    refresh_token: Secret


@router.post("/get_token", responses=ANSWERS)
async def get_token(request: Request, body: ClientBody) -> TokensMade | Failure:
    """A new token. A client has at most 8 at a time; the ninth is refused until one expires or is deleted."""
    services: Services = request.app.state.services
    caller = await services.key_gate.prove("yeastar", body.username, body.password, request.state.address)
    return _made(await services.yeastar_tokens.make(caller.key_id))


@router.post("/refresh_token", responses=ANSWERS)
async def refresh_token(request: Request, body: RefreshBody) -> TokensMade | Failure:
    """A new token in place of an old one, which ends."""
    services: Services = request.app.state.services
    gate, address = services.key_gate, request.state.address
    await gate.look(address)
    try:
        old = await services.yeastar_tokens.of_refresh(body.refresh_token)
    except TokenExpired:
        await gate.failed(address)
        raise
    await gate.of_id("yeastar", old.key_id, address)
    return _made(await services.yeastar_tokens.exchange(old))


@router.get("/del_token", responses=ANSWERS, dependencies=[Security(by_token)])
async def delete_token(request: Request) -> Done | Failure:
    """The end of the token that is sent, and of its refresh token."""
    services: Services = request.app.state.services
    token: KnownToken = request.state.token
    await services.yeastar_tokens.delete(token.id)
    return Done()


def _made(pair: TokenPair) -> TokensMade | Failure:
    return TokensMade(
        access_token_expire_time=pair.access_seconds,
        access_token=pair.access,
        refresh_token_expire_time=pair.refresh_seconds,
        refresh_token=pair.refresh,
    )
