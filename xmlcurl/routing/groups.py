"""Calls to what stands for several people: ring groups, queues, menus, mailboxes of groups, numbers of the tenant."""

from collections.abc import Sequence
from dataclasses import replace

from xmlcurl.routing.call import Action, Call, Callee, Route, plain
from xmlcurl.routing.hours import CLOSED, HOLIDAY, OPEN, by_hours
from xmlcurl.routing.leg import (
    RECORDED_NO_MORE,
    RECORDING,
    WAITED,
    address_of,
    below_their_limits,
    counted,
    others,
    recorded,
    recording_named,
    records_caller,
    records_inbound,
    shown_inside,
    with_fax,
    with_keys,
)
from xmlcurl.routing.onward import forwarded_by_group, recorded_message
from xmlcurl.routing.peers import QUEUE, at_home
from xmlcurl.routing.sounds import QUEUE_SOUND, sound
from xmlcurl.store.call_model import Destination, Greeting, Mailbox, Menu, OwnNumber, Queue, RingGroup
from xmlcurl.store.model import CallerId, Extension


def ring_group(call: Call) -> Route | None:
    """Its members' phones at once or in turn; their own rules don't count here."""
    group = call.place
    if not isinstance(group, RingGroup):
        return None
    members = others(call, group.members)
    is_recorded = records_caller(call)
    some_record = not is_recorded and any(map(records_inbound, members))
    return plain(
        "ring_group",
        *_introduced(call),
        *with_keys(call, is_answered_inside=True),
        *with_fax(call, *members),
        ("set", "continue_on_fail=true"),
        ("set", f"call_timeout={group.ring_seconds}"),
        *(recorded(call.domain) if is_recorded else ()),
        *((recording_named(call.domain),) if some_record else ()),
        *_bridges(call, group.strategy, members, are_recorded=some_record),
        *((RECORDED_NO_MORE,) if is_recorded else ()),
        *_onward(call, group.number, group.no_answer, "NO_ANSWER", call.default_caller_id),
    )


def queue(call: Call) -> Route | None:
    """mod_callcenter goes on to the next action when the caller has waited too long."""
    if not isinstance(call.place, Queue):
        return None
    if call.home is not None:
        caller = (call.phone.number,) if call.phone else ()
        keys = with_keys(call, is_answered_inside=False)
        return plain("queue", *_introduced(call), *keys, *at_home(call, QUEUE, call.place.number, *caller))
    return plain(
        "queue",
        *_introduced(call),
        *with_keys(call, is_answered_inside=True),
        ("answer", ""),
        _waiting_to(call.place.greeting),
        ("callcenter", f"{call.place.id}@{call.domain}"),
        *_onward(call, call.place.number, call.place.timeout, "NO_ANSWER", call.default_caller_id),
    )


def menu(call: Call) -> Route | None:
    """The switch asks for the menu by its name; what follows is for who chose nothing. A choice comes back here."""
    if not isinstance(call.place, Menu):
        return None
    if chosen := call.place.options.get(call.choice):
        # A person who pressed a key is no loop, and may go back to where the call was before.
        afresh = replace(call, path=())
        return plain("ivr", *_onward(afresh, call.place.number, chosen, "NORMAL_CLEARING", call.default_caller_id))
    return plain(
        "ivr",
        *_introduced(call),
        ("answer", ""),
        # Not a key, so that # is a choice like the others.
        ("set", "ivr_menu_terminator=x"),
        ("ivr", f"{call.place.id}@{call.domain}"),
        *_onward(call, call.place.number, call.place.no_choice, "NORMAL_CLEARING", call.default_caller_id),
    )


def group_mailbox(call: Call) -> Route | None:
    if not isinstance(call.place, Mailbox):
        return None
    return plain("group_vm", *_introduced(call), *recorded_message(call, call.place.number))


def message_left(call: Call) -> Route | None:
    """For a mailbox that is here, a person's or a group's."""
    match call.place:
        case Callee():
            return plain("ext_vm", *recorded_message(call, call.place.extension.number))
        case Mailbox():
            return plain("group_vm", *recorded_message(call, call.place.number))
    return None


def own_number(call: Call) -> Route | None:
    """To its destination of the hour; from outside so that every later transfer stays with the tenant."""
    if not isinstance(call.place, OwnNumber):
        return None
    number, forwards = call.place.number, call.place.forwards
    when_open = forwards.get(OPEN)
    when_closed = forwards.get(CLOSED, when_open)
    on_holiday = forwards.get(HOLIDAY, when_closed)

    def to(destination: Destination | None) -> tuple[Action, ...]:
        # Callers from outside hear of no number of ours what it is for.
        moved = _onward(call, number, destination, "UNALLOCATED_NUMBER", CallerId(number, None))
        return (*_introduced(call), ("set", f"force_transfer_context={call.domain}"), *moved)

    return by_hours(call, "number", when_open=to(when_open), when_closed=to(when_closed), on_holiday=to(on_holiday))


def _waiting_to(greeting: Greeting | None) -> Action:
    # In the route, not in the queue's setup: a switch keeps that until it is told, and a call may come before.
    return ("set", f"{QUEUE_SOUND}={sound(greeting)}") if greeting else ("unset", QUEUE_SOUND)


def _introduced(call: Call) -> tuple[Action, ...]:
    return (*counted(call), *shown_inside(call), ("set", "hangup_after_bridge=true"))


def _bridges(call: Call, strategy: str, members: Sequence[Extension], *, are_recorded: bool) -> tuple[Action, ...]:
    # Only who answers is recorded by its own wish: on its own leg, under the caller's file name.
    wish = f"execute_on_answer=record_session {RECORDING}"
    wishes = [wish if are_recorded and records_inbound(each) else "" for each in members]
    if strategy == "simultaneous":
        return _all_at_once(call, members, wishes)
    limits = [f"hash {call.domain} {each.number} {each.max_concurrent}" for each in members]
    in_turn = [
        ("limit_execute", f"{limit} bridge {_own(wish)}{address_of(each, call.domain)}")
        for each, limit, wish in zip(members, limits, wishes, strict=True)
    ]
    return tuple(action for each in in_turn for action in (each, WAITED))


def _all_at_once(call: Call, members: Sequence[Extension], wishes: Sequence[str]) -> tuple[Action, ...]:
    """Those who are below their limit at this moment; the call counts as that of who answers."""
    looks, addresses = below_their_limits(call.domain, members)
    legs = [
        f"{_own(wish, f'execute_on_answer_limit=limit hash {call.domain} {each.number}')}{address}"
        for each, wish, address in zip(members, wishes, addresses, strict=True)
    ]
    return (*looks, ("bridge", ",".join(legs)), WAITED) if legs else ()


def _own(*wishes: str) -> str:
    """Variables of one leg."""
    said = ",".join(filter(None, wishes))
    return f"[{said}]" if said else ""


def _onward(
    call: Call, number: str, destination: Destination | None, cause: str, caller_id: CallerId | None
) -> tuple[Action, ...]:
    return forwarded_by_group(call, number, destination, caller_id) if destination else (("hangup", cause),)
