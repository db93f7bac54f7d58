"""An extension as an administrator sees it: every value but the secrets. Standard library only."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from management.errors import Broken, Conflict, Invalid


@dataclass(frozen=True, slots=True)
class Names:
    """What an extension is called. They share one name space per tenant."""

    number: str
    sign_in_name: str
    aliases: tuple[str, ...]

    @property
    def all(self) -> frozenset[str]:
        return frozenset({self.number, self.sign_in_name, *self.aliases})


@dataclass(frozen=True, slots=True, kw_only=True)
class Extension:
    """A living extension. `outbound_caller_id` is the number as digits; None when it was deleted, too."""

    id: int
    number: str
    sign_in_name: str
    aliases: tuple[str, ...]
    display_name: str | None
    first_name: str | None
    last_name: str | None
    email: str | None
    mobile: str | None
    status: str
    expires_at: datetime | None
    credentials_revision: int
    max_concurrent: int
    concurrent_registrations: int
    tls_enabled: bool
    recording_mode: str
    voicemail_enabled: bool
    voicemail_mail: bool
    voicemail_attach: bool
    voicemail_delete_after_mail: bool
    voicemail_language: str | None
    outbound_calls_disabled: bool
    outside_hours_calls_disabled: bool
    international_calls_disabled: bool
    outbound_number_id: int | None
    outbound_caller_id: str | None
    hotline_id: int | None
    user_id: int | None
    team_id: int | None
    department_id: int | None
    class_of_service_id: int | None
    presence_status: str
    mobile_prefix: str | None
    internal_caller_id: str | None
    dtmf_mode: str
    srtp_enabled: bool
    t38_enabled: bool
    qualify_enabled: bool
    reject_ends_ringing: bool
    voicemail_pin_required: bool
    vendor_values: Mapping[str, Any]
    """What a dialect keeps for its clients, by its name; nothing else reads it."""
    created_at: datetime
    updated_at: datetime

    @property
    def names(self) -> Names:
        """What it is called."""
        return Names(self.number, self.sign_in_name, self.aliases)

    def is_in_service(self, now: datetime) -> bool:
        """Whether it may register and be called at `now`, as far as the extension itself goes."""
        return self.status == "active" and (self.expires_at is None or now < self.expires_at)

    def audited(self) -> dict[str, Any]:
        """What the audit log is offered; it keeps what its allow list names."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class WithPassword:
    """An extension with the new password, for the one time that it is shown."""

    extension: Extension
    password: str = field(repr=False)
    is_generated: bool


@dataclass(frozen=True, slots=True)
class RefusedRow:
    """Why one row of a batch was not created."""

    error: Conflict | Invalid

    def broken(self) -> Mapping[str, Sequence[Broken]]:
        """The rules that it breaks, by field."""
        if isinstance(self.error, Invalid):
            return self.error.errors
        return {self.error.field: [self.error.broken]}


@dataclass(frozen=True, slots=True)
class OutboundNumber:
    """A number that calls of the tenant may show."""

    number: str
    display_name: str | None
    carrier: str
    cli_type: str
    status: str
