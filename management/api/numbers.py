"""Numbers: bodies and routes."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Security
from pydantic import Field

from management.api.asking import Asking, bearer, may
from management.api.object_wire import OptionalText, Shown, ValuesBody, unset
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, Deleted, Listed, StrictRoute, Wanted, answers, listed
from management.auth import ADMIN, READ
from management.numbers.commands import LONGEST_DISPLAY_NAME, NUMBER, NumberValues

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["numbers"])

Reader = Annotated[Asking, Depends(may(READ))]
Digits = Annotated[str, Path(pattern=NUMBER, description="The number itself, not an id")]
Carrier = Literal["viettel", "mobifone", "vinaphone", "vietnamobile", "landline", "other"]
CliType = Literal["mobile", "fixed_02x", "hotline_1900", "hotline_1800", "brandname"]
Status = Literal["active", "disabled"]


async def _owner_of_numbers(asking: Annotated[Asking, Depends(may(ADMIN))]) -> Asking:
    """Whose numbers are whose, the platform says: a tenant could show any number that it may add itself."""
    asking.caller.require_platform()
    return asking


Owner = Annotated[Asking, Depends(_owner_of_numbers)]


class ChangeNumber(ValuesBody):
    display_name: OptionalText = unset(maxLength=LONGEST_DISPLAY_NAME)
    carrier: Carrier = unset()
    cli_type: CliType = unset()
    status: Status = unset()


class NewNumber(ChangeNumber):
    number: Annotated[str, Field(json_schema_extra={"pattern": NUMBER})]


class NumberItem(Shown):
    number: str
    display_name: str | None
    carrier: Carrier
    cli_type: CliType
    status: Status


@router.get("/numbers", responses=answers(404, 422))
async def list_numbers(asking: Reader, wanted: Wanted, status: Status | None = None) -> Listed[NumberItem]:
    """Numbers, disabled ones too. `search` is found in the number or the display name, as it is written."""
    found = await asking.services.numbers.list(asking.tenant, wanted, {"status": status} if status else None)
    return listed(found, [NumberItem.model_validate(each) for each in found.rows])


@router.post("/numbers", status_code=201, responses=answers(404, 409, *BODY_CODES) | {201: SYNC_HEADERS})
async def create_number(asking: Owner, body: NewNumber) -> Data[NumberItem]:
    """A new number of the tenant, with a token of the platform; no other tenant may have it."""
    values = NumberValues(**body.given())
    written = await asking.services.numbers.create(asking.tenant, values, actor=asking.actor, wait_ms=asking.wait_ms)
    asking.tell_sync(written.sync)
    return Data(data=NumberItem.model_validate(written.result))


@router.get("/numbers/{number}", responses=answers(404, 422))
async def read_number(asking: Reader, number: Digits) -> Data[NumberItem]:
    """One number."""
    return Data(data=NumberItem.model_validate(await asking.services.numbers.find(asking.tenant, number)))


@router.put("/numbers/{number}", responses=answers(404, 409, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_number(asking: Owner, number: Digits, body: ChangeNumber) -> Data[NumberItem]:
    """New values, with a token of the platform; what is left out stays. The digits can't be changed."""
    written = await asking.services.numbers.update(
        asking.tenant, number, NumberValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=NumberItem.model_validate(written.result))


@router.delete("/numbers/{number}", responses=answers(404, 409, 422) | {200: SYNC_HEADERS})
async def delete_number(asking: Owner, number: Digits) -> Data[Deleted]:
    """Soft delete, with a token of the platform; refused while an extension, a hotline or the tenant shows it."""
    written = await asking.services.numbers.delete(asking.tenant, number, actor=asking.actor, wait_ms=asking.wait_ms)
    asking.tell_sync(written.sync)
    return Data(data=Deleted())
