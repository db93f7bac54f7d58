"""Our errors as answers of this dialect: `{"code": ..., "msg": ..., "meta": {...}}`.

Source: docs.etelecom.vn, partner/usage, as of November 2026: `{"code": "invalid_argument", "msg": "..."}`, a status of
4xx or 5xx. Which other codes there are, and `meta`, no page says: they are Twirp's, whose addresses these are.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response
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
from management.partners.errors import NoDomainSuffix
from management.web.errors import (
    BodyTooLarge,
    BodyTypeWrong,
    Fault,
    Malformed,
    MethodRefused,
    NoSuchRoute,
    language_for,
    nearest,
    texts,
)
from management.web.messages import INVALID, TOO_MANY, UNAVAILABLE, UNCONFIRMED, sentence
from management.web.strict import LONGEST_BODY_BYTES
from xmlcurl.logs import get_log
from xmlcurl.settings import ENV_PREFIX

RETRY_AFTER_SECONDS: Final = 1
"""When to try again after a 503, in seconds."""

TABLE: Final[Mapping[type[ManagementError], tuple[int, str, str]]] = {
    Unauthenticated: (401, "unauthenticated", "The API key is missing, or wrong."),
    Forbidden: (403, "permission_denied", "This key may not do this."),
    NoDomainSuffix: (
        412,
        "failed_precondition",
        f"Tenants can't be made here: {ENV_PREFIX}TENANT_DOMAIN_SUFFIX is unset.",
    ),
    NotFound: (404, "not_found", "There is no such object."),
    NoSuchRoute: (404, "bad_route", "There is no such method."),
    MethodRefused: (405, "bad_route", "Every method is called with POST."),
    Conflict: (409, "already_exists", ""),
    InUse: (412, "failed_precondition", ""),
    Invalid: (400, "invalid_argument", ""),
    Malformed: (400, "malformed", "The body must be one JSON object, with each key once."),
    BodyTooLarge: (413, "invalid_argument", f"The body must not be longer than {LONGEST_BODY_BYTES} bytes."),
    BodyTypeWrong: (415, "malformed", "The body must be application/json."),
    TooManyRequests: (429, "resource_exhausted", ""),
    Unavailable: (503, "unavailable", ""),
    Unconfirmed: (503, "unavailable", ""),
    Unreadable: (400, "invalid_argument", "This is no record of a call."),
    RecordingsElsewhere: (501, "unimplemented", "Recordings can't be fetched here."),
    Fault: (500, "internal", "A fault on our side."),
}
"""Error -> status, code, and what it says where that is always the same."""

log = get_log(part="api")


class Failure(BaseModel):
    """What went wrong; `meta` names the fields of the request that did, with a sentence for each."""

    code: str
    msg: str
    meta: dict[str, str]


def answer(error: ManagementError, scope: Scope) -> Response:
    """The answer that tells a client what to do about `error`."""
    status, code, said = nearest(TABLE, error)
    msg, meta = _said(error, language_for(scope))
    headers = {}
    if isinstance(error, TooManyRequests):
        headers = {"Retry-After": str(error.retry_after_seconds)}
    elif status == 503:
        log.warning("unavailable", reason=str(error))
        headers = {"Retry-After": str(RETRY_AFTER_SECONDS)}
    elif status == 401:
        headers = {"WWW-Authenticate": "Bearer"}
    return JSONResponse(Failure(code=code, msg=msg or said, meta=meta).model_dump(), status, headers)


def _said(error: ManagementError, language: str) -> tuple[str, dict[str, str]]:
    match error:
        case Invalid():
            return INVALID[language], {name: " ".join(lines) for name, lines in texts(error.errors, language).items()}
        case Conflict():
            text = sentence(error.field, error.broken, language)
            return text, {error.field: text} if error.field else {}
        case TooManyRequests():
            return TOO_MANY[language].replace(":seconds", str(error.retry_after_seconds)), {}
        case Unconfirmed():
            return UNCONFIRMED[language], {"committed": "unknown" if error.committed is None else "true"}
        case Unavailable():
            return UNAVAILABLE[language], {"committed": "false"}
    return "", {}


_MEANINGS: Final[Mapping[int, str]] = {
    400: "The body means nothing, or fields of it break rules: see `meta`",
    401: "No key, or a wrong one",
    403: "The key may not do this",
    404: "No such object",
    409: "A name is taken",
    412: "Something that exists stands in the way",
    413: "The body is too large",
    415: "The body is not application/json",
    429: "Too many requests: see Retry-After",
    500: "A fault of ours",
    503: "Redis or the database does not answer",
}
ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Failure, "description": meaning} for status, meaning in _MEANINGS.items()
}
"""What any method may answer besides success, for the description of the API."""
