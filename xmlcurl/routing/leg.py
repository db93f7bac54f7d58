"""What is said of the caller's leg before it goes anywhere: counted, shown, recorded."""

from collections.abc import Iterable
from typing import Final

from xmlcurl.routing.call import Action, Call
from xmlcurl.store.model import CallerId, Extension
from xmlcurl.store.text import caller_name

ANONYMOUS: Final = "anonymous"
"""Shown outside by a tenant without a number: whatever the phone wrote into its From header must not be."""

NOTHING_ELSE: Final[Action] = ("set", "sip_copy_custom_headers=false")
"""Headers that the caller's phone wrote (Diversion, Identity, P-, X-) would be sent on, past every caller ID.

Source: FreeSWITCH v1.10.12, sofia.c:11512, mod_sofia.c:5143.
"""

RECORDING: Final = "${xmlcurl_recording}"

KEYS_OF_TRANSFERS: Final = {"*1": "blind", "*2": "attended"}

PREFIX: Final = "transfer."
"""What a leg asks for during its call begins so; nobody reaches anything by dialling it."""

WAIT: Final = "xmlcurl_wait_ms"
WAITED: Final[Action] = ("sleep", f"${{{WAIT}}}")
"""After a bridge: whoever asked somebody first has hung up while that one's phone rang. The caller waits for it."""

ON_HOLD: Final = "tone_stream://%(200,4800,440);loops=-1"
"""What the other side hears meanwhile, and whenever a phone holds it."""

_FILE: Final = "${recordings_dir}/%s/${strftime(%%Y/%%m/%%d)}/${uuid}.wav"


def counted(call: Call) -> tuple[Action, ...]:
    """Against the caller's own limit. A transfer gives the count back, so each route counts anew."""
    if phone := call.phone:
        return (("limit", f"hash {call.domain} {phone.number} {phone.max_concurrent} !USER_BUSY"),)
    if called := call.handed_on:
        # The leg of who called it counted it, and may do so a moment longer: so it is counted here and never refused.
        # A leg that we called has no record of its own until now.
        return ("limit", f"hash {call.domain} {called.number} -1"), ("set", "force_process_cdr=true")
    return ()


def shown_inside(call: Call) -> tuple[Action, ...]:
    """The caller's name and number from the store, whatever the phone wrote; an outside caller's stay its own."""
    phone = call.desk
    return _shown(caller_name(phone.display_name, phone.number), phone.number) if phone else (NOTHING_ELSE,)


def with_keys(call: Call, *, is_answered_inside: bool) -> tuple[Action, ...]:
    """Keys to transfer by, for the phones of ours on either side; what carriers dial is sent on untouched.

    Source: FreeSWITCH v1.10.12, mod_dptools.c:113 and :360: digits that mean nothing here are sent on, too.
    """
    sides = (*(["self"] if call.desk else []), *(["peer"] if is_answered_inside else []))
    bound = [
        ("bind_digit_action", f"transfer,{keys},exec:execute_extension,{PREFIX}{kind} XML {call.domain},{side},{side}")
        for side in sides
        for keys, kind in KEYS_OF_TRANSFERS.items()
    ]
    return (("set", f"hold_music={ON_HOLD}"), ("set", f"{WAIT}=0"), *bound) if sides else ()


def shown_outside(caller_id: CallerId | None) -> tuple[Action, ...]:
    """A number of the tenant's own."""
    if caller_id is None:
        return _shown(ANONYMOUS, ANONYMOUS)
    return _shown(caller_name(caller_id.display_name, caller_id.number), caller_id.number)


def _shown(name: str, number: str) -> tuple[Action, ...]:
    return NOTHING_ELSE, ("set", f"effective_caller_id_name={name}"), ("set", f"effective_caller_id_number={number}")


def records_outbound(extensions: Iterable[Extension | None]) -> bool:
    return any(each is not None and each.recording_mode in {"outbound", "all"} for each in extensions)


def records_caller(call: Call) -> bool:
    """Who was called and then handed on wants it as a call that came in."""
    return records_outbound((call.phone,)) or (call.handed_on is not None and records_inbound(call.handed_on))


def records_inbound(extension: Extension) -> bool:
    return extension.recording_mode in {"inbound", "all"}


def recording_named(domain: str) -> Action:
    """The file's name, made once: the date may change before the recording is stopped."""
    return "set", f"xmlcurl_recording={_FILE % domain}"


def recorded(domain: str) -> tuple[Action, ...]:
    """From the answer on."""
    return recording_named(domain), ("set", "RECORD_ANSWER_REQ=true"), ("record_session", RECORDING)


RECORDED_NO_MORE: Final[Action] = ("stop_record_session", RECORDING)
