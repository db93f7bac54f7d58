"""Agents of queues log in and out."""

from typing import Final

import sqlalchemy as sa
from alembic import op

from management.migrations.making import TIME, check, link, table, words

revision: Final = "0005"
down_revision: Final = "0004"
branch_labels: Final = None
depends_on: Final = None

_NAME: Final = "agent_statuses"


def upgrade() -> None:
    table(
        _NAME,
        *link(_NAME, "tenant_id", "tenants", nullable=False),
        *link(_NAME, "extension_id", "extensions", nullable=False),
        words("status", 16),
        sa.Column("created_at", TIME, nullable=False),
        sa.Column("updated_at", TIME, nullable=False),
        check(_NAME, "status", "status IN ('available', 'on_break', 'logged_out')"),
        sa.UniqueConstraint("extension_id", name="uq_agent_statuses_extension_id"),
    )


def downgrade() -> None:
    op.drop_table(_NAME)
