"""What this dialect calls our values. Standard library only."""

import re
from collections.abc import Mapping
from typing import Final

VALUES: Final[Mapping[str, str]] = {
    "first_name": "first_name",
    "last_name": "last_name",
    "email_addr": "email",
    "mobile_number": "mobile",
    "caller_id": "internal_caller_id",
    "reg_name": "sign_in_name",
    "concurrent_registrations": "concurrent_registrations",
    "presence_status": "presence_status",
    "presence_mobile_prefix": "mobile_prefix",
    "vm_pin": "voicemail_pin",
    "dtmf_mode": "dtmf_mode",
}
"""Texts and numbers: theirs -> ours."""
SWITCHES: Final[Mapping[str, str]] = {
    "enb_vm": "voicemail_enabled",
    "enb_vm_pin": "voicemail_pin_required",
    "enb_all_reject_mode_for_endpoints": "reject_ends_ringing",
    "enb_qualify": "qualify_enabled",
    "enb_t38_support": "t38_enabled",
    "enb_srtp": "srtp_enabled",
    "disable_outb_call": "outbound_calls_disabled",
    "disable_outb_call_outside_business_hours": "outside_hours_calls_disabled",
    "disable_international_call": "international_calls_disabled",
}
"""0 or 1: theirs -> ours."""
_THEIRS: Final[Mapping[str, str]] = {
    **{ours: theirs for theirs, ours in {**VALUES, **SWITCHES}.items()},
    "extension_number": "number",
    # What a switch shows is made of both.
    "display_name": "first_name",
    "sip_password": "reg_password",
    "new_password": "reg_password",
    "voicemail_language": "vm_lang",
    "department_id": "organization_list",
    # What is in use, when an extension can't be deleted.
    "extension": "id",
}
_RULE: Final = re.compile(r"rules\.(?P<status>\w+)\.(?P<value>\w+)(\.(?P<part>\w+))?")
_PARTS: Final = {
    "type": "dest",
    "extension": "value",
    "id": "value",
    "number": "num",
    "prefix": "prefix",
    "times": "prefix",
}


def their_name(name: str) -> str:
    """The field that a client knows, for one that an error of ours names."""
    if rule := _RULE.fullmatch(name):
        value, part = rule["value"], rule["part"]
        theirs = {"ring_seconds": "ring_timeout", "ring_mobile": "enb_ring_mobile"}.get(value)
        return f"presence_list.{rule['status']}.{theirs or f'{value}_forward_{_PARTS[part]}'}"
    first, dot, rest = name.partition(".")
    if first == "route_ids":
        return f"outbound_route_permission{dot}{rest}"
    return _THEIRS.get(name, name)
