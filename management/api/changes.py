"""Changes: what was told to which switch, and how it went; for tokens of the platform."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Security
from pydantic import BaseModel, ConfigDict

from management.api.asking import AnyAsking, PlatformAsking, bearer, may_on_platform, may_with_or_without_tenant
from management.api.object_wire import Id
from management.api.wire import Absent, Data, Listed, Time, answers, listed
from management.api.wire import Wanted as PageOf
from management.auth import ADMIN, READ
from management.changes.repository import Wanted
from management.objects.parts import LARGEST_ID
from management.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["changes"])

Reader = Annotated[PlatformAsking, Depends(may_on_platform(READ))]
ReaderOfSome = Annotated[AnyAsking, Depends(may_with_or_without_tenant(READ))]
Admin = Annotated[PlatformAsking, Depends(may_on_platform(ADMIN))]
State = Literal["pending", "flushed", "settled", "failed"]


class ChangeItem(BaseModel):
    """What one switch has to be told about one write. Without a switch: the purge of the caches, or a term's end.

    `pending`: not told. `flushed`: told once, which counts as acknowledged. `settled`: told again
    after the longest timeout of a lookup, so that no old answer can come back. `failed`: see `error`.
    """

    model_config = ConfigDict(from_attributes=True)

    id: int
    group_id: str
    switch_id: int | None
    switch: str | None
    tenant: str | None
    kind: Literal["change", "expiry"]
    state: State
    is_acknowledged: bool
    effects: dict[str, Any]
    attempts: int
    cleared: int | None
    error: str | None
    due_at: Time
    created_at: Time
    flushed_at: Time | None
    settled_at: Time | None


@router.get("/changes", responses=answers(404, 422))
async def list_changes(
    asking: ReaderOfSome,
    page: PageOf,
    state: State | None = None,
    switch_id: Annotated[int | Absent, Query(ge=1, le=LARGEST_ID)] = None,
    group_id: Annotated[str | Absent, Query(pattern=r"^[0-9a-f]{32}$")] = None,
) -> Listed[ChangeItem]:
    """Changes, the newest first; with X-Tenant, those of one tenant."""
    asking.caller.require_platform()
    tenant_id = asking.tenant.id if asking.tenant else None
    wanted = Wanted(tenant_id=tenant_id, switch_id=switch_id, state=state, group_id=group_id)
    found = await asking.services.changes.list(wanted, page)
    return listed(found, [ChangeItem.model_validate(each) for each in found.rows])


@router.get("/changes/{change_id}", responses=answers(404))
async def read_change(asking: Reader, change_id: Id) -> Data[ChangeItem]:
    """One change."""
    return Data(data=ChangeItem.model_validate(await asking.services.changes.find(change_id)))


@router.post("/changes/{change_id}/retry", responses=answers(404, 409))
async def retry_change(asking: Admin, change_id: Id) -> Data[ChangeItem]:
    """A change that failed is pending again."""
    written = await asking.services.changes.retry(change_id, actor=asking.actor)
    return Data(data=ChangeItem.model_validate(written.result))
