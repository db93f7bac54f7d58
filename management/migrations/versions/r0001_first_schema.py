"""The first schema: tenants and what they own, switches, the outbox and the audit log."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from management.migrations.making import ID, TIME, check, flag, link, table, times, words

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
    for name in (
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
        op.drop_table(name)


def _create_platform() -> None:
    table(
        "tenants",
        words("domain", 253),
        words("name", 100),
        words("state", 16),
        words("time_zone", 64),
        words("language", 8),
        sa.Column("cacheable_ms", sa.Integer, nullable=False),
        sa.Column("default_number_id", ID),
        *times(),
        check("tenants", "state", "state IN ('active', 'suspended')"),
        check("tenants", "language", "language IN ('en', 'vi')"),
        check("tenants", "cacheable_ms", "cacheable_ms BETWEEN 0 AND 2147483"),
        # Tenants and numbers point at each other: SQLite takes the link now, PostgreSQL once both are there.
        sa.ForeignKeyConstraint(
            ["default_number_id"], ["numbers.id"], name="fk_tenants_default_number_id", use_alter=True
        ),
        unique_among_living={"uq_tenants_domain": ["domain"]},
    )
    table(
        "switches",
        words("name", 63),
        words("host", 253),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("password_encrypted", sa.Text, nullable=False),
        sa.Column("sofia_profiles", sa.JSON, nullable=False),
        flag("enabled"),
        *times(),
        check("switches", "port", "port BETWEEN 1 AND 65535"),
        unique_among_living={"uq_switches_name": ["name"]},
    )
    table(
        "api_tokens",
        *link("api_tokens", "tenant_id", "tenants", nullable=True),
        words("name", 100),
        words("secret_hash", 64),
        sa.Column("scopes", sa.JSON, nullable=False),
        sa.Column("last_used_at", TIME),
        sa.Column("revoked_at", TIME),
        *times(soft_delete=False),
    )


def _create_belongings() -> None:
    table(
        "users",
        *link("users", "tenant_id", "tenants"),
        words("name", 100),
        sa.Column("email", sa.String(255)),
        sa.Column("mobile", sa.String(31)),
        words("role", 16),
        *times(),
        check("users", "role", "role IN ('admin', 'supervisor', 'agent', 'read_only')"),
        unique_among_living={"uq_users_email": ["tenant_id", "email"]},
    )
    for group in ("teams", "departments"):
        table(
            group,
            *link(group, "tenant_id", "tenants"),
            words("name", 100),
            *times(),
            unique_among_living={f"uq_{group}_name": ["tenant_id", "name"]},
        )
    table(
        "numbers",
        *link("numbers", "tenant_id", "tenants"),
        words("number", 15),
        sa.Column("display_name", sa.String(100)),
        words("carrier", 16),
        words("cli_type", 16),
        words("status", 16),
        *times(),
        check(
            "numbers",
            "carrier",
            "carrier IN ('viettel', 'mobifone', 'vinaphone', 'vietnamobile', 'landline', 'other')",
        ),
        check(
            "numbers", "cli_type", "cli_type IN ('mobile', 'fixed_02x', 'hotline_1900', 'hotline_1800', 'brandname')"
        ),
        check("numbers", "status", "status IN ('active', 'disabled')"),
        unique_among_living={"uq_numbers_number": ["number"]},
    )
    if op.get_bind().dialect.name != "sqlite":
        op.create_foreign_key("fk_tenants_default_number_id", "tenants", "numbers", ["default_number_id"], ["id"])
    table(
        "hotlines",
        *link("hotlines", "tenant_id", "tenants"),
        *link("hotlines", "number_id", "numbers"),
        words("name", 100),
        *times(),
    )


def _create_extensions() -> None:
    table(
        "extensions",
        *link("extensions", "tenant_id", "tenants"),
        words("number", 10),
        words("sign_in_name", 63),
        sa.Column("display_name", sa.String(100)),
        sa.Column("first_name", sa.String(63)),
        sa.Column("last_name", sa.String(63)),
        sa.Column("email", sa.String(255)),
        sa.Column("mobile", sa.String(31)),
        words("status", 16),
        sa.Column("expires_at", TIME),
        words("a1_hash", 32),
        sa.Column("password_encrypted", sa.Text, nullable=False),
        sa.Column("credentials_revision", sa.Integer, nullable=False),
        sa.Column("max_concurrent", sa.Integer, nullable=False),
        sa.Column("concurrent_registrations", sa.Integer, nullable=False),
        flag("tls_enabled"),
        words("recording_mode", 16),
        flag("voicemail_enabled"),
        sa.Column("vm_a1_hash", sa.String(32)),
        flag("voicemail_mail"),
        flag("voicemail_attach"),
        flag("voicemail_delete_after_mail"),
        sa.Column("voicemail_language", sa.String(16)),
        flag("outbound_calls_disabled"),
        flag("outside_hours_calls_disabled"),
        flag("international_calls_disabled"),
        *link("extensions", "outbound_number_id", "numbers", nullable=True),
        *link("extensions", "hotline_id", "hotlines", nullable=True),
        *link("extensions", "user_id", "users", nullable=True),
        *link("extensions", "team_id", "teams", nullable=True),
        *link("extensions", "department_id", "departments", nullable=True),
        *times(),
        check("extensions", "status", "status IN ('active', 'disabled')"),
        check("extensions", "recording_mode", "recording_mode IN ('none', 'inbound', 'outbound', 'all')"),
        check("extensions", "max_concurrent", "max_concurrent BETWEEN 1 AND 10"),
        check("extensions", "concurrent_registrations", "concurrent_registrations BETWEEN 1 AND 3"),
        unique_among_living={"uq_extensions_number": ["tenant_id", "number"]},
    )
    table(
        "extension_names",
        *link("extension_names", "tenant_id", "tenants"),
        *link("extension_names", "extension_id", "extensions"),
        words("name", 63),
        flag("is_number"),
        flag("is_sign_in"),
        flag("is_alias"),
        sa.UniqueConstraint("tenant_id", "name", name="uq_extension_names_name"),
    )


def _create_journals() -> None:
    table(
        "changes",
        words("group_id", 32),
        *link("changes", "switch_id", "switches", nullable=True),
        *link("changes", "tenant_id", "tenants", nullable=True),
        words("kind", 16),
        sa.Column("effects", sa.JSON, nullable=False),
        words("state", 16),
        sa.Column("attempts", sa.Integer, nullable=False),
        sa.Column("due_at", TIME, nullable=False),
        sa.Column("lease_owner", sa.String(64)),
        sa.Column("lease_until", TIME),
        sa.Column("cleared", sa.Integer),
        sa.Column("error", sa.String(500)),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("flushed_at", TIME),
        sa.Column("settled_at", TIME),
        check("changes", "kind", "kind IN ('change', 'expiry')"),
        check("changes", "state", "state IN ('pending', 'flushed', 'settled', 'failed')"),
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
    table(
        "audit",
        sa.Column("at", TIME, nullable=False),
        *link("audit", "tenant_id", "tenants", nullable=True),
        words("actor", 100),
        sa.Column("address", sa.String(64)),
        words("action", 64),
        words("object_type", 32),
        words("object_id", 64),
        sa.Column("before", sa.JSON),
        sa.Column("after", sa.JSON),
    )
    op.create_index("ix_audit_at", "audit", ["at"])
