"""What other vendors' APIs need: their keys, partners, and values of extensions that ours did not have."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

from management.migrations.making import ID, TIME, check, link, table, times, words

revision: Final = "0006"
down_revision: Final = "0005"
branch_labels: Final = None
depends_on: Final = None

_DTMF: Final = "ck_extensions_dtmf_mode"
_PARTNER: Final = "fk_tenants_partner_id"
_FLAGS: Final = {
    "srtp_enabled": False,
    "t38_enabled": False,
    "qualify_enabled": False,
    "reject_ends_ringing": False,
    "voicemail_pin_required": True,
}
_KEYS: Final = "vendor_keys"
_TOKENS: Final = "yeastar_tokens"


def upgrade() -> None:
    table("partners", words("name", 100), *times(), unique_among_living={"uq_partners_name": ["name"]})
    with _changed("tenants") as tenants:
        tenants.add_column(sa.Column("partner_id", ID))
        tenants.add_column(_with_default("is_pool", sa.Boolean(), sa.false()))
        tenants.create_index("ix_tenants_partner_id", ["partner_id"])
        tenants.create_foreign_key(_PARTNER, "partners", ["partner_id"], ["id"])
    with _changed("tenants") as tenants:
        tenants.alter_column("is_pool", server_default=None)
    with _changed("users") as users:
        users.add_column(sa.Column("password_hash", sa.String(200)))
    with _changed("hotlines") as hotlines:
        hotlines.add_column(sa.Column("description", sa.String(200)))
    with _changed("extensions") as extensions:
        extensions.add_column(sa.Column("internal_caller_id", sa.String(31)))
        extensions.add_column(_with_default("dtmf_mode", sa.String(16), "rfc4733"))
        for name, value in _FLAGS.items():
            extensions.add_column(_with_default(name, sa.Boolean(), sa.true() if value else sa.false()))
        extensions.add_column(_with_default("vendor_values", sa.JSON(), "{}"))
        extensions.create_check_constraint(op.f(_DTMF), sa.text("dtmf_mode IN ('rfc4733', 'info', 'inband', 'auto')"))
    with _changed("extensions") as extensions:
        for name in ("dtmf_mode", *_FLAGS, "vendor_values"):
            extensions.alter_column(name, server_default=None)
    table(
        _KEYS,
        *link(_KEYS, "tenant_id", "tenants", nullable=True),
        *link(_KEYS, "partner_id", "partners", nullable=True),
        words("dialect", 16),
        words("name", 100),
        words("public_id", 64),
        sa.Column("secret_hash", sa.String(64)),
        sa.Column("secret_encrypted", sa.Text),
        sa.Column("sdk_app_id", ID),
        sa.Column("last_used_at", TIME),
        sa.Column("revoked_at", TIME),
        *times(soft_delete=False),
        check(_KEYS, "dialect", "dialect IN ('sencloud', 'yeastar', 'tencent')"),
        check(
            _KEYS,
            "owner",
            "CASE WHEN tenant_id IS NULL THEN 0 ELSE 1 END + CASE WHEN partner_id IS NULL THEN 0 ELSE 1 END = 1",
        ),
        sa.UniqueConstraint("public_id", name="uq_vendor_keys_public_id"),
    )
    table(
        _TOKENS,
        *link(_TOKENS, "key_id", _KEYS, nullable=False),
        words("access_hash", 64),
        words("refresh_hash", 64),
        sa.Column("access_expires_at", TIME, nullable=False),
        sa.Column("refresh_expires_at", TIME, nullable=False),
        sa.Column("created_at", TIME, nullable=False),
        sa.UniqueConstraint("access_hash", name="uq_yeastar_tokens_access_hash"),
        sa.UniqueConstraint("refresh_hash", name="uq_yeastar_tokens_refresh_hash"),
    )


def downgrade() -> None:
    op.drop_table(_TOKENS)
    op.drop_table(_KEYS)
    with _changed("extensions") as extensions:
        extensions.drop_constraint(op.f(_DTMF), type_="check")
        for name in ("vendor_values", *reversed(_FLAGS), "dtmf_mode", "internal_caller_id"):
            extensions.drop_column(name)
    with _changed("hotlines") as hotlines:
        hotlines.drop_column("description")
    with _changed("users") as users:
        users.drop_column("password_hash")
    with _changed("tenants") as tenants:
        tenants.drop_constraint(_PARTNER, type_="foreignkey")
        tenants.drop_index("ix_tenants_partner_id")
        tenants.drop_column("is_pool")
        tenants.drop_column("partner_id")
    op.drop_table("partners")


def _with_default(name: str, type_: Any, value: Any) -> sa.Column[Any]:
    # A default for the rows that are there; new ones bring their own.
    return sa.Column(name, type_, nullable=False, server_default=value)


def _changed(name: str) -> Any:
    # SQLite makes a new table and copies; ids must stay used up there, too.
    return op.batch_alter_table(name, table_kwargs={"sqlite_autoincrement": True})
