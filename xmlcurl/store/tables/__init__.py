"""The one schema. Lookups read it through `queries.py`; management writes it, migrated by Alembic.

Every table of a tenant carries `tenant_id`. Soft-deleted rows keep `deleted_at`; what must be
unique among the living is a partial unique index, so that a deleted number can be created anew.
"""

from xmlcurl.store.tables.calls import (
    agent_statuses,
    call_settings,
    class_of_service_routes,
    classes_of_service,
    destinations,
    emergency_gateways,
    gateways,
    greeting_files,
    greetings,
    group_mailboxes,
    holidays,
    ivr_menus,
    outbound_route_gateways,
    outbound_routes,
    presence_rules,
    queue_agents,
    queues,
    ring_group_members,
    ring_groups,
)
from xmlcurl.store.tables.journals import audit, call_records, changes, switches
from xmlcurl.store.tables.kit import UtcDateTime, metadata, utc_now
from xmlcurl.store.tables.people import (
    api_tokens,
    departments,
    extensions,
    hotlines,
    numbers,
    taken_names,
    teams,
    tenants,
    users,
)

__all__ = [
    "UtcDateTime",
    "agent_statuses",
    "api_tokens",
    "audit",
    "call_records",
    "call_settings",
    "changes",
    "class_of_service_routes",
    "classes_of_service",
    "departments",
    "destinations",
    "emergency_gateways",
    "extensions",
    "gateways",
    "greeting_files",
    "greetings",
    "group_mailboxes",
    "holidays",
    "hotlines",
    "ivr_menus",
    "metadata",
    "numbers",
    "outbound_route_gateways",
    "outbound_routes",
    "presence_rules",
    "queue_agents",
    "queues",
    "ring_group_members",
    "ring_groups",
    "switches",
    "taken_names",
    "teams",
    "tenants",
    "users",
    "utc_now",
]
