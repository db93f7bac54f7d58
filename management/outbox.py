"""The outbox: rows in the transaction of the change that they tell of. Statements only, for any connection.

pending --first flush--> flushed --second flush, a while later--> settled; or failed, with the reason.
A row is worked on by whoever claimed it, until the lease ends; it may be done twice, never zero times.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any, Final

from sqlalchemy import (
    ColumnElement,
    Delete,
    Insert,
    Select,
    Update,
    and_,
    cast,
    delete,
    func,
    insert,
    literal,
    null,
    or_,
    select,
    update,
)

from management.effects import Effects
from xmlcurl.store.tables import changes, switches

WAKE_CHANNEL: Final = "xmlcurl:changes"
"""Redis channel; a message, whatever it says, makes the worker look now and not at its next poll."""

UNFINISHED: Final = ("pending", "flushed")
ACKNOWLEDGED: Final = ("flushed", "settled")

_LONGEST_ERROR = 500


def enabled_switches() -> Select[int]:
    """Ids of the switches that are told of changes."""
    return select(switches.c.id).where(switches.c.enabled, switches.c.deleted_at.is_(None)).order_by(switches.c.id)


def append(group_id: str, effects: Effects, *, tenant_id: int | None) -> Insert:
    """One row for the caches and, where there is anything to tell a switch, one for each enabled switch.

    Run it in the transaction of the change. The row for the caches completes the purge if the
    writer dies before it has done that itself.
    """
    targets = select(cast(null(), changes.c.switch_id.type).label("switch_id"))
    if effects.concerns_switches:
        chosen = targets.union_all(enabled_switches().order_by(None)).subquery()
    else:
        chosen = targets.subquery()
    rows = select(
        chosen.c.switch_id,
        literal(group_id),
        literal(tenant_id, changes.c.tenant_id.type),
        literal(effects.to_json(), changes.c.effects.type),
    )
    return insert(changes).from_select(["switch_id", "group_id", "tenant_id", "effects"], rows)


def append_expiry(group_id: str, extension_id: int, *, tenant_id: int | None, due_at: datetime) -> Insert:
    """A row that falls due when the extension's term ends, because nobody writes then.

    Write one whenever `expires_at` is set; the row of an earlier value does nothing when it falls due.
    """
    effects = Effects(extension_id=extension_id).to_json()
    return insert(changes).values(
        group_id=group_id, switch_id=None, tenant_id=tenant_id, kind="expiry", effects=effects, due_at=due_at
    )


def append_flush(
    group_id: str, effects: Effects, *, switch_id: int, tenant_id: int | None, now: datetime, due_at: datetime
) -> Insert:
    """The second flush of a change that failed otherwise: with a row that has ended nothing more is done."""
    return insert(changes).values(
        group_id=group_id,
        switch_id=switch_id,
        tenant_id=tenant_id,
        effects=effects.flushes.to_json(),
        state="flushed",
        flushed_at=now,
        due_at=due_at,
    )


def claim(switch_id: int | None, *, owner: str, now: datetime, lease_until: datetime, at_most: int) -> Update:
    """Take the oldest rows that are due for this switch (None: for the caches); returns them, in any order.

    Two that claim at once never get the same row: the condition is in the UPDATE.
    """
    free = and_(
        _for_switch(switch_id),
        changes.c.state.in_(UNFINISHED),
        changes.c.due_at <= now,
        or_(changes.c.lease_until.is_(None), changes.c.lease_until < now),
    )
    oldest = select(changes.c.id).where(free).order_by(changes.c.id).limit(at_most).with_for_update(skip_locked=True)
    # A CTE: PostgreSQL may run a subquery once for each row, each time with another LIMIT's worth of rows.
    chosen = oldest.cte("chosen")
    return (
        update(changes)
        .where(changes.c.id.in_(select(chosen.c.id)), free)
        .values(lease_owner=owner, lease_until=lease_until)
        .returning(*changes.c)
    )


def release(owner_prefix: str) -> Update:
    """Give back what workers whose owner begins so have claimed: they are known to be dead."""
    held = changes.c.lease_owner.startswith(owner_prefix, autoescape=True)
    return update(changes).where(held).values(lease_owner=None, lease_until=None)


def flushed(row_ids: Collection[int], *, owner: str, cleared: int, now: datetime, again_at: datetime) -> Update:
    """The switches were told and dropped `cleared` entries; once more at `again_at`."""
    return _finish(
        row_ids,
        owner,
        state="flushed",
        flushed_at=now,
        due_at=again_at,
        cleared=_cleared(cleared),
        attempts=0,
        error=None,
    )


def settled(row_ids: Collection[int], *, owner: str, cleared: int, now: datetime) -> Update:
    """Nothing is left to do."""
    acknowledged_at = func.coalesce(changes.c.flushed_at, now)
    return _finish(
        row_ids,
        owner,
        state="settled",
        flushed_at=acknowledged_at,
        settled_at=now,
        cleared=_cleared(cleared),
        error=None,
    )


def failed(row_ids: Collection[int], *, owner: str, error: str) -> Update:
    """Trying again would get the same answer."""
    return _finish(row_ids, owner, state="failed", error=error[:_LONGEST_ERROR])


def postponed(row_ids: Collection[int], *, owner: str, error: str, due_at: datetime, counts: bool = False) -> Update:
    """Not done; again at `due_at`. `counts`: the switch was asked, and may not be asked for ever."""
    attempts = changes.c.attempts + int(counts)
    return _finish(row_ids, owner, due_at=due_at, error=error[:_LONGEST_ERROR], attempts=attempts)


def fail_switched_off(reason: str) -> Update:
    """Rows of switches that are disabled or deleted: nobody will tell them; one that comes back is flushed whole."""
    off = select(switches.c.id).where(or_(~switches.c.enabled, switches.c.deleted_at.is_not(None)))
    waiting = and_(changes.c.switch_id.in_(off.scalar_subquery()), changes.c.state.in_(UNFINISHED))
    return update(changes).where(waiting).values(state="failed", error=reason, lease_owner=None, lease_until=None)


def prune(before: datetime) -> Delete:
    """Forget rows that ended and were written before then."""
    return delete(changes).where(changes.c.state.not_in(UNFINISHED), changes.c.created_at < before)


def progress(group_id: str) -> Select[str, int]:
    """For one write: how many switches are in which state, as (state, count)."""
    return (
        select(changes.c.state, func.count().label("count"))
        .where(changes.c.group_id == group_id, changes.c.switch_id.is_not(None))
        .group_by(changes.c.state)
    )


def oldest_pending() -> Select[int, datetime]:
    """By switch_id (None: the caches): when the oldest change was written that it has not been told."""
    waiting = and_(changes.c.state == "pending", changes.c.kind == "change")
    return select(changes.c.switch_id, func.min(changes.c.created_at)).where(waiting).group_by(changes.c.switch_id)


def _for_switch(switch_id: int | None) -> ColumnElement[bool]:
    return changes.c.switch_id.is_(None) if switch_id is None else changes.c.switch_id == switch_id


def _cleared(entries: int) -> ColumnElement[int]:
    return func.coalesce(changes.c.cleared, 0) + entries


def _finish(row_ids: Collection[int], owner: str, **values: Any) -> Update:
    # Only while the lease is ours: whoever took the row over since then says how it ends.
    ours = and_(changes.c.id.in_(row_ids), changes.c.lease_owner == owner)
    return update(changes).where(ours).values(**values, lease_owner=None, lease_until=None)
