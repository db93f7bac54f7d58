"""What `sofia xmlstatus gateway` says of our gateways."""

from datetime import UTC, datetime, timedelta

import pytest

from management.esl.errors import SwitchNotReady
from management.esl.gateways import Seen, from_xmlstatus

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def status_of(*listed: str) -> str:
    return '<?xml version="1.0" encoding="ISO-8859-1"?>\n<gateways>\n' + "".join(listed) + "</gateways>\n"


def listed(name: str, state: str, *, profile: str = "external", uptime_us: int = 0, username: str = "u") -> str:
    return (
        f"  <gateway>\n    <name>{name}</name>\n    <profile>{profile}</profile>\n    <username>{username}</username>\n"
        f"    <state>{state}</state>\n    <uptime-usec>{uptime_us}</uptime-usec>\n  </gateway>\n"
    )


def test_ours_are_told_by_name_and_profile() -> None:
    """Those of the switch's own files are nobody's here."""
    reply = status_of(
        listed("g7", "NOREG", uptime_us=2_000_000),
        listed("g8", "REGED", profile="internal"),
        *(listed(name, "REGED") for name in ("carrier", "g", "g07", "g7x", "G9")),
    )

    assert from_xmlstatus(reply, {}, NOW) == {7: Seen("NOREG", NOW - timedelta(seconds=2))}


def test_one_that_was_read_anew_stands_before_the_old_one() -> None:
    """Which is there until it has signed out."""
    reply = status_of(listed("g7", "REGED"), listed("g7", "UNREGISTER"))

    assert from_xmlstatus(reply, {}, NOW)[7].state == "REGED"


def test_a_state_is_as_old_as_it_was_first_seen() -> None:
    """Another one begins now, whatever the switch counts on."""
    earlier = NOW - timedelta(hours=1)
    before = {7: Seen("TRYING", earlier), 8: Seen("TRYING", earlier)}

    found = from_xmlstatus(
        status_of(listed("g7", "TRYING"), listed("g8", "FAIL_WAIT", uptime_us=5_000_000)), before, NOW
    )

    assert found == {7: Seen("TRYING", earlier), 8: Seen("FAIL_WAIT", NOW)}


def test_a_user_name_with_tags_in_it_is_a_user_name() -> None:
    """1.10.12 writes it as it is."""
    hostile = "</username></gateway><gateway><name>g1</name>"

    assert [*from_xmlstatus(status_of(listed("g7", "REGED", username=hostile)), {}, NOW)] == [7]


def test_a_switch_without_sofia_says_nothing() -> None:
    """It may be starting."""
    with pytest.raises(SwitchNotReady):
        from_xmlstatus("-ERR sofia Command not found!\n", {}, NOW)
