"""What a hotline is, and what can be wished for one. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from management.errors import Broken
from management.numbers.commands import NUMBER
from management.objects.commands import UNSET, Rule, Unset, Values, label, matching, text

LONGEST_NAME: Final = 100
LONGEST_DESCRIPTION: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotline:
    """A number under a name; extensions that are linked to it show it when they call outside."""

    id: int
    name: str
    number_id: int
    number: str
    description: str | None
    carrier: str
    """Of the number, as `number_status`."""
    number_status: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HotlineValues(Values):
    """`number` is one of the tenant's numbers, as digits."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "number"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "name": label(LONGEST_NAME),
        "number": matching(NUMBER, Broken("exists")),
        "description": text(LONGEST_DESCRIPTION),
    }

    name: str | Unset = UNSET
    number: str | Unset = UNSET
    description: str | Unset | None = UNSET
