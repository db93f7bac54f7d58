"""Calls that have ended: a page at a time, or all of them as CSV."""

import csv
import io
import re
from collections.abc import AsyncIterator, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self

from fastapi import APIRouter, Depends, Header, Path, Query, Response, Security
from pydantic import AwareDatetime, BaseModel
from starlette.responses import FileResponse, StreamingResponse

from management.api.asking import AnyAsking, bearer, may_with_or_without_tenant
from management.api.wire import MOUNTED_AT, Absent, Data, Time, answers, rfc3339
from management.auth import READ
from management.calls.record import Direction
from management.calls.repository import Call, Cursor, Wanted
from management.web.strict import StrictRoute

CSV: Final = "text/csv"
WAV: Final = "audio/wav"

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["calls"])

Reader = Annotated[AnyAsking, Depends(may_with_or_without_tenant(READ))]
Uuid = Annotated[str, Path(pattern=r"^[0-9a-f-]{36}$")]
Moment = AwareDatetime | Absent
Number = Annotated[str | Absent, Query(max_length=64, pattern=r"^[^\x00-\x1f\x7f]*$")]

_NUMBER: Final = re.compile(r"\+?[0-9]+", re.ASCII)
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


class CallItem(BaseModel):
    """Times are the switch's. Numbers outside are as the carrier wrote them, or as a gateway got them.

    `recording` is the address to fetch it from, `recording_file` the file below the switch's folder of recordings.
    """

    uuid: str
    tenant: str | None
    direction: Direction
    caller_number: str | None
    caller_name: str | None
    caller_extension: str | None
    destination: str | None
    answered_by: str | None
    callee_extension: str | None
    started_at: Time
    answered_at: Time | None
    ended_at: Time | None
    duration_seconds: int
    billed_seconds: int
    hangup_cause: str | None
    gateway_id: int | None
    recording: str | None
    recording_file: str | None
    switch: str | None
    bridge_uuid: str | None

    @classmethod
    def of(cls, call: Call) -> Self:
        said = asdict(call)
        file = said.pop("recording")
        address = f"{MOUNTED_AT}/calls/{call.uuid}/recording" if file else None
        return cls.model_validate({**said, "recording": address, "recording_file": file})


class CallPage(BaseModel):
    """`next` is the `after` of the page that follows; null: there is none."""

    data: list[CallItem]
    next: str | None


@router.get("/calls", response_model=CallPage, responses=answers(404, 422) | {200: {"content": {CSV: {}}}})
async def list_calls(
    asking: Reader,
    *,
    since: Annotated[Moment, Query(alias="from", description="RFC 3339, with an offset: began then or later")] = None,
    until: Annotated[Moment, Query(alias="to", description="RFC 3339, with an offset: began before")] = None,
    extension: Annotated[str | Absent, Query(pattern=r"^[0-9]{1,10}$", description="made or taken by it")] = None,
    direction: Direction | Absent = None,
    number: Annotated[Number, Query(description="the caller's, the dialled one, or who answered")] = None,
    answered: bool | Absent = None,
    after: Annotated[str | Absent, Query(pattern=r"^[0-9]{1,16}-[0-9]{1,18}$", description="`next`")] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    format: Annotated[Literal["json", "csv"] | Absent, Query()] = None,  # noqa: A002 - the query's name
    accept: Annotated[str | Absent, Header(include_in_schema=False)] = None,
) -> CallPage | Response:
    """The newest first: of one tenant; of all, with a token of the platform and no X-Tenant.

    As CSV (`format=csv`, or `Accept: text/csv`) without pages: all that there are, `limit` doesn't count.
    """
    wanted = Wanted(
        tenant_id=asking.tenant.id if asking.tenant else None,
        since=since,
        until=until,
        extension=extension,
        direction=direction,
        number=number,
        is_answered=answered,
    )
    place = Cursor.parse(after) if after else None
    calls = asking.services.calls
    if format == "csv" or (format is None and CSV in (accept or "")):
        pages = calls.pages(wanted, place)
        # Before anything is answered: what is wrong so far is still told with a status.
        first = await anext(pages)
        headers = {"Content-Disposition": 'attachment; filename="calls.csv"', "X-Content-Type-Options": "nosniff"}
        return StreamingResponse(_csv(first, pages), media_type=f"{CSV}; charset=utf-8", headers=headers)
    found, following = await calls.list(wanted, place, limit)
    items = [CallItem.of(each) for each in found]
    return CallPage(data=items, next=str(following) if following else None)


@router.get("/calls/{uuid}", responses=answers(404))
async def read_call(uuid: Uuid, asking: Reader) -> Data[CallItem]:
    """One call."""
    call = await asking.services.calls.find(asking.tenant.id if asking.tenant else None, uuid)
    return Data(data=CallItem.of(call))


@router.get(
    "/calls/{uuid}/recording",
    response_class=FileResponse,
    responses=answers(404, 501) | {200: {"content": {WAV: {"schema": {"type": "string", "format": "binary"}}}}},
)
async def read_recording(uuid: Uuid, asking: Reader) -> FileResponse:
    """What was said, as a WAV file, or the part of it that a `Range` names. The audit log says who fetched it."""
    tenant_id = asking.tenant.id if asking.tenant else None
    file = await asking.services.calls.recording(tenant_id, uuid, actor=asking.actor)
    return FileResponse(file, media_type=WAV, filename=f"{uuid}.wav", headers={"X-Content-Type-Options": "nosniff"})


async def _csv(first: Sequence[Call], pages: AsyncIterator[Sequence[Call]]) -> AsyncIterator[str]:
    yield _lines([list(CallItem.model_fields)]) + _lines(map(_cells, first))
    async for page in pages:
        yield _lines(map(_cells, page))


def _lines(rows: Any) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _cells(call: Call) -> list[str]:
    item = CallItem.of(call)
    return [_cell(getattr(item, name)) for name in CallItem.model_fields]


def _cell(value: Any) -> str:
    """A carrier's text never becomes a formula of whoever opens the file; a number with a + is none."""
    if value is None:
        return ""
    text = rfc3339(value) if isinstance(value, datetime) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text) else text
