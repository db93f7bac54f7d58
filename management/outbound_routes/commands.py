"""What an outbound route is, and what can be wished for one. Standard library only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from management.errors import Broken
from management.objects.commands import (
    UNSET,
    Rule,
    Unset,
    Values,
    between,
    each_once,
    existing_id,
    label,
    matching,
    one_of,
)
from xmlcurl.outbound import is_pattern
from xmlcurl.store.model import EXTENSION_STATUSES

LONGEST_NAME: Final = 100
LARGEST_PRIORITY: Final = 1_000
MOST_PATTERNS: Final = 50
MOST_STRIPPED: Final = 20
MOST_GATEWAYS: Final = 10
PREPENDED: Final = r"^[0-9]{1,20}$"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundRoute:
    """A way to numbers outside. Of the routes whose patterns match a number the one of the lowest priority is taken.

    Then `strip` digits are taken away, `prepend` is put before the rest, and the gateways are tried in order.
    """

    id: int
    name: str
    status: str
    priority: int
    patterns: tuple[str, ...]
    strip: int
    prepend: str | None
    is_international: bool
    gateway_ids: tuple[int, ...]
    created_at: datetime
    updated_at: datetime


def _pattern(value: str) -> Iterator[Broken]:
    if not is_pattern(value):
        yield Broken("regex")


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundRouteValues(Values):
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "patterns", "gateway_ids"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "name": label(LONGEST_NAME),
        "status": one_of(EXTENSION_STATUSES),
        "priority": between(1, LARGEST_PRIORITY),
        "patterns": each_once(_pattern, MOST_PATTERNS, least=1),
        "strip": between(0, MOST_STRIPPED),
        "prepend": matching(PREPENDED, Broken("digits_between", {"min": 1, "max": 20})),
        "gateway_ids": each_once(existing_id, MOST_GATEWAYS, least=1),
    }

    name: str | Unset = UNSET
    status: str | Unset = UNSET
    priority: int | Unset = UNSET
    patterns: tuple[str, ...] | Unset = UNSET
    strip: int | Unset = UNSET
    prepend: str | Unset | None = UNSET
    is_international: bool | Unset = UNSET
    gateway_ids: tuple[int, ...] | Unset = UNSET
