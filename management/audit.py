"""Who changed what, when, from what to what: rows in the transaction of the change, without secrets.

What is kept of a row is an allow list of columns for each type of object, so that a column added
later is not logged until somebody has thought about it. Hashes and encrypted columns are never in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from sqlalchemy import Insert, insert

from xmlcurl.store.tables import audit


def _columns(words: str) -> frozenset[str]:
    return frozenset(words.split())


AUDITED: Final[Mapping[str, frozenset[str]]] = {
    "tenant": _columns("domain name state time_zone language cacheable_ms default_number_id partner_id"),
    "partner": _columns("name"),
    "user": _columns("name email mobile role"),
    "team": _columns("name"),
    "department": _columns("name"),
    "number": _columns("number display_name carrier cli_type status"),
    "hotline": _columns("name number_id description tenant_id"),
    "extension": _columns(
        "number sign_in_name aliases display_name first_name last_name email mobile status expires_at "
        "credentials_revision max_concurrent concurrent_registrations tls_enabled recording_mode "
        "voicemail_enabled voicemail_mail voicemail_attach voicemail_delete_after_mail voicemail_language "
        "outbound_calls_disabled outside_hours_calls_disabled international_calls_disabled "
        "outbound_number_id hotline_id user_id team_id department_id class_of_service_id "
        "presence_status mobile_prefix internal_caller_id dtmf_mode srtp_enabled t38_enabled qualify_enabled "
        "reject_ends_ringing voicemail_pin_required"
    ),
    "gateway": _columns("name status host port transport registers username realm expires_seconds codecs addresses"),
    "outbound_route": _columns("name status priority patterns strip prepend is_international gateway_ids"),
    "class_of_service": _columns(
        "name outbound_calls_disabled outside_hours_calls_disabled international_calls_disabled all_routes route_ids"
    ),
    "holiday": _columns("name first_day last_day is_yearly"),
    "call_settings": _columns(
        "country_code international_prefix national_prefix emergency_numbers emergency_caller_id emergency_gateway_ids "
        "feature_codes business_hours"
    ),
    "ring_group": _columns("name number strategy ring_seconds members no_answer"),
    "queue": _columns("name number strategy max_wait_seconds ring_seconds wrap_up_seconds greeting_id agents timeout"),
    "queue_agent": _columns("status"),
    "ivr_menu": _columns("name number greeting_id timeout_seconds tries direct_dial options no_choice"),
    "group_mailbox": _columns("name number email voicemail_mail voicemail_attach voicemail_delete_after_mail"),
    "greeting": _columns("name format size_bytes sha256"),
    "number_destinations": _columns("number open closed holiday"),
    "presence": _columns("status available away business_trip do_not_disturb lunch off_work"),
    "token": _columns("name scopes revoked_at"),
    "vendor_key": _columns("dialect name public_id sdk_app_id revoked_at"),
    "registration": _columns("switch profile user host realm auth_user call_id address revision reason"),
    "switch": _columns("name host port sofia_profiles enabled"),
    "change": _columns("state"),
    "keys": _columns("secrets"),
    "recording": _columns("file"),
}
"""Type of object -> the columns that the audit log may show."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does it: "token:7", "cli", "worker"; and from which address, where there is one."""

    name: str
    address: str | None = None


def insertion() -> Insert:
    """The statement that takes a list of `row`s."""
    return insert(audit)


def entry(actor: Actor, action: str, object_type: str, object_id: int | str, **more: Any) -> Insert:
    """One row, ready to be executed; arguments as of `row`."""
    return insertion().values(**row(actor, action, object_type, object_id, **more))


def row(
    actor: Actor,
    action: str,
    object_type: str,
    object_id: int | str,
    *,
    tenant_id: int | None,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    secrets_changed: tuple[str, ...] = (),
    replaced_by: int | str | None = None,
    moved: Sequence[str] = (),
) -> dict[str, Any]:
    """One row of the audit log.

    With both `before` and `after` only what differs is kept. `secrets_changed` names secrets that
    have a new value, and says no more about them. `moved` is what pointed to the object, as "extension 1001", and
    points to `replaced_by` since it was deleted.
    """
    old, new = _shown(object_type, before), _shown(object_type, after)
    if old is not None and new is not None:
        changed = {name for name in old.keys() | new.keys() if old.get(name) != new.get(name)}
        old = {name: value for name, value in old.items() if name in changed}
        new = {name: value for name, value in new.items() if name in changed}
    if secrets_changed:
        new = {**(new or {}), **dict.fromkeys(secrets_changed, "(changed)")}
    if replaced_by is not None:
        new = {**(new or {}), "replaced_by": replaced_by, "moved": [*moved]}
    return {
        "tenant_id": tenant_id,
        "actor": actor.name,
        "address": actor.address,
        "action": action,
        "object_type": object_type,
        "object_id": str(object_id),
        "before": old,
        "after": new,
    }


def _shown(object_type: str, values: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if values is None:
        return None
    allowed = AUDITED[object_type]
    return {name: _plain(value) for name, value in values.items() if name in allowed}


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    return list(value) if isinstance(value, tuple) else value
