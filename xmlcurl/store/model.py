"""What the store holds, as lookups see it. Frozen, without dependencies; nothing here knows SQL or XML."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from xmlcurl.store.text import is_shown_number

TENANT_STATES = ("active", "suspended")
EXTENSION_STATUSES = ("active", "disabled")
RECORDING_MODES = ("none", "inbound", "outbound", "all")
CARRIERS = ("viettel", "mobifone", "vinaphone", "vietnamobile", "landline", "other")
CLI_TYPES = ("mobile", "fixed_02x", "hotline_1900", "hotline_1800", "brandname")
LANGUAGES = ("en", "vi")
PRESENCE_STATUSES = ("available", "away", "business_trip", "do_not_disturb", "lunch", "off_work")
TRANSPORTS = ("udp", "tcp", "tls")
DTMF_MODES = ("rfc4733", "info", "inband", "auto")
DIALECTS = ("sencloud", "yeastar", "tencent")
"""Vendors' shapes of the API that have keys of their own."""
CODECS = ("PCMA", "PCMU")
"""Those that are part of FreeSWITCH itself; others need a module that a switch may not have loaded."""
RING_STRATEGIES = ("simultaneous", "sequence", "random")
QUEUE_STRATEGIES = (
    "ring-all",
    "longest-idle-agent",
    "round-robin",
    "top-down",
    "agent-with-least-talk-time",
    "agent-with-fewest-calls",
    "sequentially-by-agent-order",
    "random",
)
DESTINATION_TYPES = (
    "extension",
    "ext_vm",
    "ring_group",
    "queue",
    "ivr",
    "group_vm",
    "mobile_number",
    "external_num",
    "play_greeting",
    "end_call",
)


@dataclass(frozen=True, slots=True)
class Tenant:
    """One customer. `domain` is the SIP domain, in lower case."""

    id: int
    domain: str
    is_active: bool
    time_zone: str
    cacheable_ms: int
    home_switch_id: int | None = None
    """The switch with its mailboxes and queues; None: each has its own."""


@dataclass(frozen=True, slots=True)
class CallerId:
    """What the outside sees of a caller: one active number of the tenant."""

    number: str
    display_name: str | None


@dataclass(frozen=True, slots=True)
class Extension:
    """A number with a SIP account, with everything that its documents say.

    Hashes are lower-case hex. `outbound` is the caller ID for outside calls, already chosen:
    the extension's own, else its hotline's, else the tenant's default.
    """

    id: int
    tenant: Tenant
    number: str
    sign_in_name: str
    aliases: tuple[str, ...]
    display_name: str | None
    status: str
    expires_at: datetime | None
    a1_hash: str
    vm_a1_hash: str | None
    credentials_revision: int
    max_concurrent: int
    concurrent_registrations: int
    tls_enabled: bool
    recording_mode: str
    voicemail_enabled: bool
    voicemail_mail: bool
    voicemail_attach: bool
    voicemail_delete_after_mail: bool
    email: str | None
    outbound_calls_disabled: bool
    outside_hours_calls_disabled: bool
    international_calls_disabled: bool
    internal_caller_id: str | None
    dtmf_mode: str
    srtp_enabled: bool
    t38_enabled: bool
    qualify_enabled: bool
    reject_ends_ringing: bool
    voicemail_pin_required: bool
    outbound: CallerId | None

    @property
    def shown_number(self) -> str:
        """What phones of the tenant see as the number of who calls."""
        shown = self.internal_caller_id
        return shown if shown and is_shown_number(shown) else self.number

    def is_in_service(self, now: datetime) -> bool:
        """Whether it may register and be called at `now`: active, in term, of an active tenant."""
        in_term = self.expires_at is None or now < self.expires_at
        return self.status == "active" and in_term and self.tenant.is_active

    @property
    def revision(self) -> str:
        """Names the state of the credentials: "<extension id>-<credentials revision>"; ids are never reused."""
        return f"{self.id}-{self.credentials_revision}"


@dataclass(frozen=True, slots=True)
class GroupMailbox:
    """A mailbox that belongs to no extension: nobody signs in as it, or can be called there."""

    tenant: Tenant
    number: str
    vm_a1_hash: str | None
    voicemail_mail: bool
    voicemail_attach: bool
    voicemail_delete_after_mail: bool
    email: str | None


@dataclass(frozen=True, slots=True)
class OpenHours:
    """When a tenant is open on one day of the week, in its time zone.

    `weekday` is 0 (Monday) to 6; `opens` and `closes` are minutes since midnight, `closes` the first one after (1440 is
    the end of the day).
    """

    weekday: int
    opens: int
    closes: int


AGENT_STATUSES = ("available", "on_break", "logged_out")
"""Whether somebody who serves queues is called by them: now, soon again, not."""

FEATURES = (
    "own_voicemail",
    "any_voicemail",
    "forward_always_on",
    "forward_always_off",
    "dnd_on",
    "dnd_off",
    "agent_login",
    "agent_logout",
)
FEATURES_WITH_NUMBER = frozenset({"forward_always_on"})
"""After the code of these a number is dialled."""


def _default_feature_codes() -> Mapping[str, str]:
    return dict(zip(FEATURES, ("*97", "*98", "*72", "*73", "*78", "*79", "*22", "*23"), strict=True))


@dataclass(frozen=True, slots=True)
class CallSettings:
    """What a tenant says of calls as a whole. The defaults are those of a tenant that has said nothing yet.

    Prefixes are what its people dial: the international one before a country code, the national one before an area.
    `feature_codes` has a code for each feature of FEATURES that is offered. No `business_hours`: always open.
    Without `emergency_gateway_ids` every active gateway of the tenant is tried, in order of their ids.
    """

    country_code: str = "84"
    international_prefix: str = "00"
    national_prefix: str = "0"
    emergency_numbers: tuple[str, ...] = ("112", "911")
    emergency_caller_id: CallerId | None = None
    emergency_gateway_ids: tuple[int, ...] = ()
    feature_codes: Mapping[str, str] = field(default_factory=_default_feature_codes)
    business_hours: tuple[OpenHours, ...] = ()


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody at a phone wants changed: `kind` is one of FEATURES that changes something, or "voicemail_pin".

    `number` is whose phone, or mailbox, it is; `digits` are where calls shall go, or the new PIN.
    """

    kind: str
    number: str
    digits: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Document:
    """Rendered XML, byte for byte what FreeSWITCH receives.

    A user document says whose it is, so that the policy for a sign-in needs no second read.
    """

    body: bytes
    number: str = ""
    sign_in_name: str = ""
    wish: Wish | None = None
    """What a call to a feature code wants. Until management has been asked, `body` is a guess; never remembered."""


class Tag:
    """Names of the groups of cached documents that are dropped together, one function per kind of cause."""

    DOMAINS = "domains"

    @staticmethod
    def tenant(tenant_id: int) -> str:
        """Every document of the tenant. Numbers and hotlines have no tag of their own: they are shared, and show
        where they did not before, so a change to one drops this.
        """
        return f"t{tenant_id}"

    @staticmethod
    def extension(tenant_id: int, extension_id: int) -> str:
        return f"t{tenant_id}:e{extension_id}"

    @staticmethod
    def name(tenant_id: int, name: str) -> str:
        """The claim that `name` belongs to an extension, or to none: absence depends on it."""
        return f"t{tenant_id}:n:{name}"

    @staticmethod
    def calls(tenant_id: int) -> str:
        """Every route: what a call can meet on its way shows in many of them, and changes seldom."""
        return f"t{tenant_id}:calls"

    @staticmethod
    def members(tenant_id: int) -> str:
        """Every document that lists extensions: groups and the directory by name."""
        return f"t{tenant_id}:members"
