"""Calls between switches: what one asks of another, and what is done for it there.

All of it stands before the @ of the address that is called, as "ring.1002", and is believed on the profile `peers`
alone, which admits nobody but switches. What was asked is done there, and sent on to no third switch.
"""

from typing import Final

from xmlcurl.routing.call import Action, Call, Callee, Route, plain
from xmlcurl.routing.leg import NOTHING_ELSE, address_of, with_fax

PROFILE: Final = "peers"
"""The SIP profile of calls between switches, and the context that they come in by."""

RING, LEAVE, OWN, ANY, QUEUE = "ring", "leave", "own", "any", "queue"
"""Ring the phones of an extension that are registered here; take a message for a mailbox; open the caller's own
mailbox, or any; let the caller wait in a queue."""

ALONE: Final = "xmlcurl_alone"
"""Said when a phone is rung: only where it is registered on this switch."""

LONGEST_RING_SECONDS: Final = 300
"""Whoever asked ends it sooner."""

NOT_TWICE: Final[Action] = ("set", "process_cdr=false")
"""The switch that the caller is on tells of the call; the other one does not."""


def leg(address: str, domain: str, task: str, *words: str) -> str:
    """A leg to the switch at `address`, which does `task` there."""
    return f"sofia/{PROFILE}/{'.'.join((task, *words))}@{domain};fs_path=sip:{address}"


def task_of(dialled: str) -> tuple[str, str, str]:
    """What is asked for, of which number, for which caller; who opens a mailbox is its caller."""
    task, number, caller = (*dialled.split("."), "", "")[:3]
    return (task, number, number) if task in {OWN, ANY} else (task, number, caller)


def at_home(call: Call, task: str, *words: str) -> tuple[Action, ...]:
    """To the tenant's home switch, which does it; for calls that have `home`."""
    if not call.home:
        return (("hangup", "NETWORK_OUT_OF_ORDER"),)
    return (
        NOTHING_ELSE,
        ("set", "hangup_after_bridge=true"),
        ("bridge", leg(call.home, call.domain, task, *words)),
        ("hangup", "${originate_disposition}"),
    )


def rung_here(call: Call) -> Route | None:
    """The phones of the extension that are registered here; its rules are for who asked."""
    if not isinstance(call.place, Callee):
        return None
    # By itself FreeSWITCH offers the phone only what it agreed on with the other switch: of all that a queue offers,
    # the first codec, whatever the agent's phone speaks (v1.10.12, switch_core_media.c:2258).
    said = f"{ALONE}=true,media_mix_inbound_outbound_codecs=true"
    phone = f"{{{said}}}{address_of(call.place.extension, call.domain)}"
    fax = with_fax(call, call.place.extension)
    return plain(RING, NOTHING_ELSE, *fax, ("set", f"call_timeout={LONGEST_RING_SECONDS}"), ("bridge", phone))
