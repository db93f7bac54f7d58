"""API tokens: bodies and routes. With a token of the platform and no X-Tenant, those of the platform."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Security
from pydantic import BaseModel, ConfigDict, Field

from management.api.asking import AnyAsking, bearer, may_with_or_without_tenant
from management.api.object_wire import Id, ValuesBody
from management.api.wire import BODY_CODES, Data, Deleted, Listed, Time, Wanted, answers, listed
from management.auth import ADMIN
from management.tokens.commands import LONGEST_NAME, TokenValues
from management.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["tokens"])

Admin = Annotated[AnyAsking, Depends(may_with_or_without_tenant(ADMIN))]
Scope = Literal["read", "write", "admin"]


class NewToken(ValuesBody):
    """`admin` includes `write`, `write` includes `read`."""

    name: Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": LONGEST_NAME})]
    scopes: Annotated[list[Scope], Field(json_schema_extra={"minItems": 1, "uniqueItems": True})]


class TokenItem(BaseModel):
    """A token without its secret. `last_used_at` is exact to a minute."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    name: str
    scopes: list[Scope]
    last_used_at: Time | None
    revoked_at: Time | None
    created_at: Time


class TokenCreated(TokenItem):
    """With the text to send behind `Bearer`, for the one time that it is shown."""

    token: str


@router.get("/tokens", responses=answers(404, 422))
async def list_tokens(asking: Admin, wanted: Wanted) -> Listed[TokenItem]:
    """Tokens, the newest first, revoked ones too. `search` is found in the name, as it is written."""
    found = await asking.services.tokens.list(asking.tenant, wanted)
    return listed(found, [TokenItem.model_validate(each) for each in found.rows])


@router.post("/tokens", status_code=201, responses=answers(404, *BODY_CODES))
async def create_token(asking: Admin, body: NewToken) -> Data[TokenCreated]:
    """A new token. `token` is shown this once."""
    written = await asking.services.tokens.create(asking.tenant, TokenValues(**body.given()), actor=asking.actor)
    shown = TokenItem.model_validate(written.result.token).model_dump()
    return Data(data=TokenCreated(**shown, token=written.result.text))


@router.get("/tokens/{token_id}", responses=answers(404, 422))
async def read_token(asking: Admin, token_id: Id) -> Data[TokenItem]:
    """One token, with when it was last used."""
    return Data(data=TokenItem.model_validate(await asking.services.tokens.find(asking.tenant, token_id)))


@router.delete("/tokens/{token_id}", responses=answers(404, 422))
async def revoke_token(asking: Admin, token_id: Id) -> Data[Deleted]:
    """Revoke: it is refused from this answer on. It stays in the list."""
    await asking.services.tokens.revoke(asking.tenant, token_id, actor=asking.actor)
    return Data(data=Deleted())
