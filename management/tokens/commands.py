"""What an API token is, and what can be wished for one. Standard library only."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from management.auth import SCOPES
from management.errors import Broken
from management.objects.commands import UNSET, Rule, Unset, Values, label

LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token without its secret. `last_used_at` is exact to a minute."""

    id: int
    name: str
    scopes: tuple[str, ...]
    last_used_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class TokenMade:
    """A new token with the text to send behind `Bearer`, for the one time that it is shown."""

    token: Token
    text: str = field(repr=False)


def _scopes(values: Sequence[str]) -> Iterator[Broken]:
    if not values:
        yield Broken("min.array", {"min": 1})
    if not set(values) <= set(SCOPES):
        yield Broken("in")
    if len(set(values)) < len(values):
        yield Broken("distinct")


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenValues(Values):
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "scopes"})
    RULES: ClassVar[Mapping[str, Rule]] = {"name": label(LONGEST_NAME), "scopes": _scopes}

    name: str | Unset = UNSET
    scopes: tuple[str, ...] | Unset = UNSET
