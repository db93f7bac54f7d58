"""Our errors as the answers of /api/pbx, in the shapes of its document: its status codes and words."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path
from starlette.types import Scope

from management.calls.errors import RecordingsElsewhere, Unreadable
from management.errors import (
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
from management.web.errors import (
    BodyTooLarge,
    BodyTypeWrong,
    Fault,
    Malformed,
    MethodRefused,
    install,
    language_for,
    log_fault,
    nearest,
    texts,
)
from management.web.messages import INVALID, TOO_MANY, UNAVAILABLE, UNCONFIRMED, sentence
from management.web.strict import MALFORMED
from xmlcurl.logs import get_log

RETRY_AFTER_SECONDS: Final = 1
"""When to try again after a 503, in seconds."""

# The document's own words, in one language: clients compare them.
UNAUTHENTICATED: Final = "Unauthenticated."
FORBIDDEN: Final = "This action is unauthorized."
NOT_FOUND: Final = "Resource not found"
SERVER_ERROR: Final = "Server Error"

log = get_log(part="api")


def install_answers(app: FastAPI) -> None:
    """Every exception that leaves a route of `app` becomes an answer in the document's shape."""
    install(app, lambda error, scope: answer(error, language_for(scope)))
    app.add_exception_handler(HTTPException, _on_http)


TABLE: Final[Mapping[type[ManagementError], int]] = {
    Malformed: 400,
    Unreadable: 400,
    Unauthenticated: 401,
    Forbidden: 403,
    NotFound: 404,
    MethodRefused: 405,
    Conflict: 409,
    BodyTooLarge: 413,
    BodyTypeWrong: 415,
    Invalid: 422,
    TooManyRequests: 429,
    Fault: 500,
    RecordingsElsewhere: 501,
    Unavailable: 503,
}
"""The status of every error."""
_WORDS: Final[Mapping[int, str]] = {
    400: MALFORMED,
    401: UNAUTHENTICATED,
    403: FORBIDDEN,
    404: NOT_FOUND,
    405: "Method Not Allowed",
    413: "The body is too large",
    415: "The body must be application/json",
    500: SERVER_ERROR,
}
"""Of those that say no more than what they are."""


def answer(error: ManagementError, language: str) -> Response:
    """The answer that tells a client what to do about `error`."""
    status, headers = nearest(TABLE, error), {}
    match error:
        case TooManyRequests():
            headers = {"Retry-After": str(error.retry_after_seconds)}
        case Unavailable():
            log.warning("unavailable", reason=str(error))
            headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
        case Unauthenticated():
            headers = {"WWW-Authenticate": "Bearer"}
    return JSONResponse(_body(error, status, language), status, headers)


def _body(error: ManagementError, status: int, language: str) -> dict[str, Any]:
    match error:
        case Invalid():
            return {"message": INVALID[language], "errors": texts(error.errors, language)}
        case Conflict():
            return _conflict(error, language)
        case TooManyRequests():
            return {"message": TOO_MANY[language].replace(":seconds", str(error.retry_after_seconds))}
        case Unconfirmed():
            return {"message": UNCONFIRMED[language], "committed": error.committed}
        case Unavailable():
            return {"message": UNAVAILABLE[language], "committed": False}
    # 501 says what is not set.
    return {"message": _WORDS.get(status, str(error))}


def _conflict(error: Conflict, language: str) -> dict[str, Any]:
    errors = {error.field: [error.broken]} if error.field else {}
    body = {"message": sentence(error.field, error.broken, language), "errors": texts(errors, language)}
    return {**body, "used_by": list(error.users)} if isinstance(error, InUse) else body


def fault(error: Exception, scope: Scope) -> Response:
    """The answer to a fault of ours."""
    return answer(log_fault(error, scope), language_for(scope))


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
