"""What a call can meet on its way: trunks, routes to the outside, groups, queues, menus, mailboxes, hours."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Date,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from xmlcurl.store.model import (
    AGENT_STATUSES,
    DESTINATION_TYPES,
    EXTENSION_STATUSES,
    PRESENCE_STATUSES,
    QUEUE_STRATEGIES,
    RING_STRATEGIES,
    TRANSPORTS,
)
from xmlcurl.store.tables.kit import ID, link, one_of, own_id, table, times, unique_among_living


def _of_tenant() -> Column[int]:
    return link("tenant_id", "tenants", nullable=False)


def _name() -> Column[str]:
    return Column("name", String(100), nullable=False)


def _number() -> Column[str]:
    # What is dialled; unique among all names of the tenant, see `taken_names`.
    return Column("number", String(10), nullable=False)


def _between(column: str, least: int, most: int) -> CheckConstraint:
    return CheckConstraint(f"{column} BETWEEN {least} AND {most}", name=column)


def _ordered(name: str, owner: str, owners: str, member: str, members: str, *more: Column[int]) -> Table:
    """Members of an owner, in order, each once. They go with the owner's change; nothing of them is kept."""
    return table(
        name,
        own_id(),
        _of_tenant(),
        link(owner, owners, nullable=False),
        link(member, members, nullable=False),
        Column("position", Integer, nullable=False),
        *more,
        UniqueConstraint(owner, member, name=f"uq_{name}_member"),
    )


gateways = table(
    "gateways",
    own_id(),
    _of_tenant(),
    _name(),
    Column("status", String(16), nullable=False, default="active"),
    Column("host", String(253), nullable=False),
    Column("port", Integer),
    Column("transport", String(8), nullable=False, default="udp"),
    Column("registers", Boolean, nullable=False, default=False),
    Column("username", String(128)),
    # The one clear secret that FreeSWITCH must be given: it is asked for it by the carrier.
    Column("password_encrypted", Text),
    Column("realm", String(253)),
    Column("expires_seconds", Integer, nullable=False, default=3_600),
    Column("codecs", JSON, nullable=False),
    # CIDRs that calls of this carrier come from.
    Column("addresses", JSON, nullable=False),
    *times(),
    one_of("status", EXTENSION_STATUSES),
    one_of("transport", TRANSPORTS),
    _between("port", 1, 65_535),
    _between("expires_seconds", 60, 86_400),
    unique_among_living("uq_gateways_name", "tenant_id", "name"),
)

outbound_routes = table(
    "outbound_routes",
    own_id(),
    _of_tenant(),
    _name(),
    Column("status", String(16), nullable=False, default="active"),
    # The lowest is tried first.
    Column("priority", Integer, nullable=False, default=100),
    Column("patterns", JSON, nullable=False),
    Column("strip", Integer, nullable=False, default=0),
    Column("prepend", String(20)),
    Column("is_international", Boolean, nullable=False, default=False),
    *times(),
    one_of("status", EXTENSION_STATUSES),
    _between("priority", 1, 1_000),
    _between("strip", 0, 20),
    unique_among_living("uq_outbound_routes_name", "tenant_id", "name"),
)
outbound_route_gateways = _ordered(
    "outbound_route_gateways", "outbound_route_id", "outbound_routes", "gateway_id", "gateways"
)

classes_of_service = table(
    "classes_of_service",
    own_id(),
    _of_tenant(),
    _name(),
    Column("outbound_calls_disabled", Boolean, nullable=False, default=False),
    Column("outside_hours_calls_disabled", Boolean, nullable=False, default=False),
    Column("international_calls_disabled", Boolean, nullable=False, default=False),
    # Else only those of class_of_service_routes.
    Column("all_routes", Boolean, nullable=False, default=True),
    *times(),
    unique_among_living("uq_classes_of_service_name", "tenant_id", "name"),
)
class_of_service_routes = _ordered(
    "class_of_service_routes", "class_of_service_id", "classes_of_service", "outbound_route_id", "outbound_routes"
)

greetings = table(
    "greetings",
    own_id(),
    _of_tenant(),
    _name(),
    # By its content: "wav" or "mp3".
    Column("format", String(8), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("sha256", String(64), nullable=False),
    *times(),
    one_of("format", ("wav", "mp3")),
    unique_among_living("uq_greetings_name", "tenant_id", "name"),
)
greeting_files = table(
    "greeting_files",
    # Apart from the greeting, so that a list of them doesn't read megabytes.
    own_id(),
    _of_tenant(),
    link("greeting_id", "greetings", nullable=False),
    Column("content", LargeBinary, nullable=False),
    UniqueConstraint("greeting_id", name="uq_greeting_files_greeting_id"),
)

ring_groups = table(
    "ring_groups",
    own_id(),
    _of_tenant(),
    _name(),
    _number(),
    Column("strategy", String(16), nullable=False, default="simultaneous"),
    Column("ring_seconds", Integer, nullable=False, default=30),
    *times(),
    one_of("strategy", RING_STRATEGIES),
    _between("ring_seconds", 5, 300),
    unique_among_living("uq_ring_groups_name", "tenant_id", "name"),
)
ring_group_members = _ordered("ring_group_members", "ring_group_id", "ring_groups", "extension_id", "extensions")

queues = table(
    "queues",
    own_id(),
    _of_tenant(),
    _name(),
    _number(),
    Column("strategy", String(32), nullable=False, default="longest-idle-agent"),
    # 0: a caller waits for as long as it takes.
    Column("max_wait_seconds", Integer, nullable=False, default=0),
    Column("ring_seconds", Integer, nullable=False, default=20),
    Column("wrap_up_seconds", Integer, nullable=False, default=10),
    # Heard while waiting.
    link("greeting_id", "greetings", nullable=True),
    *times(),
    one_of("strategy", QUEUE_STRATEGIES),
    _between("max_wait_seconds", 0, 86_400),
    _between("ring_seconds", 5, 300),
    _between("wrap_up_seconds", 0, 3_600),
    unique_among_living("uq_queues_name", "tenant_id", "name"),
)
queue_agents = _ordered(
    "queue_agents",
    "queue_id",
    "queues",
    "extension_id",
    "extensions",
    Column("level", Integer, nullable=False, default=1),
)

agent_statuses = table(
    "agent_statuses",
    # What a person wishes, for all queues; without a row logged out. Switches are told, they don't say.
    own_id(),
    _of_tenant(),
    link("extension_id", "extensions", nullable=False),
    Column("status", String(16), nullable=False),
    *times(soft_delete=False),
    one_of("status", AGENT_STATUSES),
    UniqueConstraint("extension_id", name="uq_agent_statuses_extension_id"),
)

ivr_menus = table(
    "ivr_menus",
    own_id(),
    _of_tenant(),
    _name(),
    _number(),
    link("greeting_id", "greetings", nullable=True),
    Column("timeout_seconds", Integer, nullable=False, default=5),
    Column("tries", Integer, nullable=False, default=3),
    # Whether a caller may dial the number of an extension instead of a digit.
    Column("direct_dial", Boolean, nullable=False, default=False),
    *times(),
    _between("timeout_seconds", 1, 60),
    _between("tries", 1, 10),
    unique_among_living("uq_ivr_menus_name", "tenant_id", "name"),
)

group_mailboxes = table(
    "group_mailboxes",
    own_id(),
    _of_tenant(),
    _name(),
    _number(),
    # md5(number:domain:PIN); without one nobody listens by phone.
    Column("vm_a1_hash", String(32)),
    Column("email", String(255)),
    Column("voicemail_mail", Boolean, nullable=False, default=False),
    Column("voicemail_attach", Boolean, nullable=False, default=False),
    Column("voicemail_delete_after_mail", Boolean, nullable=False, default=False),
    *times(),
    unique_among_living("uq_group_mailboxes_name", "tenant_id", "name"),
)

presence_rules = table(
    "presence_rules",
    # What happens to a call while an extension has this status; its forwards are destinations.
    own_id(),
    _of_tenant(),
    link("extension_id", "extensions", nullable=False),
    Column("status", String(16), nullable=False),
    Column("ring_seconds", Integer, nullable=False, default=30),
    Column("ring_mobile", Boolean, nullable=False, default=False),
    one_of("status", PRESENCE_STATUSES),
    _between("ring_seconds", 5, 300),
    UniqueConstraint("extension_id", "status", name="uq_presence_rules_status"),
)

destinations = table(
    "destinations",
    # Where a call goes on: each slot of an owner has at most one. They go with the owner's change.
    own_id(),
    _of_tenant(),
    Column("owner_kind", String(16), nullable=False),
    Column("owner_id", ID, nullable=False),
    # "no_answer" of a ring group, "1" of a menu, "in_busy" of a presence rule, ...
    Column("slot", String(16), nullable=False),
    Column("type", String(16), nullable=False),
    link("extension_id", "extensions", nullable=True),
    link("ring_group_id", "ring_groups", nullable=True),
    link("queue_id", "queues", nullable=True),
    link("ivr_menu_id", "ivr_menus", nullable=True),
    link("group_mailbox_id", "group_mailboxes", nullable=True),
    link("greeting_id", "greetings", nullable=True),
    # Of a number outside; the prefix is dialled before it.
    Column("number", String(31)),
    Column("prefix", String(20)),
    # How often a greeting is played.
    Column("times", Integer),
    one_of("owner_kind", ("number", "ring_group", "queue", "ivr_menu", "presence_rule")),
    one_of("type", DESTINATION_TYPES),
    _between("times", 1, 5),
    UniqueConstraint("owner_kind", "owner_id", "slot", name="uq_destinations_slot"),
)

call_settings = table(
    "call_settings",
    # One row a tenant, made with its first change; until then the defaults of `store.model.CallSettings` hold.
    own_id(),
    _of_tenant(),
    Column("country_code", String(4), nullable=False),
    Column("international_prefix", String(4), nullable=False),
    Column("national_prefix", String(4), nullable=False),
    Column("emergency_numbers", JSON, nullable=False),
    link("emergency_caller_id_number_id", "numbers", nullable=True),
    # Feature -> code.
    Column("feature_codes", JSON, nullable=False),
    # [weekday from Monday 0, first minute of the day, minute after the last]; empty: always open.
    Column("business_hours", JSON, nullable=False),
    *times(soft_delete=False),
    UniqueConstraint("tenant_id", name="uq_call_settings_tenant_id"),
)
emergency_gateways = _ordered("emergency_gateways", "call_settings_id", "call_settings", "gateway_id", "gateways")

holidays = table(
    "holidays",
    own_id(),
    _of_tenant(),
    _name(),
    Column("first_day", Date, nullable=False),
    Column("last_day", Date, nullable=False),
    # On the same days of every year.
    Column("is_yearly", Boolean, nullable=False, default=False),
    *times(),
    CheckConstraint("first_day <= last_day", name="days"),
)
