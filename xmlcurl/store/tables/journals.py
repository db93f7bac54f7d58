"""The platform's own: tokens, switches, what they are yet to be told, who did what, and which calls there were."""

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Index,
    Integer,
    String,
    Text,
    UniqueConstraint,
    text,
)

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
    # IPv4 address of its profile `peers`; null: no other switch sends it calls.
    Column("peer_host", String(15)),
    Column("peer_port", Integer, nullable=False, default=5070),
    CheckConstraint("port BETWEEN 1 AND 65535", name="port"),
    CheckConstraint("peer_port BETWEEN 1 AND 65535", name="peer_port"),
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

call_records = table(
    "call_records",
    # A finished call, as its switch told it: machine data, written once and never changed.
    own_id(),
    Column("uuid", String(36), nullable=False),
    # Null: nobody signed in, and no tenant's route took it; only the platform sees it.
    link("tenant_id", "tenants", nullable=True),
    # Seen from the tenant.
    Column("direction", String(8), nullable=False),
    Column("caller_number", String(64)),
    Column("caller_name", String(100)),
    link("caller_extension_id", "extensions", nullable=True),
    # What was dialled, and who was talked to last.
    Column("destination", String(64)),
    Column("answered_by", String(64)),
    link("callee_extension_id", "extensions", nullable=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("answered_at", UtcDateTime),
    Column("ended_at", UtcDateTime),
    Column("duration_seconds", Integer, nullable=False),
    Column("billed_seconds", Integer, nullable=False),
    Column("hangup_cause", String(64)),
    link("gateway_id", "gateways", nullable=True),
    # Below the folder of recordings of the switch: DOMAIN/YYYY/MM/DD/UUID.wav.
    Column("recording", String(310)),
    Column("switch", String(63)),
    Column("bridge_uuid", String(36)),
    one_of("direction", ("inbound", "outbound", "internal")),
    UniqueConstraint("uuid", name="uq_call_records_uuid"),
    # A page of a tenant's list, and of the platform's.
    Index("ix_call_records_page", "tenant_id", "started_at", "id"),
    Index("ix_call_records_started_at", "started_at", "id"),
)
