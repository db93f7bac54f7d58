"""Calls to an extension: what its present status says, its phone, and what happens when nobody answers there."""

from typing import Final

from xmlcurl.routing.call import BUSY, NO_ANSWER, UNALLOCATED, Action, Call, Callee, OutOfService, Route, plain
from xmlcurl.routing.hours import by_hours
from xmlcurl.routing.leg import (
    ANONYMOUS,
    RECORDED_NO_MORE,
    WAITED,
    address_of,
    counted,
    recorded,
    records_caller,
    records_inbound,
    shown_inside,
    with_fax,
    with_keys,
)
from xmlcurl.routing.onward import FORWARDED_TOO_OFTEN, forwarded_by_extension, recorded_message
from xmlcurl.routing.outside import Way, way_of
from xmlcurl.store.call_model import Destination

NAME: Final = "extension"

_WHAT_HAPPENED: Final = "${originate_disposition}"
_LAST_ANSWER: Final = "last_bridge_proto_specific_hangup_cause"
"""What the phone that ended the ringing of the others said, as "sip:486"; the disposition is NO_ANSWER then.

Source: FreeSWITCH v1.10.12, switch_ivr_originate.c:4048, switch_channel.c:3431.
"""


def out_of_service(call: Call) -> Route | None:
    """The name is somebody's who may not be called: no outbound route is to take it for a number outside."""
    return UNALLOCATED if isinstance(call.place, OutOfService) else None


def extension(call: Call) -> Route | None:
    """By its rules: at once elsewhere, or rung and then elsewhere, to voicemail, or the cause."""
    callee = call.place
    if not isinstance(callee, Callee):
        return None
    if call.failed:
        return _forwarded(call, callee, call.failed, _WHAT_HAPPENED)
    if _rule(call, callee, "always"):
        return _forwarded(call, callee, "always", FORWARDED_TOO_OFTEN)
    if callee.presence.status == "do_not_disturb":
        return _forwarded(call, callee, BUSY, "USER_BUSY")
    return _rung(call, callee)


def _rule(call: Call, callee: Callee, event: str) -> Destination | None:
    side = "in" if call.desk else "ex"
    return callee.presence.forwards.get(f"{side}_{event}")


def _forwarded(call: Call, callee: Callee, event: str, cause: str) -> Route:
    """By the rule for `event`; where there is none, or it would be a loop, voicemail or `cause`."""
    rule = _rule(call, callee, event)
    number = callee.extension.number
    moved = (rule and forwarded_by_extension(call, number, rule)) or _unanswered(call, callee, cause)
    return plain(NAME, *counted(call), *shown_inside(call), *moved)


def _unanswered(call: Call, callee: Callee, cause: str) -> tuple[Action, ...]:
    if callee.extension.voicemail_enabled:
        return recorded_message(call, callee.extension.number)
    return (("hangup", cause),)


def _rung(call: Call, callee: Callee) -> Route:
    way = _way_to_mobile(call, callee)
    alone, together = _ringing(call, callee, ()), _ringing(call, callee, _mobile(callee, way))
    if way is None or not way.only_when_open:
        return plain(NAME, *together)
    return by_hours(call, NAME, when_open=together, when_closed=alone, on_holiday=alone)


def _ringing(call: Call, callee: Callee, also: tuple[str, ...]) -> tuple[Action, ...]:
    one = callee.extension
    is_recorded = records_caller(call) or records_inbound(one)
    phones = ",".join((address_of(one, call.domain), *also))
    return (
        *counted(call),
        *shown_inside(call),
        *with_keys(call, is_answered_inside=True),
        *with_fax(call, one),
        ("set", "hangup_after_bridge=true"),
        ("set", "continue_on_fail=true"),
        ("set", f"call_timeout={callee.presence.ring_seconds}"),
        *(recorded(call.domain) if is_recorded else ()),
        # limit_execute goes on to the next action, without a bridge, when the callee is at its
        # limit; this is what the disposition then says. It also gives the count back before
        # what follows, so voicemail isn't counted as the callee's call.
        ("set", "originate_disposition=USER_BUSY"),
        *((("unset", _LAST_ANSWER),) if one.reject_ends_ringing else ()),
        ("limit_execute", f"hash {call.domain} {one.number} {one.max_concurrent} bridge {phones}"),
        WAITED,
        *((RECORDED_NO_MORE,) if is_recorded else ()),
        *_afterwards(call, callee),
    )


def _afterwards(call: Call, callee: Callee) -> tuple[Action, ...]:
    if not (_rule(call, callee, BUSY) or _rule(call, callee, NO_ANSWER)):
        return _unanswered(call, callee, _WHAT_HAPPENED)
    # Which of the rules it is only the switch knows: it asks again, and says what happened.
    number = callee.extension.number
    said = f" ${{{_LAST_ANSWER}}}" if callee.extension.reject_ends_ringing else ""
    return ("set", f"xmlcurl_failed={_WHAT_HAPPENED}{said}"), ("transfer", f"{number} XML {call.domain}")


def _way_to_mobile(call: Call, callee: Callee) -> Way | None:
    presence = callee.presence
    if not (presence.ring_mobile and presence.mobile):
        return None
    return way_of(call, f"{presence.prefix}{presence.mobile}", callee.payer)


def _mobile(callee: Callee, way: Way | None) -> tuple[str, ...]:
    if way is None:
        return ()
    # Through the first gateway only: another one after it would wait until the desk has stopped ringing.
    shown = callee.extension.outbound.number if callee.extension.outbound else ANONYMOUS
    return (f"[origination_caller_id_name={shown},origination_caller_id_number={shown}]{way.legs[0]}",)
