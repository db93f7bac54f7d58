"""Feature codes: mailboxes, listened to by phone; and what people change with their phones, which others write."""

from collections.abc import Mapping
from typing import Final

from xmlcurl.routing.call import REJECTED, Call, Route, plain, refusal
from xmlcurl.routing.peers import ANY, OWN, at_home
from xmlcurl.store.model import FEATURES_WITH_NUMBER, Wish

_RISING: Final = "%(200,100,660);%(300,0,880)"
DONE: Final = plain("done", ("answer", ""), ("sleep", "500"), ("gentones", _RISING), ("hangup", "NORMAL_CLEARING"))

BY_OUTCOME: Final[Mapping[str, Route]] = {
    "done": DONE,
    "refused": refusal("FACILITY_REJECTED"),
    "failed": refusal("NORMAL_TEMPORARY_FAILURE"),
}
"""What is heard of a wish, by what became of it."""

CHANGING: Final = ("forward_always_on", "forward_always_off", "dnd_on", "dnd_off", "agent_login", "agent_logout")


def own_voicemail(call: Call) -> Route | None:
    """The caller's own mailbox. The PIN is asked for where there is one and it is wanted; the phone has signed in."""
    is_dialled = call.destination == call.settings.feature_codes.get("own_voicemail")
    return own_mailbox(call) if is_dialled else None


def any_voicemail(call: Call) -> Route | None:
    """Any mailbox of the tenant: its number and its PIN are asked for."""
    is_dialled = call.destination == call.settings.feature_codes.get("any_voicemail")
    return any_mailbox(call) if is_dialled else None


def own_mailbox(call: Call) -> Route:
    """Listened to here, or at the tenant's home."""
    phone = call.phone
    if phone is None:
        return REJECTED
    if not phone.voicemail_enabled:
        return refusal("FACILITY_NOT_SUBSCRIBED")
    if call.home is not None:
        return plain("own_voicemail", *at_home(call, OWN, phone.number))
    authorized = "" if phone.vm_a1_hash and phone.voicemail_pin_required else "auth "
    return _listening("own_voicemail", f"check {authorized}default {call.domain} {phone.number}")


def any_mailbox(call: Call) -> Route:
    """The same of one whose number is asked for."""
    if call.phone is None:
        return REJECTED
    if call.home is not None:
        return plain("any_voicemail", *at_home(call, ANY, call.phone.number))
    return _listening("any_voicemail", f"check default {call.domain}")


def changed_by_phone(call: Call) -> Route | None:
    """What is heard when it can be done; nothing here does it, or knows whether it can be."""
    if _change_dialled(call) is None:
        return None
    return DONE if call.phone else REJECTED


def wish_of(call: Call) -> Wish | None:
    """What the phone that signed in wants changed, of its own extension."""
    change = _change_dialled(call)
    return Wish(change[0], call.phone.number, change[1]) if change and call.phone else None


def _change_dialled(call: Call) -> tuple[str, str] | None:
    """The feature, and the number after its code."""
    for feature in CHANGING:
        code = call.settings.feature_codes.get(feature)
        if code and feature in FEATURES_WITH_NUMBER and call.destination.startswith(code):
            return feature, call.destination.removeprefix(code)
        if code == call.destination:
            return feature, ""
    return None


def _listening(name: str, check: str) -> Route:
    return plain(name, ("answer", ""), ("sleep", "500"), ("voicemail", check))
