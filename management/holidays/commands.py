"""What a holiday is, and what can be wished for one. Standard library only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar, Final

from management.errors import Broken
from management.objects.commands import UNSET, Rule, Unset, Values, label

LONGEST_NAME: Final = 100
MOST_DAYS: Final = 365
"""Of one holiday. With more the same day could begin and end a yearly one, which then would be one day or every day."""

_YEARS: Final = range(1970, 9_999)


@dataclass(frozen=True, slots=True, kw_only=True)
class Holiday:
    """Days on which a tenant is closed, the last one included; yearly, on the same days of every year.

    One may begin in December and end in January. A yearly 29 February is a holiday in leap years only, and one that
    goes on into March has it where there is one.
    """

    id: int
    name: str
    first_day: date
    last_day: date
    is_yearly: bool
    created_at: datetime
    updated_at: datetime


def _day(value: date) -> Iterator[Broken]:
    if value.year not in _YEARS:
        yield Broken("day")


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayValues(Values):
    """Without a `last_day` a new holiday is one day long."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "first_day"})
    RULES: ClassVar[Mapping[str, Rule]] = {"name": label(LONGEST_NAME), "first_day": _day, "last_day": _day}

    name: str | Unset = UNSET
    first_day: date | Unset = UNSET
    last_day: date | Unset = UNSET
    is_yearly: bool | Unset = UNSET
