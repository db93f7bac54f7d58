"""Where a call goes: the caller and what was dialled -> one route. Pure; nothing here knows SQL or XML.

Destinations are tried in the order of DESTINATIONS; the first that recognises the call makes its
route, and when none does the call gets a clear cause: never silence, which would let FreeSWITCH's
next binding decide. To add a destination, write its function and put it into the list where it belongs.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from xmlcurl.routing.call import BUSY, NO_ANSWER, REJECTED, UNALLOCATED, Action, Call, Route, Rule, plain, refusal
from xmlcurl.routing.groups import group_mailbox, menu, own_number, queue, ring_group
from xmlcurl.routing.outside import emergency, outside
from xmlcurl.routing.people import extension, out_of_service
from xmlcurl.routing.services import any_voicemail, changed_by_phone, own_voicemail

__all__ = [
    "BUSY",
    "DESTINATIONS",
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


def route_of(call: Call) -> Route:
    """The route of the first destination that recognises the call."""
    for destination in DESTINATIONS:
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
    rules = (rule if rule.goes_on else replace(rule, actions=(*said, *rule.actions)) for rule in route.rules)
    return Route(tuple(rules)) if said else route
