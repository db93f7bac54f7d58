"""Where calls to numbers go: rows of destinations, found by the number."""

from collections.abc import Mapping
from typing import ClassVar

from management.number_destinations.commands import NumberDestinations
from management.objects.forwards import Forward
from management.objects.parts import Part
from management.objects.repository import Rows
from xmlcurl.store.tables import numbers


class NumberDestinationsRepository(Rows[NumberDestinations]):
    """Of the living numbers of one tenant."""

    TABLE = numbers
    MODEL = NumberDestinations
    SEARCHED = (numbers.c.number,)
    ORDER = (numbers.c.number,)
    KEY = "number"
    PARTS: ClassVar[Mapping[str, Part]] = {slot: Forward("number", slot) for slot in ("open", "closed", "holiday")}
