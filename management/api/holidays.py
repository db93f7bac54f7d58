"""Holidays: bodies and routes."""

import re
from datetime import date
from typing import Annotated, Final

from pydantic import BeforeValidator, WithJsonSchema
from pydantic_core import PydanticCustomError

from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import Shown, ValuesBody, unset
from management.holidays.commands import LONGEST_NAME, HolidayValues

_FORM: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def _day(value: object) -> date:
    if isinstance(value, str) and _FORM.fullmatch(value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            pass
    raise PydanticCustomError("day", "no date")


Day = Annotated[date, BeforeValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]


class ChangeHoliday(ValuesBody):
    """Dates as 2026-12-31. A new holiday without a `last_day` is one day long."""

    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    first_day: Day = unset()
    last_day: Day = unset()
    is_yearly: bool = unset()


class NewHoliday(ChangeHoliday):
    name: str
    first_day: Day


class HolidayItem(Shown):
    name: str
    first_day: date
    last_day: date
    is_yearly: bool


NOUN = Noun(
    name="holiday",
    service=lambda services: services.holidays,
    values=HolidayValues,
    new=NewHoliday,
    change=ChangeHoliday,
    item=HolidayItem,
    texts=Texts(
        list="Holidays by their first day. `search` is found in the name, as it is written.",
        create="A new holiday, of at most 365 days.",
        read="One holiday.",
        update="New values; what is left out stays.",
        delete="Soft delete.",
    ),
)
router = routes_of(NOUN)
