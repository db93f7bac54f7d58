"""FreeSWITCH's timezones.conf, made from the IANA time zone database (the package tzdata, not the system's).

Each zone becomes the rule that the database itself gives for all years to come: the last line of its file, a POSIX TZ
string. Past years may have had another one. FreeSWITCH knows years up to 2037.
"""

import re
from functools import cache
from importlib.metadata import version
from importlib.resources import files
from typing import Final

ROUGH: Final = {
    "Asia/Gaza": "in summer during Ramadan",
    "Asia/Hebron": "in summer during Ramadan",
    "America/Havana": "in the winter of 2026",
    "Cuba": "in the winter of 2026",
}
"""When a zone is not what its rule says: a POSIX TZ string can't make an exception.

A zone that is missing would be worse: FreeSWITCH then compares times with what happens to be in memory.

Source: FreeSWITCH v1.10.12, switch_xml.c:3177.
"""
_NO_ZONES: Final = {"Factory"}
_TZ: Final = re.compile(
    r"""(?P<standard><[^>]+>|[A-Za-z]+)  (?P<offset>[-+]?[\d:]+)
        (?: (?P<summer><[^>]+>|[A-Za-z]+)  (?P<summer_offset>[-+]?[\d:]*)  ,(?P<start>[^,]+)  ,(?P<end>[^,]+) )?""",
    re.VERBOSE,
)
_LAST_DAY_BEFORE_MIDNIGHT: Final = re.compile(r"M(\d+)\.5\.(\d)/-(\d+)")
_THIRTY_ONE_DAYS: Final = {1, 3, 5, 7, 8, 10, 12}


@cache
def zones() -> frozenset[str]:
    """The names of all zones, former names included."""
    return frozenset((files("tzdata") / "zones").read_text().split()) - _NO_ZONES


def configuration() -> str:
    """The whole file."""
    rough = ",\n       ".join(f"{zone} {when}" for zone, when in ROUGH.items())
    head = f"""\
<configuration name="timezones.conf" description="Zones that tenants, mailboxes and time conditions name, as POSIX TZ">
  <!-- Made by `management timezones` with tzdata {version("tzdata")}; not to be changed by hand. STD and DST stand for
       abbreviations that FreeSWITCH can't read, such as +07. Wrong by an hour, since a rule can't make an exception:
       {rough}. -->
  <timezones>
"""
    lines = (f'    <zone name="{zone}" value="{rule(zone)}"/>\n' for zone in sorted(zones()))
    return head + "".join(lines) + "  </timezones>\n</configuration>\n"


def rule(zone: str) -> str:
    """The zone's POSIX TZ string, in words that FreeSWITCH understands and that mean the same.

    Raises:
        ValueError: there are none.

    Source:
        FreeSWITCH v1.10.12, switch_time.c:1872 (names end at a digit or sign, `<` or not) and 1917 (times of a rule are
        0 to 167 hours). What it can't read becomes UTC, without a word.
    """
    said = (files("tzdata") / "zoneinfo").joinpath(*zone.split("/")).read_bytes().rstrip(b"\n").rpartition(b"\n")[2]
    found = _TZ.fullmatch(said.decode())
    if found is None:
        raise ValueError(f"{zone}: {said.decode()}")
    standard = _name(found["standard"], "STD") + found["offset"]
    if found["summer"] is None:
        return standard
    summer = _name(found["summer"], "DST") + found["summer_offset"]
    return f"{standard}{summer},{_date(found['start'])},{_date(found['end'])}"


def _name(name: str, stand_in: str) -> str:
    return stand_in if name.startswith("<") else name


def _date(date: str) -> str:
    """A day and an hour; where the hour is before that day, the same moment told from an earlier day."""
    if "/-" not in date:
        return date
    found = _LAST_DAY_BEFORE_MIDNIGHT.fullmatch(date)
    if found is None or int(found[1]) not in _THIRTY_ONE_DAYS:
        raise ValueError(date)
    # The last Sunday of March is the 25th to 31st: three days after the fourth Thursday, the 22nd to 28th.
    month, day, hours = (int(each) for each in found.groups())
    return f"M{month}.4.{(day - 3) % 7}/{3 * 24 - hours}"
