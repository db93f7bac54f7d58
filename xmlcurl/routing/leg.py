"""What is said of the caller's leg before it goes anywhere: counted, shown, recorded."""

from collections.abc import Iterable, Sequence
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

RECORDING_OF_ANOTHER_LEG: Final = "${xmlcurl_asked_recording}"

_AT_LIMIT: Final = "error/USER_BUSY"
"""A leg that ends at once."""

_FILE: Final = "${recordings_dir}/%s/${strftime(%%Y/%%m/%%d)}/%s.wav"


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
    return _shown(caller_name(phone.display_name, phone.shown_number), phone.shown_number) if phone else (NOTHING_ELSE,)


def with_fax(call: Call, *others: Extension | None) -> tuple[Action, ...]:
    """T.38 between both legs where either side has it: the switch takes it from a leg only if that leg has it, too.

    Source: FreeSWITCH v1.10.12, switch_core_media.c:5098 and 5110.
    """
    if not any(each is not None and each.t38_enabled for each in (call.desk, *others)):
        return ()
    return ("export", "fax_enable_t38=true"), ("export", "t38_passthru=true")


def address_of(extension: Extension, domain: str) -> str:
    """All its phones, in a dial string."""
    return f"user/{extension.number}@{domain}"


def others(call: Call, members: Iterable[Extension]) -> list[Extension]:
    """Of a group: not the phone that the call comes from."""
    return [each for each in members if call.desk is None or each.id != call.desk.id]


def below_their_limits(domain: str, members: Sequence[Extension]) -> tuple[list[Action], list[str]]:
    """What looks, before several are rung, who may have one call more, and for each what stands in the dial string.

    A leg of a bridge can't be counted while it rings: each phone of an extension would be one. So the call is
    counted as that of who answers, on its own leg, which is the caller's to say.
    """
    looks: list[Action] = []
    legs = []
    for place, each in enumerate(members):
        leg, limit = f"xmlcurl_leg_{place}", f"hash {domain} {each.number} {each.max_concurrent}"
        looks.append(("set", f"{leg}={_AT_LIMIT}"))
        looks.append(("limit_execute", f"{limit} set {leg}={address_of(each, domain)}"))
        legs.append(f"${{{leg}}}")
    return looks, legs


def with_keys(call: Call, *, is_answered_inside: bool) -> tuple[Action, ...]:
    """Keys to transfer by, for the phones of ours on either side; what carriers dial is sent on untouched.

    Source: FreeSWITCH v1.10.12, mod_dptools.c:113 and :360: digits that mean nothing here are sent on, too.
    """
    # Who waits here for another switch presses keys at that one, which knows whose phone it is.
    is_here = call.desk is not None and not call.task
    sides = (*(["self"] if is_here else []), *(["peer"] if is_answered_inside else []))
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
    return "set", f"xmlcurl_recording={_FILE % (domain, '${uuid}')}"


def recording_of_another_leg(domain: str) -> Action:
    """A file's name for whoever is asked during the call, whose own recording may be running."""
    return "set", f"xmlcurl_asked_recording={_FILE % (domain, '${create_uuid()}')}"


def recorded(domain: str) -> tuple[Action, ...]:
    """From the answer on."""
    return recording_named(domain), ("set", "RECORD_ANSWER_REQ=true"), ("record_session", RECORDING)


RECORDED_NO_MORE: Final[Action] = ("stop_record_session", RECORDING)
