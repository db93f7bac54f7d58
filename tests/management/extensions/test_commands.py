"""Bounds hold for every way in: commands check themselves, whoever makes them."""

from datetime import UTC, datetime

import pytest

from management.errors import Invalid
from management.extensions.commands import (
    ChangePassword,
    CreateExtension,
    ExtensionValues,
    UpdateExtension,
)


def test_its_own_number_is_no_alias() -> None:
    """It is called that already."""
    with pytest.raises(Invalid) as caught:
        UpdateExtension(extension_number="1001", values=ExtensionValues(aliases=("bob", "1001"))).check()

    assert list(caught.value.errors) == ["aliases.1"]


@pytest.mark.parametrize(
    "moment",
    [
        pytest.param(datetime(2030, 1, 1), id="without a zone"),  # noqa: DTZ001 - what is refused
        pytest.param(datetime(1, 1, 1, tzinfo=UTC), id="the year one"),
        pytest.param(datetime.max.replace(tzinfo=UTC), id="the end of time"),
    ],
)
def test_a_term_has_a_zone_and_a_year(moment: datetime) -> None:
    """What a database, or another zone, could not hold."""
    with pytest.raises(Invalid, match="expires_at: date"):
        UpdateExtension(extension_number="1001", values=ExtensionValues(expires_at=moment)).check()


def test_secrets_are_not_in_a_repr() -> None:
    """A command may end in a trace."""
    created = CreateExtension(
        extension_number="1001", sip_password="in-clear-1", values=ExtensionValues(voicemail_pin="73735963")
    )
    changed = ChangePassword(extension_number="1001", new_password="in-clear-2")

    said = repr(created) + repr(changed)

    assert not [secret for secret in ("in-clear-1", "in-clear-2", "73735963") if secret in said]


def test_a_refusal_names_rules_and_not_values() -> None:
    """The value may be a password."""
    with pytest.raises(Invalid) as caught:
        ChangePassword(extension_number="1001", new_password="secret\n").check()

    assert str(caught.value) == "new_password: min.string, printable"


def test_what_is_unset_is_not_given() -> None:
    """None takes away, unset leaves alone."""
    assert ExtensionValues(display_name=None, max_concurrent=3).given() == {"display_name": None, "max_concurrent": 3}
