"""What a user is, and what can be wished for one. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from management.errors import Broken
from management.objects.commands import UNSET, Rule, Unset, Values, label, mail_address, matching, one_of, password

LONGEST_NAME: Final = 100
SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 100
MOBILE: Final = r"^\+?[0-9]{3,30}$"
ROLES: Final = ("admin", "supervisor", "agent", "read_only")


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A person of the tenant, to whom extensions can belong."""

    id: int
    name: str
    email: str | None
    mobile: str | None
    role: str
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class UserValues(Values):
    """`password` is kept as a hash, for vendors' clients that set one; nobody signs in with it."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "name": label(LONGEST_NAME),
        "email": mail_address,
        "mobile": matching(MOBILE, Broken("regex")),
        "role": one_of(ROLES),
        "password": password(SHORTEST_PASSWORD, LONGEST_PASSWORD),
    }
    SECRETS: ClassVar[frozenset[str]] = frozenset({"password"})

    name: str | Unset = UNSET
    email: str | Unset | None = UNSET
    mobile: str | Unset | None = UNSET
    role: str | Unset = UNSET
    password: str | Unset = field(default=UNSET, repr=False)
