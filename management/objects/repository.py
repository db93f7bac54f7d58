"""Living rows of one table, of one tenant by construction. A kind is a subclass that says which:

    class TeamRepository(Rows[Team]):
        TABLE = teams
        MODEL = Team
        SEARCHED = (teams.c.name,)
        UNIQUE = "name"
        LINKS = (Reference("extension", extensions.c.team_id, extensions.c.number),)

Everything else is the same for all of them.
"""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar, Final, Generic, TypeVar

from sqlalchemy import Column, Row, Select, Table, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection

from management.database import is_unique_violation
from management.errors import Conflict, Invalid
from management.objects.links import Link, users_of
from management.objects.parts import LARGEST_ID, Part, living
from management.paging import Page, PageWanted, SliceWanted
from xmlcurl.store.tables import utc_now

T = TypeVar("T")

MOST_USERS_SHOWN: Final = 20
"""How many users of an object are named when it can't be deleted for them."""
MOST_MOVED_NAMED: Final = 1_000
"""How many the audit log names when they moved to another object."""


def sliced(statement: Select[Any], key: Column[Any], wanted: SliceWanted) -> Select[Any]:
    """Of the rows of the statement those that are wanted, in the order of `key`, their ids."""
    if wanted.after_id is not None:
        statement = statement.where(key < wanted.after_id if wanted.is_descending else key > wanted.after_id)
    return statement.order_by(key.desc() if wanted.is_descending else key).limit(wanted.most)


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
    LINKS: ClassVar[tuple[Link, ...]] = ()
    """What may point here."""
    REFERENCES: ClassVar[Mapping[str, Column[Any]]] = {}
    """Columns that name another living row of the tenant, and by which of its columns."""
    PARTS: ClassVar[Mapping[str, Part]] = {}
    """Fields of MODEL that other tables hold."""

    def __init__(self, connection: AsyncConnection, tenant_id: int | None) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    async def find(self, key: int | str, *, to_change: bool = False, to_link: bool = False) -> T | None:
        """The row of that key.

        Until the transaction ends `to_change` keeps other writers away from it, `to_link` those who delete it.
        """
        if isinstance(key, int) and not 0 < key <= LARGEST_ID:
            return None
        statement = self._living().where(self.TABLE.c[self.KEY] == key)
        if to_change:
            statement = statement.with_for_update(of=self.TABLE)
        elif to_link:
            statement = statement.with_for_update(of=self.TABLE, read=True, key_share=True)
        found = await self._objects(statement)
        return found[0] if found else None

    async def find_many(self, ids: Collection[int]) -> dict[int, T]:
        """The rows of these ids, by id."""
        possible = [each for each in ids if 0 < each <= LARGEST_ID]
        found: list[Any] = await self._objects(self._living().where(self.TABLE.c.id.in_(possible))) if possible else []
        return {each.id: each for each in found}

    async def living_ids(self, column: str, values: Collection[Any]) -> dict[Any, int]:
        """The ids of the rows whose `column` is among `values`, by its value; nobody deletes them meanwhile."""
        return await living(self._connection, self._tenant_id, self.TABLE.c[column], values)

    async def added(self, object_id: int) -> T:
        """The row that `add` made."""
        (made,) = await self._objects(self._living().where(self.TABLE.c.id == object_id))
        return made

    async def page(self, wanted: PageWanted, filters: Mapping[str, Any]) -> Page[T]:
        """Rows whose columns have the values of `filters`; what is searched for is literal, its case does not count."""
        statement = self._filtered(filters)
        if wanted.search:
            found = (column.icontains(wanted.search, autoescape=True) for column in self.SEARCHED)
            statement = statement.where(or_(*found))
        counted = select(func.count()).select_from(statement.subquery())
        total = int((await self._connection.execute(counted)).scalar_one())
        statement = statement.order_by(*self.ORDER, self.TABLE.c.id).limit(wanted.size).offset(wanted.offset)
        return Page.of(await self._objects(statement), wanted, total)

    async def slice(self, wanted: SliceWanted, filters: Mapping[str, Any]) -> Sequence[T]:
        """Rows whose columns have the values of `filters`, in the order of their ids."""
        return await self._objects(sliced(self._filtered(filters), self.TABLE.c.id, wanted))

    async def add(self, columns: Mapping[str, Any]) -> int:
        """A new row's id, its parts saved.

        Raises:
            Conflict: another living row has its unique value.
            Invalid: it names what is not there.
        """
        await self._check_references(columns)
        owner = {} if self._tenant_id is None else {"tenant_id": self._tenant_id}
        statement = insert(self.TABLE).values(**owner, **self._without_parts(columns)).returning(self.TABLE.c.id)
        object_id = int((await self._execute(statement)).scalar_one())
        await self._save_parts(object_id, columns)
        return object_id

    async def change(self, object_id: int, columns: Mapping[str, Any]) -> None:
        """New values of columns and parts; `updated_at` moves. Raises what `add` does."""
        await self._check_references(columns)
        values = {"updated_at": utc_now(), **self._without_parts(columns)}
        await self._execute(update(self.TABLE).where(self.TABLE.c.id == object_id, *self._own()).values(**values))
        await self._save_parts(object_id, columns)

    async def remove(self, object_id: int) -> None:
        """Soft delete: its unique value is free at once, its parts are gone."""
        for part in self.PARTS.values():
            await part.remove(self._connection, object_id)
        await self.change(object_id, {"deleted_at": utc_now()})

    async def users(self, object_id: int, most: int = MOST_USERS_SHOWN) -> list[str]:
        """What points to the row, as "extension 1001"; at most so many."""
        return await users_of(self.LINKS, self._connection, object_id, most)

    async def replace(self, object_id: int, other_id: int) -> list[str]:
        """What points to the row points to the other from now on; who that is, at most MOST_MOVED_NAMED of them."""
        moved = await self.users(object_id, MOST_MOVED_NAMED)
        for link in self.LINKS:
            await link.replace(self._connection, object_id, other_id)
        return moved

    async def linked_id(self, column: Column[Any], value: Any, tenant_id: int | None) -> int | None:
        """The id of the tenant's living row with this value; nobody deletes it before the transaction has ended."""
        return (await living(self._connection, tenant_id, column, [value])).get(value)

    def _filtered(self, filters: Mapping[str, Any]) -> Select[Any]:
        return self._living().where(*(self.TABLE.c[name] == value for name, value in filters.items()))

    def _living(self) -> Select[Any]:
        columns = (self.TABLE.c[name] for name in self.MODEL.__dataclass_fields__ if name not in self.PARTS)
        return select(*columns).where(self.TABLE.c.deleted_at.is_(None), *self._own())

    def _own(self) -> tuple[Any, ...]:
        return () if self._tenant_id is None else (self.TABLE.c.tenant_id == self._tenant_id,)

    async def _objects(self, statement: Select[Any]) -> list[T]:
        rows = (await self._connection.execute(statement)).all()
        ids = [row.id for row in rows]
        # One statement for each part, however many rows there are.
        parts = {name: await part.load(self._connection, ids) for name, part in self.PARTS.items()} if ids else {}
        return [
            self._object(row, {name: parts[name].get(row.id, part.empty) for name, part in self.PARTS.items()})
            for row in rows
        ]

    def _object(self, row: Row[Any], parts: Mapping[str, Any]) -> T:
        # JSON has lists; what crosses a layer doesn't change.
        columns = {name: tuple(value) if isinstance(value, list) else value for name, value in row._mapping.items()}
        made: T = self.MODEL(**columns, **parts)
        return made

    def _without_parts(self, columns: Mapping[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in columns.items() if name not in self.PARTS}

    async def _save_parts(self, object_id: int, columns: Mapping[str, Any]) -> None:
        for name, part in self.PARTS.items():
            if name in columns:
                assert self._tenant_id is not None  # noqa: S101 - only a tenant's objects have parts
                await part.save(self._connection, self._tenant_id, object_id, name, columns[name])

    async def _check_references(self, columns: Mapping[str, Any]) -> None:
        for name, key in self.REFERENCES.items():
            if (value := columns.get(name)) is not None:
                assert self._tenant_id is not None  # noqa: S101 - only a tenant's objects have them
                if not await living(self._connection, self._tenant_id, key, [value]):
                    raise Invalid.of(name, "exists")

    async def _execute(self, statement: Any) -> Any:
        try:
            return await self._connection.execute(statement)
        except IntegrityError as exc:
            if self.UNIQUE and is_unique_violation(exc):
                raise Conflict(self.UNIQUE) from exc
            raise
