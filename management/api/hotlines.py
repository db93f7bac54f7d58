"""Hotlines: bodies and routes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Security

from management.api.asking import Asking, bearer, may
from management.api.object_wire import Id, Shown, ValuesBody, unset
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, Deleted, Listed, StrictRoute, Wanted, answers, listed
from management.auth import ADMIN, READ
from management.hotlines.commands import LONGEST_NAME, HotlineValues
from management.numbers.commands import NUMBER

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["hotlines"])

Reader = Annotated[Asking, Depends(may(READ))]
Admin = Annotated[Asking, Depends(may(ADMIN))]


class ChangeHotline(ValuesBody):
    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    number: str = unset(pattern=NUMBER)


class NewHotline(ChangeHotline):
    """`number` is one of the tenant's numbers."""

    name: str
    number: str


class HotlineItem(Shown):
    name: str
    number: str


@router.get("/hotlines", responses=answers(404, 422))
async def list_hotlines(asking: Reader, wanted: Wanted) -> Listed[HotlineItem]:
    """Hotlines by name. `search` is found in the name or the number, as it is written."""
    found = await asking.services.hotlines.list(asking.tenant, wanted)
    return listed(found, [HotlineItem.model_validate(each) for each in found.rows])


@router.post("/hotlines", status_code=201, responses=answers(404, 409, *BODY_CODES) | {201: SYNC_HEADERS})
async def create_hotline(asking: Admin, body: NewHotline) -> Data[HotlineItem]:
    """A new hotline: one of the tenant's numbers under a name."""
    values = HotlineValues(**body.given())
    written = await asking.services.hotlines.create(asking.tenant, values, actor=asking.actor, wait_ms=asking.wait_ms)
    asking.tell_sync(written.sync)
    return Data(data=HotlineItem.model_validate(written.result))


@router.get("/hotlines/{hotline_id}", responses=answers(404, 422))
async def read_hotline(asking: Reader, hotline_id: Id) -> Data[HotlineItem]:
    """One hotline."""
    found = await asking.services.hotlines.find(asking.tenant, hotline_id)
    return Data(data=HotlineItem.model_validate(found))


@router.put("/hotlines/{hotline_id}", responses=answers(404, 409, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_hotline(asking: Admin, hotline_id: Id, body: ChangeHotline) -> Data[HotlineItem]:
    """New values; what is left out stays."""
    written = await asking.services.hotlines.update(
        asking.tenant, hotline_id, HotlineValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=HotlineItem.model_validate(written.result))


@router.delete("/hotlines/{hotline_id}", responses=answers(404, 409, 422) | {200: SYNC_HEADERS})
async def delete_hotline(asking: Admin, hotline_id: Id) -> Data[Deleted]:
    """Soft delete; refused while an extension is linked to it."""
    written = await asking.services.hotlines.delete(
        asking.tenant, hotline_id, actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=Deleted())
