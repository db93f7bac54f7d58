"""What a key of a vendor's API is, and what can be wished for one. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from management.audit import Actor
from management.auth import TenantScope
from management.errors import Broken, Invalid
from management.objects.commands import UNSET, Rule, Unset, Values, between, label, one_of
from xmlcurl.store.model import DIALECTS

LONGEST_NAME: Final = 100
LARGEST_APP_ID: Final = 2**53 - 1
"""The largest integer that every client's JSON keeps."""


@dataclass(frozen=True, slots=True)
class KeyOwner:
    """Whose keys: exactly one of the two is set."""

    tenant_id: int | None = None
    partner_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorKey:
    """A key without its secret. `last_used_at` is exact to a minute."""

    id: int
    dialect: str
    name: str
    public_id: str
    """What is sent in the clear: a client ID, a SecretId, the first part of an API key."""
    sdk_app_id: int | None
    last_used_at: datetime | None
    revoked_at: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class VendorKeyMade:
    """A new key with its secret, for the one time that it is shown."""

    key: VendorKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyCaller:
    """A key that was proven: of `tenant`, or (None) of the partner `partner_id` with all its tenants."""

    key_id: int
    tenant: TenantScope | None
    partner_id: int | None
    sdk_app_id: int | None
    address: str | None

    @property
    def actor(self) -> Actor:
        """What the audit log says."""
        return Actor(f"key:{self.key_id}", self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class VendorKeyValues(Values):
    """`sdk_app_id`, of Tencent's dialect alone: what the key's requests call the tenant."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"dialect", "name"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "dialect": one_of(DIALECTS),
        "name": label(LONGEST_NAME),
        "sdk_app_id": between(1, LARGEST_APP_ID),
    }

    dialect: str | Unset = UNSET
    name: str | Unset = UNSET
    sdk_app_id: int | Unset = UNSET

    def check(self, *, is_new: bool) -> None:
        """Raises Invalid, as `Values.check`; and for an `sdk_app_id` that is missing, or means nothing."""
        # Not super(): a dataclass with slots is another class than the one that it names (CPython, gh-90562).
        Values.check(self, is_new=is_new)
        is_tencents, has_one = self.dialect == "tencent", self.sdk_app_id is not UNSET
        if is_tencents != has_one:
            raise Invalid({"sdk_app_id": [Broken("required" if is_tencents else "prohibited")]})
