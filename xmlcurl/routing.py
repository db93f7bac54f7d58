"""Where a call goes: the caller and what was dialled -> one route. Pure; nothing here knows SQL or XML.

Destinations are tried in the order of DESTINATIONS; the first that recognises the call makes its
route, and when none does the call gets a clear cause: never silence, which would let FreeSWITCH's
next binding decide. To add a destination, write its function and put it into the list where it belongs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from xmlcurl.store.model import Extension
from xmlcurl.store.text import caller_name

RING_SECONDS: Final = 30
"""How long an extension rings before voicemail, or the cause, has its turn."""

OWN_VOICEMAIL: Final = "*97"

_RECORDING: Final = "${recordings_dir}/%s/${strftime(%%Y/%%m/%%d)}/${uuid}.wav"


@dataclass(frozen=True, slots=True)
class Call:
    """A call inside one tenant.

    `caller` signed in as its own extension; None is a leg that nobody answers for, such as the far
    end of a blind transfer, and reaches extensions only. `callee` is the extension in service that
    has the dialled name.
    """

    domain: str
    destination: str
    caller: Extension | None
    callee: Extension | None


@dataclass(frozen=True, slots=True)
class Route:
    """What the switch does with a call: applications with their data, one after another."""

    name: str
    actions: tuple[tuple[str, str], ...]


def refusal(cause: str) -> Route:
    """Ends the call with that cause."""
    return Route(cause.lower(), (("hangup", cause),))


UNALLOCATED: Final = refusal("UNALLOCATED_NUMBER")
REJECTED: Final = refusal("CALL_REJECTED")


def route_of(call: Call) -> Route:
    """The route of the first destination that recognises the call."""
    for destination in DESTINATIONS:
        if route := destination(call):
            return route
    return UNALLOCATED


def own_voicemail(call: Call) -> Route | None:
    """`*97`: the caller's own mailbox. The PIN is asked for where there is one; the phone has signed in already."""
    if call.destination != OWN_VOICEMAIL:
        return None
    if call.caller is None:
        return REJECTED
    if not call.caller.voicemail_enabled:
        return refusal("FACILITY_NOT_SUBSCRIBED")
    authorized = "" if call.caller.vm_a1_hash else "auth "
    check = f"check {authorized}default {call.domain} {call.caller.number}"
    return Route("own_voicemail", (("answer", ""), ("sleep", "500"), ("voicemail", check)))


def extension(call: Call) -> Route | None:
    """An extension of the caller's own tenant: ring it, then voicemail where there is one, else the cause."""
    callee = call.callee
    if callee is None:
        return None
    is_recorded = _is_recorded(call.caller, callee)
    limit = f"{call.domain} {callee.number} {callee.max_concurrent}"
    return Route(
        "extension",
        (
            *_from(call.caller),
            ("set", "hangup_after_bridge=true"),
            ("set", "continue_on_fail=true"),
            ("set", f"call_timeout={RING_SECONDS}"),
            *(_record(call.domain) if is_recorded else ()),
            # limit_execute goes on to the next action, without a bridge, when the callee is at its
            # limit; this is what the disposition then says. It also gives the count back before
            # what follows, so voicemail isn't counted as the callee's call.
            ("set", "originate_disposition=USER_BUSY"),
            ("limit_execute", f"hash {limit} bridge user/{callee.number}@{call.domain}"),
            *((("stop_record_session", "${xmlcurl_recording}"),) if is_recorded else ()),
            *_unanswered(call.domain, callee),
        ),
    )


DESTINATIONS: Final[tuple[Callable[[Call], Route | None], ...]] = (
    # Still to come, in this order: emergency numbers before all; after extensions ring groups,
    # queues, menus and group mailboxes, the tenant's own numbers, and outbound routes.
    own_voicemail,
    extension,
)


def _from(caller: Extension | None) -> tuple[tuple[str, str], ...]:
    if caller is None:
        return ()
    return (
        ("limit", f"hash {caller.tenant.domain} {caller.number} {caller.max_concurrent} !USER_BUSY"),
        # From the store, whatever the phone wrote into its From header.
        ("set", f"effective_caller_id_name={caller_name(caller.display_name, caller.number)}"),
        ("set", f"effective_caller_id_number={caller.number}"),
    )


def _is_recorded(caller: Extension | None, callee: Extension) -> bool:
    asked_by_caller = caller is not None and caller.recording_mode in {"outbound", "all"}
    return asked_by_caller or callee.recording_mode in {"inbound", "all"}


def _record(domain: str) -> tuple[tuple[str, str], ...]:
    # The path is made once: the date may change before the recording is stopped.
    return (
        ("set", f"xmlcurl_recording={_RECORDING % domain}"),
        ("set", "RECORD_ANSWER_REQ=true"),
        ("record_session", "${xmlcurl_recording}"),
    )


def _unanswered(domain: str, callee: Extension) -> tuple[tuple[str, str], ...]:
    if callee.voicemail_enabled:
        return ("answer", ""), ("voicemail", f"default {domain} {callee.number}")
    return (("hangup", "${originate_disposition}"),)
