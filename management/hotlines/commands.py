"""What a hotline is, and what can be wished for one. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from management.errors import Broken
from management.numbers.commands import NUMBER
from management.objects.commands import UNSET, Rule, Unset, Values, label, matching

LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Hotline:
    """A number under a name; extensions that are linked to it show it when they call outside."""

    id: int
    name: str
    number_id: int
    number: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HotlineValues(Values):
    """`number` is one of the tenant's numbers, as digits."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "number"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "name": label(LONGEST_NAME),
        "number": matching(NUMBER, Broken("exists")),
    }

    name: str | Unset = UNSET
    number: str | Unset = UNSET
