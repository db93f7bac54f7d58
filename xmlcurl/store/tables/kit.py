"""What tables are made of."""

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    Table,
    TypeDecorator,
    text,
)
from sqlalchemy.sql.type_api import TypeEngine

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
ID: TypeEngine[int] = BigInteger().with_variant(Integer, "sqlite")
_LIVING = text("deleted_at IS NULL")


def own_id() -> Column[int]:
    return Column("id", ID, primary_key=True)


def link(name: str, target: str, *, nullable: bool) -> Column[Any]:
    return Column(name, ID, ForeignKey(f"{target}.id"), nullable=nullable, index=True)


def times(*, soft_delete: bool = True) -> list[Column[Any]]:
    columns: list[Column[Any]] = [
        Column("created_at", UtcDateTime, nullable=False, default=utc_now),
        Column("updated_at", UtcDateTime, nullable=False, default=utc_now, onupdate=utc_now),
    ]
    return [*columns, Column("deleted_at", UtcDateTime)] if soft_delete else columns


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def one_owner(*columns: str) -> CheckConstraint:
    """Exactly one of these links is set."""
    counted = " + ".join(f"CASE WHEN {column} IS NULL THEN 0 ELSE 1 END" for column in columns)
    return CheckConstraint(f"{counted} = 1", name="owner")


def unique_among_living(name: str, *columns: str) -> Index:
    return Index(name, *columns, unique=True, sqlite_where=_LIVING, postgresql_where=_LIVING)


def table(name: str, *items: Any) -> Table:
    # AUTOINCREMENT: an id is never used twice, or an old registration could pass for a new one's.
    return Table(name, metadata, *items, sqlite_autoincrement=True)
