"""What a call can meet on its way: gateways, routes to the outside, groups, queues, menus, mailboxes, hours."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from management.migrations.making import ID, check, flag, link, table, times, words

revision: Final = "0002"
down_revision: Final = "0001"
branch_labels: Final = None
depends_on: Final = None

_STATUSES: Final = "status IN ('active', 'disabled')"
_PRESENCE: Final = "IN ('available', 'away', 'business_trip', 'do_not_disturb', 'lunch', 'off_work')"
_INSIDE: Final = {
    "extension_id": "extensions",
    "ring_group_id": "ring_groups",
    "queue_id": "queues",
    "ivr_menu_id": "ivr_menus",
    "group_mailbox_id": "group_mailboxes",
}
_NAME_KINDS: Final = "is_number, is_sign_in, is_alias"


def upgrade() -> None:
    _create_outside()
    _create_inside()
    _create_forwarding()
    _create_settings()
    _extend_extensions()
    _take_names()


def downgrade() -> None:
    _give_names_back()
    with _extensions() as extensions:
        extensions.drop_constraint("fk_extensions_class_of_service_id", type_="foreignkey")
        extensions.drop_constraint(op.f("ck_extensions_presence_status"), type_="check")
        extensions.drop_index("ix_extensions_class_of_service_id")
        for column in ("class_of_service_id", "presence_status", "mobile_prefix"):
            extensions.drop_column(column)
    for name in (
        "holidays",
        "emergency_gateways",
        "call_settings",
        "destinations",
        "presence_rules",
        "queue_agents",
        "ring_group_members",
        "group_mailboxes",
        "ivr_menus",
        "queues",
        "ring_groups",
        "greeting_files",
        "greetings",
        "class_of_service_routes",
        "classes_of_service",
        "outbound_route_gateways",
        "outbound_routes",
        "gateways",
    ):
        op.drop_table(name)


def _create_outside() -> None:
    _named(
        "gateways",
        words("status", 16),
        words("host", 253),
        sa.Column("port", sa.Integer),
        words("transport", 8),
        flag("registers"),
        sa.Column("username", sa.String(128)),
        sa.Column("password_encrypted", sa.Text),
        sa.Column("realm", sa.String(253)),
        _number("expires_seconds"),
        sa.Column("codecs", sa.JSON, nullable=False),
        sa.Column("addresses", sa.JSON, nullable=False),
        check("gateways", "status", _STATUSES),
        check("gateways", "transport", "transport IN ('udp', 'tcp', 'tls')"),
        _between("gateways", "port", 1, 65_535),
        _between("gateways", "expires_seconds", 60, 86_400),
    )
    _named(
        "outbound_routes",
        words("status", 16),
        _number("priority"),
        sa.Column("patterns", sa.JSON, nullable=False),
        _number("strip"),
        sa.Column("prepend", sa.String(20)),
        flag("is_international"),
        check("outbound_routes", "status", _STATUSES),
        _between("outbound_routes", "priority", 1, 1_000),
        _between("outbound_routes", "strip", 0, 20),
    )
    _ordered("outbound_route_gateways", "outbound_route_id", "outbound_routes", "gateway_id", "gateways")
    _named(
        "classes_of_service",
        flag("outbound_calls_disabled"),
        flag("outside_hours_calls_disabled"),
        flag("international_calls_disabled"),
        flag("all_routes"),
    )
    _ordered(
        "class_of_service_routes", "class_of_service_id", "classes_of_service", "outbound_route_id", "outbound_routes"
    )


def _create_inside() -> None:
    _named(
        "greetings",
        words("format", 8),
        _number("size_bytes"),
        words("sha256", 64),
        check("greetings", "format", "format IN ('wav', 'mp3')"),
    )
    table(
        "greeting_files",
        *link("greeting_files", "tenant_id", "tenants"),
        *link("greeting_files", "greeting_id", "greetings"),
        sa.Column("content", sa.LargeBinary, nullable=False),
        sa.UniqueConstraint("greeting_id", name="uq_greeting_files_greeting_id"),
    )
    _named(
        "ring_groups",
        words("number", 10),
        words("strategy", 16),
        _number("ring_seconds"),
        check("ring_groups", "strategy", "strategy IN ('simultaneous', 'sequence', 'random')"),
        _between("ring_groups", "ring_seconds", 5, 300),
    )
    _named(
        "queues",
        words("number", 10),
        words("strategy", 32),
        _number("max_wait_seconds"),
        _number("ring_seconds"),
        _number("wrap_up_seconds"),
        *link("queues", "greeting_id", "greetings", nullable=True),
        check(
            "queues",
            "strategy",
            "strategy IN ('ring-all', 'longest-idle-agent', 'round-robin', 'top-down', 'agent-with-least-talk-time', "
            "'agent-with-fewest-calls', 'sequentially-by-agent-order', 'random')",
        ),
        _between("queues", "max_wait_seconds", 0, 86_400),
        _between("queues", "ring_seconds", 5, 300),
        _between("queues", "wrap_up_seconds", 0, 3_600),
    )
    _named(
        "ivr_menus",
        words("number", 10),
        *link("ivr_menus", "greeting_id", "greetings", nullable=True),
        _number("timeout_seconds"),
        _number("tries"),
        flag("direct_dial"),
        _between("ivr_menus", "timeout_seconds", 1, 60),
        _between("ivr_menus", "tries", 1, 10),
    )
    _named(
        "group_mailboxes",
        words("number", 10),
        sa.Column("vm_a1_hash", sa.String(32)),
        sa.Column("email", sa.String(255)),
        flag("voicemail_mail"),
        flag("voicemail_attach"),
        flag("voicemail_delete_after_mail"),
    )
    _ordered("ring_group_members", "ring_group_id", "ring_groups", "extension_id", "extensions")
    _ordered("queue_agents", "queue_id", "queues", "extension_id", "extensions", _number("level"))


def _create_forwarding() -> None:
    table(
        "presence_rules",
        *link("presence_rules", "tenant_id", "tenants"),
        *link("presence_rules", "extension_id", "extensions"),
        words("status", 16),
        _number("ring_seconds"),
        flag("ring_mobile"),
        check("presence_rules", "status", f"status {_PRESENCE}"),
        _between("presence_rules", "ring_seconds", 5, 300),
        sa.UniqueConstraint("extension_id", "status", name="uq_presence_rules_status"),
    )
    targets = [
        part
        for column, target in {**_INSIDE, "greeting_id": "greetings"}.items()
        for part in link("destinations", column, target, nullable=True)
    ]
    table(
        "destinations",
        *link("destinations", "tenant_id", "tenants"),
        words("owner_kind", 16),
        sa.Column("owner_id", ID, nullable=False),
        words("slot", 16),
        words("type", 16),
        *targets,
        sa.Column("number", sa.String(31)),
        sa.Column("prefix", sa.String(20)),
        sa.Column("times", sa.Integer),
        check(
            "destinations",
            "owner_kind",
            "owner_kind IN ('number', 'ring_group', 'queue', 'ivr_menu', 'presence_rule')",
        ),
        check(
            "destinations",
            "type",
            "type IN ('extension', 'ext_vm', 'ring_group', 'queue', 'ivr', 'group_vm', 'mobile_number', "
            "'external_num', 'play_greeting', 'end_call')",
        ),
        _between("destinations", "times", 1, 5),
        sa.UniqueConstraint("owner_kind", "owner_id", "slot", name="uq_destinations_slot"),
    )


def _create_settings() -> None:
    table(
        "call_settings",
        *link("call_settings", "tenant_id", "tenants"),
        words("country_code", 4),
        words("international_prefix", 4),
        words("national_prefix", 4),
        sa.Column("emergency_numbers", sa.JSON, nullable=False),
        *link("call_settings", "emergency_caller_id_number_id", "numbers", nullable=True),
        sa.Column("feature_codes", sa.JSON, nullable=False),
        sa.Column("business_hours", sa.JSON, nullable=False),
        *times(soft_delete=False),
        sa.UniqueConstraint("tenant_id", name="uq_call_settings_tenant_id"),
    )
    _ordered("emergency_gateways", "call_settings_id", "call_settings", "gateway_id", "gateways")
    table(
        "holidays",
        *link("holidays", "tenant_id", "tenants"),
        words("name", 100),
        sa.Column("first_day", sa.Date, nullable=False),
        sa.Column("last_day", sa.Date, nullable=False),
        flag("is_yearly"),
        *times(),
        check("holidays", "days", "first_day <= last_day"),
    )


def _extend_extensions() -> None:
    with _extensions() as extensions:
        extensions.add_column(sa.Column("class_of_service_id", ID))
        # A default for the extensions that are there; new ones bring their own.
        extensions.add_column(sa.Column("presence_status", sa.String(16), nullable=False, server_default="available"))
        extensions.add_column(sa.Column("mobile_prefix", sa.String(20)))
        extensions.create_index("ix_extensions_class_of_service_id", ["class_of_service_id"])
        extensions.create_foreign_key(
            "fk_extensions_class_of_service_id", "classes_of_service", ["class_of_service_id"], ["id"]
        )
        extensions.create_check_constraint(
            op.f("ck_extensions_presence_status"), sa.text(f"presence_status {_PRESENCE}")
        )
    with _extensions() as extensions:
        extensions.alter_column("presence_status", server_default=None)


def _extensions() -> Any:
    # SQLite makes a new table and copies; ids must stay used up there, too.
    return op.batch_alter_table("extensions", table_kwargs={"sqlite_autoincrement": True})


def _take_names() -> None:
    owners = [part for column, target in _INSIDE.items() for part in link("taken_names", column, target, nullable=True)]
    counted = " + ".join(f"CASE WHEN {column} IS NULL THEN 0 ELSE 1 END" for column in _INSIDE)
    table(
        "taken_names",
        *link("taken_names", "tenant_id", "tenants"),
        *owners,
        *_name_columns(),
        sa.UniqueConstraint("tenant_id", "name", name="uq_taken_names_name"),
        check("taken_names", "owner", f"{counted} = 1"),
    )
    _copy("extension_names", "taken_names")
    op.drop_table("extension_names")


def _give_names_back() -> None:
    table(
        "extension_names",
        *link("extension_names", "tenant_id", "tenants"),
        *link("extension_names", "extension_id", "extensions"),
        *_name_columns(),
        sa.UniqueConstraint("tenant_id", "name", name="uq_extension_names_name"),
    )
    _copy("taken_names", "extension_names")
    op.drop_table("taken_names")


def _name_columns() -> tuple[sa.Column[Any], ...]:
    return words("name", 63), flag("is_number"), flag("is_sign_in"), flag("is_alias")


def _copy(source: str, target: str) -> None:
    columns = f"tenant_id, extension_id, name, {_NAME_KINDS}"
    op.execute(
        f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {source} "  # noqa: S608 - names of this file
        "WHERE extension_id IS NOT NULL ORDER BY id"
    )


def _named(name: str, *items: Any) -> None:
    table(
        name,
        *link(name, "tenant_id", "tenants"),
        words("name", 100),
        *items,
        *times(),
        unique_among_living={f"uq_{name}_name": ["tenant_id", "name"]},
    )


def _ordered(name: str, owner: str, owners: str, member: str, members: str, *more: Any) -> None:
    table(
        name,
        *link(name, "tenant_id", "tenants"),
        *link(name, owner, owners),
        *link(name, member, members),
        _number("position"),
        *more,
        sa.UniqueConstraint(owner, member, name=f"uq_{name}_member"),
    )


def _number(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=False)


def _between(name: str, column: str, least: int, most: int) -> sa.CheckConstraint:
    return check(name, column, f"{column} BETWEEN {least} AND {most}")
