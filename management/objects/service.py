"""Create, read, change and delete objects: the rules that all small kinds share.

A kind says what follows from its changes once, in `consequences`; nobody who changes one has to think of it.
"""

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from management.audit import Actor
from management.auth import TenantScope
from management.database import Database
from management.effects import Effects
from management.errors import Invalid
from management.objects.commands import Values
from management.objects.errors import InUse, ObjectUnknown
from management.objects.repository import Rows
from management.paging import Page, PageWanted, SliceWanted
from management.writes import Body, Write, Writes, Written
from xmlcurl.store.model import Tag


class Identified(Protocol):
    """A dataclass that shows one row."""

    __dataclass_fields__: ClassVar[dict[str, Any]]

    @property
    def id(self) -> int: ...


Scope = TypeVar("Scope", TenantScope, None)
Key = TypeVar("Key", int, str)
Object = TypeVar("Object", bound=Identified)
New = TypeVar("New", bound=Values)
Result = TypeVar("Result")


class Objects(ABC, Generic[Scope, Key, Object, New]):
    """One kind of object, of a tenant (Scope TenantScope) or of the platform (None), found by its key.

    One for each process; safe to use from many tasks.
    """

    KIND: ClassVar[str]
    """What the audit log and errors call it."""
    ROWS: ClassVar[type[Rows[Any]]]

    def __init__(self, database: Database, writes: Writes) -> None:
        self._database = database
        self._writes = writes

    @abstractmethod
    def consequences(self, scope: Scope, before: Object | None, after: Object | None) -> Effects:
        """What follows when `before` (None: it did not exist) became `after` (None: it was deleted)."""

    def moved(self, scope: Scope) -> Effects:
        """What follows when things that pointed to one object point to another."""
        tenant_id = _id_of(scope)
        return Effects(tags=frozenset() if tenant_id is None else frozenset({Tag.tenant(tenant_id)}), flush_all=True)

    async def columns(self, rows: Rows[Object], values: New, before: Object | None) -> dict[str, Any]:
        """The columns that `values` give a new value; raises Invalid when one names what is not there."""
        return values.given()

    async def find(self, scope: Scope, key: Key) -> Object:
        """The object; raises ObjectUnknown."""
        async with self._database.reading() as connection:
            return self._known(await self.ROWS(connection, _id_of(scope)).find(key), key)

    async def slice(
        self, scope: Scope, wanted: SliceWanted, filters: Mapping[str, Any] | None = None
    ) -> Sequence[Object]:
        """The same in the order of their ids, from a place on that stays where it is while others come and go."""
        async with self._database.reading() as connection:
            return await self.ROWS(connection, _id_of(scope)).slice(wanted, filters or {})

    async def find_many(self, scope: Scope, ids: Collection[int]) -> dict[int, Object]:
        """Those of the objects that there are, by id."""
        async with self._database.reading() as connection:
            return await self.ROWS(connection, _id_of(scope)).find_many(ids)

    async def living_in(self, write: Write, scope: Scope, column: str, values: Collection[Any]) -> dict[Any, int]:
        """The ids of the objects whose `column` is among `values`; they stay until the write has ended."""
        return await self.ROWS(write.connection, _id_of(scope)).living_ids(column, values)

    async def list(self, scope: Scope, wanted: PageWanted, filters: Mapping[str, Any] | None = None) -> Page[Object]:
        """One page of the objects whose columns have the values of `filters`."""
        async with self._database.reading() as connection:
            return await self.ROWS(connection, _id_of(scope)).page(wanted, filters or {})

    async def create(self, scope: Scope, values: New, *, actor: Actor, wait_ms: int | None = None) -> Written[Object]:
        """A new object.

        Raises:
            Invalid, Conflict, and what `Writes.run` raises.
        """
        values.check(is_new=True)
        return await self._run(_id_of(scope), lambda write: self.create_in(write, scope, values), actor, wait_ms)

    async def create_in(self, write: Write, scope: Scope, values: New) -> Object:
        """As `create`, as part of a write; the values were checked."""
        rows = self.ROWS(write.connection, _id_of(scope))
        object_id = await rows.add(await self.columns(rows, values, None))
        after: Object = await rows.added(object_id)
        await self._conclude(write, scope, "create", before=None, after=after, values=values)
        return after

    async def update(
        self, scope: Scope, key: Key, values: New, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[Object]:
        """The object with the new values.

        Raises:
            Invalid, ObjectUnknown, Conflict, and what `Writes.run` raises.
        """
        values.check(is_new=False)
        owner_id = await self._owner_id(scope, key)
        return await self._run(owner_id, lambda write: self.update_in(write, scope, key, values), actor, wait_ms)

    async def update_in(self, write: Write, scope: Scope, key: Key, values: New) -> Object:
        """As `update`, as part of a write; the values were checked."""
        rows = self.ROWS(write.connection, _id_of(scope))
        before = self._known(await rows.find(key, to_change=True), key)
        columns = await self.columns(rows, values, before)
        # A secret is no field of what is shown: a new one always counts as changed.
        changed = {name: value for name, value in columns.items() if getattr(before, name, ...) != value}
        if not changed:
            return before
        await rows.change(before.id, changed)
        after = self._known(await rows.find(key), key)
        await self._conclude(write, scope, "update", before=before, after=after, values=values)
        return after

    async def delete(
        self,
        scope: Scope,
        key: Key,
        *,
        actor: Actor,
        wait_ms: int | None = None,
        replace_with: Key | None = None,
    ) -> Written[None]:
        """Soft delete. What points to the object keeps it, or moves to `replace_with`.

        Raises:
            ObjectUnknown, InUse, and what `Writes.run` raises.
            Invalid: `replace_with` is no other object of this kind.
        """
        return await self._run(
            await self._owner_id(scope, key),
            lambda write: self.delete_in(write, scope, key, replace_with),
            actor,
            wait_ms,
        )

    async def delete_in(self, write: Write, scope: Scope, key: Key, replace_with: Key | None = None) -> None:
        """As `delete`, as part of a write."""
        rows = self.ROWS(write.connection, _id_of(scope))
        before = self._known(await rows.find(key, to_change=True), key)
        users = await rows.users(before.id)
        if users and replace_with is None:
            raise InUse(self.KIND, users)
        moved: list[str] = []
        if replace_with is not None:
            other = await rows.find(replace_with, to_link=True)
            if other is None or other.id == before.id:
                raise Invalid.of("replace_with", "exists")
            moved = await rows.replace(before.id, other.id)
            write.tell(self.moved(scope))
        await rows.remove(before.id)
        await self._conclude(write, scope, "delete", before=before, after=None, replaced_by=replace_with, moved=moved)

    async def _owner_id(self, scope: Scope, key: Key) -> int | None:
        """Whose data is changed."""
        return _id_of(scope)

    async def _run(
        self, owner_id: int | None, body: Body[Result], actor: Actor, wait_ms: int | None
    ) -> Written[Result]:
        return await self._writes.run(actor, body, tenant_id=owner_id, wait_ms=wait_ms)

    async def _conclude(
        self,
        write: Write,
        scope: Scope,
        verb: str,
        *,
        before: Object | None,
        after: Object | None,
        values: New | None = None,
        replaced_by: Key | None = None,
        moved: Sequence[str] = (),
    ) -> None:
        """What every change ends with: its consequences, and its row in the audit log."""
        write.tell(self.consequences(scope, before, after))
        changed = after or before
        write.audit(
            f"{self.KIND}.{verb}",
            self.KIND,
            changed.id if changed else "",
            before=None if before is None else asdict(before),
            after=None if after is None else asdict(after),
            secrets_changed=() if values is None else tuple(sorted(values.SECRETS & values.given().keys())),
            replaced_by=replaced_by,
            moved=moved,
        )

    def _known(self, found: Object | None, key: Key) -> Object:
        if found is None:
            raise ObjectUnknown(self.KIND, key)
        return found


def _id_of(scope: TenantScope | None) -> int | None:
    return None if scope is None else scope.id
