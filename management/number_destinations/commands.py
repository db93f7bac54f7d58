"""Where calls to a number of the tenant go, and what can be wished for that. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from management.objects.commands import UNSET, Rule, Unset, Values
from management.objects.destination import Destination, destination


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberDestinations:
    """Of the number with this id: `open` counts whenever neither of the others is set for the hour."""

    id: int
    number: str
    open: Destination | None
    closed: Destination | None
    holiday: Destination | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberDestinationsValues(Values):
    RULES: ClassVar[Mapping[str, Rule]] = {"open": destination, "closed": destination, "holiday": destination}

    open: Destination | Unset | None = UNSET
    closed: Destination | Unset | None = UNSET
    holiday: Destination | Unset | None = UNSET
