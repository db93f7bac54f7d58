"""What happens to calls of an extension: bodies and routes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Security
from pydantic import BaseModel, ConfigDict

from management.api.asking import Asking, bearer, may
from management.api.destination_wire import DestinationBody, DestinationItem
from management.api.extension_wire import PresenceStatus
from management.api.object_wire import InnerBody, ValuesBody, unset
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, answers
from management.auth import READ, WRITE
from management.objects.commands import NUMBER
from management.presence.commands import LONGEST_RING, SHORTEST_RING, PresenceRuleValues, PresenceValues
from management.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["extensions"])

Number = Annotated[str, Path(pattern=NUMBER, description="The extension's number, not an id")]


class PresenceRuleBody(InnerBody):
    """`in_` counts for calls from inside, `ex_` for those from outside; `always` without ringing first."""

    ring_seconds: int = unset(minimum=SHORTEST_RING, maximum=LONGEST_RING)
    ring_mobile: bool = unset()
    in_always: DestinationBody | None = unset()
    in_no_answer: DestinationBody | None = unset()
    in_busy: DestinationBody | None = unset()
    ex_always: DestinationBody | None = unset()
    ex_no_answer: DestinationBody | None = unset()
    ex_busy: DestinationBody | None = unset()

    def value(self) -> PresenceRuleValues:
        return PresenceRuleValues(**self.given())


class PresenceRulesBody(InnerBody):
    """The rules of some statuses; the others stay."""

    available: PresenceRuleBody = unset()
    away: PresenceRuleBody = unset()
    business_trip: PresenceRuleBody = unset()
    do_not_disturb: PresenceRuleBody = unset()
    lunch: PresenceRuleBody = unset()
    off_work: PresenceRuleBody = unset()

    def value(self) -> dict[str, PresenceRuleValues]:
        return self.given()


class PresenceBody(ValuesBody):
    status: PresenceStatus = unset()
    rules: PresenceRulesBody = unset()


class PresenceRuleItem(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    ring_seconds: int
    ring_mobile: bool
    in_always: DestinationItem | None
    in_no_answer: DestinationItem | None
    in_busy: DestinationItem | None
    ex_always: DestinationItem | None
    ex_no_answer: DestinationItem | None
    ex_busy: DestinationItem | None


class PresenceItem(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    status: PresenceStatus
    rules: dict[PresenceStatus, PresenceRuleItem]


@router.get("/extensions/{ext}/presence", responses=answers(404))
async def read_presence(asking: Annotated[Asking, Depends(may(READ))], ext: Number) -> Data[PresenceItem]:
    """The present status of the extension, and what happens to its calls in each."""
    found = await asking.services.presences.find(asking.tenant, ext)
    return Data(data=PresenceItem.model_validate(found))


@router.put("/extensions/{ext}/presence", responses=answers(404, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_presence(
    asking: Annotated[Asking, Depends(may(WRITE))], ext: Number, body: PresenceBody
) -> Data[PresenceItem]:
    """New values; what is left out stays, also within the rule of a status. What rings or forwards to the mobile
    needs one: `mobile` of the extension.
    """
    written = await asking.services.presences.update(
        asking.tenant, ext, PresenceValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=PresenceItem.model_validate(written.result))
