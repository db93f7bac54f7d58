"""The first schema: tenants and what they own, switches, the outbox and the audit log."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

revision: Final = "0001"
down_revision: Final = None
branch_labels: Final = None
depends_on: Final = None

_ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_TIME: Final = sa.DateTime(timezone=True)


def upgrade() -> None:
    _create_platform()
    _create_belongings()
    _create_extensions()
    _create_journals()


def downgrade() -> None:
    if op.get_bind().dialect.name != "sqlite":
        op.drop_constraint("fk_tenants_default_number_id", "tenants", type_="foreignkey")
    for table in (
        "audit",
        "changes",
        "extension_names",
        "extensions",
        "hotlines",
        "numbers",
        "departments",
        "teams",
        "users",
        "api_tokens",
        "switches",
        "tenants",
    ):
        op.drop_table(table)


def _create_platform() -> None:
    _table(
        "tenants",
        _text("domain", 253),
        _text("name", 100),
        _text("state", 16),
        _text("time_zone", 64),
        _text("language", 8),
        sa.Column("cacheable_ms", sa.Integer, nullable=False),
        sa.Column("default_number_id", _ID),
        *_times(),
        _check("tenants", "state", "state IN ('active', 'suspended')"),
        _check("tenants", "language", "language IN ('en', 'vi')"),
        _check("tenants", "cacheable_ms", "cacheable_ms BETWEEN 0 AND 2147483"),
        # Tenants and numbers point at each other: SQLite takes the link now, PostgreSQL once both are there.
        sa.ForeignKeyConstraint(
            ["default_number_id"], ["numbers.id"], name="fk_tenants_default_number_id", use_alter=True
        ),
        unique_among_living={"uq_tenants_domain": ["domain"]},
    )
    _table(
        "switches",
        _text("name", 63),
        _text("host", 253),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("password_encrypted", sa.Text, nullable=False),
        sa.Column("sofia_profiles", sa.JSON, nullable=False),
        _flag("enabled"),
        *_times(),
        _check("switches", "port", "port BETWEEN 1 AND 65535"),
        unique_among_living={"uq_switches_name": ["name"]},
    )
    _table(
        "api_tokens",
        *_link("api_tokens", "tenant_id", "tenants", nullable=True),
        _text("name", 100),
        _text("secret_hash", 64),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("last_used_at", _TIME),
        sa.Column("revoked_at", _TIME),
        *_times(soft_delete=False),
    )


def _create_belongings() -> None:
    _table(
        "users",
        *_link("users", "tenant_id", "tenants"),
        _text("name", 100),
        sa.Column("email", sa.String(255)),
        sa.Column("mobile", sa.String(31)),
        _text("role", 16),
        *_times(),
        _check("users", "role", "role IN ('admin', 'supervisor', 'agent', 'read_only')"),
        unique_among_living={"uq_users_email": ["tenant_id", "email"]},
    )
    for group in ("teams", "departments"):
        _table(
            group,
            *_link(group, "tenant_id", "tenants"),
            _text("name", 100),
            *_times(),
            unique_among_living={f"uq_{group}_name": ["tenant_id", "name"]},
        )
    _table(
        "numbers",
        *_link("numbers", "tenant_id", "tenants"),
        _text("number", 15),
        sa.Column("display_name", sa.String(100)),
        _text("carrier", 16),
        _text("cli_type", 16),
        _text("status", 16),
        *_times(),
        _check(
            "numbers",
            "carrier",
            "carrier IN ('viettel', 'mobifone', 'vinaphone', 'vietnamobile', 'landline', 'other')",
        ),
        _check(
            "numbers", "cli_type", "cli_type IN ('mobile', 'fixed_02x', 'hotline_1900', 'hotline_1800', 'brandname')"
        ),
        _check("numbers", "status", "status IN ('active', 'disabled')"),
        unique_among_living={"uq_numbers_number": ["number"]},
    )
    if op.get_bind().dialect.name != "sqlite":
        op.create_foreign_key("fk_tenants_default_number_id", "tenants", "numbers", ["default_number_id"], ["id"])
    _table(
        "hotlines",
        *_link("hotlines", "tenant_id", "tenants"),
        *_link("hotlines", "number_id", "numbers"),
        _text("name", 100),
        *_times(),
    )


def _create_extensions() -> None:
    _table(
        "extensions",
        *_link("extensions", "tenant_id", "tenants"),
        _text("number", 10),
        _text("sign_in_name", 63),
        sa.Column("display_name", sa.String(100)),
        sa.Column("first_name", sa.String(63)),
        sa.Column("last_name", sa.String(63)),
        sa.Column("email", sa.String(255)),
        sa.Column("mobile", sa.String(31)),
        _text("status", 16),
        sa.Column("expires_at", _TIME),
        _text("a1_hash", 32),
        sa.Column("password_encrypted", sa.Text, nullable=False),
        sa.Column("credentials_revision", sa.Integer, nullable=False),
        sa.Column("max_concurrent", sa.Integer, nullable=False),
        sa.Column("concurrent_registrations", sa.Integer, nullable=False),
        _flag("tls_enabled"),
        _text("recording_mode", 16),
        _flag("voicemail_enabled"),
        sa.Column("vm_a1_hash", sa.String(32)),
        _flag("voicemail_mail"),
        _flag("voicemail_attach"),
        _flag("voicemail_delete_after_mail"),
        sa.Column("voicemail_language", sa.String(16)),
        _flag("outbound_calls_disabled"),
        _flag("outside_hours_calls_disabled"),
        _flag("international_calls_disabled"),
        *_link("extensions", "outbound_number_id", "numbers", nullable=True),
        *_link("extensions", "hotline_id", "hotlines", nullable=True),
        *_link("extensions", "user_id", "users", nullable=True),
        *_link("extensions", "team_id", "teams", nullable=True),
        *_link("extensions", "department_id", "departments", nullable=True),
        *_times(),
        _check("extensions", "status", "status IN ('active', 'disabled')"),
        _check("extensions", "recording_mode", "recording_mode IN ('none', 'inbound', 'outbound', 'all')"),
        _check("extensions", "max_concurrent", "max_concurrent BETWEEN 1 AND 10"),
        _check("extensions", "concurrent_registrations", "concurrent_registrations BETWEEN 1 AND 3"),
        unique_among_living={"uq_extensions_number": ["tenant_id", "number"]},
    )
    _table(
        "extension_names",
        *_link("extension_names", "tenant_id", "tenants"),
        *_link("extension_names", "extension_id", "extensions"),
        _text("name", 63),
        _flag("is_number"),
        _flag("is_sign_in"),
        _flag("is_alias"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_extension_names_name"),
    )


def _create_journals() -> None:
    _table(
        "changes",
        _text("group_id", 32),
        *_link("changes", "switch_id", "switches", nullable=True),
        *_link("changes", "tenant_id", "tenants", nullable=True),
        _text("kind", 16),
        sa.Column("effects", sa.JSON, nullable=False),
        _text("state", 16),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", _TIME, nullable=False),
        sa.Column("lease_owner", sa.String(64)),
        sa.Column("lease_until", _TIME),
        sa.Column("cleared", sa.Integer),
        sa.Column("error", sa.String(500)),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("flushed_at", _TIME),
        sa.Column("settled_at", _TIME),
        _check("changes", "kind", "kind IN ('change', 'expiry')"),
        _check("changes", "state", "state IN ('pending', 'flushed', 'settled', 'failed')"),
    )
    op.create_index("ix_changes_group_id", "changes", ["group_id"])
    unfinished = sa.text("state IN ('pending', 'flushed')")
    op.create_index(
        "ix_changes_unfinished",
        "changes",
        ["switch_id", "due_at"],
        sqlite_where=unfinished,
        postgresql_where=unfinished,
    )
    _table(
        "audit",
        sa.Column("at", _TIME, nullable=False),
        *_link("audit", "tenant_id", "tenants", nullable=True),
        _text("actor", 100),
        sa.Column("address", sa.String(64)),
        _text("action", 64),
        _text("object_type", 32),
        _text("object_id", 64),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
    )
    op.create_index("ix_audit_at", "audit", ["at"])


def _table(name: str, *items: Any, unique_among_living: dict[str, list[str]] | None = None) -> None:
    op.create_table(
        name,
        sa.Column("id", _ID, nullable=False),
        sa.PrimaryKeyConstraint("id", name=f"pk_{name}"),
        *items,
        sqlite_autoincrement=True,
    )
    for link in (item for item in items if isinstance(item, sa.ForeignKeyConstraint) and not item.use_alter):
        (column,) = link.column_keys
        op.create_index(f"ix_{name}_{column}", name, [column])
    living = sa.text("deleted_at IS NULL")
    for index, columns in (unique_among_living or {}).items():
        op.create_index(index, name, columns, unique=True, sqlite_where=living, postgresql_where=living)


def _text(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def _flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def _link(table: str, column: str, target: str, *, nullable: bool = False) -> tuple[Any, Any]:
    constraint = sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")
    return sa.Column(column, _ID, nullable=nullable), constraint


def _times(*, soft_delete: bool = True) -> list[sa.Column[Any]]:
    columns: list[sa.Column[Any]] = [sa.Column(name, _TIME, nullable=False) for name in ("created_at", "updated_at")]
    return [*columns, sa.Column("deleted_at", _TIME)] if soft_delete else columns


def _check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
