"""Our errors as this dialect tells them: status 200, a code, its text; beside them, which clients may ignore, what is
wrong with which field, in `errors`.

NoUserAgent (Forbidden)     a request must say which program sends it
RoleUnknown (Invalid)       there is no such role

Source:
    Yeastar, P-Series Appliance Edition Developer Guide, "Error Code and Error Message".
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from starlette.responses import JSONResponse, Response

from management.calls.errors import RecordingsElsewhere, Unreadable
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
from management.vendors.yeastar.names import their_name
from management.web.errors import (
    BodyTooLarge,
    BodyTypeWrong,
    Fault,
    Malformed,
    MethodRefused,
    NoSuchRoute,
    nearest,
    texts,
)
from management.yeastar_tokens.errors import TokenExpired
from xmlcurl.logs import get_log

log = get_log(part="api")


class NoUserAgent(Forbidden):
    """The header `User-Agent` is missing."""


class RoleUnknown(Invalid):
    """No role has that id."""


Code = tuple[int, str]
NOT_THERE: Final[Code] = (10001, "INTERFACE NOT EXISTED")
SYNTAX: Final[Code] = (40001, "PARAMETER SYNTAX ERROR")
DENIED: Final[Code] = (10005, "ACCESS DENIED")

TABLE: Final[Mapping[type[ManagementError], Code]] = {
    Unauthenticated: DENIED,
    TokenExpired: (10004, "TOKEN EXPIRED"),
    Forbidden: DENIED,
    NotFound: (60001, "DATA NOT FOUND"),
    NoSuchRoute: NOT_THERE,
    MethodRefused: NOT_THERE,
    Malformed: SYNTAX,
    BodyTypeWrong: SYNTAX,
    BodyTooLarge: (40004, "FILE SIZE EXCEEDED"),
    Invalid: (40002, "PARAMETER ERROR"),
    RoleUnknown: (60101, "ROLE NOT EXISTED"),
    Conflict: (40003, "DUPLICATE KEY VALUE"),
    InUse: (10009, "OPERATION FAILED"),
    TooManyRequests: (60002, "MAX LIMITATION EXCEEDED"),
    Unavailable: (-1, "FAILURE"),
    Unconfirmed: (2, "PROCESSING"),
    Fault: (-2, "INTERNAL SERVER ERROR"),
    # Of call records, which this dialect has none of.
    Unreadable: SYNTAX,
    RecordingsElsewhere: (10009, "OPERATION FAILED"),
}
"""A test asserts that no error is left out."""


def answer(error: ManagementError, language: str) -> Response:
    """The answer that tells a client what to do about `error`."""
    code, text = nearest(TABLE, error)
    body: dict[str, Any] = {"errcode": code, "errmsg": text}
    if broken := _broken(error):
        body["errors"] = texts(broken, language)
    headers = {}
    if isinstance(error, TooManyRequests):
        headers["Retry-After"] = str(error.retry_after_seconds)
    if isinstance(error, Unavailable):
        log.warning("unavailable", reason=str(error))
    return JSONResponse(body, headers=headers)


def _broken(error: ManagementError) -> Mapping[str, Sequence[Broken]]:
    """What is wrong with which field, by the client's name for it."""
    match error:
        case NoUserAgent():
            return {"User-Agent": [Broken("required")]}
        case Invalid():
            return {their_name(name): broken for name, broken in error.errors.items()}
        case Conflict() if error.field:
            return {their_name(error.field): [error.broken]}
        case _:
            return {}
