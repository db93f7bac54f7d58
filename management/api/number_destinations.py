"""Where calls to a number go: body and routes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Security
from pydantic import BaseModel, ConfigDict

from management.api.asking import Asking, bearer, may
from management.api.destination_wire import DestinationBody, DestinationItem
from management.api.object_wire import ValuesBody, unset
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, answers
from management.auth import ADMIN, READ
from management.number_destinations.commands import NumberDestinationsValues
from management.numbers.commands import NUMBER
from management.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["numbers"])

Number = Annotated[str, Path(pattern=NUMBER, description="The number itself, not an id")]


class NumberDestinationsBody(ValuesBody):
    """`closed` is for outside business hours, `holiday` for holidays; where they are null, `open` counts then, too."""

    open: DestinationBody | None = unset()
    closed: DestinationBody | None = unset()
    holiday: DestinationBody | None = unset()


class NumberDestinationsItem(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    open: DestinationItem | None
    closed: DestinationItem | None
    holiday: DestinationItem | None


@router.get("/numbers/{number}/destinations", responses=answers(404))
async def read_number_destinations(
    number: Number, asking: Annotated[Asking, Depends(may(READ))]
) -> Data[NumberDestinationsItem]:
    """Where calls to the number go. All null: they are told that there is nobody."""
    found = await asking.services.number_destinations.find(asking.tenant, number)
    return Data(data=NumberDestinationsItem.model_validate(found))


@router.put("/numbers/{number}/destinations", responses=answers(404, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_number_destinations(
    number: Number, body: NumberDestinationsBody, asking: Annotated[Asking, Depends(may(ADMIN))]
) -> Data[NumberDestinationsItem]:
    """New values; what is left out stays. The tenant's own tokens may do this: whose the number is does not change."""
    written = await asking.services.number_destinations.update(
        asking.tenant, number, NumberDestinationsValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=NumberDestinationsItem.model_validate(written.result))
