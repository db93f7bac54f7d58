"""What a group mailbox is, and what can be wished for one. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from management.objects.commands import UNSET, Rule, Unset, Values, dialled_number, label, mail_address, pin

LONGEST_NAME: Final = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMailbox:
    """A mailbox that belongs to no extension. Without a PIN nobody listens by phone. Its number never changes: the
    hash of the PIN is made with it.
    """

    id: int
    name: str
    number: str
    email: str | None
    voicemail_mail: bool
    voicemail_attach: bool
    voicemail_delete_after_mail: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupMailboxValues(Values):
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "number"})
    FIXED: ClassVar[frozenset[str]] = frozenset({"number"})
    SECRETS: ClassVar[frozenset[str]] = frozenset({"pin"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "name": label(LONGEST_NAME),
        "number": dialled_number,
        "pin": pin,
        "email": mail_address,
    }

    name: str | Unset = UNSET
    number: str | Unset = UNSET
    pin: str | Unset | None = field(default=UNSET, repr=False)
    email: str | Unset | None = UNSET
    voicemail_mail: bool | Unset = UNSET
    voicemail_attach: bool | Unset = UNSET
    voicemail_delete_after_mail: bool | Unset = UNSET
