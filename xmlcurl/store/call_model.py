"""What a call can meet inside a tenant, as lookups see it. Frozen, stdlib only; nothing here knows SQL or XML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from xmlcurl.store.model import Extension


@dataclass(frozen=True, slots=True)
class Greeting:
    """A sound that callers hear. Its name changes with its content, so nobody plays an old one under it."""

    id: int
    sha256: str
    format: str
    """"wav"; "mp3" for one that was stored before sounds were converted."""

    @property
    def file_name(self) -> str:
        return f"{self.id}-{self.sha256}.{self.format}"


@dataclass(frozen=True, slots=True)
class Destination:
    """Where a call goes on; `type` is one of DESTINATION_TYPES.

    `number` is what is dialled for it: inside, or outside with `prefix` before it; None for what isn't dialled.
    """

    type: str
    number: str | None = None
    prefix: str = ""
    greeting: Greeting | None = None
    times: int = 1


Forwards = Mapping[str, Destination]
"""Destinations by slot, such as "in_busy" of a presence rule."""


@dataclass(frozen=True, slots=True)
class Presence:
    """What calls to an extension meet while it has its present status."""

    status: str = "available"
    ring_seconds: int = 30
    ring_mobile: bool = False
    mobile: str | None = None
    prefix: str = ""
    """Dialled before the mobile number."""
    forwards: Forwards = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ClassOfService:
    """What those who have it may call; the switches are those of an extension."""

    outbound_calls_disabled: bool = False
    outside_hours_calls_disabled: bool = False
    international_calls_disabled: bool = False
    route_ids: frozenset[int] | None = None
    """None: every outbound route."""


@dataclass(frozen=True, slots=True)
class RingGroup:
    """`members` are extensions in service that may be disturbed, in the order in which they ring."""

    number: str
    strategy: str
    ring_seconds: int
    members: tuple[Extension, ...]
    no_answer: Destination | None = None


@dataclass(frozen=True, slots=True)
class Queue:
    """`timeout`: where a caller goes on who was not served; `greeting`: heard until then."""

    id: int
    number: str
    timeout: Destination | None = None
    greeting: Greeting | None = None


@dataclass(frozen=True, slots=True)
class Menu:
    """`no_choice`: where a caller goes on who chose nothing; `options`: by key, those who did.

    With `direct_dial` the number of an extension is a choice as well.
    """

    id: int
    number: str
    no_choice: Destination | None = None
    options: Forwards = field(default_factory=dict)
    direct_dial: bool = False


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A mailbox of a group."""

    number: str


@dataclass(frozen=True, slots=True)
class OwnNumber:
    """A number of the public network that the tenant has; `forwards` by "open", "closed" and "holiday"."""

    number: str
    forwards: Forwards


@dataclass(frozen=True, slots=True)
class OutboundRoute:
    """A way to numbers outside. `gateway_ids` are active, in the order in which they are tried."""

    id: int
    patterns: tuple[str, ...]
    gateway_ids: tuple[int, ...]
    strip: int = 0
    prepend: str = ""
    is_international: bool = False


@dataclass(frozen=True, slots=True)
class Holiday:
    """Both days belong to it; yearly, only their months and days count."""

    first_day: date
    last_day: date
    is_yearly: bool = False
