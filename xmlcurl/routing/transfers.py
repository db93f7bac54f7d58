"""Transfers, by keys that are pressed during a call: `*1` hands the other side on, `*2` asks somebody first.

REFER, which a phone's own button sends, is refused by the switch (docs/security.md). Keys are digits, and nothing else
that a phone sends has a part in this. The leg whose phone pressed them asks for a route while its call goes on, three
times at most: for the tone to dial by, for what was dialled, and what it hands on asks for its own. So whoever is
handed on goes where it may go itself; who is called and asked first is called by the phone that pressed the keys.

Source: FreeSWITCH v1.10.12, mod_dptools.c:2614 (att_xfer).
"""

import re
from dataclasses import dataclass
from typing import Final

from xmlcurl.routing.call import Action, Call, Callee, Route, plain
from xmlcurl.routing.hours import by_hours
from xmlcurl.routing.leg import PREFIX, WAIT, shown_inside, shown_outside
from xmlcurl.routing.outside import RING_SECONDS, routes_for, way_of
from xmlcurl.store.call_model import RingGroup

_ASKED: Final = re.compile(re.escape(PREFIX) + r"(blind|attended)(?:\.([0-9*#]*))?", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,40}", re.ASCII)
_DIALLED: Final = "xmlcurl_dialled"
_DIAL_TONE: Final = "tone_stream://%(10000,0,425)"
_TO_THE_FIRST_DIGIT_MS, _BETWEEN_DIGITS_MS = 10_000, 4_000
_ERROR: Final = "%(150,100,480);%(150,100,480);%(150,0,480)"

NOT_DONE: Final = plain("not_transferred", ("gentones", _ERROR))
"""The phone hears it, and is back in its call."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a leg asks for; `number` is None until something has been dialled."""

    kind: str
    number: str | None


def wanted(destination: str) -> Wanted | None:
    """None: nothing that can be done, such as a code or no number at all."""
    asked = _ASKED.fullmatch(destination)
    if asked is None or (asked[2] is not None and not _NUMBER.fullmatch(asked[2])):
        return None
    return Wanted(asked[1], asked[2])


def transferred(call: Call) -> Route | None:
    """What the leg of `call.phone` does, which has pressed the keys, and then dialled."""
    if not call.transfer:
        return None
    if call.destination == "":
        return plain("transfer", *_dialling(call))
    if call.transfer == "attended":
        return _asked_first(call)
    is_somewhere = call.place or call.gateway_ids or routes_for(call, call.destination)
    handed_on = ("transfer", f"-bleg {call.destination} XML {call.domain}")
    return plain("transfer", handed_on) if is_somewhere else NOT_DONE


def _dialling(call: Call) -> tuple[Action, ...]:
    read = f"1 40 {_DIAL_TONE} {_DIALLED} {_TO_THE_FIRST_DIGIT_MS} # {_BETWEEN_DIGITS_MS}"
    dialled = f"{PREFIX}{call.transfer}.${{{_DIALLED}}} XML {call.domain}"
    return ("unset", _DIALLED), ("read", read), ("execute_extension", dialled)


def _asked_first(call: Call) -> Route:
    """Rung with the other side on hold; `#` goes back to it, hanging up connects the two."""
    place = call.place
    if isinstance(place, Callee):
        if place.presence.status == "do_not_disturb":
            return NOT_DONE
        number = place.extension.number
        limit = f"hash {call.domain} {number} {place.extension.max_concurrent}"
        return plain("transfer", *shown_inside(call), *_rung(place.presence.ring_seconds, _phone(call, number), limit))
    if isinstance(place, RingGroup):
        phones = ",".join(_phone(call, each.number) for each in place.members)
        return plain("transfer", *shown_inside(call), *_rung(place.ring_seconds, phones)) if phones else NOT_DONE
    return NOT_DONE if place or call.gateway_ids else _asked_outside(call)


def _asked_outside(call: Call) -> Route:
    way = way_of(call, call.destination, call.caller)
    if way is None or call.phone is None:
        return NOT_DONE
    actions = (*shown_outside(call.phone.outbound), *_rung(RING_SECONDS, "|".join(way.legs)))
    if not way.only_when_open:
        return plain("transfer", *actions)
    no = NOT_DONE.actions
    return by_hours(call, "transfer", when_open=actions, when_closed=no, on_holiday=no)


def _phone(call: Call, number: str) -> str:
    # The count of limit_execute ends when the two are connected; the leg's own goes on.
    return f"[execute_on_answer=limit hash {call.domain} {number} -1]user/{number}@{call.domain}"


def _rung(seconds: int, legs: str, limit: str = "") -> tuple[Action, ...]:
    rung = ("limit_execute", f"{limit} att_xfer {legs}") if limit else ("att_xfer", legs)
    return (
        ("set", f"call_timeout={seconds}"),
        _other_side_waits(seconds * 1_000),
        # The keys of att_xfer for a conference and for hanging up belong to whoever is called, such as a menu.
        ("set", "attxfer_conf_key=x"),
        ("set", "attxfer_hangup_key=x"),
        # Or the leg would hang up when the called one does, and not be back in its call.
        ("set", "hangup_after_bridge=false"),
        rung,
        ("set", "hangup_after_bridge=true"),
        _other_side_waits(0),
    )


def _other_side_waits(milliseconds: int) -> Action:
    """For as long as it may ring, when the phone that asks hangs up before it is answered."""
    return "set", f"xmlcurl_said=${{uuid_setvar(${{signal_bond}} {WAIT} {milliseconds})}}"
