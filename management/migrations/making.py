"""How revisions spell the tables they make. It never changes: old revisions make the same with it for ever."""

from typing import Any, Final

import sqlalchemy as sa
from alembic import op

ID: Final = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
TIME: Final = sa.DateTime(timezone=True)


def table(name: str, *items: Any, unique_among_living: dict[str, list[str]] | None = None) -> None:
    op.create_table(
        name,
        sa.Column("id", ID, nullable=False),
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


def words(name: str, length: int) -> sa.Column[str]:
    return sa.Column(name, sa.String(length), nullable=False)


def flag(name: str) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False)


def link(table: str, column: str, target: str, *, nullable: bool = False) -> tuple[Any, Any]:
    constraint = sa.ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}")
    return sa.Column(column, ID, nullable=nullable), constraint


def times(*, soft_delete: bool = True) -> list[sa.Column[Any]]:
    columns: list[sa.Column[Any]] = [sa.Column(name, TIME, nullable=False) for name in ("created_at", "updated_at")]
    return [*columns, sa.Column("deleted_at", TIME)] if soft_delete else columns


def check(table: str, name: str, condition: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(condition, name=op.f(f"ck_{table}_{name}"))
