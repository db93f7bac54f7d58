"""Rows of holidays."""

from management.holidays.commands import Holiday
from management.objects.repository import Rows
from xmlcurl.store.tables import holidays


class HolidayRepository(Rows[Holiday]):
    """Living holidays of one tenant."""

    TABLE = holidays
    MODEL = Holiday
    SEARCHED = (holidays.c.name,)
    ORDER = (holidays.c.first_day,)
