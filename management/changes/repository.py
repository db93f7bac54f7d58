"""Rows of the outbox as an administrator sees them: what was told to which switch, and how it went."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from management import outbox
from management.objects.parts import LARGEST_ID
from management.paging import Page, PageWanted
from xmlcurl.store.tables import changes, switches, tenants


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one switch has to be told about one write. Without a switch: the purge of the caches, or a term's end."""

    id: int
    group_id: str
    """The write: all its rows share it."""
    switch_id: int | None
    switch: str | None
    tenant: str | None
    """The domain; None: it concerned no tenant alone."""
    kind: str
    state: str
    effects: dict[str, Any]
    attempts: int
    cleared: int | None
    """Entries that the switch said it had dropped from its cache, over both flushes."""
    error: str | None
    due_at: datetime
    created_at: datetime
    flushed_at: datetime | None
    settled_at: datetime | None

    @property
    def is_acknowledged(self) -> bool:
        """Whether the switch has dropped its copies at least once."""
        return self.state in outbox.ACKNOWLEDGED


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which changes; None is all of them."""

    tenant_id: int | None = None
    switch_id: int | None = None
    state: str | None = None
    group_id: str | None = None


class ChangeRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def find(self, change_id: int) -> Change | None:
        if not 0 < change_id <= LARGEST_ID:
            return None
        row = (await self._connection.execute(_changes().where(changes.c.id == change_id))).one_or_none()
        return row and _change(row)

    async def page(self, wanted: Wanted, page: PageWanted) -> Page[Change]:
        """Changes, the newest first."""
        statement = _changes()
        for name in Wanted.__dataclass_fields__:
            if (value := getattr(wanted, name)) is not None:
                statement = statement.where(changes.c[name] == value)
        counted = select(func.count()).select_from(statement.with_only_columns(changes.c.id).subquery())
        total = int((await self._connection.execute(counted)).scalar_one())
        statement = statement.order_by(changes.c.id.desc()).limit(page.size).offset(page.offset)
        return Page.of([_change(row) for row in await self._connection.execute(statement)], page, total)

    async def retry(self, change_id: int, now: datetime) -> bool:
        """Whether the change had failed, and is pending again."""
        # Only from the state that nobody works on: the worker may take any other row at this moment.
        has_failed = (changes.c.id == change_id) & (changes.c.state == "failed")
        statement = update(changes).where(has_failed).values(state="pending", attempts=0, due_at=now, error=None)
        return (await self._connection.execute(statement.returning(changes.c.id))).first() is not None


def _changes() -> Select[Any]:
    own = (changes.c[name] for name in Change.__dataclass_fields__ if name not in {"switch", "tenant"})
    return select(*own, switches.c.name.label("switch"), tenants.c.domain.label("tenant")).select_from(
        changes.outerjoin(switches).outerjoin(tenants, tenants.c.id == changes.c.tenant_id)
    )


def _change(row: Row[Any]) -> Change:
    return Change(**row._mapping)
