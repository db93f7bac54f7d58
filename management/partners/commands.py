"""What a partner is, what its hotlines are, and what can be wished for one. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from management.objects.commands import UNSET, Rule, Unset, Values, label

LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """It has keys of its own, and acts for every tenant that is its."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerValues(Values):
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name"})
    RULES: ClassVar[Mapping[str, Rule]] = {"name": label(LONGEST_NAME)}

    name: str | Unset = UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerTenant:
    """A tenant of a partner."""

    id: int
    domain: str
    name: str
    state: str
    time_zone: str
    language: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerHotline:
    """A hotline of a partner: in the pool (`is_pooled`), or one of its tenants'."""

    id: int
    name: str
    number: str
    description: str | None
    carrier: str
    """Of the number, as `number_status`."""
    number_status: str
    tenant_id: int
    """The pool's, too."""
    is_pooled: bool
    number_id: int
    created_at: datetime
    updated_at: datetime
