"""What is to be explained, as it was asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, Literal

PhoneState = Literal["answers", "no_answer", "busy", "declines", "not_registered", "at_limit"]
GatewayState = Literal["answers", "no_answer", "busy", "declines", "unknown_number", "down", "fails", "silent"]

CAUSES: Final[Mapping[str, str]] = {
    "no_answer": "NO_ANSWER",
    "busy": "USER_BUSY",
    "declines": "CALL_REJECTED",
    "not_registered": "USER_NOT_REGISTERED",
    "unknown_number": "UNALLOCATED_NUMBER",
    "down": "GATEWAY_DOWN",
    "fails": "NORMAL_TEMPORARY_FAILURE",
    "silent": "RECOVERY_ON_TIMER_EXPIRE",
}
"""What a phone or a gateway does that does not answer -> the cause that FreeSWITCH gives it."""


ANONYMOUS: Final = "anonymous"
"""A caller outside who does not show a number."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainCall:
    """`caller` dials `destination` at `at`. What no route can know is said: who does not just answer.

    Args:
        caller: the number, or sign-in name, of an extension; or a number outside, or ANONYMOUS, when `is_from_outside`.
        is_from_outside: a carrier brings the call; None: it does where no extension is called `caller`.
        phones: by the extension's number; at_limit: as many calls as it may have.
        gateways: by id.
        choices: what the caller dials in a menu, by the menu's number; once.
    """

    caller: str
    destination: str
    is_from_outside: bool | None = None
    at: datetime
    phones: Mapping[str, PhoneState] = field(default_factory=dict)
    gateways: Mapping[int, GatewayState] = field(default_factory=dict)
    choices: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExplainLookup:
    """A switch asks for one user. `domain` as it is spelled there; `signs_in`: a phone does, with credentials."""

    user: str
    domain: str
    by_alias: bool = False
    """Asked with `key=number-alias`: another name than the number."""
    signs_in: bool = False
