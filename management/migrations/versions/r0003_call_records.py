"""Finished calls, as the switches told of them."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from management.migrations.making import TIME, check, link, table, words

revision: Final = "0003"
down_revision: Final = "0002"
branch_labels: Final = None
depends_on: Final = None

_NAME: Final = "call_records"


def upgrade() -> None:
    table(
        _NAME,
        words("uuid", 36),
        *link(_NAME, "tenant_id", "tenants", nullable=True),
        words("direction", 8),
        sa.Column("caller_number", sa.String(64)),
        sa.Column("caller_name", sa.String(100)),
        *link(_NAME, "caller_extension_id", "extensions", nullable=True),
        sa.Column("destination", sa.String(64)),
        sa.Column("answered_by", sa.String(64)),
        *link(_NAME, "callee_extension_id", "extensions", nullable=True),
        sa.Column("started_at", TIME, nullable=False),
        sa.Column("answered_at", TIME),
        sa.Column("ended_at", TIME),
        sa.Column("duration_seconds", sa.Integer, nullable=False),
        sa.Column("billed_seconds", sa.Integer, nullable=False),
        sa.Column("hangup_cause", sa.String(64)),
        *link(_NAME, "gateway_id", "gateways", nullable=True),
        sa.Column("recording", sa.String(310)),
        sa.Column("switch", sa.String(63)),
        sa.Column("bridge_uuid", sa.String(36)),
        check(_NAME, "direction", "direction IN ('inbound', 'outbound', 'internal')"),
        sa.UniqueConstraint("uuid", name="uq_call_records_uuid"),
    )
    op.create_index("ix_call_records_page", _NAME, ["tenant_id", "started_at", "id"])
    op.create_index("ix_call_records_started_at", _NAME, ["started_at", "id"])


def downgrade() -> None:
    op.drop_table(_NAME)
