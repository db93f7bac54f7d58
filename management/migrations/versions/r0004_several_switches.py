"""Where switches reach one another, and which one a tenant's mailboxes and queues live on."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from management.migrations.making import ID

revision: Final = "0004"
down_revision: Final = "0003"
branch_labels: Final = None
depends_on: Final = None

_PORT: Final = "ck_switches_peer_port"
_HOME: Final = "fk_tenants_home_switch_id"


def upgrade() -> None:
    with _changed("switches") as switches:
        switches.add_column(sa.Column("peer_host", sa.String(15)))
        # A default for the switches that are there; new ones bring their own.
        switches.add_column(sa.Column("peer_port", sa.Integer, nullable=False, server_default="5070"))
        switches.create_check_constraint(op.f(_PORT), sa.text("peer_port BETWEEN 1 AND 65535"))
    with _changed("switches") as switches:
        switches.alter_column("peer_port", server_default=None)
    with _changed("tenants") as tenants:
        tenants.add_column(sa.Column("home_switch_id", ID))
        tenants.create_index("ix_tenants_home_switch_id", ["home_switch_id"])
        tenants.create_foreign_key(_HOME, "switches", ["home_switch_id"], ["id"])


def downgrade() -> None:
    with _changed("tenants") as tenants:
        tenants.drop_constraint(_HOME, type_="foreignkey")
        tenants.drop_index("ix_tenants_home_switch_id")
        tenants.drop_column("home_switch_id")
    with _changed("switches") as switches:
        switches.drop_constraint(op.f(_PORT), type_="check")
        switches.drop_column("peer_port")
        switches.drop_column("peer_host")


def _changed(name: str) -> Any:
    # SQLite makes a new table and copies; ids must stay used up there, too.
    return op.batch_alter_table(name, table_kwargs={"sqlite_autoincrement": True})
