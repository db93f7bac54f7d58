"""Our errors as Tencent's answers: always HTTP 200, exactly `application/json`, a code and a sentence.

Unauthenticated
├── AuthorizationMalformed   the headers don't say who signed what
├── SecretIdUnknown          there is no such key, or not any more
├── SignatureWrong           somebody else signed, or something else
└── SignatureExpired         it was signed too long ago, or too far ahead
    └── SignatureUsed        it has changed something already
NotFound
├── InstanceUnknown          the key is none of that SdkAppId
├── ActionUnknown
└── VersionUnknown

Source:
    Common codes: https://tencentcloud.com/document/api/1131/45350 and https://cloud.tencent.com/document/product/1388/114322;
    those of CCC: tencentcloud-sdk-python-ccc 3.1.177, ccc/v20200210/errorcodes.py. Which error has which code is our
    choice where the pages of the actions don't say it.
"""

from collections.abc import Mapping
from typing import Final
from uuid import uuid4

from starlette.responses import JSONResponse, Response
from starlette.types import Scope

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
from management.extensions.errors import ExtensionExists, ExtensionUnknown, NameTaken
from management.objects.errors import InUse
from management.web.errors import BodyTooLarge, BodyTypeWrong, Fault, Malformed, MethodRefused, language_for, nearest
from management.web.messages import TOO_MANY, UNAVAILABLE, UNCONFIRMED, sentence
from xmlcurl.logs import get_log

log = get_log(part="api")


class AuthorizationMalformed(Unauthenticated):
    """The headers don't say who signed what."""


class SecretIdUnknown(Unauthenticated):
    """There is no such key, or not any more."""


class SignatureWrong(Unauthenticated):
    """Somebody else signed, or something else."""


class SignatureExpired(Unauthenticated):
    """It was signed too long ago, or too far ahead."""


class SignatureUsed(SignatureExpired):
    """It has changed something already."""


class InstanceUnknown(NotFound):
    """The key is none of that SdkAppId."""


class ActionUnknown(NotFound):
    """There is no such action."""


class VersionUnknown(NotFound):
    """There is no such version."""


ERRORS: Final[Mapping[type[ManagementError], tuple[str, str]]] = {
    Unauthenticated: ("AuthFailure", "The request could not be authenticated."),
    AuthorizationMalformed: (
        "AuthFailure.InvalidAuthorization",
        "The Authorization header is not understood, is of another day than X-TC-Timestamp, or signs other headers.",
    ),
    SecretIdUnknown: ("AuthFailure.SecretIdNotFound", "The SecretId is not found, please ensure it is correct."),
    SignatureWrong: (
        "AuthFailure.SignatureFailure",
        "The provided credentials could not be validated. Please check your signature is correct.",
    ),
    SignatureExpired: (
        "AuthFailure.SignatureExpire",
        "The provided credentials could not be validated because of exceeding request time limit (five minutes).",
    ),
    SignatureUsed: (
        "AuthFailure.SignatureExpire",
        "The signature has already been used for a change. Sign again, with a later X-TC-Timestamp.",
    ),
    Forbidden: ("OperationDenied.UinDisabled", "The account is disabled."),
    NotFound: ("ResourceNotFound", "The resource does not exist."),
    InstanceUnknown: ("InvalidParameterValue.InstanceNotExist", "The instance does not exist."),
    ExtensionUnknown: ("InvalidParameterValue.AccountNotExist", "The ExtensionId does not exist."),
    ActionUnknown: ("InvalidAction", "The X-TC-Action is not one that is supported here."),
    VersionUnknown: ("NoSuchVersion", "The X-TC-Version is not 2020-02-10."),
    Conflict: ("FailedOperation", ""),
    ExtensionExists: ("FailedOperation.DuplicatedAccount", ""),
    NameTaken: ("InvalidParameter.DuplicateSipAccount", ""),
    InUse: ("ResourceInUse", ""),
    Invalid: ("InvalidParameterValue", ""),
    TooManyRequests: ("RequestLimitExceeded", ""),
    Unavailable: ("InternalError.DBError", ""),
    Unconfirmed: ("InternalError", ""),
    Malformed: ("InvalidParameter", "The body is no JSON object, or not one that means one thing only."),
    BodyTooLarge: ("RequestSizeLimitExceeded", "The body is too large."),
    BodyTypeWrong: ("InvalidRequest", "The body must be application/json."),
    MethodRefused: ("UnsupportedProtocol", "Only POST is supported."),
    Unreadable: ("InvalidParameter", "The record of a call is not understood."),
    RecordingsElsewhere: ("UnsupportedOperation", "Recordings can't be fetched from here."),
    Fault: ("InternalError", "An internal error has occurred. Retry later, and tell the RequestId."),
}
"""Every error's code, and what is said where the error itself has nothing to say."""

_BY_RULE: Final[Mapping[str, str]] = {
    "required": "MissingParameter",
    "prohibited": "UnknownParameter",
    **dict.fromkeys(("array", "boolean", "integer", "object", "string"), "InvalidParameter"),
    "max.array": "LimitExceeded.OutOfCountLimit",
}
_MISSING: Final[Mapping[str, str]] = {
    "SkillGroupIds": "InvalidParameterValue.SkillGroupError",
    "Relation": "InvalidParameterValue.AccountNotExist",
}
_NAMES: Final[Mapping[str, str]] = {
    "extension": "ExtensionId",
    "extension_number": "ExtensionId",
    "display_name": "ExtensionName",
    "user_id": "Relation",
    "queue_ids": "SkillGroupIds",
}
"""What the services call it -> what the client does."""


def answer(error: ManagementError, scope: Scope) -> Response:
    """The answer that tells a client what to do about `error`."""
    code, text = nearest(ERRORS, error)
    language = language_for(scope)
    match error:
        case Invalid():
            broken = [(_named(name), each) for name, several in error.errors.items() for each in several]
            code = _code(*broken[0])
            text = " ".join(sentence(name, each, language) for name, each in broken)
        case Conflict():
            text = sentence(_named(error.field), error.broken, language)
        case TooManyRequests():
            text = TOO_MANY[language].replace(":seconds", str(error.retry_after_seconds))
        case Unavailable():
            text = (UNCONFIRMED if isinstance(error, Unconfirmed) else UNAVAILABLE)[language]
            log.warning("unavailable", reason=str(error))
    request_id = scope.get("state", {}).get("request_id") or str(uuid4())
    return JSONResponse({"Response": {"Error": {"Code": code, "Message": text}, "RequestId": request_id}})


def _code(name: str, broken: Broken) -> str:
    if broken.rule == "exists":
        return _MISSING.get(name.partition(".")[0], "InvalidParameterValue")
    return _BY_RULE.get(broken.rule, "InvalidParameterValue")


def _named(field: str) -> str:
    name, dot, rest = field.partition(".")
    return f"{_NAMES.get(name, name)}{dot}{rest}"
