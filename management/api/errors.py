"""Our errors, and the frameworks', as the answers of the API: the only place that knows status codes."""

import traceback
from collections.abc import Mapping, Sequence
from typing import Any, Final

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path
from starlette.types import Scope

from management.api.messages import INVALID, TOO_MANY, UNAVAILABLE, UNCONFIRMED, language_of, sentence
from management.errors import (
    Broken,
    Conflict,
    Forbidden,
    Invalid,
    ManagementError,
    NotFound,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    Unconfirmed,
)
from management.objects.errors import InUse
from xmlcurl.logs import get_log

RETRY_AFTER_SECONDS: Final = 1
"""When to try again after a 503, in seconds."""

# The document's own words, in one language: clients compare them.
MALFORMED: Final = "Malformed request body"
UNAUTHENTICATED: Final = "Unauthenticated."
FORBIDDEN: Final = "This action is unauthorized."
NOT_FOUND: Final = "Resource not found"
SERVER_ERROR: Final = "Server Error"

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


def install(app: FastAPI) -> None:
    """Every exception that leaves a route of `app` becomes an answer in the document's shape."""
    app.add_exception_handler(ManagementError, _on_ours)
    app.add_exception_handler(RequestValidationError, _on_validation)
    app.add_exception_handler(HTTPException, _on_http)


def answer(error: ManagementError, language: str) -> Response:
    """The answer that tells a client what to do about `error`."""
    headers: dict[str, str] = {}
    body: dict[str, Any]
    match error:
        case Invalid():
            status, body = 422, {"message": INVALID[language], "errors": texts(error.errors, language)}
        case Conflict():
            status, body = 409, _conflict(error, language)
        case TooManyRequests():
            seconds = str(error.retry_after_seconds)
            status, body = 429, {"message": TOO_MANY[language].replace(":seconds", seconds)}
            headers = {"Retry-After": seconds}
        case Unconfirmed():
            status, body = 503, {"message": UNCONFIRMED[language], "committed": error.committed}
        case Unavailable():
            status, body = 503, {"message": UNAVAILABLE[language], "committed": False}
        case Unauthenticated():
            status, body = 401, {"message": UNAUTHENTICATED}
            headers = {"WWW-Authenticate": "Bearer"}
        case Forbidden():
            status, body = 403, {"message": FORBIDDEN}
        case NotFound():
            status, body = 404, {"message": NOT_FOUND}
        case _:
            raise error
    if status == 503:
        log.warning("unavailable", reason=str(error))
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    return JSONResponse(body, status, headers)


def _conflict(error: Conflict, language: str) -> dict[str, Any]:
    errors = {error.field: [error.broken]} if error.field else {}
    body = {"message": sentence(error.field, error.broken, language), "errors": texts(errors, language)}
    return {**body, "used_by": list(error.users)} if isinstance(error, InUse) else body


def fault(error: Exception, scope: Scope) -> Response:
    """The answer to a fault of ours. The log gets where it happened; what it says may hold a secret."""
    where = "".join(traceback.format_tb(error.__traceback__))
    log.error("fault", method=scope["method"], path=scope["path"], error=type(error).__name__, where=where)
    return JSONResponse({"message": SERVER_ERROR}, 500)


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


def language_for(scope: Scope) -> str:
    """The language of an answer to this request: the client's, else that of the tenant it is about."""
    accepted = [value.decode("latin-1") for name, value in scope["headers"] if name == b"accept-language"]
    return language_of(accepted, scope.get("state", {}).get("language"))


async def _on_ours(request: Request, error: Exception) -> Response:
    assert isinstance(error, ManagementError)  # noqa: S101 - the type it is registered for
    return answer(error, language_for(request.scope))


async def _on_validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - the type it is registered for
    errors = error.errors()
    if any(tuple(each["loc"]) == ("body",) or each["type"] == "json_invalid" for each in errors):
        # No body, or one that is no object: there is no field to name.
        return JSONResponse({"message": MALFORMED}, 400)
    if any(each["loc"][0] == "path" for each in errors):
        return JSONResponse({"message": NOT_FOUND}, 404)
    return answer(Invalid(broken_rules(errors)), language_for(request.scope))


async def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 - the type it is registered for
    message = NOT_FOUND if error.status_code == 404 else error.detail
    headers = error.headers
    if error.status_code == 405 and (methods := _allowed(request)):
        headers = {"Allow": methods}
    return JSONResponse({"message": message}, error.status_code, headers)


def _allowed(request: Request) -> str:
    """The methods of every route with this path; the frameworks name those of the first one only."""
    path = request.scope["path"].removeprefix(request.scope["root_path"])
    described: Mapping[str, Mapping[str, Any]] = request.app.openapi()["paths"]
    there = [methods for template, methods in described.items() if compile_path(template)[0].match(path)]
    return ", ".join(sorted({method.upper() for methods in there for method in methods}))
