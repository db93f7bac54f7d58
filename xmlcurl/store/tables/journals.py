"""The platform's own: tokens, switches, what they are yet to be told, and who did what."""

from sqlalchemy import JSON, Boolean, CheckConstraint, Column, Index, Integer, String, Text, text

from xmlcurl.store.tables.kit import UtcDateTime, link, one_of, own_id, table, times, unique_among_living, utc_now

switches = table(
    "switches",
    own_id(),
    Column("name", String(63), nullable=False),
    Column("host", String(253), nullable=False),
    Column("port", Integer, nullable=False, default=8021),
    Column("password_encrypted", Text, nullable=False),
    Column("sofia_profiles", JSON, nullable=False),
    Column("enabled", Boolean, nullable=False, default=True),
    *times(),
    CheckConstraint("port BETWEEN 1 AND 65535", name="port"),
    unique_among_living("uq_switches_name", "name"),
)

changes = table(
    "changes",
    own_id(),
    # One management write: all its rows share it.
    Column("group_id", String(32), nullable=False, index=True),
    # Null: the caches alone; completes the purge when the writer died before it.
    link("switch_id", "switches", nullable=True),
    link("tenant_id", "tenants", nullable=True),
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
    one_of("state", ("pending", "flushed", "settled", "failed")),
    one_of("kind", ("change", "expiry")),
    Index(
        "ix_changes_unfinished",
        "switch_id",
        "due_at",
        sqlite_where=text("state IN ('pending', 'flushed')"),
        postgresql_where=text("state IN ('pending', 'flushed')"),
    ),
)

audit = table(
    "audit",
    own_id(),
    Column("at", UtcDateTime, nullable=False, default=utc_now, index=True),
    link("tenant_id", "tenants", nullable=True),
    # "token:7", "cli", "worker": who did it, never a secret.
    Column("actor", String(100), nullable=False),
    Column("address", String(64)),
    Column("action", String(64), nullable=False),
    Column("object_type", String(32), nullable=False),
    Column("object_id", String(64), nullable=False),
    Column("before", JSON),
    Column("after", JSON),
)
