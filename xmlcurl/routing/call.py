"""A call as routing sees it, and a route as the switch will carry it out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from xmlcurl.store.call_model import (
    ClassOfService,
    Holiday,
    Mailbox,
    Menu,
    OutboundRoute,
    OwnNumber,
    Presence,
    Queue,
    RingGroup,
)
from xmlcurl.store.model import CallerId, CallSettings, Extension, Tenant

BUSY: Final = "busy"
NO_ANSWER: Final = "no_answer"

Action = tuple[str, str]
"""An application and its data."""


@dataclass(frozen=True, slots=True)
class Payer:
    """An extension by whose permissions a call goes outside."""

    extension: Extension
    class_of_service: ClassOfService = field(default_factory=ClassOfService)

    @property
    def may_call_out(self) -> bool:
        return not (self.extension.outbound_calls_disabled or self.class_of_service.outbound_calls_disabled)

    @property
    def may_call_when_closed(self) -> bool:
        disabled = self.class_of_service.outside_hours_calls_disabled
        return not (self.extension.outside_hours_calls_disabled or disabled)

    @property
    def may_call_abroad(self) -> bool:
        disabled = self.class_of_service.international_calls_disabled
        return not (self.extension.international_calls_disabled or disabled)

    def may_take(self, route: OutboundRoute) -> bool:
        allowed = self.class_of_service.route_ids
        return allowed is None or route.id in allowed


@dataclass(frozen=True, slots=True)
class Callee:
    """An extension in service, what calls to it meet now, and its permissions, by which its mobile is called."""

    payer: Payer
    presence: Presence = field(default_factory=Presence)

    @property
    def extension(self) -> Extension:
        return self.payer.extension


@dataclass(frozen=True, slots=True)
class OutOfService:
    """An extension that has the dialled name and may not be called now."""


Place = Callee | OutOfService | RingGroup | Queue | Menu | Mailbox | OwnNumber
"""What has the dialled name or number inside a tenant."""


@dataclass(frozen=True, slots=True)
class Call:
    """A call inside one tenant.

    Args:
        caller: who signed in; None: a call from outside, or a leg that nobody answers for, such as the far end
            of a blind transfer.
        place: what has the dialled name; None: nothing inside.
        on_behalf_of: who forwarded the call here, and by whose permissions it goes on; else the caller's count.
        path: the numbers that forwarded the call so far.
        failed: BUSY or NO_ANSWER when the dialled extension was rung just now, else empty.
        choice: what was dialled in the menu that was called, else empty.
        task: what another switch asks of this one, as in peers.py, else empty.
        home: where the tenant's mailboxes and queues are, as HOST:PORT: empty where that switch can't be reached;
            None: here.
        transfer: "blind" or "attended" when the caller's phone asks during its call, to hand on who it talks to, else
            empty; the destination is then empty until a number was dialled.
        handed_on: whose phone it is that somebody handed on who had called it; it pays for nothing.
        routes: ways outside, in the order in which they are tried.
        gateway_ids: for emergency calls, in the order in which they are tried.
        default_caller_id: what calls show that no extension makes.
    """

    tenant: Tenant
    destination: str
    caller: Payer | None = None
    place: Place | None = None
    on_behalf_of: Payer | None = None
    path: tuple[str, ...] = ()
    failed: str = ""
    choice: str = ""
    transfer: str = ""
    handed_on: Extension | None = None
    task: str = ""
    home: str | None = None
    settings: CallSettings = field(default_factory=CallSettings)
    holidays: tuple[Holiday, ...] = ()
    routes: tuple[OutboundRoute, ...] = ()
    gateway_ids: tuple[int, ...] = ()
    default_caller_id: CallerId | None = None

    @property
    def domain(self) -> str:
        return self.tenant.domain

    @property
    def phone(self) -> Extension | None:
        """The extension whose phone signed in for this leg."""
        return self.caller.extension if self.caller else None

    @property
    def desk(self) -> Extension | None:
        """The extension whose phone is at the far end of this leg, whoever called whom."""
        return self.phone or self.handed_on

    @property
    def payer(self) -> Payer | None:
        return self.on_behalf_of or self.caller


@dataclass(frozen=True, slots=True)
class Rule:
    """What the switch does when `condition`, the attributes of a dialplan condition, holds; without one always.

    `goes_on`: its actions happen while the switch still reads the document, and the next rule is looked at.
    """

    name: str
    actions: tuple[Action, ...]
    condition: Mapping[str, str] = field(default_factory=dict)
    goes_on: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """Rules in order, the last of them without a condition: there is always one that holds."""

    rules: tuple[Rule, ...]

    @property
    def name(self) -> str:
        return self.rules[-1].name

    @property
    def actions(self) -> tuple[Action, ...]:
        """Those of the last rule."""
        return self.rules[-1].actions


def plain(name: str, *actions: Action) -> Route:
    """The same whenever it is looked at."""
    return Route((Rule(name, actions),))


def refusal(cause: str) -> Route:
    """Ends the call with that cause."""
    return plain(cause.lower(), ("hangup", cause))


UNALLOCATED: Final = refusal("UNALLOCATED_NUMBER")
REJECTED: Final = refusal("CALL_REJECTED")
