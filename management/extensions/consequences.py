"""What follows from a change of an extension: which copies are stale, what the switches have to be told. Pure.

Declared once, here, from the extension before and after; nobody who changes one has to think of it.
"""

from datetime import datetime
from typing import Final

from management.auth import TenantScope
from management.effects import Effects
from management.extensions.model import Extension
from xmlcurl.store.model import Tag

UNSEEN: Final = frozenset({"first_name", "last_name", "user_id", "department_id", "vendor_values", "updated_at"})
"""Values that stand in no document. Every other one counts: a new column is stale copies until it is named here."""
ROUTED: Final = frozenset(
    {"mobile", "mobile_prefix", "presence_status", "class_of_service_id", "t38_enabled", "voicemail_pin_required"}
)
"""Values that stand in routes only: a switch keeps no copy of them."""

_LISTED: Final = ("display_name", "status", "expires_at", "team_id", "names")
"""Values that documents about several extensions show."""


def consequences(
    tenant: TenantScope,
    before: Extension | None,
    after: Extension | None,
    now: datetime,
    *,
    is_pin_new: bool = False,
) -> Effects:
    """What follows when `before` (None: it did not exist) became `after` (None: it was deleted).

    `is_pin_new`: it has another mailbox PIN, or none any more.
    """
    routes = _routes(tenant, before, after)
    known = [each for each in (before, after) if each is not None]
    if not known or not (is_pin_new or _is_seen(before, after)):
        return routes
    extension_id, number = known[0].id, known[0].number
    names = frozenset[str]().union(*(each.names.all for each in known))
    tags = {Tag.extension(tenant.id, extension_id), *(Tag.name(tenant.id, name) for name in names)}
    if _is_listed_otherwise(before, after):
        tags.add(Tag.members(tenant.id))
    itself = frozenset({(number, tenant.domain)})
    nobody: frozenset[tuple[str, str]] = frozenset()
    # A mailbox outlives its extension, in the switch: the next owner of the number must not find a PIN in it.
    return routes | Effects(
        tags=frozenset(tags),
        flush_users=frozenset((name, tenant.domain) for name in names),
        drop_registrations=itself if _must_sign_in_anew(before, after, now) else nobody,
        reset_pins=itself if is_pin_new or after is None else nobody,
        drop_agents=itself if after is None else nobody,
    )


def _is_seen(before: Extension | None, after: Extension | None) -> bool:
    if before is None or after is None:
        return True
    old, new = before.audited(), after.audited()
    return any(old[name] != new[name] for name in old.keys() - UNSEEN - ROUTED)


def _routes(tenant: TenantScope, before: Extension | None, after: Extension | None) -> Effects:
    """Nothing, unless a value changed that others' calls may meet."""
    if before is None or after is None or all(getattr(before, name) == getattr(after, name) for name in ROUTED):
        return Effects()
    return Effects(tags=frozenset({Tag.calls(tenant.id), Tag.extension(tenant.id, after.id)}))


def _is_listed_otherwise(before: Extension | None, after: Extension | None) -> bool:
    if before is None or after is None:
        return True
    return any(getattr(before, name) != getattr(after, name) for name in _LISTED)


def _must_sign_in_anew(before: Extension | None, after: Extension | None, now: datetime) -> bool:
    if before is None:
        return False
    if after is None or before.credentials_revision != after.credentials_revision:
        return True
    return before.is_in_service(now) and not after.is_in_service(now)
