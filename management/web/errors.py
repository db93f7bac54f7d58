"""What can go wrong with a request before it means anything, and how every error becomes a dialect's answer.

ManagementError
├── Malformed          no JSON object, or one that means two things
├── BodyTooLarge
├── BodyTypeWrong      the body is of another type than the dialect's
├── MethodRefused      there is such a route, with other methods
├── Fault              ours: what it was is in the log
└── NotFound
└── NoSuchRoute
"""

import traceback
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.types import Scope

from management.errors import Broken, Invalid, ManagementError, NotFound
from management.web.messages import language_of, sentence
from xmlcurl.logs import get_log

T = TypeVar("T")
Answer = Callable[[ManagementError, Scope], Response]
"""What a dialect tells a client about an error."""

_RULES: Final[Mapping[str, str]] = {
    "missing": "required",
    "date": "date",
    "day": "day",
    "extra_forbidden": "prohibited",
    "string_type": "string",
    "bool_type": "boolean",
    "int_type": "integer",
    "int_parsing": "integer",
    "int_parsing_size": "integer",
    "int_from_float": "integer",
    "list_type": "array",
    "dict_type": "object",
    "model_type": "object",
    "model_attributes_type": "object",
    "literal_error": "in",
    "timezone_aware": "date",
    "datetime_parsing": "date",
    "datetime_from_date_parsing": "date",
    "greater_than_equal": "min.numeric",
    "less_than_equal": "max.numeric",
    "string_too_short": "min.string",
    "string_too_long": "max.string",
    "string_pattern_mismatch": "regex",
    "too_short": "min.array",
    "too_long": "max.array",
}
"""pydantic's type of error -> our rule."""
_BOUNDS: Final[Mapping[str, str]] = {
    "ge": "min",
    "le": "max",
    "min_length": "min",
    "max_length": "max",
}

log = get_log(part="api")


class Malformed(ManagementError):
    """The body is no JSON object, or means two things."""


class BodyTooLarge(ManagementError):
    """The body is longer than any that means something."""


class BodyTypeWrong(ManagementError):
    """The body is of another type."""


class MethodRefused(ManagementError):
    """There is such a route, with other methods."""


class NoSuchRoute(NotFound):
    """Nothing is there."""


class Fault(ManagementError):
    """A fault of ours; the log says where."""


_BY_STATUS: Final[Mapping[int, type[ManagementError]]] = {
    400: Malformed,
    404: NoSuchRoute,
    405: MethodRefused,
    413: BodyTooLarge,
    415: BodyTypeWrong,
}


def install(app: FastAPI, answer: Answer) -> None:
    """Every exception that leaves a route of `app`, ours or the frameworks', becomes an answer of the dialect."""

    async def on_ours(request: Request, error: Exception) -> Response:
        assert isinstance(error, ManagementError)  # noqa: S101 - the type it is registered for
        return answer(error, request.scope)

    async def on_validation(request: Request, error: Exception) -> Response:
        assert isinstance(error, RequestValidationError)  # noqa: S101 - the type it is registered for
        return answer(of_validation(error.errors()), request.scope)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)  # noqa: S101 - the type it is registered for
        return answer(_BY_STATUS[error.status_code](error.detail), request.scope)

    app.add_exception_handler(ManagementError, on_ours)
    app.add_exception_handler(RequestValidationError, on_validation)
    app.add_exception_handler(HTTPException, on_http)


def of_validation(errors: Sequence[Any]) -> ManagementError:
    """What pydantic says about a request, as an error of ours."""
    if any(tuple(each["loc"]) == ("body",) or each["type"] == "json_invalid" for each in errors):
        # No body, or one that is no object: there is no field to name.
        return Malformed("no object")
    if any(each["loc"][0] == "path" for each in errors):
        return NotFound("what the path names")
    return Invalid(broken_rules(errors))


def nearest(table: Mapping[type[ManagementError], T], error: ManagementError) -> T:
    """What a dialect's table says of the error: of its class, else of the nearest one above."""
    return next(table[kind] for kind in type(error).__mro__ if kind in table)


def log_fault(error: Exception, scope: Scope) -> Fault:
    """The log gets where it happened; what the exception says may hold a secret, and so may a query string."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("fault", method=scope["method"], path=scope["path"], error=type(error).__name__, where=where)
    return Fault(type(error).__name__)


def texts(errors: Mapping[str, Sequence[Broken]], language: str) -> dict[str, list[str]]:
    """Field -> one sentence for each rule that it breaks."""
    return {name: [sentence(name, each, language) for each in broken] for name, broken in errors.items()}


def broken_rules(errors: Sequence[Any]) -> dict[str, list[Broken]]:
    """What pydantic says about a body or a query, in our rules; positions in lists as "aliases.0"."""
    found: dict[str, list[Broken]] = {}
    for error in errors:
        # "Or nothing at all", as pydantic puts it, is no use to anybody who wrote something.
        if error["type"] != "none_required":
            bounds = {_BOUNDS[key]: value for key, value in error.get("ctx", {}).items() if key in _BOUNDS}
            found.setdefault(_field(error["loc"]), []).append(Broken(_rule_of(error), bounds))
    return found


def language_for(scope: Scope) -> str:
    """The language of an answer to this request: the client's, else that of the tenant it is about."""
    accepted = [value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-language"]
    return language_of(accepted, scope.get("state", {}).get("language"))


def _rule_of(error: Any) -> str:
    if error["type"] == "too_long" and isinstance(error["input"], str):
        # Of a text that may be absent pydantic counts items.
        return "max.string"
    return _RULES.get(error["type"], "regex")


def _field(loc: Sequence[str | int]) -> str:
    """The name that the client knows: of a parameter just that; inside a body the way to the value."""
    match loc:
        case ("query" | "header", name, *_):
            return str(name)
        case ("body", *way) | way:
            return ".".join(str(part) for part in way)
