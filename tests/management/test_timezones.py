"""timezones.conf says what the time zone database says, from the year after the database on."""

import re
import struct
from io import BytesIO
from pathlib import Path
from zoneinfo import ZoneInfo

from typer.testing import CliRunner

from management import cli, timezones
from management.tenants.commands import TenantValues
from tests.clocks import instants, offset, true_clock

COMMITTED = Path(__file__).parents[2] / "freeswitch-conf" / "autoload_configs" / "timezones.conf.xml"


def test_the_committed_file_is_what_the_command_prints() -> None:
    """Nobody changed it by hand, and it is that of the pinned database."""
    printed = CliRunner().invoke(cli.app, ["timezones"]).stdout

    assert COMMITTED.read_text() == printed


def test_every_zone_that_a_tenant_may_have_is_in_the_file() -> None:
    """And no other: what FreeSWITCH does not know, the API refuses."""
    listed = re.findall(r'<zone name="([^"]+)"', COMMITTED.read_text())

    assert len(listed) > 500
    assert [each for each in listed if _refused(each)] == []
    assert set(listed) == timezones.zones()
    assert _refused("Factory")
    assert _refused("localtime")


def test_each_rule_tells_the_same_time_as_the_database() -> None:
    """At every change of the clock and a second before it; but for those that are called rough, which do differ."""
    untrue = {zone for zone in timezones.zones() if _differs(_clock(timezones.rule(zone)), true_clock(zone))}

    assert untrue == set(timezones.ROUGH)


def test_a_rule_holds_nothing_that_freeswitch_misreads() -> None:
    """Its parser takes names of letters, and hours of 0 to 167."""
    names_and_times = r"[A-Za-z]{3,}[-+]?[\d:]+([A-Za-z]{3,}[-+\d:]*,M[\d.]+(/[\d:]+)?,M[\d.]+(/[\d:]+)?)?"
    rules = {timezones.rule(zone) for zone in timezones.zones()}

    assert [each for each in rules if not re.fullmatch(names_and_times, each)] == []
    assert max(int(hours) for each in rules for hours in re.findall(r"/(\d+)", each)) <= 167


def _refused(zone: str) -> bool:
    return bool(TenantValues(time_zone=zone).broken())


def _clock(rule: str) -> ZoneInfo:
    """Python's own reading of a POSIX TZ string, as the last line of an otherwise empty file."""
    types = struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
    head = struct.pack(">4sc15x6l", b"TZif", b"2", 0, 0, 0, 0, 1, 4) + types
    return ZoneInfo.from_file(BytesIO(head + head + f"\n{rule}\n".encode()))


def _differs(said: ZoneInfo, true: ZoneInfo) -> bool:
    return any(offset(said, each) != offset(true, each) for each in {*instants(said), *instants(true)})
