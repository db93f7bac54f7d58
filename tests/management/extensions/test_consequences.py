"""What follows from a change of an extension, by field: which copies, which switches, whose phones."""

from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from management.auth import TenantScope
from management.effects import Effects
from management.extensions.consequences import ROUTED, UNSEEN, consequences
from management.extensions.model import Extension
from xmlcurl.store.model import Tag

NOW = datetime(2026, 11, 22, tzinfo=UTC)
TENANT = TenantScope(3, "pbx.test", "en")
ITSELF = frozenset({("1001", "pbx.test")})
BEFORE = Extension(
    id=5,
    number="1001",
    sign_in_name="1001",
    aliases=("bob",),
    display_name="Mac",
    first_name=None,
    last_name=None,
    email=None,
    mobile=None,
    status="active",
    expires_at=None,
    credentials_revision=1,
    max_concurrent=2,
    concurrent_registrations=1,
    tls_enabled=False,
    recording_mode="none",
    voicemail_enabled=False,
    voicemail_mail=False,
    voicemail_attach=False,
    voicemail_delete_after_mail=False,
    voicemail_language=None,
    outbound_calls_disabled=False,
    outside_hours_calls_disabled=False,
    international_calls_disabled=False,
    outbound_number_id=None,
    outbound_caller_id=None,
    hotline_id=None,
    user_id=None,
    team_id=None,
    department_id=None,
    class_of_service_id=None,
    presence_status="available",
    mobile_prefix=None,
    internal_caller_id=None,
    dtmf_mode="rfc4733",
    srtp_enabled=False,
    t38_enabled=False,
    qualify_enabled=False,
    reject_ends_ringing=False,
    voicemail_pin_required=True,
    vendor_values={},
    created_at=NOW,
    updated_at=NOW,
)
OTHER: dict[str, Any] = {
    "aliases": ("bob", "rob"),
    "status": "disabled",
    "recording_mode": "all",
    "expires_at": NOW + timedelta(days=1),
    "created_at": NOW,
}
FLUSHED = frozenset({("1001", "pbx.test"), ("bob", "pbx.test")})


def another(name: str) -> Any:
    """A value that BEFORE does not have."""
    now = getattr(BEFORE, name)
    if name in OTHER:
        return OTHER[name]
    return not now if isinstance(now, bool) else now + 1 if isinstance(now, int) else f"{now}-another"


@pytest.mark.parametrize("name", sorted({each.name for each in fields(Extension)} - {"id", "number", "created_at"}))
def test_every_value_but_the_unseen_drops_its_copies(name: str) -> None:
    """A value that stands in a document makes each document of the extension stale, on every side."""
    after = replace(BEFORE, **{name: another(name)})

    effects = consequences(TENANT, BEFORE, after, NOW)

    if name in UNSEEN:
        assert effects == Effects()
        return
    if name in ROUTED:
        assert effects == Effects(tags=frozenset({Tag.calls(3), Tag.extension(3, 5)}))
        return
    assert {Tag.extension(3, 5), Tag.name(3, "1001"), Tag.name(3, "bob")} <= effects.tags
    assert effects.flush_users >= FLUSHED


@pytest.mark.parametrize("name", ["display_name", "status", "team_id", "aliases", "expires_at"])
def test_lists_of_extensions_are_dropped_with_what_they_show(name: str) -> None:
    """Groups and the directory by name."""
    effects = consequences(TENANT, BEFORE, replace(BEFORE, **{name: another(name)}), NOW)

    assert Tag.members(3) in effects.tags


def test_lists_are_left_alone_by_what_they_do_not_show() -> None:
    """A new limit of calls moves nobody in a list."""
    assert Tag.members(3) not in consequences(TENANT, BEFORE, replace(BEFORE, max_concurrent=5), NOW).tags


def test_names_that_it_had_and_has_are_flushed() -> None:
    """The switch keys its copies by the name that was asked for."""
    before = replace(BEFORE, sign_in_name="old")
    after = replace(before, sign_in_name="new", aliases=("rob",))

    effects = consequences(TENANT, before, after, NOW)

    assert {name for name, _ in effects.flush_users} == {"1001", "old", "bob", "new", "rob"}
    assert {Tag.name(3, name) for name in ("1001", "old", "bob", "new", "rob")} <= effects.tags


def test_a_new_extension_ends_its_absence() -> None:
    """That nobody had the name was remembered, too."""
    effects = consequences(TENANT, None, BEFORE, NOW)

    assert {Tag.name(3, "1001"), Tag.name(3, "bob"), Tag.members(3)} <= effects.tags
    assert (effects.flush_users, effects.drop_registrations, effects.reset_pins) == (FLUSHED, frozenset(), frozenset())


def test_a_deleted_one_is_signed_out_and_its_mailbox_locked() -> None:
    """The next owner of the number must not find a PIN in the switch that a former one set by phone."""
    effects = consequences(TENANT, BEFORE, None, NOW)

    assert (effects.drop_registrations, effects.reset_pins, effects.flush_users) == (ITSELF, ITSELF, FLUSHED)


@pytest.mark.parametrize(
    ("change", "is_dropped"),
    [
        pytest.param({"credentials_revision": 2}, True, id="other credentials"),
        pytest.param({"status": "disabled"}, True, id="disabled"),
        pytest.param({"expires_at": NOW - timedelta(seconds=1)}, True, id="expired by now"),
        pytest.param({"expires_at": NOW + timedelta(days=1)}, False, id="expires later"),
        pytest.param({"display_name": "Bob"}, False, id="a name"),
    ],
)
def test_who_may_not_stay_signed_in_is_signed_out(change: dict[str, Any], is_dropped: bool) -> None:
    """Registrations end with what they were granted for, and with nothing else."""
    effects = consequences(TENANT, BEFORE, replace(BEFORE, **change), NOW)

    assert effects.drop_registrations == (ITSELF if is_dropped else frozenset())


def test_a_new_pin_resets_what_was_set_by_phone() -> None:
    """Although no value of the extension can be seen to change."""
    effects = consequences(TENANT, BEFORE, replace(BEFORE), NOW, is_pin_new=True)

    assert (effects.reset_pins, effects.flush_users, effects.drop_registrations) == (ITSELF, FLUSHED, frozenset())
