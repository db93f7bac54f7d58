"""What the routes of /api/pbx share: the query of lists, one envelope for lists on the way out, times, codes."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, PlainSerializer, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema

from management.paging import Page, PageWanted

MOUNTED_AT: Final = "/api/pbx"

T = TypeVar("T")


def rfc3339(time: datetime) -> str:
    """`2026-04-06T12:19:13+00:00`"""
    return time.astimezone(UTC).replace(microsecond=0).isoformat()


Time = Annotated[
    datetime, PlainSerializer(rfc3339, return_type=str), WithJsonSchema({"type": "string", "format": "date-time"})
]
"""As the document writes it: whole seconds, with the offset."""


class Data(BaseModel, Generic[T]):
    """One object."""

    data: T


class Listed(BaseModel, Generic[T]):
    """One page of a list."""

    current_page: int
    data: list[T]
    last_page: int
    per_page: int
    total: int


class Deleted(BaseModel):
    deleted: bool = True


class Failure(BaseModel):
    """What went wrong."""

    message: str


class Refusal(Failure):
    """What went wrong, for each field."""

    errors: dict[str, list[str]]


class Outage(Failure):
    """Nothing was answered, or not confirmed."""

    committed: bool | None
    """False: nothing was written. True: written. Null: unknown. Read the object before you try again."""


Absent = SkipJsonSchema[None]
"""None in a query or a header, where a value is there or not and null can't be written."""


def _wanted(
    search: Annotated[str | Absent, Query(max_length=100, pattern=r"^[^\x00-\x1f\x7f]*$")] = None,
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    per_page: Annotated[int, Query(ge=1, le=200)] = 50,
) -> PageWanted:
    return PageWanted(page, per_page, search)


Wanted = Annotated[PageWanted, Depends(_wanted)]
"""The query of every list: `search`, `page`, `per_page`."""


def listed(page: Page[Any], items: Sequence[T]) -> Listed[T]:
    """The envelope of `page` around its rows as the API shows them."""
    return Listed(
        current_page=page.number,
        data=list(items),
        last_page=page.last,
        per_page=page.size,
        total=page.total,
    )


def answers(*codes: int) -> dict[int | str, dict[str, Any]]:
    """What a route may answer besides success, for the description of the API; each can be refused or down."""
    return {code: {"model": _BODIES[code], "description": _MEANINGS[code]} for code in {*codes, 401, 403, 429, 503}}


_BODIES: Final[dict[int, type[BaseModel]]] = {
    400: Failure,
    401: Failure,
    403: Failure,
    404: Failure,
    409: Refusal,
    413: Failure,
    415: Failure,
    422: Refusal,
    429: Failure,
    501: Failure,
    503: Outage,
}
_MEANINGS: Final[dict[int, str]] = {
    400: "The body is no JSON object",
    401: "No token, or a wrong one",
    403: "The token may not do this",
    404: "No such object of this tenant",
    409: "A name is taken, or somebody changed the same thing at this moment",
    413: "The body is too large",
    415: "The body is not application/json",
    422: "A field breaks a rule",
    429: "Too many requests: see Retry-After",
    501: "This installation has no setting for it: see `message`",
    503: "Redis or the database does not answer: see `committed`",
}
BODY_CODES: Final = (400, 413, 415, 422)
"""What any route with a body may answer."""


SYNC_HEADERS: Final[dict[str, Any]] = {
    "headers": {
        "X-Switch-Sync": {
            "description": "How many switches dropped their copies: `acked=2 pending=0 failed=0`",
            "schema": {"type": "string"},
        },
        "Preference-Applied": {"description": "The `wait` that was honoured", "schema": {"type": "string"}},
    }
}
"""What a route that changes something tells in headers."""
