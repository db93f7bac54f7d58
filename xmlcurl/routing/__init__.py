"""Where a call goes: the caller and what was dialled -> one route. Pure; nothing here knows SQL or XML.

Destinations are tried in the order of DESTINATIONS; the first that recognises the call makes its
route, and when none does the call gets a clear cause: never silence, which would let FreeSWITCH's
next binding decide. To add a destination, write its function and put it into the list where it belongs.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from xmlcurl.routing.call import BUSY, NO_ANSWER, REJECTED, UNALLOCATED, Action, Call, Route, Rule, plain, refusal
from xmlcurl.routing.groups import group_mailbox, menu, message_left, own_number, queue, ring_group
from xmlcurl.routing.outside import emergency, outside
from xmlcurl.routing.peers import ANY, LEAVE, NOT_TWICE, OWN, QUEUE, RING, rung_here
from xmlcurl.routing.people import extension, out_of_service
from xmlcurl.routing.services import any_mailbox, any_voicemail, changed_by_phone, own_mailbox, own_voicemail
from xmlcurl.routing.transfers import transferred

__all__ = [
    "BUSY",
    "DESTINATIONS",
    "FOR_PEERS",
    "NO_ANSWER",
    "REJECTED",
    "UNALLOCATED",
    "Action",
    "Call",
    "Route",
    "Rule",
    "plain",
    "refusal",
    "route_of",
]

DESTINATIONS: Final[tuple[Callable[[Call], Route | None], ...]] = (
    transferred,
    emergency,
    own_voicemail,
    any_voicemail,
    changed_by_phone,
    out_of_service,
    extension,
    ring_group,
    queue,
    menu,
    group_mailbox,
    own_number,
    outside,
)

FOR_PEERS: Final[Mapping[str, Callable[[Call], Route | None]]] = {
    RING: rung_here,
    LEAVE: message_left,
    OWN: own_mailbox,
    ANY: any_mailbox,
    QUEUE: queue,
}
"""What is done for other switches."""


def route_of(call: Call) -> Route:
    """The route of the first destination that recognises the call; or what another switch asks for."""
    destinations = (FOR_PEERS[call.task],) if call.task else DESTINATIONS
    for destination in destinations:
        if route := destination(call):
            return _consumed(call, route)
    return UNALLOCATED


def _consumed(call: Call, route: Route) -> Route:
    """With what was said of this one call taken back: a later transfer must not find it."""
    said = [
        ("unset", name)
        for name, is_said in (
            ("xmlcurl_on_behalf_of", call.on_behalf_of),
            ("xmlcurl_failed", call.failed),
            ("xmlcurl_choice", call.choice),
        )
        if is_said
    ]
    said += [NOT_TWICE] if call.task else []
    rules = (rule if rule.goes_on else replace(rule, actions=(*said, *rule.actions)) for rule in route.rules)
    return Route(tuple(rules)) if said else route
