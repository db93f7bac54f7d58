"""Business hours and holidays as conditions of the dialplan: a remembered route stays true when the clock moves.

The first rule sets the channel's time zone, which FreeSWITCH reads anew at each condition; then rules note whether the
tenant is open; at last the route's own rules test that note. A condition has either times or a field, never both:
FreeSWITCH takes the actions of one whose time holds although its field doesn't.

Source: FreeSWITCH v1.10.12, mod_dialplan_xml.c:86 (check_tz), :201 and :431, switch_xml.c:3138, switch_utils.c:3972.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from itertools import groupby
from typing import Final

from xmlcurl.routing.call import Action, Call, Route, Rule, plain
from xmlcurl.store.call_model import Holiday
from xmlcurl.store.model import OpenHours

OPEN: Final = "open"
CLOSED: Final = "closed"
HOLIDAY: Final = "holiday"

A_YEAR: Final = timedelta(days=365)
FEBRUARY: Final = 2

_NOTE: Final = "xmlcurl_hours"


def is_always_open(call: Call) -> bool:
    return not (call.settings.business_hours or call.holidays)


def by_hours(
    call: Call,
    name: str,
    *,
    when_open: tuple[Action, ...],
    when_closed: tuple[Action, ...],
    on_holiday: tuple[Action, ...],
) -> Route:
    """One of three, by the tenant's clock at the time of the call."""
    if is_always_open(call):
        return plain(name, *when_open)
    choices = (
        Rule(name, actions, {"field": f"${{{_NOTE}}}", "expression": f"^{note}$"})
        for note, actions in ((OPEN, when_open), (HOLIDAY, on_holiday))
        if actions != when_closed
    )
    return Route((*_clock(call), *choices, Rule(name, when_closed)))


def _clock(call: Call) -> Iterator[Rule]:
    # A note of an earlier document may be on the channel still.
    note = CLOSED if call.settings.business_hours else OPEN
    yield Rule("clock", (("set", f"timezone={call.tenant.time_zone}"), _noted(note)), goes_on=True)
    for condition in _weeks(call.settings.business_hours):
        yield Rule(OPEN, (_noted(OPEN),), condition, goes_on=True)
    for holiday in call.holidays:
        for days in _days(holiday):
            yield Rule(HOLIDAY, (_noted(HOLIDAY),), days, goes_on=True)


def _noted(note: str) -> Action:
    return "set", f"{_NOTE}={note}"


def _weeks(business_hours: Iterable[OpenHours]) -> Iterator[dict[str, str]]:
    """A condition for all days with the same hours."""
    days: dict[str, list[str]] = {}
    for hours in business_hours:
        # FreeSWITCH counts the days from Sunday, 1, and the last second belongs to a range.
        last = hours.closes - 1
        times = f"{hours.opens // 60:02}:{hours.opens % 60:02}:00-{last // 60:02}:{last % 60:02}:59"
        days.setdefault(times, []).append(str((hours.weekday + 1) % 7 + 1))
    for times, weekdays in days.items():
        yield {"wday": ",".join(weekdays), "time-of-day": times}


def _days(holiday: Holiday) -> Iterator[dict[str, str]]:
    """A condition for each month."""
    first, last = holiday.first_day, holiday.last_day
    if holiday.is_yearly and last - first >= A_YEAR:
        yield {"mon": "1-12"}
        return
    every_day = (first + timedelta(days=day) for day in range((last - first).days + 1))
    for (year, month), in_month in groupby(every_day, key=lambda day: (day.year, day.month)):
        days = [*in_month]
        begin, end = days[0], days[-1]
        # Every year, from February into March: there may be a 29th in between.
        is_over_february = holiday.is_yearly and month == FEBRUARY and end < last
        condition = {"mon": str(month), "mday": f"{begin.day}-{29 if is_over_february else end.day}"}
        yield condition if holiday.is_yearly else {"year": str(year), **condition}
