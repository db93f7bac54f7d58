"""JSON bodies, the same for every dialect: read once, bounded, and refused unless they mean one thing."""

import json
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, ClassVar, Final

from fastapi import Request
from fastapi.routing import APIRoute
from pydantic import BaseModel, BeforeValidator, ConfigDict
from pydantic_core import PydanticCustomError
from starlette.exceptions import HTTPException
from starlette.responses import Response

LONGEST_BODY_BYTES: Final = 2 * 1024 * 1024
MALFORMED: Final = "Malformed request body"


def _moment(value: object) -> datetime | None:
    if value is None or value == "":
        return None
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) and len(value) >= 20 else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise PydanticCustomError("date", "no date and time with an offset")
    return moment


OptionalMoment = Annotated[datetime | None, BeforeValidator(_moment)]
"""RFC 3339, with an offset; or nothing: null, and the empty text."""


class StrictModel(BaseModel):
    """A body: a number in quotes is no number, 1 is not true, and a field that nobody knows is refused by name."""

    model_config = ConfigDict(strict=True, extra="forbid")


class StrictRoute(APIRoute):
    """A route whose JSON body is read once, bounded, and refused unless it means one thing to everybody."""

    LAST_KEY_WINS: ClassVar[bool] = False
    """Whether a key may come twice, as vendors' own samples have it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handler = super().get_route_handler()

        async def strict(request: Request) -> Response:
            return await handler(_StrictRequest(request.scope, request.receive, last_key_wins=self.LAST_KEY_WINS))

        return strict


class _StrictRequest(Request):
    def __init__(self, *connection: Any, last_key_wins: bool) -> None:
        super().__init__(*connection)
        self._last_key_wins = last_key_wins

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
            return parse(await self.body(), last_key_wins=self._last_key_wins)
        except ValueError:
            raise HTTPException(400, MALFORMED) from None


def parse(body: bytes, *, last_key_wins: bool = False) -> Any:
    """JSON as RFC 8259 says, and no doubt about it. Raises ValueError.

    Refused: NaN and Infinity, a key twice (two readers would see two values) unless the last one shall win, lone
    surrogates, integers and nesting beyond every use.
    """
    try:
        text = body.decode()
        value = json.loads(text, object_pairs_hook=dict if last_key_wins else _once, parse_constant=_refuse)
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
