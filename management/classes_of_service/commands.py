"""What a class of service is, and what can be wished for one. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from management.objects.commands import UNSET, Rule, Unset, Values, each_once, existing_id, label

LONGEST_NAME: Final = 100
MOST_ROUTES: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassOfService:
    """What the extensions that have it may dial outside; what an extension itself may not, it doesn't allow.

    `route_ids` are the outbound routes that they may take; none is named where `all_routes` allows every one.
    """

    id: int
    name: str
    outbound_calls_disabled: bool
    outside_hours_calls_disabled: bool
    international_calls_disabled: bool
    all_routes: bool
    route_ids: tuple[int, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassOfServiceValues(Values):
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "name": label(LONGEST_NAME),
        "route_ids": each_once(existing_id, MOST_ROUTES),
    }

    name: str | Unset = UNSET
    outbound_calls_disabled: bool | Unset = UNSET
    outside_hours_calls_disabled: bool | Unset = UNSET
    international_calls_disabled: bool | Unset = UNSET
    all_routes: bool | Unset = UNSET
    route_ids: tuple[int, ...] | Unset = UNSET
