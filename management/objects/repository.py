"""Living rows of one table, of one tenant by construction. A kind is a subclass that says which:

    class TeamRepository(Rows[Team]):
        TABLE = teams
        MODEL = Team
        SEARCHED = (teams.c.name,)
        UNIQUE = "name"
        LINKS = (Link("extension", extensions.c.team_id, extensions.c.number),)

Everything else is the same for all of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Final, Generic, TypeVar

from sqlalchemy import Column, Row, Select, Table, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from management.database import is_unique_violation
from management.errors import Conflict
from management.paging import Page, PageWanted
from xmlcurl.store.tables import utc_now

T = TypeVar("T")

LARGEST_ID: Final = 2**63 - 1
MOST_USERS_SHOWN: Final = 20
"""How many users of an object are named when it can't be deleted for them."""


@dataclass(frozen=True, slots=True)
class Link:
    """A column that points here: what its rows are called, and the column that tells them apart."""

    kind: str
    column: Column[Any]
    name: Column[Any]


class Rows(Generic[T]):
    """Living rows of `TABLE` as `MODEL`, over a connection in a transaction. `tenant_id` None: of the platform."""

    TABLE: ClassVar[Table]
    MODEL: ClassVar[type[Any]]
    """A dataclass with the columns that are read as its fields."""
    SEARCHED: ClassVar[Sequence[Column[Any]]]
    ORDER: ClassVar[Sequence[Column[Any]]]
    KEY: ClassVar[str] = "id"
    """The column that a row is found by: its id, or a natural name that never changes."""
    UNIQUE: ClassVar[str] = ""
    """The field whose value no other living row may have."""
    LINKS: ClassVar[Sequence[Link]] = ()

    def __init__(self, connection: AsyncConnection, tenant_id: int | None) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    async def find(self, key: int | str, *, to_change: bool = False) -> T | None:
        """The row of that key. `to_change` keeps other writers away from it until the transaction ends."""
        if isinstance(key, int) and not 0 < key <= LARGEST_ID:
            return None
        statement = self._living().where(self.TABLE.c[self.KEY] == key)
        if to_change:
            statement = statement.with_for_update(of=self.TABLE)
        row = (await self._connection.execute(statement)).one_or_none()
        return row and self._object(row)

    async def added(self, object_id: int) -> T:
        """The row that `add` made."""
        statement = self._living().where(self.TABLE.c.id == object_id)
        return self._object((await self._connection.execute(statement)).one())

    async def page(self, wanted: PageWanted, filters: Mapping[str, Any]) -> Page[T]:
        """Rows whose columns have the values of `filters`; what is searched for is literal, its case does not count."""
        statement = self._living()
        for name, value in filters.items():
            statement = statement.where(self.TABLE.c[name] == value)
        if wanted.search:
            found = (column.icontains(wanted.search, autoescape=True) for column in self.SEARCHED)
            statement = statement.where(or_(*found))
        counted = select(func.count()).select_from(statement.subquery())
        total = int((await self._connection.execute(counted)).scalar_one())
        statement = statement.order_by(*self.ORDER, self.TABLE.c.id).limit(wanted.size).offset(wanted.offset)
        rows = await self._connection.execute(statement)
        return Page.of([self._object(row) for row in rows], wanted, total)

    async def add(self, columns: Mapping[str, Any]) -> int:
        """A new row's id; raises Conflict when another living row has its unique value."""
        owner = {} if self._tenant_id is None else {"tenant_id": self._tenant_id}
        statement = insert(self.TABLE).values(**owner, **columns).returning(self.TABLE.c.id)
        return int((await self._execute(statement)).scalar_one())

    async def change(self, object_id: int, columns: Mapping[str, Any]) -> None:
        """New values of columns; `updated_at` moves. Raises Conflict as `add` does."""
        await self._execute(update(self.TABLE).where(self.TABLE.c.id == object_id, *self._own()).values(**columns))

    async def remove(self, object_id: int) -> None:
        """Soft delete: its unique value is free at once."""
        await self.change(object_id, {"deleted_at": utc_now()})

    async def users(self, object_id: int) -> list[str]:
        """What points to the row, as "extension 1001"; at most MOST_USERS_SHOWN of them."""
        found: list[str] = []
        for link in self.LINKS:
            statement = (
                select(link.name)
                .where(link.column == object_id, link.column.table.c.deleted_at.is_(None))
                .order_by(link.name)
                .limit(MOST_USERS_SHOWN - len(found))
            )
            found += [f"{link.kind} {name}" for name in (await self._connection.execute(statement)).scalars()]
        return found

    async def linked_id(self, column: Column[Any], value: Any, tenant_id: int | None) -> int | None:
        """The id of the tenant's living row with this value; nobody deletes it before the transaction has ended."""
        table = column.table
        statement = (
            select(table.c.id)
            .where(column == value, table.c.tenant_id == tenant_id, table.c.deleted_at.is_(None))
            .with_for_update(read=True, key_share=True)
        )
        found: int | None = (await self._connection.execute(statement)).scalar_one_or_none()
        return found

    def _living(self) -> Select[Any]:
        columns = (self.TABLE.c[name] for name in self.MODEL.__dataclass_fields__)
        return select(*columns).where(self.TABLE.c.deleted_at.is_(None), *self._own())

    def _own(self) -> tuple[Any, ...]:
        return () if self._tenant_id is None else (self.TABLE.c.tenant_id == self._tenant_id,)

    def _object(self, row: Row[Any]) -> T:
        made: T = self.MODEL(**row._mapping)
        return made

    async def _execute(self, statement: Any) -> Any:
        try:
            return await self._connection.execute(statement)
        except IntegrityError as exc:
            if self.UNIQUE and is_unique_violation(exc):
                raise Conflict(self.UNIQUE) from exc
            raise
