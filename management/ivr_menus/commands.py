"""What a menu is, and what can be wished for one. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from management.objects.commands import UNSET, Rule, Unset, Values, between, dialled_number, label
from management.objects.destination import Destination, destination, destinations

LONGEST_NAME: Final = 100
LONGEST_TIMEOUT: Final = 60
MOST_TRIES: Final = 10
KEYS: Final = frozenset("0123456789*#")
NO_CHOICE: Final = "no_choice"


@dataclass(frozen=True, slots=True, kw_only=True)
class IvrMenu:
    """A greeting, and for each key where the call goes. `no_choice`: where it goes after the last try."""

    id: int
    name: str
    number: str
    greeting_id: int | None
    timeout_seconds: int
    tries: int
    direct_dial: bool
    options: Mapping[str, Destination]
    no_choice: Destination | None
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class IvrMenuValues(Values):
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "number"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "name": label(LONGEST_NAME),
        "number": dialled_number,
        "timeout_seconds": between(1, LONGEST_TIMEOUT),
        "tries": between(1, MOST_TRIES),
        "options": destinations(KEYS),
        "no_choice": destination,
    }

    name: str | Unset = UNSET
    number: str | Unset = UNSET
    greeting_id: int | Unset | None = UNSET
    timeout_seconds: int | Unset = UNSET
    tries: int | Unset = UNSET
    direct_dial: bool | Unset = UNSET
    options: Mapping[str, Destination] | Unset = UNSET
    no_choice: Destination | Unset | None = UNSET
