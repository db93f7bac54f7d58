"""Transfers, by keys that are pressed during a call: `*1` hands the other side on, `*2` asks somebody first.

REFER, which a phone's own button sends, is refused by the switch (docs/security.md). Keys are digits, and nothing else
that a phone sends has a part in this. The leg whose phone pressed them asks for a route while its call goes on, three
times at most: for the tone to dial by, for what was dialled, and what it hands on asks for its own. So whoever is
handed on goes where it may go itself; who is called and asked first is called by the phone that pressed the keys.

Source: FreeSWITCH v1.10.12, mod_dptools.c:2614 (att_xfer).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from xmlcurl.routing.call import Action, Call, Callee, OutOfService, Route, plain
from xmlcurl.routing.hours import by_hours
from xmlcurl.routing.leg import (
    PREFIX,
    RECORDING_OF_ANOTHER_LEG,
    WAIT,
    address_of,
    below_their_limits,
    others,
    recording_of_another_leg,
    records_inbound,
    records_outbound,
    shown_inside,
    shown_outside,
)
from xmlcurl.routing.outside import RING_SECONDS, routes_for, way_of
from xmlcurl.store.call_model import RingGroup
from xmlcurl.store.model import Extension

_ASKED: Final = re.compile(re.escape(PREFIX) + r"(blind|attended)(?:\.([0-9*#]*))?", re.ASCII)
_NUMBER: Final = re.compile(r"[0-9]{1,40}", re.ASCII)
_DIALLED: Final = "xmlcurl_dialled"
_DIAL_TONE: Final = "tone_stream://%(10000,0,425)"
_TO_THE_FIRST_DIGIT_MS, _BETWEEN_DIGITS_MS = 10_000, 4_000
_RECORDS_ITSELF: Final = f"execute_on_answer_record=record_session {RECORDING_OF_ANOTHER_LEG}"
"""On the leg of who is asked: the call that waits is not in it. It ends when the phone that asks hangs up."""
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
    if isinstance(call.place, OutOfService):
        return NOT_DONE
    is_somewhere = call.place or call.gateway_ids or routes_for(call, call.destination)
    handed_on = ("transfer", f"-bleg {call.destination} XML {call.domain}")
    # A person who pressed keys is no loop: the other side may go back to where it was before.
    return plain("transfer", _said_of_other_side("xmlcurl_path"), handed_on) if is_somewhere else NOT_DONE


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
        one = place.extension
        limit = f"hash {call.domain} {one.number} {one.max_concurrent}"
        phone = _Phone.of(call, one)
        leg = f"{phone.own}{address_of(one, call.domain)}"
        return _asked_inside(call, [phone], *_rung(place.presence.ring_seconds, leg, limit))
    if isinstance(place, RingGroup):
        return _group_asked(call, place)
    return NOT_DONE if place or call.gateway_ids else _asked_outside(call)


def _group_asked(call: Call, group: RingGroup) -> Route:
    members = others(call, group.members)
    if not members:
        return NOT_DONE
    phones = [_Phone.of(call, each) for each in members]
    looks, addresses = below_their_limits(call.domain, members)
    legs = [f"{phone.own}{address}" for phone, address in zip(phones, addresses, strict=True)]
    is_in_turn = group.strategy != "simultaneous"
    longest = group.ring_seconds * (len(legs) if is_in_turn else 1)
    rung = _rung(group.ring_seconds, ("|" if is_in_turn else ",").join(legs), waits_seconds=longest)
    return _asked_inside(call, phones, *looks, *rung)


def _asked_inside(call: Call, phones: Sequence["_Phone"], *actions: Action) -> Route:
    named = (recording_of_another_leg(call.domain),) if any(each.is_recorded for each in phones) else ()
    return plain("transfer", *shown_inside(call), *named, *actions)


def _asked_outside(call: Call) -> Route:
    way = way_of(call, call.destination, call.caller)
    if way is None or call.phone is None:
        return NOT_DONE
    is_recorded = records_outbound((call.phone,))
    own = f"[{_RECORDS_ITSELF}]" if is_recorded else ""
    actions = (
        *shown_outside(call.phone.outbound),
        *((recording_of_another_leg(call.domain),) if is_recorded else ()),
        *_rung(RING_SECONDS, "|".join(f"{own}{leg}" for leg in way.legs)),
    )
    if not way.only_when_open:
        return plain("transfer", *actions)
    no = NOT_DONE.actions
    return by_hours(call, "transfer", when_open=actions, when_closed=no, on_holiday=no)


@dataclass(frozen=True, slots=True)
class _Phone:
    """Of who is asked: what its leg does itself."""

    own: str
    is_recorded: bool

    @classmethod
    def of(cls, call: Call, one: Extension) -> "_Phone":
        # The count of limit_execute ends when the two are connected; the leg's own goes on.
        counts = f"execute_on_answer=limit hash {call.domain} {one.number} -1"
        is_recorded = records_outbound((call.phone,)) or records_inbound(one)
        own = f"[{counts},{_RECORDS_ITSELF}]" if is_recorded else f"[{counts}]"
        return cls(own, is_recorded)


def _rung(seconds: int, legs: str, limit: str = "", *, waits_seconds: int | None = None) -> tuple[Action, ...]:
    rung = ("limit_execute", f"{limit} att_xfer {legs}") if limit else ("att_xfer", legs)
    return (
        ("set", f"call_timeout={seconds}"),
        _other_side_waits((waits_seconds or seconds) * 1_000),
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
    return _said_of_other_side(f"{WAIT} {milliseconds}")


def _said_of_other_side(name_and_value: str) -> Action:
    """Without a value it is said no more."""
    return "set", f"xmlcurl_said=${{uuid_setvar(${{signal_bond}} {name_and_value})}}"
