"""What a department is, and what can be wished for it. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from management.objects.commands import UNSET, Rule, Unset, Values, label

LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Department:
    """Where an extension belongs in the company; no document shows it."""

    id: int
    name: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartmentValues(Values):
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name"})
    RULES: ClassVar[Mapping[str, Rule]] = {"name": label(LONGEST_NAME)}

    name: str | Unset = UNSET
