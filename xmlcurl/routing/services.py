"""Feature codes that write nothing: mailboxes, listened to by phone."""

from xmlcurl.routing.call import REJECTED, Call, Route, plain, refusal


def own_voicemail(call: Call) -> Route | None:
    """The caller's own mailbox. The PIN is asked for where there is one; the phone has signed in already."""
    if call.destination != call.settings.feature_codes.get("own_voicemail"):
        return None
    phone = call.phone
    if phone is None:
        return REJECTED
    if not phone.voicemail_enabled:
        return refusal("FACILITY_NOT_SUBSCRIBED")
    authorized = "" if phone.vm_a1_hash else "auth "
    return _listening("own_voicemail", f"check {authorized}default {call.domain} {phone.number}")


def any_voicemail(call: Call) -> Route | None:
    """Any mailbox of the tenant: its number and its PIN are asked for."""
    if call.destination != call.settings.feature_codes.get("any_voicemail"):
        return None
    return _listening("any_voicemail", f"check default {call.domain}") if call.phone else REJECTED


def _listening(name: str, check: str) -> Route:
    return plain(name, ("answer", ""), ("sleep", "500"), ("voicemail", check))
