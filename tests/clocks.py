"""What a zone's clock shows, by the pinned time zone database: the system's may be another one."""

from datetime import UTC, datetime
from importlib.metadata import version
from importlib.resources import files
from io import BytesIO
from zoneinfo import ZoneInfo

FIRST_YEAR, LAST_YEAR = int(version("tzdata").split(".")[0]) + 1, 2037
"""From the year after the database's, when every change of law that it knows has happened, to FreeSWITCH's last."""

LONGEST_STEP_SECONDS = 14 * 24 * 3600
"""No clock is changed and changed back in less."""


def true_clock(zone: str) -> ZoneInfo:
    return ZoneInfo.from_file(BytesIO((files("tzdata") / "zoneinfo").joinpath(*zone.split("/")).read_bytes()))


def offset(zone: ZoneInfo, instant: int) -> float:
    """Seconds east of UTC."""
    found = datetime.fromtimestamp(instant, UTC).astimezone(zone).utcoffset()
    assert found is not None
    return found.total_seconds()


def instants(zone: ZoneInfo, last_year: int = LAST_YEAR) -> list[int]:
    """The first of FIRST_YEAR, each change of the clock with the second before it, and the end of `last_year`."""
    first, last = (int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) for year in (FIRST_YEAR, last_year + 1))
    found = [first, last]
    for start in range(first, last, LONGEST_STEP_SECONDS):
        before, after = start, start + LONGEST_STEP_SECONDS
        if offset(zone, before) == offset(zone, after):
            continue
        while after - before > 1:
            middle = (before + after) // 2
            before, after = (middle, after) if offset(zone, middle) == offset(zone, start) else (before, middle)
        found += [before, after]
    return found
