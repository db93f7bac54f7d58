"""What is said of the caller's leg before it goes anywhere: counted, shown, recorded."""

from collections.abc import Iterable
from typing import Final

from xmlcurl.routing.call import Action, Call
from xmlcurl.store.model import CallerId, Extension
from xmlcurl.store.text import caller_name

ANONYMOUS: Final = "anonymous"
"""Shown outside by a tenant without a number: whatever the phone wrote into its From header must not be."""

RECORDING: Final = "${xmlcurl_recording}"

_FILE: Final = "${recordings_dir}/%s/${strftime(%%Y/%%m/%%d)}/${uuid}.wav"


def counted(call: Call) -> tuple[Action, ...]:
    """Against the caller's own limit. A transfer gives the count back, so each route counts anew."""
    phone = call.phone
    if phone is None:
        return ()
    return (("limit", f"hash {call.domain} {phone.number} {phone.max_concurrent} !USER_BUSY"),)


def shown_inside(call: Call) -> tuple[Action, ...]:
    """The caller's name and number from the store, whatever the phone wrote; an outside caller's stay its own."""
    phone = call.phone
    return _shown(caller_name(phone.display_name, phone.number), phone.number) if phone else ()


def shown_outside(caller_id: CallerId | None) -> tuple[Action, ...]:
    """A number of the tenant's own."""
    if caller_id is None:
        return _shown(ANONYMOUS, ANONYMOUS)
    return _shown(caller_name(caller_id.display_name, caller_id.number), caller_id.number)


def _shown(name: str, number: str) -> tuple[Action, ...]:
    return ("set", f"effective_caller_id_name={name}"), ("set", f"effective_caller_id_number={number}")


def records_outbound(extensions: Iterable[Extension | None]) -> bool:
    return any(each is not None and each.recording_mode in {"outbound", "all"} for each in extensions)


def records_inbound(extension: Extension) -> bool:
    return extension.recording_mode in {"inbound", "all"}


def recording_named(domain: str) -> Action:
    """The file's name, made once: the date may change before the recording is stopped."""
    return "set", f"xmlcurl_recording={_FILE % domain}"


def recorded(domain: str) -> tuple[Action, ...]:
    """From the answer on."""
    return recording_named(domain), ("set", "RECORD_ANSWER_REQ=true"), ("record_session", RECORDING)


RECORDED_NO_MORE: Final[Action] = ("stop_record_session", RECORDING)
