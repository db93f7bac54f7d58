"""Statements on the outbox (the table `changes`): SQL as values, for asynchronous and for plain connections.

A management write appends, in its own transaction, one row without a switch, which completes the
purge of the caches when the writer dies before it did that, and one row for each enabled switch.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import Insert, Select, func, insert, literal, null, select, union_all

from management.effects import Effects
from xmlcurl.store.tables import changes, switches

ACKNOWLEDGED = ("flushed", "settled")
"""States of a row whose switch has dropped its copies at least once."""


def append(group_id: str, effects: Effects, *, tenant_id: int | None) -> Insert:
    """The rows of one write: for the caches, and for each switch that is enabled now, in one statement."""
    columns = (
        literal(group_id).label("group_id"),
        literal(tenant_id, changes.c.tenant_id.type).label("tenant_id"),
        literal(effects.to_json(), changes.c.effects.type).label("effects"),
    )
    nobody = literal(None, changes.c.switch_id.type).label("switch_id")
    enabled = switches.c.enabled.is_(True) & switches.c.deleted_at.is_(None)
    rows = union_all(
        select(*columns, nobody),
        select(*columns, switches.c.id.label("switch_id")).where(enabled),
    )
    return insert(changes).from_select(["group_id", "tenant_id", "effects", "switch_id"], rows)


def append_expiry(group_id: str, extension_id: int, *, tenant_id: int | None, due_at: datetime) -> Insert:
    """A row that falls due when a term ends, because nobody writes at that moment."""
    return insert(changes).values(
        group_id=group_id,
        tenant_id=tenant_id,
        switch_id=null(),
        kind="expiry",
        effects=Effects(extension_id=extension_id).to_json(),
        due_at=due_at,
    )


def progress(group_id: str) -> Select[Any]:
    """(state, count) over the rows of a write that have a switch."""
    return (
        select(changes.c.state, func.count().label("count"))
        .where(changes.c.group_id == group_id, changes.c.switch_id.is_not(None))
        .group_by(changes.c.state)
    )
