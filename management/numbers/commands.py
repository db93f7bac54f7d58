"""What a number is, and what can be wished for one. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from management.errors import Broken
from management.objects.commands import UNSET, Rule, Unset, Values, matching, one_of, text
from xmlcurl.store.model import CARRIERS, CLI_TYPES, EXTENSION_STATUSES

NUMBER: Final = r"^[0-9]{8,15}$"
LONGEST_DISPLAY_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A number of the public network: what calls may show, and under which they come in. Its digits never change."""

    id: int
    number: str
    display_name: str | None
    carrier: str
    cli_type: str
    status: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberValues(Values):
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"number"})
    FIXED: ClassVar[frozenset[str]] = frozenset({"number"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "number": matching(NUMBER, Broken("digits_between", {"min": 8, "max": 15})),
        "display_name": text(LONGEST_DISPLAY_NAME),
        "carrier": one_of(CARRIERS),
        "cli_type": one_of(CLI_TYPES),
        "status": one_of(EXTENSION_STATUSES),
    }

    number: str | Unset = UNSET
    display_name: str | Unset | None = UNSET
    carrier: str | Unset = UNSET
    cli_type: str | Unset = UNSET
    status: str | Unset = UNSET
