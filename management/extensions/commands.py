"""What an administrator can wish for an extension, and the bounds of each value.

Values keep the names of the API's document, so that an error names the field that a client sent.
`check()` says what a value alone can tell; what needs the store (does that team exist, is that name
free) the service asks in its transaction.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, ClassVar, Final

from management.errors import Broken, Invalid
from management.extensions.model import Names
from management.objects.commands import (
    UNSET,
    Rule,
    Unset,
    Values,
    between,
    dialled_number,
    mail_address,
    matching,
    one_of,
    password,
    pin,
    text,
)
from management.objects.destination import PREFIX
from xmlcurl.store.model import DTMF_MODES, EXTENSION_STATUSES, PRESENCE_STATUSES, RECORDING_MODES
from xmlcurl.store.text import SHOWN_NUMBER, is_name, is_shown_number

MOBILE: Final = r"^\+?[0-9]{3,30}$"
SHOWN_INSIDE: Final = f"^{SHOWN_NUMBER}$"
LANGUAGE: Final = r"^[a-z]{2}(-[A-Z]{2})?$"
LONGEST_DISPLAY_NAME: Final = 100
LONGEST_PERSON_NAME: Final = 63
SHORTEST_PASSWORD: Final = 8
LONGEST_PASSWORD: Final = 100
MOST_CONCURRENT: Final = 10
MOST_REGISTRATIONS: Final = 3
MOST_ALIASES: Final = 10
MOST_ROWS: Final = 1_000
"""How many extensions one batch may create."""

LOWEST_FREE: Final = 101
"""Where the search for a number begins when a new extension may have any."""

_YEARS: Final = range(1970, 9_999)


def _moment(value: datetime) -> Iterator[Broken]:
    if value.tzinfo is None or value.year not in _YEARS:
        yield Broken("date")


def _name(value: str) -> Iterator[Broken]:
    if not is_name(value):
        yield Broken("regex")


def _shown_number(value: str) -> Iterator[Broken]:
    if not is_shown_number(value):
        yield Broken("regex")


def _aliases(values: Sequence[str], number: str) -> Iterator[tuple[str, Broken]]:
    if len(values) > MOST_ALIASES:
        yield "aliases", Broken("max.array", {"max": MOST_ALIASES})
    for index, value in enumerate(values):
        for rule in _name(value):
            yield f"aliases.{index}", rule
        if value in (number, *values[:index]):
            yield f"aliases.{index}", Broken("distinct")


_password: Final = password(SHORTEST_PASSWORD, LONGEST_PASSWORD)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExtensionValues(Values):
    """New values; what is UNSET stays, or takes its default. None takes a value away, where that is possible."""

    RULES: ClassVar[Mapping[str, Rule]] = {
        "display_name": text(LONGEST_DISPLAY_NAME),
        "first_name": text(LONGEST_PERSON_NAME),
        "last_name": text(LONGEST_PERSON_NAME),
        "email": mail_address,
        "mobile": matching(MOBILE, Broken("regex")),
        "status": one_of(EXTENSION_STATUSES),
        "expires_at": _moment,
        "sign_in_name": _name,
        "max_concurrent": between(1, MOST_CONCURRENT),
        "concurrent_registrations": between(1, MOST_REGISTRATIONS),
        "recording_mode": one_of(RECORDING_MODES),
        "voicemail_pin": pin,
        "presence_status": one_of(PRESENCE_STATUSES),
        "mobile_prefix": matching(PREFIX, Broken("regex")),
        "internal_caller_id": _shown_number,
        "dtmf_mode": one_of(DTMF_MODES),
        "voicemail_language": matching(LANGUAGE, Broken("regex")),
    }

    display_name: str | Unset | None = UNSET
    first_name: str | Unset | None = UNSET
    last_name: str | Unset | None = UNSET
    email: str | Unset | None = UNSET
    mobile: str | Unset | None = UNSET
    status: str | Unset = UNSET
    expires_at: datetime | Unset | None = UNSET
    sign_in_name: str | Unset = UNSET
    aliases: tuple[str, ...] | Unset = UNSET
    max_concurrent: int | Unset = UNSET
    concurrent_registrations: int | Unset = UNSET
    tls_enabled: bool | Unset = UNSET
    recording_mode: str | Unset = UNSET
    voicemail_enabled: bool | Unset = UNSET
    voicemail_pin: str | Unset | None = field(default=UNSET, repr=False)
    voicemail_mail: bool | Unset = UNSET
    voicemail_attach: bool | Unset = UNSET
    voicemail_delete_after_mail: bool | Unset = UNSET
    voicemail_language: str | Unset | None = UNSET
    outbound_calls_disabled: bool | Unset = UNSET
    outside_hours_calls_disabled: bool | Unset = UNSET
    international_calls_disabled: bool | Unset = UNSET
    outbound_caller_id: str | Unset | None = UNSET
    hotline_id: int | Unset | None = UNSET
    user_id: int | Unset | None = UNSET
    team_id: int | Unset | None = UNSET
    department_id: int | Unset | None = UNSET
    class_of_service_id: int | Unset | None = UNSET
    presence_status: str | Unset = UNSET
    mobile_prefix: str | Unset | None = UNSET
    internal_caller_id: str | Unset | None = UNSET
    dtmf_mode: str | Unset = UNSET
    srtp_enabled: bool | Unset = UNSET
    t38_enabled: bool | Unset = UNSET
    qualify_enabled: bool | Unset = UNSET
    reject_ends_ringing: bool | Unset = UNSET
    voicemail_pin_required: bool | Unset = UNSET
    vendor_values: Mapping[str, Any] | Unset = field(default=UNSET, repr=False)

    def broken_by(self, number: str) -> dict[str, list[Broken]]:
        """Every rule that a value of the extension `number` breaks by itself."""
        found = self.broken()
        for name, rule in _aliases(self.given().get("aliases", ()), number):
            found.setdefault(name, []).append(rule)
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateExtension:
    """A new extension. Without a password one is generated."""

    extension_number: str
    sip_password: str | None = field(default=None, repr=False)
    values: ExtensionValues = field(default_factory=ExtensionValues)

    @property
    def names(self) -> Names:
        """What it will be called."""
        given = self.values.given()
        sign_in_name = given.get("sign_in_name", self.extension_number)
        return Names(self.extension_number, sign_in_name, tuple(sorted(given.get("aliases", ()))))

    def broken(self) -> dict[str, list[Broken]]:
        found = self.values.broken_by(self.extension_number)
        if rules := [*dialled_number(self.extension_number)]:
            found["extension_number"] = rules
        if self.sip_password is not None and (rules := [*_password(self.sip_password)]):
            found["sip_password"] = rules
        return found

    def check(self) -> None:
        """Raises Invalid, with every rule that is broken."""
        _raise(self.broken())


@dataclass(frozen=True, slots=True, kw_only=True)
class UpdateExtension:
    """New values for the living extension of that number; its number and password are none of them."""

    extension_number: str
    values: ExtensionValues

    def check(self) -> None:
        """Raises Invalid, with every rule that is broken."""
        _raise(self.values.broken_by(self.extension_number))


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePassword:
    """Another SIP password; without one it is generated."""

    extension_number: str
    new_password: str | None = field(default=None, repr=False)

    def check(self) -> None:
        """Raises Invalid, with every rule that is broken."""
        rules = [] if self.new_password is None else [*_password(self.new_password)]
        _raise({"new_password": rules} if rules else {})


def _raise(broken: Mapping[str, Sequence[Broken]]) -> None:
    if broken:
        raise Invalid(broken)
