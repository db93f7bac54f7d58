"""JSON in and out, the same for every route: strict on the way in, one envelope for lists on the way out."""

import json
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import Depends, Query, Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, PlainSerializer, WithJsonSchema
from pydantic.json_schema import SkipJsonSchema
from starlette.exceptions import HTTPException
from starlette.responses import Response

from management.api.errors import MALFORMED
from management.paging import Page, PageWanted

MOUNTED_AT: Final = "/api/pbx"
LONGEST_BODY_BYTES: Final = 2 * 1024 * 1024

T = TypeVar("T")


class StrictModel(BaseModel):
    """A body: a number in quotes is no number, 1 is not true, and a field that nobody knows is refused by name."""

    model_config = ConfigDict(strict=True, extra="forbid")


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


class StrictRoute(APIRoute):
    """A route whose JSON body is read once, bounded, and refused unless it means one thing to everybody."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handler(_StrictRequest(request.scope, request.receive))

        return strict


class _StrictRequest(Request):
    async def body(self) -> bytes:
        if not hasattr(self, "_body"):
            chunks = bytearray()
            async for chunk in self.stream():
                chunks += chunk
                if len(chunks) > LONGEST_BODY_BYTES:
                    raise HTTPException(413, "The body is too large")
            self._body = bytes(chunks)
            if self._body and not _is_json(self.headers.get("content-type", "")):
                raise HTTPException(415, "The body must be application/json")
        return self._body

    async def json(self) -> Any:
        try:
            return parse(await self.body())
        except ValueError:
            raise HTTPException(400, MALFORMED) from None


def parse(body: bytes) -> Any:
    """JSON as RFC 8259 says, and no doubt about it. Raises ValueError.

    Refused: NaN and Infinity, a key twice (two readers would see two values), lone surrogates,
    integers and nesting beyond every use.
    """
    try:
        text = body.decode()
        value = json.loads(text, object_pairs_hook=_once, parse_constant=_refuse)
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key twice")
    return found


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().lower()
    return kind == "application/json" or (kind.startswith("application/") and kind.endswith("+json"))
