"""Why a call goes where it goes: what routing was given, in words. Pure; the decisions themselves are routing's."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from xmlcurl.routing import DESTINATIONS, Call
from xmlcurl.routing.call import Callee, Payer
from xmlcurl.routing.hours import is_always_open
from xmlcurl.routing.onward import MOST_FORWARDS, forwarded_by_extension
from xmlcurl.routing.outside import is_abroad, routes_for, way_of
from xmlcurl.store.call_model import Destination, Mailbox, Menu, OutboundRoute, OwnNumber, Queue, RingGroup

NOTHING: Final = "none"
_HERE: Final[Mapping[str, str]] = {
    "extension": "extension",
    "ext_vm": "the mailbox of",
    "ring_group": "ring group",
    "queue": "queue",
    "ivr": "menu",
    "group_vm": "the mailbox of group",
    "mobile_number": "the mobile number",
    "external_num": "the number outside",
}


def recognised_by(call: Call) -> str:
    """The name of the first destination that takes the call, or NOTHING."""
    return next((each.__name__ for each in DESTINATIONS if each(call)), NOTHING)


def reasons(call: Call, destination: str) -> tuple[str, ...]:
    """Sentences, in the order in which things were decided."""
    explain = _BY_DESTINATION.get(destination)
    return (*_behalf(call), *(explain(call) if explain else ()))


def where(destination: Destination | None) -> str:
    """Where a rule sends a call."""
    match destination:
        case None:
            return "nowhere"
        case Destination(type="end_call"):
            return "the end of the call"
        case Destination(type="play_greeting"):
            greeting = destination.greeting.id if destination.greeting else "none"
            return f"greeting {greeting}, {destination.times} times"
    return f"{_HERE.get(destination.type, destination.type)} {destination.prefix}{destination.number}"


def _behalf(call: Call) -> Iterator[str]:
    if call.path:
        yield f"forwarded so far by {', '.join(call.path)}"
    if call.on_behalf_of:
        yield f"the permissions of {call.on_behalf_of.extension.number} count, who forwarded the call here"


def _emergency(call: Call) -> Iterator[str]:
    yield f"{call.destination} is an emergency number of the tenant: no permission and no limit counts"
    if call.caller is None or call.on_behalf_of:
        yield "nobody signed in on this leg, or it was forwarded: only a phone itself reaches emergency numbers"
    elif not call.gateway_ids:
        yield "the tenant has no active gateway"


def _code(call: Call) -> Iterator[str]:
    names = [name for name, code in call.settings.feature_codes.items() if code and call.destination.startswith(code)]
    yield f"{call.destination} is the tenant's code for {' or '.join(names)}"
    if call.phone is None:
        yield "nobody signed in on this leg: codes are for phones"


def _changing_code(call: Call) -> Iterator[str]:
    yield from _code(call)
    yield "to explain it changes nothing: this is what is heard where it can be done"


def _extension(call: Call) -> Iterator[str]:
    callee = call.place
    if not isinstance(callee, Callee):
        return
    number, presence = callee.extension.number, callee.presence
    side = "ex" if call.caller is None else "in"
    yield f"{call.destination} is extension {number}, and its status is {presence.status}"
    yield f"the call comes from {'outside' if side == 'ex' else 'inside'}: the rules {side}_* count"
    for event in ("always", "no_answer", "busy"):
        if rule := presence.forwards.get(f"{side}_{event}"):
            yield f"rule {side}_{event}: to {where(rule)}"
    yield from _decided(call, callee, side)


def _decided(call: Call, callee: Callee, side: str) -> Iterator[str]:
    presence = callee.presence
    event = call.failed
    if event:
        yield f"it was rung, and the result counts as {event}"
    elif f"{side}_always" in presence.forwards:
        event = "always"
    elif presence.status == "do_not_disturb":
        event = "busy"
        yield "do not disturb: it does not ring, and counts as busy"
    if not event:
        yield from _ringing(call, callee)
        return
    rule = presence.forwards.get(f"{side}_{event}")
    if rule is not None and forwarded_by_extension(call, callee.extension.number, rule) is not None:
        yield f"rule {side}_{event} decides"
        return
    if rule is not None:
        yield f"rule {side}_{event} can't be followed: a loop, or more than {MOST_FORWARDS} forwards"
    else:
        yield f"there is no rule {side}_{event}"
    yield _voicemail(callee)


def _voicemail(callee: Callee) -> str:
    return f"its voicemail is {'on' if callee.extension.voicemail_enabled else 'off'}"


def _ringing(call: Call, callee: Callee) -> Iterator[str]:
    presence = callee.presence
    yield f"it rings for {presence.ring_seconds} s"
    if presence.ring_mobile and presence.mobile:
        number = f"{presence.prefix}{presence.mobile}"
        yield f"its mobile {number} is to ring too, by the permissions of {callee.extension.number}"
        yield from _permissions(call, number, callee.payer)
    yield _voicemail(callee)


def _ring_group(call: Call) -> Iterator[str]:
    group = call.place
    if isinstance(group, RingGroup):
        members = ", ".join(each.number for each in group.members if call.phone is None or each.id != call.phone.id)
        yield f"{call.destination} is a ring group ({group.strategy}, {group.ring_seconds} s)"
        yield f"members in service, not in do not disturb, and not who calls: {members or 'nobody'}"
        yield f"when nobody answers: to {where(group.no_answer)}"


def _queue(call: Call) -> Iterator[str]:
    if isinstance(call.place, Queue):
        yield f"{call.destination} is a queue; who is not served goes to {where(call.place.timeout)}"


def _menu(call: Call) -> Iterator[str]:
    if not isinstance(call.place, Menu):
        return
    if chosen := call.place.options.get(call.choice):
        yield f"{call.destination} is a menu; {call.choice} in it is {where(chosen)}"
        return
    if call.choice:
        yield f"{call.choice} is no choice in it"
    yield f"{call.destination} is a menu; who chooses nothing goes to {where(call.place.no_choice)}"


def _group_mailbox(call: Call) -> Iterator[str]:
    if isinstance(call.place, Mailbox):
        yield f"{call.destination} is the mailbox of a group"


def _own_number(call: Call) -> Iterator[str]:
    if isinstance(call.place, OwnNumber):
        yield f"{call.destination} is a number of the tenant"
        for slot, destination in call.place.forwards.items():
            yield f"{slot}: to {where(destination)}"
        yield from _hours(call)


def _outside(call: Call) -> Iterator[str]:
    yield f"nothing inside is called {call.destination}; outbound routes match it"
    if call.payer is None:
        yield "nobody signed in on this leg: it reaches nothing outside"
    else:
        yield from _permissions(call, call.destination, call.payer)


def _permissions(call: Call, number: str, payer: Payer) -> Iterator[str]:
    who = payer.extension.number
    if not payer.may_call_out:
        yield f"{who} may not call outside{_said_by(payer, 'outbound_calls_disabled')}"
        return
    for route in routes_for(call, number):
        if why_not := _not_taken(call, route, number, payer):
            yield why_not
            continue
        gateways = ", then ".join(f"g{each}" for each in route.gateway_ids)
        yield f"{_named(route)} takes it, by {gateways}"
        break
    way = way_of(call, number, payer)
    if way is None:
        yield f"no outbound route for {number} is left to {who}"
    elif way.only_when_open:
        by_whom = _said_by(payer, "outside_hours_calls_disabled")
        yield f"{who} may call outside only while the tenant is open{by_whom}"
        yield from _hours(call)


def _not_taken(call: Call, route: OutboundRoute, number: str, payer: Payer) -> str | None:
    who = payer.extension.number
    if not payer.may_take(route):
        return f"{_named(route)} matches, and is not among those of the class of service of {who}"
    if not payer.may_call_abroad and is_abroad(call, route, number):
        by_whom = _said_by(payer, "international_calls_disabled")
        return f"{_named(route)} matches, and by it the number is abroad, which {who} may not call{by_whom}"
    return None


def _named(route: OutboundRoute) -> str:
    return f"outbound route {route.id} ({' '.join(route.patterns)})"


def _said_by(payer: Payer, switch: str) -> str:
    sources = {"its own settings": payer.extension, "its class of service": payer.class_of_service}
    return f" ({' and '.join(said for said, source in sources.items() if getattr(source, switch))})"


def _hours(call: Call) -> Iterator[str]:
    if is_always_open(call):
        yield "the tenant has neither business hours nor holidays: it is always open"


def _nothing(call: Call) -> Iterator[str]:
    yield f"nothing inside is called {call.destination}, and no active outbound route with a gateway matches it"


_BY_DESTINATION: Final[Mapping[str, Callable[[Call], Iterator[str]]]] = {
    "emergency": _emergency,
    "changed_by_phone": _changing_code,
    "own_voicemail": _code,
    "any_voicemail": _code,
    "extension": _extension,
    "ring_group": _ring_group,
    "queue": _queue,
    "menu": _menu,
    "group_mailbox": _group_mailbox,
    "own_number": _own_number,
    "outside": _outside,
    NOTHING: _nothing,
}
