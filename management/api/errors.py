"""Our errors as the answers of /api/pbx, in the shapes of its document: its status codes and words."""

from collections.abc import Mapping
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response
from starlette.routing import compile_path
from starlette.types import Scope

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


_PLAIN: Final[Mapping[type[ManagementError], tuple[int, str]]] = {
    Unauthenticated: (401, UNAUTHENTICATED),
    Forbidden: (403, FORBIDDEN),
    NotFound: (404, NOT_FOUND),
    Malformed: (400, MALFORMED),
    BodyTooLarge: (413, "The body is too large"),
    BodyTypeWrong: (415, "The body must be application/json"),
    Fault: (500, SERVER_ERROR),
}
"""Errors that say no more than what they are."""


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
        case _:
            status, message = nearest(_PLAIN, error)
            body = {"message": message}
    if status == 503:
        log.warning("unavailable", reason=str(error))
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    if status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    return JSONResponse(body, status, headers)


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
