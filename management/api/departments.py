"""Departments: bodies and routes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Security

from management.api.asking import Asking, bearer, may
from management.api.object_wire import Id, Shown, ValuesBody, unset
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, Deleted, Listed, StrictRoute, Wanted, answers, listed
from management.auth import ADMIN, READ
from management.departments.commands import LONGEST_NAME, DepartmentValues

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["departments"])

Reader = Annotated[Asking, Depends(may(READ))]
Admin = Annotated[Asking, Depends(may(ADMIN))]


class ChangeDepartment(ValuesBody):
    name: str = unset(minLength=1, maxLength=LONGEST_NAME)


class NewDepartment(ChangeDepartment):
    name: str


class DepartmentItem(Shown):
    name: str


@router.get("/departments", responses=answers(404, 422))
async def list_departments(asking: Reader, wanted: Wanted) -> Listed[DepartmentItem]:
    """Departments by name. `search` is found in the name, as it is written."""
    found = await asking.services.departments.list(asking.tenant, wanted)
    return listed(found, [DepartmentItem.model_validate(each) for each in found.rows])


@router.post("/departments", status_code=201, responses=answers(404, 409, *BODY_CODES) | {201: SYNC_HEADERS})
async def create_department(asking: Admin, body: NewDepartment) -> Data[DepartmentItem]:
    """A new department; its name is unique in the tenant."""
    values = DepartmentValues(**body.given())
    written = await asking.services.departments.create(
        asking.tenant, values, actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=DepartmentItem.model_validate(written.result))


@router.get("/departments/{department_id}", responses=answers(404, 422))
async def read_department(asking: Reader, department_id: Id) -> Data[DepartmentItem]:
    """One department."""
    found = await asking.services.departments.find(asking.tenant, department_id)
    return Data(data=DepartmentItem.model_validate(found))


@router.put("/departments/{department_id}", responses=answers(404, 409, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_department(asking: Admin, department_id: Id, body: ChangeDepartment) -> Data[DepartmentItem]:
    """New values; what is left out stays."""
    written = await asking.services.departments.update(
        asking.tenant, department_id, DepartmentValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=DepartmentItem.model_validate(written.result))


@router.delete("/departments/{department_id}", responses=answers(404, 409, 422) | {200: SYNC_HEADERS})
async def delete_department(asking: Admin, department_id: Id) -> Data[Deleted]:
    """Soft delete; refused while an extension belongs to it."""
    written = await asking.services.departments.delete(
        asking.tenant, department_id, actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=Deleted())
