"""The one schema. Lookups read it through `queries.py`; management writes it, migrated by Alembic.

Every table of a tenant carries `tenant_id`. Soft-deleted rows keep `deleted_at`; what must be
unique among the living is a partial unique index, so that a deleted number can be created anew.
"""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
    text,
)
from sqlalchemy.sql.type_api import TypeEngine

from xmlcurl.store.model import (
    CARRIERS,
    CLI_TYPES,
    EXTENSION_STATUSES,
    LANGUAGES,
    RECORDING_MODES,
    TENANT_STATES,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware datetime in UTC on every database; SQLite drops the zone, so it is put back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime was given to the store")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None or value.tzinfo is not None:
            return value and value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


def utc_now() -> datetime:
    return datetime.now(UTC)


# SQLite numbers rows by itself only for INTEGER; 64 bits everywhere else.
_ID: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")
_LIVING = text("deleted_at IS NULL")


def _id() -> Column[int]:
    return Column("id", _ID, primary_key=True)


def _link(name: str, target: str, *, nullable: bool) -> Column[Any]:
    return Column(name, _ID, ForeignKey(f"{target}.id"), nullable=nullable, index=True)


def _times(*, soft_delete: bool = True) -> list[Column[Any]]:
    columns: list[Column[Any]] = [
        Column("created_at", UtcDateTime, nullable=False, default=utc_now),
        Column("updated_at", UtcDateTime, nullable=False, default=utc_now, onupdate=utc_now),
    ]
    return [*columns, Column("deleted_at", UtcDateTime)] if soft_delete else columns


def _one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def _unique_among_living(name: str, *columns: str) -> Index:
    return Index(name, *columns, unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING)


def _table(name: str, *items: Any) -> Table:
    # AUTOINCREMENT: an id is never used twice, or an old registration could pass for a new one's.
    return Table(name, metadata, *items, sqlite_autoincrement=True)


tenants = _table(
    "tenants",
    _id(),
    Column("domain", String(253), nullable=False),
    Column("name", String(100), nullable=False),
    Column("state", String(16), nullable=False, default="active"),
    Column("time_zone", String(64), nullable=False, default="UTC"),
    Column("language", String(8), nullable=False, default="en"),
    # Milliseconds FreeSWITCH may keep a user of its own; 0 is never.
    Column("cacheable_ms", Integer, nullable=False, default=0),
    Column("default_number_id", _ID, ForeignKey("numbers.id", use_alter=True)),
    *_times(),
    _one_of("state", TENANT_STATES),
    _one_of("language", LANGUAGES),
    CheckConstraint("cacheable_ms BETWEEN 0 AND 2147483", name="cacheable_ms"),
    _unique_among_living("uq_tenants_domain", "domain"),
)

users = _table(
    "users",
    _id(),
    _link("tenant_id", "tenants", nullable=False),
    Column("name", String(100), nullable=False),
    Column("email", String(255)),
    Column("mobile", String(31)),
    Column("role", String(16), nullable=False, default="agent"),
    *_times(),
    _one_of("role", ("admin", "supervisor", "agent", "read_only")),
    _unique_among_living("uq_users_email", "tenant_id", "email"),
)


def _named_group(name: str) -> Table:
    return _table(
        name,
        _id(),
        _link("tenant_id", "tenants", nullable=False),
        Column("name", String(100), nullable=False),
        *_times(),
        _unique_among_living(f"uq_{name}_name", "tenant_id", "name"),
    )


teams = _named_group("teams")
departments = _named_group("departments")

numbers = _table(
    "numbers",
    _id(),
    _link("tenant_id", "tenants", nullable=False),
    Column("number", String(15), nullable=False),
    Column("display_name", String(100)),
    Column("carrier", String(16), nullable=False, default="other"),
    Column("cli_type", String(16), nullable=False, default="mobile"),
    Column("status", String(16), nullable=False, default="active"),
    *_times(),
    _one_of("carrier", CARRIERS),
    _one_of("cli_type", CLI_TYPES),
    _one_of("status", EXTENSION_STATUSES),
    # A call from outside finds its tenant by the number alone: one owner among all tenants.
    _unique_among_living("uq_numbers_number", "number"),
)

hotlines = _table(
    "hotlines",
    _id(),
    _link("tenant_id", "tenants", nullable=False),
    _link("number_id", "numbers", nullable=False),
    Column("name", String(100), nullable=False),
    *_times(),
)

extensions = _table(
    "extensions",
    _id(),
    _link("tenant_id", "tenants", nullable=False),
    Column("number", String(10), nullable=False),
    Column("sign_in_name", String(63), nullable=False),
    Column("display_name", String(100)),
    Column("first_name", String(63)),
    Column("last_name", String(63)),
    Column("email", String(255)),
    Column("mobile", String(31)),
    Column("status", String(16), nullable=False, default="active"),
    Column("expires_at", UtcDateTime),
    # md5(sign_in_name:domain:password), lower case: as good as the password to whoever reads it.
    Column("a1_hash", String(32), nullable=False),
    Column("password_encrypted", Text, nullable=False),
    Column("credentials_revision", Integer, nullable=False, default=1),
    Column("max_concurrent", Integer, nullable=False, default=2),
    Column("concurrent_registrations", Integer, nullable=False, default=1),
    Column("tls_enabled", Boolean, nullable=False, default=False),
    Column("recording_mode", String(16), nullable=False, default="none"),
    Column("voicemail_enabled", Boolean, nullable=False, default=False),
    Column("vm_a1_hash", String(32)),
    Column("voicemail_mail", Boolean, nullable=False, default=False),
    Column("voicemail_attach", Boolean, nullable=False, default=False),
    Column("voicemail_delete_after_mail", Boolean, nullable=False, default=False),
    Column("voicemail_language", String(16)),
    Column("outbound_calls_disabled", Boolean, nullable=False, default=False),
    Column("outside_hours_calls_disabled", Boolean, nullable=False, default=False),
    Column("international_calls_disabled", Boolean, nullable=False, default=False),
    _link("outbound_number_id", "numbers", nullable=True),
    _link("hotline_id", "hotlines", nullable=True),
    _link("user_id", "users", nullable=True),
    _link("team_id", "teams", nullable=True),
    _link("department_id", "departments", nullable=True),
    *_times(),
    _one_of("status", EXTENSION_STATUSES),
    _one_of("recording_mode", RECORDING_MODES),
    CheckConstraint("max_concurrent BETWEEN 1 AND 10", name="max_concurrent"),
    CheckConstraint("concurrent_registrations BETWEEN 1 AND 3", name="concurrent_registrations"),
    _unique_among_living("uq_extensions_number", "tenant_id", "number"),
)

extension_names = _table(
    "extension_names",
    _id(),
    _link("tenant_id", "tenants", nullable=False),
    _link("extension_id", "extensions", nullable=False),
    Column("name", String(63), nullable=False),
    Column("is_number", Boolean, nullable=False, default=False),
    Column("is_sign_in", Boolean, nullable=False, default=False),
    Column("is_alias", Boolean, nullable=False, default=False),
    # Numbers, sign-in names and aliases of living extensions share one name space per tenant.
    UniqueConstraint("tenant_id", "name", name="uq_extension_names_name"),
)

api_tokens = _table(
    "api_tokens",
    _id(),
    # Null: a token of the platform, which may act for every tenant.
    _link("tenant_id", "tenants", nullable=True),
    Column("name", String(100), nullable=False),
    Column("secret_hash", String(64), nullable=False),
    Column("scopes", JSON, nullable=False),
    Column("last_used_at", UtcDateTime),
    Column("revoked_at", UtcDateTime),
    *_times(soft_delete=False),
)

switches = _table(
    "switches",
    _id(),
    Column("name", String(63), nullable=False),
    Column("host", String(253), nullable=False),
    Column("port", Integer, nullable=False, default=8021),
    Column("password_encrypted", Text, nullable=False),
    Column("sofia_profiles", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False, default=True),
    *_times(),
    CheckConstraint("port BETWEEN 1 AND 65535", name="port"),
    _unique_among_living("uq_switches_name", "name"),
)

changes = _table(
    "changes",
    _id(),
    # One management write: all its rows share it.
    Column("group_id", String(32), nullable=False, index=True),
    # Null: the caches alone; completes the purge when the writer died before it.
    _link("switch_id", "switches", nullable=True),
    _link("tenant_id", "tenants", nullable=True),
    Column("kind", String(16), nullable=False, default="change"),
    Column("effects", JSON, nullable=False),
    Column("state", String(16), nullable=False, default="pending"),
    Column("attempts", Integer, nullable=False, default=0),
    Column("due_at", UtcDateTime, nullable=False, default=utc_now),
    Column("lease_owner", String(64)),
    Column("lease_until", UtcDateTime),
    # Entries that the switch said it had cleared, over both flushes.
    Column("cleared", Integer),
    Column("error", String(500)),
    Column("created_at", UtcDateTime, nullable=False, default=utc_now),
    Column("flushed_at", UtcDateTime),
    Column("settled_at", UtcDateTime),
    _one_of("state", ("pending", "flushed", "settled", "failed")),
    _one_of("kind", ("change", "expiry")),
    Index(
        "ix_changes_unfinished",
        "switch_id",
        "due_at",
        sqlite_where=text("state IN ('pending', 'flushed')"),
        postgresql_where=text("state IN ('pending', 'flushed')"),
    ),
)

audit = _table(
    "audit",
    _id(),
    Column("at", UtcDateTime, nullable=False, default=utc_now, index=True),
    _link("tenant_id", "tenants", nullable=True),
    # "token:7", "cli", "worker": who did it, never a secret.
    Column("actor", String(100), nullable=False),
    Column("address", String(64)),
    Column("action", String(64), nullable=False),
    Column("object_type", String(32), nullable=False),
    Column("object_id", String(64), nullable=False),
    Column("before", JSON),
    Column("after", JSON),
)
