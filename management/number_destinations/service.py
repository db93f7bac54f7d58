"""The rules of where calls to numbers go, for every API, page and command."""

from management.number_destinations.commands import NumberDestinations, NumberDestinationsValues
from management.number_destinations.repository import NumberDestinationsRepository
from management.objects.routed import Routed


class NumbersDestinations(Routed[str, NumberDestinations, NumberDestinationsValues]):
    """They come and go with their number: only `find` and `update` are of use here."""

    KIND = "number_destinations"
    ROWS = NumberDestinationsRepository
