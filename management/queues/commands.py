"""What a queue is, and what can be wished for one. Standard library only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from management.errors import Broken
from management.objects.commands import (
    NUMBER,
    UNSET,
    Rule,
    Unset,
    Values,
    Within,
    between,
    dialled_number,
    label,
    matching,
    one_of,
)
from management.objects.destination import Destination, destination
from xmlcurl.store.model import QUEUE_STRATEGIES

LONGEST_NAME: Final = 100
LONGEST_WAIT: Final = 86_400
SHORTEST_RING: Final = 5
LONGEST_RING: Final = 300
LONGEST_WRAP_UP: Final = 3_600
MOST_AGENTS: Final = 100
LAST_LEVEL: Final = 9
LOGGED_OUT: Final = "logged_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """An extension, by number, that takes calls of a queue. Those of a higher level ring later.

    `status` is shown, and changed elsewhere: it is the same in all queues.
    """

    extension: str
    level: int = 1
    status: str = field(default=LOGGED_OUT, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Callers wait, in order, for one of the agents; those who wait too long (0: nobody does) go on to `timeout`."""

    id: int
    name: str
    number: str
    strategy: str
    max_wait_seconds: int
    ring_seconds: int
    wrap_up_seconds: int
    greeting_id: int | None
    agents: tuple[Agent, ...]
    timeout: Destination | None
    created_at: datetime
    updated_at: datetime


_is_number: Final = matching(NUMBER, Broken("exists"))
_is_level: Final = between(1, LAST_LEVEL)


def _agents(values: Sequence[Agent]) -> Iterator[Broken | Within]:
    if len(values) > MOST_AGENTS:
        yield Broken("max.array", {"max": MOST_AGENTS})
        return
    numbers = [each.extension for each in values]
    for index, each in enumerate(values):
        yield from (Within(f"{index}.extension", broken) for broken in _is_number(each.extension))
        if each.extension in numbers[:index]:
            yield Within(f"{index}.extension", Broken("distinct"))
        yield from (Within(f"{index}.level", broken) for broken in _is_level(each.level))


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueValues(Values):
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "number"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "name": label(LONGEST_NAME),
        "number": dialled_number,
        "strategy": one_of(QUEUE_STRATEGIES),
        "max_wait_seconds": between(0, LONGEST_WAIT),
        "ring_seconds": between(SHORTEST_RING, LONGEST_RING),
        "wrap_up_seconds": between(0, LONGEST_WRAP_UP),
        "agents": _agents,
        "timeout": destination,
    }

    name: str | Unset = UNSET
    number: str | Unset = UNSET
    strategy: str | Unset = UNSET
    max_wait_seconds: int | Unset = UNSET
    ring_seconds: int | Unset = UNSET
    wrap_up_seconds: int | Unset = UNSET
    greeting_id: int | Unset | None = UNSET
    agents: tuple[Agent, ...] | Unset = UNSET
    timeout: Destination | Unset | None = UNSET
