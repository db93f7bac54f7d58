"""Rows of the audit log, read. They are written by `audit.py`, in the transaction of what they tell."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.ext.asyncio import AsyncConnection

from management.paging import Page, PageWanted
from xmlcurl.store.tables import audit, tenants


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """Who did what, when, from what to what; never a secret."""

    id: int
    at: datetime
    tenant: str | None
    """The domain; None: it concerned the platform."""
    actor: str
    address: str | None
    action: str
    object_type: str
    object_id: str
    before: dict[str, Any] | None
    after: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which entries; None is all of them."""

    tenant_id: int | None = None
    actor: str | None = None
    action: str | None = None
    object_type: str | None = None
    object_id: str | None = None
    since: datetime | None = None
    """From this moment on."""
    until: datetime | None = None
    """Before this moment."""


class AuditRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def page(self, wanted: Wanted, page: PageWanted) -> Page[Entry]:
        """Entries, the newest first."""
        statement = _entries(wanted)
        if page.search:
            columns = (audit.c.actor, audit.c.action, audit.c.object_type, audit.c.object_id)
            statement = statement.where(or_(*(column.icontains(page.search, autoescape=True) for column in columns)))
        counted = select(func.count()).select_from(statement.with_only_columns(audit.c.id).subquery())
        total = int((await self._connection.execute(counted)).scalar_one())
        statement = statement.order_by(audit.c.id.desc()).limit(page.size).offset(page.offset)
        return Page.of([Entry(**row._mapping) for row in await self._connection.execute(statement)], page, total)


def _entries(wanted: Wanted) -> Select[Any]:
    columns = (audit.c[name] for name in Entry.__dataclass_fields__ if name != "tenant")
    equal: Mapping[str, Any] = {
        name: getattr(wanted, name) for name in ("tenant_id", "actor", "action", "object_type", "object_id")
    }
    statement = select(*columns, tenants.c.domain.label("tenant")).select_from(audit.outerjoin(tenants))
    statement = statement.where(*(audit.c[name] == value for name, value in equal.items() if value is not None))
    if wanted.since is not None:
        statement = statement.where(audit.c.at >= wanted.since)
    if wanted.until is not None:
        statement = statement.where(audit.c.at < wanted.until)
    return statement
