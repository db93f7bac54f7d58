"""Calls to numbers outside: who may make them, which way they go, what they show."""

import re
from dataclasses import dataclass
from typing import Final

from xmlcurl.outbound import matches
from xmlcurl.routing.call import REJECTED, Action, Call, Payer, Route, plain, refusal
from xmlcurl.routing.hours import by_hours
from xmlcurl.routing.leg import counted, recorded, records_outbound, shown_outside, with_fax, with_keys
from xmlcurl.store.call_model import OutboundRoute
from xmlcurl.store.model import CallerId, CallSettings

RING_SECONDS: Final = 120
"""How long a number outside rings at most; carriers end it sooner."""

FAILURES_OF_A_GATEWAY: Final = (
    # It is not registered, or does not answer pings; it is gone from this switch.
    "GATEWAY_DOWN",
    "INVALID_GATEWAY",
    # 400, 481, 500, 503; 408, 504 and no answer at all; 502; 405.
    "NORMAL_TEMPORARY_FAILURE",
    "RECOVERY_ON_TIMER_EXPIRE",
    "NETWORK_OUT_OF_ORDER",
    "SERVICE_UNAVAILABLE",
    # No address, no connection; no line free; no codec in common.
    "DESTINATION_OUT_OF_ORDER",
    "NORMAL_CIRCUIT_CONGESTION",
    "SWITCH_CONGESTION",
    "REQUESTED_CHAN_UNAVAIL",
    "NO_ROUTE_TRANSIT_NET",
    "INCOMPATIBLE_DESTINATION",
)
"""After these the next gateway is tried; they say nothing of who was called, whose phone has not rung.

CALL_REJECTED is not among them: it is a gateway that refuses our account (403), and a callee who declines (603).

Source: FreeSWITCH v1.10.12, sofia_glue.c (sofia_glue_sip_cause_to_freeswitch).
"""

_NUMBER: Final = re.compile(r"\+?[0-9]{1,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Way:
    """A way outside that is allowed: what is dialled at each gateway, and whether only while the tenant is open."""

    digits: str
    gateway_ids: tuple[int, ...]
    only_when_open: bool

    @property
    def legs(self) -> tuple[str, ...]:
        return tuple(gateway_leg(each, self.digits) for each in self.gateway_ids)


def gateway_leg(gateway_id: int, digits: str) -> str:
    return f"sofia/gateway/g{gateway_id}/{digits}"


def outside(call: Call) -> Route | None:
    """A number outside that some route is for; refused where none of those is allowed to who pays."""
    ways = routes_for(call, call.destination)
    if not ways:
        return None
    payer = call.payer
    way = way_of(call, call.destination, payer) if payer else None
    if payer is None or way is None:
        return REJECTED
    return gated(call, way, "outside", _dialled(call, way, payer))


def gated(call: Call, way: Way, name: str, actions: tuple[Action, ...]) -> Route:
    """`actions` whenever they are allowed to be."""
    if not way.only_when_open:
        return plain(name, *actions)
    return by_hours(call, name, when_open=actions, when_closed=REJECTED.actions, on_holiday=REJECTED.actions)


def way_of(call: Call, number: str, payer: Payer | None) -> Way | None:
    """The way to `number` that `payer` may take; None: no right to it. No payer: an administrator chose the number."""
    if payer and not payer.may_call_out:
        return None
    for route in routes_for(call, number):
        if payer is None or (payer.may_take(route) and (payer.may_call_abroad or not is_abroad(call, route, number))):
            only_when_open = payer is not None and not payer.may_call_when_closed
            return Way(_digits(route, number), route.gateway_ids, only_when_open)
    return None


def is_abroad(call: Call, route: OutboundRoute, number: str) -> bool:
    """Whether `number` goes abroad by this route."""
    # Also as the gateway sees it: behind a 9 for an outside line there may be anything.
    dialled = (number, number[route.strip :], _digits(route, number))
    return route.is_international or any(_begins_abroad(call.settings, each) for each in dialled)


def _begins_abroad(settings: CallSettings, number: str) -> bool:
    """As numbers abroad do, and not with the tenant's own country."""
    for prefix in ("+", settings.international_prefix):
        if prefix and number.startswith(prefix):
            return not number.removeprefix(prefix).startswith(settings.country_code)
    return False


def emergency(call: Call) -> Route | None:
    """An emergency number: no permission, no limit; every gateway is tried until one takes the call.

    Only from a phone: nobody outside is to reach it through a menu or a forward.
    """
    if call.destination not in call.settings.emergency_numbers:
        return None
    if call.caller is None or call.on_behalf_of:
        return REJECTED
    if not call.gateway_ids:
        return refusal("NO_ROUTE_DESTINATION")
    shown = call.settings.emergency_caller_id or call.caller.extension.outbound
    legs = "|".join(gateway_leg(each, call.destination) for each in call.gateway_ids)
    return plain("emergency", *shown_outside(shown), *_bridges("true", legs))


def fixed(call: Call, number: str, caller_id: CallerId | None) -> tuple[Action, ...]:
    """To a number that an administrator chose, by no extension's permissions."""
    way = way_of(call, number, None)
    if way is None:
        return (("hangup", "NO_ROUTE_DESTINATION"),)
    return (*shown_outside(caller_id), *_bridges(",".join(FAILURES_OF_A_GATEWAY), *way.legs))


def _dialled(call: Call, way: Way, payer: Payer) -> tuple[Action, ...]:
    is_recorded = records_outbound((call.phone, payer.extension))
    return (
        *counted(call),
        *shown_outside(payer.extension.outbound),
        *with_keys(call, is_answered_inside=False),
        *with_fax(call),
        *(recorded(call.domain) if is_recorded else ()),
        *_bridges(",".join(FAILURES_OF_A_GATEWAY), *way.legs),
    )


def _bridges(go_on_after: str, *legs: str) -> tuple[Action, ...]:
    """One after another; whatever else happens than `go_on_after` ends the call with its own cause."""
    return (
        ("set", "hangup_after_bridge=true"),
        ("set", f"continue_on_fail={go_on_after}"),
        ("set", f"call_timeout={RING_SECONDS}"),
        *(("bridge", leg) for leg in legs),
        ("hangup", "${originate_disposition}"),
    )


def routes_for(call: Call, number: str) -> list[OutboundRoute]:
    """Those that are for the number, in the order in which they are tried, allowed or not."""
    if not _NUMBER.fullmatch(number):
        return []
    return [
        route
        for route in call.routes
        if route.gateway_ids
        and any(matches(pattern, number) for pattern in route.patterns)
        and _NUMBER.fullmatch(_digits(route, number))
    ]


def _digits(route: OutboundRoute, number: str) -> str:
    return route.prepend + number[route.strip :]
