"""What the routes of the API call: built once, in the composition root, and handed to `create_api`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from management.auditlog.service import AuditLog
from management.auth import Gate, Networks
from management.call_settings.service import TenantCallSettings
from management.calls.service import Calls
from management.changes.service import Changes
from management.classes_of_service.service import ClassesOfService
from management.departments.service import Departments
from management.explain.service import Explanations
from management.extensions.service import Extensions
from management.gateways.service import Gateways
from management.gateways.states import GatewayStates
from management.greetings.service import Greetings
from management.group_mailboxes.service import GroupMailboxes
from management.holidays.service import Holidays
from management.hotlines.service import Hotlines
from management.ivr_menus.service import IvrMenus
from management.keys.service import Keys
from management.number_destinations.service import NumbersDestinations
from management.numbers.service import Numbers
from management.outbound_routes.service import OutboundRoutes
from management.partners.hotlines import PartnerHotlines
from management.partners.service import Partners
from management.partners.tenants import PartnerTenants
from management.presence.service import Presences
from management.queue_agents.service import QueueAgents
from management.queues.service import Queues
from management.ratelimit import RateLimit
from management.registrations import Contact
from management.ring_groups.service import RingGroups
from management.switches.service import Switches
from management.teams.service import Teams
from management.tenants.service import Tenants
from management.tokens.service import Tokens
from management.users.service import Users
from management.vendor_keys.gate import KeyGate
from management.vendor_keys.service import VendorKeys
from management.writes import Writes
from management.yeastar_tokens.service import YeastarTokens

Registration = Literal["registered", "unregistered", "unknown"]


class Registrations(Protocol):
    """Who is registered, as the switches say; "unknown" when one that should be asked can't be."""

    async def status(self, domain: str, number: str) -> Registration: ...

    async def statuses(self, domain: str, numbers: Sequence[str]) -> Mapping[str, Registration]: ...

    async def contacts_of(self, domain: str, numbers: Sequence[str]) -> Mapping[str, Sequence[Contact]]: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One field for each noun."""

    gate: Gate
    key_gate: KeyGate
    requests: RateLimit
    vendor_requests: Mapping[str, RateLimit]
    """By dialect."""
    tencent_signatures: RateLimit
    """Each may change something once, for as long as it is believed."""
    writes: Writes
    """For one write of several services, by their `..._in`."""
    trusted_proxies: Networks
    extensions: Extensions
    presences: Presences
    registrations: Registrations
    tenants: Tenants
    partners: Partners
    partner_tenants: PartnerTenants
    partner_hotlines: PartnerHotlines
    teams: Teams
    departments: Departments
    users: Users
    numbers: Numbers
    hotlines: Hotlines
    gateways: Gateways
    gateway_states: GatewayStates
    outbound_routes: OutboundRoutes
    classes_of_service: ClassesOfService
    holidays: Holidays
    call_settings: TenantCallSettings
    ring_groups: RingGroups
    queues: Queues
    queue_agents: QueueAgents
    ivr_menus: IvrMenus
    group_mailboxes: GroupMailboxes
    greetings: Greetings
    number_destinations: NumbersDestinations
    tokens: Tokens
    vendor_keys: VendorKeys
    yeastar_tokens: YeastarTokens
    switches: Switches
    changes: Changes
    auditlog: AuditLog
    explanations: Explanations
    calls: Calls
    keys: Keys
