"""What a ring group is, and what can be wished for one. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from management.errors import Broken
from management.objects.commands import (
    NUMBER,
    UNSET,
    Rule,
    Unset,
    Values,
    between,
    dialled_number,
    each_once,
    label,
    matching,
    one_of,
)
from management.objects.destination import Destination, destination
from xmlcurl.store.model import RING_STRATEGIES

LONGEST_NAME: Final = 100
MOST_MEMBERS: Final = 50
SHORTEST_RING: Final = 5
LONGEST_RING: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class RingGroup:
    """Extensions, by number and in order, that ring under one number; and where its calls go when nobody answers."""

    id: int
    name: str
    number: str
    strategy: str
    ring_seconds: int
    members: tuple[str, ...]
    no_answer: Destination | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class RingGroupValues(Values):
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "number"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "name": label(LONGEST_NAME),
        "number": dialled_number,
        "strategy": one_of(RING_STRATEGIES),
        "ring_seconds": between(SHORTEST_RING, LONGEST_RING),
        "members": each_once(matching(NUMBER, Broken("exists")), MOST_MEMBERS),
        "no_answer": destination,
    }

    name: str | Unset = UNSET
    number: str | Unset = UNSET
    strategy: str | Unset = UNSET
    ring_seconds: int | Unset = UNSET
    members: tuple[str, ...] | Unset = UNSET
    no_answer: Destination | Unset | None = UNSET
