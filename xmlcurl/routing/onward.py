"""Where a call goes on that was not answered where it came to: a destination as actions.

A forward is a transfer, so that the next route is asked for by its number; what went before stays on the channel:
`xmlcurl_path` has the numbers that forwarded the call, `xmlcurl_on_behalf_of` the extension that pays for the next one.
"""

import re
from typing import Final

from xmlcurl.routing.call import Action, Call
from xmlcurl.routing.outside import fixed
from xmlcurl.routing.peers import LEAVE, at_home
from xmlcurl.routing.sounds import answered_to_hear, sound
from xmlcurl.store.call_model import Destination, Greeting
from xmlcurl.store.model import CallerId

MOST_FORWARDS: Final = 5

FORWARDED_TOO_OFTEN: Final = "EXCHANGE_ROUTING_ERROR"

_MAILBOXES: Final = frozenset({"ext_vm", "group_vm"})
_OUTSIDE: Final = frozenset({"mobile_number", "external_num"})
_DIALLED: Final = re.compile(r"[0-9*#+]{1,60}", re.ASCII)


def forwarded_by_extension(call: Call, number: str, destination: Destination) -> tuple[Action, ...] | None:
    """What the extension `number` asks for; outside by its permissions. None: that would be a loop, or one too many."""
    if destination.type in _OUTSIDE:
        on_behalf_of = ("set", f"xmlcurl_on_behalf_of={number}")
        moved = _transferred(call, number, destination)
        return moved and (on_behalf_of, *moved)
    return _inside(call, number, destination)


def forwarded_by_group(
    call: Call, number: str, destination: Destination, caller_id: CallerId | None
) -> tuple[Action, ...]:
    """The same of a group, a menu, a queue or a number of the tenant: outside by no one's permissions.

    Its administrator chose the number, and `caller_id` is shown. What can't be done is a cause.
    """
    if destination.type in _OUTSIDE:
        return fixed(call, _digits(destination), caller_id)
    return _inside(call, number, destination) or (("hangup", FORWARDED_TOO_OFTEN),)


def recorded_message(call: Call, number: str) -> tuple[Action, ...]:
    """Taken by a mailbox."""
    if call.home is not None:
        return at_home(call, LEAVE, number)
    return ("answer", ""), ("voicemail", f"default {call.domain} {number}")


def _inside(call: Call, number: str, destination: Destination) -> tuple[Action, ...] | None:
    if destination.type == "end_call":
        return (("hangup", "NORMAL_CLEARING"),)
    if destination.greeting:
        return (answered_to_hear(destination.greeting), *_greeted(destination.greeting, destination.times))
    if destination.type in _MAILBOXES:
        return recorded_message(call, destination.number) if destination.number else None
    return _transferred(call, number, destination)


def _greeted(greeting: Greeting, times: int) -> tuple[Action, ...]:
    played = ("playback", sound(greeting))
    return (*(times * (played,)), ("hangup", "NORMAL_CLEARING"))


def _transferred(call: Call, number: str, destination: Destination) -> tuple[Action, ...] | None:
    target = _digits(destination)
    path = (*call.path, number)
    is_loop = number in call.path or target in path
    if is_loop or len(path) > MOST_FORWARDS or not _DIALLED.fullmatch(target):
        return None
    return ("set", f"xmlcurl_path={','.join(path)}"), ("transfer", f"{target} XML {call.domain}")


def _digits(destination: Destination) -> str:
    return f"{destination.prefix}{destination.number or ''}"
