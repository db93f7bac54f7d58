"""Users: bodies and routes."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Security

from management.api.asking import Asking, bearer, may
from management.api.object_wire import Id, OptionalText, Shown, ValuesBody, unset
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, Deleted, Listed, StrictRoute, Wanted, answers, listed
from management.auth import ADMIN, READ
from management.users.commands import LONGEST_NAME, MOBILE, UserValues

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["users"])

Reader = Annotated[Asking, Depends(may(READ))]
Admin = Annotated[Asking, Depends(may(ADMIN))]
Role = Literal["admin", "supervisor", "agent", "read_only"]


class ChangeUser(ValuesBody):
    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    email: OptionalText = unset(maxLength=255)
    mobile: OptionalText = unset(pattern=MOBILE)
    role: Role = unset()


class NewUser(ChangeUser):
    name: str


class UserItem(Shown):
    name: str
    email: str | None
    mobile: str | None
    role: Role


@router.get("/users", responses=answers(404, 422))
async def list_users(asking: Reader, wanted: Wanted) -> Listed[UserItem]:
    """Users by name. `search` is found in the name or the address, as it is written."""
    found = await asking.services.users.list(asking.tenant, wanted)
    return listed(found, [UserItem.model_validate(each) for each in found.rows])


@router.post("/users", status_code=201, responses=answers(404, 409, *BODY_CODES) | {201: SYNC_HEADERS})
async def create_user(asking: Admin, body: NewUser) -> Data[UserItem]:
    """A new user; an e-mail address is unique in the tenant, and kept in lower case."""
    values = UserValues(**body.given())
    written = await asking.services.users.create(asking.tenant, values, actor=asking.actor, wait_ms=asking.wait_ms)
    asking.tell_sync(written.sync)
    return Data(data=UserItem.model_validate(written.result))


@router.get("/users/{user_id}", responses=answers(404, 422))
async def read_user(asking: Reader, user_id: Id) -> Data[UserItem]:
    """One user."""
    found = await asking.services.users.find(asking.tenant, user_id)
    return Data(data=UserItem.model_validate(found))


@router.put("/users/{user_id}", responses=answers(404, 409, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_user(asking: Admin, user_id: Id, body: ChangeUser) -> Data[UserItem]:
    """New values; what is left out stays. Null takes an address or a mobile number away."""
    written = await asking.services.users.update(
        asking.tenant, user_id, UserValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=UserItem.model_validate(written.result))


@router.delete("/users/{user_id}", responses=answers(404, 409, 422) | {200: SYNC_HEADERS})
async def delete_user(asking: Admin, user_id: Id) -> Data[Deleted]:
    """Soft delete; refused while an extension belongs to the user."""
    written = await asking.services.users.delete(asking.tenant, user_id, actor=asking.actor, wait_ms=asking.wait_ms)
    asking.tell_sync(written.sync)
    return Data(data=Deleted())
