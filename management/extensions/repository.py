"""Rows of extensions, of one tenant by construction."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, Select, and_, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlalchemy.sql.schema import ScalarElementColumnDefault

from management.database import Collided, is_unique_violation
from management.extensions.errors import ExtensionUnknown
from management.extensions.model import Extension, Names, OutboundNumber
from management.objects.forwards import Destined
from management.objects.links import Link, Membership, users_of
from management.objects.parts import LARGEST_ID, living
from management.objects.repository import MOST_MOVED_NAMED, MOST_USERS_SHOWN, sliced
from management.objects.reserved import emergency_numbers
from management.paging import Page, PageWanted, SliceWanted
from management.presence.repository import PresenceRepository
from xmlcurl.store.tables import (
    classes_of_service,
    departments,
    destinations,
    extensions,
    hotlines,
    numbers,
    queue_agents,
    queues,
    ring_group_members,
    ring_groups,
    taken_names,
    teams,
    users,
    utc_now,
)

LINKED: Final = {
    "team_id": teams,
    "department_id": departments,
    "user_id": users,
    "hotline_id": hotlines,
    "class_of_service_id": classes_of_service,
}
_LINKS: Final[tuple[Link, ...]] = (
    Membership("ring group", ring_group_members.c.extension_id, ring_group_members.c.ring_group_id, ring_groups.c.name),
    Membership("queue", queue_agents.c.extension_id, queue_agents.c.queue_id, queues.c.name),
    Destined(destinations.c.extension_id),
)
"""What may point to an extension."""
_SECRETS: Final = {"a1_hash", "vm_a1_hash", "password_encrypted"}
_DEFAULTS: Final = {
    column.name: column.default.arg if isinstance(column.default, ScalarElementColumnDefault) else None
    for column in extensions.c
    if column.name not in {"id", "created_at", "updated_at"}
}
"""Spelled out: rows that are inserted together must name the same columns."""
_COLUMNS: Final = tuple(column for column in extensions.c if column.name not in _SECRETS | {"tenant_id", "deleted_at"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Selected:
    """Which extensions a list is narrowed to, and in which order it is.

    Args:
        numbers: only these; None is all.
        order: a column of extensions; extensions with the same value are in the order of their ids.
        is_found_by_user: the text that is searched for may also stand in the name or the address of their user.
    """

    numbers: tuple[str, ...] | None = None
    order: str = "number"
    is_descending: bool = False
    is_found_by_user: bool = False

    def narrowed(self, statement: Select[Any]) -> Select[Any]:
        if self.numbers is not None:
            statement = statement.where(extensions.c.number.in_(self.numbers))
        return statement

    def ordered(self, statement: Select[Any]) -> Select[Any]:
        columns = (extensions.c[self.order], extensions.c.id)
        return statement.order_by(*(each.desc() if self.is_descending else each.asc() for each in columns))


EVERY: Final = Selected()


class ExtensionRepository:
    """Living extensions of one tenant, over a connection in a transaction."""

    def __init__(self, connection: AsyncConnection, tenant_id: int) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    async def find(self, number: str, *, to_change: bool = False, to_link: bool = False) -> Extension | None:
        """The extension of that number.

        Until the transaction ends `to_change` keeps other writers away from it, `to_link` those who delete it.
        """
        statement = self._living().where(extensions.c.number == number)
        if to_change:
            statement = statement.with_for_update(of=extensions)
        elif to_link:
            statement = statement.with_for_update(of=extensions, read=True, key_share=True)
        found = await self._objects(statement)
        return found[0] if found else None

    async def known(self, number: str, *, to_change: bool = False) -> Extension:
        """As `find`; raises ExtensionUnknown where it finds none."""
        if found := await self.find(number, to_change=to_change):
            return found
        raise ExtensionUnknown(number)

    async def known_by_id(self, extension_id: int, *, to_change: bool = False) -> Extension:
        """The extension of that id, `to_change` as of `find`; raises ExtensionUnknown where there is none."""
        statement = self._living().where(extensions.c.id == extension_id)
        if to_change:
            statement = statement.with_for_update(of=extensions)
        found = await self._objects(statement) if 0 < extension_id <= LARGEST_ID else []
        if not found:
            raise ExtensionUnknown(str(extension_id))
        return found[0]

    async def find_all(self, numbers: Collection[str]) -> dict[str, Extension]:
        """The extensions of these numbers, by number."""
        found = await self._objects(self._living().where(extensions.c.number.in_(numbers)))
        return {each.number: each for each in found}

    async def numbers(self, ids: Collection[int]) -> dict[int, str]:
        """The numbers of the extensions of these ids, by id."""
        possible = [each for each in ids if 0 < each <= LARGEST_ID]
        statement = select(extensions.c.id, extensions.c.number).where(
            extensions.c.id.in_(possible), extensions.c.tenant_id == self._tenant_id, extensions.c.deleted_at.is_(None)
        )
        return {row[0]: row[1] for row in await self._connection.execute(statement)}

    async def has_email(self, email: str, *, besides: int | None) -> bool:
        """Whether an extension has that address, in whatever case; but for the one of the id `besides`."""
        statement = select(extensions.c.id).where(
            extensions.c.tenant_id == self._tenant_id,
            extensions.c.deleted_at.is_(None),
            func.lower(extensions.c.email) == email.lower(),
            extensions.c.id.is_distinct_from(besides),
        )
        return (await self._connection.execute(statement.limit(1))).first() is not None

    async def page(self, wanted: PageWanted, status: str | None, selected: Selected = EVERY) -> Page[Extension]:
        """Extensions that are selected; the text that is searched for is literal, its case does not count."""
        statement = selected.narrowed(self._living())
        if status is not None:
            statement = statement.where(extensions.c.status == status)
        if wanted.search:
            found = _contains(wanted.search, extensions.c.number, extensions.c.display_name)
            if selected.is_found_by_user:
                found |= extensions.c.user_id.in_(self._users(wanted.search))
            statement = statement.where(found)
        total = await self._count(statement)
        statement = selected.ordered(statement)
        return Page.of(await self._objects(statement.limit(wanted.size).offset(wanted.offset)), wanted, total)

    async def slice(self, wanted: SliceWanted) -> list[Extension]:
        """Extensions in the order of their ids."""
        return await self._objects(sliced(self._living(), extensions.c.id, wanted))

    async def add(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, int]:
        """New extensions; the id of each, by number.

        Raises:
            Collided: another transaction has taken one of the numbers meanwhile.
        """
        complete = [{**_DEFAULTS, "tenant_id": self._tenant_id, **row} for row in rows]
        statement = insert(extensions).returning(extensions.c.number, extensions.c.id)
        with _collisions():
            return {row[0]: row[1] for row in await self._connection.execute(statement, complete)}

    async def change(self, extension_id: int, values: Mapping[str, Any]) -> None:
        """New values of columns; `updated_at` moves."""
        await self._connection.execute(update(extensions).where(self._is(extension_id)).values(**values))

    async def owners(self, names: Collection[str]) -> dict[str, int]:
        """Which of `names` living extensions have, as any kind of name: name -> id of the extension."""
        statement = select(taken_names.c.name, taken_names.c.extension_id).where(
            taken_names.c.tenant_id == self._tenant_id, taken_names.c.name.in_(names)
        )
        return {row[0]: row[1] for row in await self._connection.execute(statement)}

    async def all_names(self) -> set[str]:
        """Whatever can be dialled inside the tenant, or signed in with."""
        statement = select(taken_names.c.name).where(taken_names.c.tenant_id == self._tenant_id)
        return {*(await self._connection.execute(statement)).scalars()}

    async def reached_at(self, contacts: Mapping[str, str]) -> Sequence[Extension]:
        """Extensions with these contacts ("email", "mobile"), each its own or of the user that it belongs to; two at
        most: more than one is too many.
        """
        statement = self._living().outerjoin(
            users, and_(users.c.id == extensions.c.user_id, users.c.deleted_at.is_(None))
        )
        for name, value in contacts.items():
            is_its = (func.lower(each.c[name]) == value.lower() for each in (extensions, users))
            statement = statement.where(or_(*is_its))
        return await self._objects(statement.order_by(extensions.c.id).limit(2))

    async def emergency_numbers(self) -> frozenset[str]:
        """What nothing inside the tenant may be called."""
        return await emergency_numbers(self._connection, self._tenant_id)

    async def add_names(self, names: Mapping[int, Names]) -> None:
        """What extensions, by id, are called.

        Raises:
            Collided: another transaction has taken one of the names meanwhile.
        """
        rows = [
            {
                "tenant_id": self._tenant_id,
                "extension_id": extension_id,
                "name": name,
                "is_number": name == each.number,
                "is_sign_in": name == each.sign_in_name,
                "is_alias": name in each.aliases,
            }
            for extension_id, each in names.items()
            for name in sorted(each.all)
        ]
        with _collisions():
            await self._connection.execute(insert(taken_names), rows)

    async def replace_names(self, extension_id: int, names: Names) -> None:
        """What an extension is called from now on; raises Collided as `add_names`."""
        await self._drop_names(extension_id)
        await self.add_names({extension_id: names})

    async def remove(self, extension_id: int, values: Mapping[str, Any]) -> None:
        """Soft delete, with last `values`; its names are free at once, what its calls met is forgotten."""
        await self._drop_names(extension_id)
        await PresenceRepository(self._connection, self._tenant_id).remove(extension_id)
        await self.change(extension_id, {"deleted_at": utc_now(), **values})

    async def users(self, extension_id: int) -> list[str]:
        """What points to the extension, as "ring group Sales"; at most MOST_USERS_SHOWN of them."""
        return await users_of(_LINKS, self._connection, extension_id, MOST_USERS_SHOWN)

    async def replace(self, extension_id: int, other_id: int) -> list[str]:
        """What points to the extension points to the other from now on; who that is, at most MOST_MOVED_NAMED."""
        moved = await users_of(_LINKS, self._connection, extension_id, MOST_MOVED_NAMED)
        for link in _LINKS:
            await link.replace(self._connection, extension_id, other_id)
        return moved

    async def queue_ids(self, extension_id: int) -> list[int]:
        """The living queues that it serves."""
        serving = (
            select(queues.c.id)
            .join(queue_agents, queue_agents.c.queue_id == queues.c.id)
            .where(queue_agents.c.extension_id == extension_id, queues.c.deleted_at.is_(None))
        )
        return [*(await self._connection.execute(serving)).scalars()]

    async def password_encrypted(self, extension_id: int) -> str:
        """The SIP password as it is stored."""
        statement = select(extensions.c.password_encrypted).where(self._is(extension_id))
        return str((await self._connection.execute(statement)).scalar_one())

    async def passwords_encrypted(self, ids: Collection[int]) -> dict[int, str]:
        """The SIP passwords of extensions as they are stored, by id."""
        is_one = and_(extensions.c.id.in_(ids), extensions.c.tenant_id == self._tenant_id)
        rows = await self._connection.execute(select(extensions.c.id, extensions.c.password_encrypted).where(is_one))
        return {row[0]: row[1] for row in rows}

    async def linked(self, link: str, ids: Collection[int]) -> set[int]:
        """Which of `ids` are living rows of the tenant that `link` ("team_id", ...) may name.

        Nobody deletes them before the transaction has ended.
        """
        return {*await living(self._connection, self._tenant_id, LINKED[link].c.id, ids)}

    async def outbound_number_ids(self, digits: Collection[str]) -> dict[str, int]:
        """The ids of the tenant's active numbers among `digits`, by number; kept as `linked` does."""
        possible = [each for each in digits if each.isascii() and each.isdigit()]
        statement = self._outbound().where(numbers.c.number.in_(possible))
        # Whoever deletes one takes it FOR UPDATE, and looks who points to it: one of the two waits for the other.
        kept = statement.with_only_columns(numbers.c.number, numbers.c.id).with_for_update(read=True, key_share=True)
        rows = await self._connection.execute(kept)
        return {row[0]: row[1] for row in rows}

    async def outbound_numbers(self, wanted: PageWanted) -> Page[OutboundNumber]:
        """The numbers that calls of the tenant may show, by number."""
        statement = self._outbound()
        if wanted.search:
            statement = statement.where(_contains(wanted.search, numbers.c.number, numbers.c.display_name))
        total = await self._count(statement)
        statement = statement.order_by(numbers.c.number).limit(wanted.size).offset(wanted.offset)
        rows = await self._connection.execute(statement)
        return Page.of([OutboundNumber(**row._mapping) for row in rows], wanted, total)

    def _living(self) -> Select[Any]:
        own_number = and_(
            numbers.c.id == extensions.c.outbound_number_id,
            numbers.c.tenant_id == self._tenant_id,
            numbers.c.deleted_at.is_(None),
        )
        return (
            select(*_COLUMNS, numbers.c.number.label("outbound_caller_id"))
            .select_from(extensions.outerjoin(numbers, own_number))
            .where(extensions.c.tenant_id == self._tenant_id, extensions.c.deleted_at.is_(None))
        )

    def _users(self, text: str) -> Select[Any]:
        return select(users.c.id).where(
            users.c.tenant_id == self._tenant_id,
            users.c.deleted_at.is_(None),
            _contains(text, users.c.name, users.c.email),
        )

    def _outbound(self) -> Select[Any]:
        return select(
            numbers.c.number, numbers.c.display_name, numbers.c.carrier, numbers.c.cli_type, numbers.c.status
        ).where(numbers.c.tenant_id == self._tenant_id, numbers.c.status == "active", numbers.c.deleted_at.is_(None))

    def _is(self, extension_id: int) -> Any:
        return and_(extensions.c.id == extension_id, extensions.c.tenant_id == self._tenant_id)

    async def _objects(self, statement: Select[Any]) -> list[Extension]:
        rows = (await self._connection.execute(statement)).all()
        aliases = await self._aliases([row.id for row in rows])
        return [_extension(row, aliases.get(row.id, ())) for row in rows]

    async def _aliases(self, ids: Sequence[int]) -> dict[int, tuple[str, ...]]:
        if not ids:
            return {}
        statement = (
            select(taken_names.c.extension_id, taken_names.c.name)
            .where(
                taken_names.c.tenant_id == self._tenant_id,
                taken_names.c.extension_id.in_(ids),
                taken_names.c.is_alias.is_(True),
            )
            .order_by(taken_names.c.name)
        )
        found: dict[int, tuple[str, ...]] = {}
        for row in await self._connection.execute(statement):
            found[row.extension_id] = (*found.get(row.extension_id, ()), row.name)
        return found

    async def _drop_names(self, extension_id: int) -> None:
        await self._connection.execute(
            delete(taken_names).where(
                taken_names.c.tenant_id == self._tenant_id, taken_names.c.extension_id == extension_id
            )
        )

    async def _count(self, statement: Select[Any]) -> int:
        counted = select(func.count()).select_from(statement.subquery())
        return int((await self._connection.execute(counted)).scalar_one())


@contextmanager
def _collisions() -> Iterator[None]:
    try:
        yield
    except IntegrityError as exc:
        if is_unique_violation(exc):
            # Looked for, and not seen, a moment ago: the next attempt sees whose it is.
            raise Collided("name") from exc
        raise


def _contains(text: str, *columns: Any) -> Any:
    return or_(*(column.icontains(text, autoescape=True) for column in columns))


def _extension(row: Row[Any], aliases: tuple[str, ...]) -> Extension:
    return Extension(**row._mapping, aliases=aliases)
