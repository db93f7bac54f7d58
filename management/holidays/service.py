"""The rules of holidays, for every API, page and command."""

from datetime import date, timedelta
from typing import Any

from management.errors import Invalid
from management.holidays.commands import MOST_DAYS, Holiday, HolidayValues
from management.holidays.repository import HolidayRepository
from management.objects.repository import Rows
from management.objects.routed import Routed


class Holidays(Routed[int, Holiday, HolidayValues]):
    KIND = "holiday"
    ROWS = HolidayRepository

    async def columns(self, rows: Rows[Holiday], values: HolidayValues, before: Holiday | None) -> dict[str, Any]:
        """Raises Invalid when it ends before it begins, or after a year."""
        columns = values.given()
        if before is None:
            columns.setdefault("last_day", columns["first_day"])
        first: date = columns["first_day"] if before is None else columns.get("first_day", before.first_day)
        last: date = columns["last_day"] if before is None else columns.get("last_day", before.last_day)
        latest = first + timedelta(days=MOST_DAYS - 1)
        if last < first:
            raise Invalid.of("last_day", "after_or_equal", date=first.isoformat())
        if last > latest:
            raise Invalid.of("last_day", "before_or_equal", date=latest.isoformat())
        return columns
