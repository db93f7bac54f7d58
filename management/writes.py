"""The one commit path: every change of the store by any API, page or command goes through `Writes.run`.

    async def rename(write: Write) -> Team:
        team = await TeamRepository(write.connection, tenant_id).rename(...)
        write.tell(Effects(tags=frozenset({Tag.members(tenant_id)})))
        write.audit("team.update", "team", team.id, before=..., after=...)
        return team

    written = await writes.run(actor, rename, tenant_id=tenant_id)
    written.result, written.sync

What it promises (docs/architecture.md, "No stale answer"): when `run` returns, no lookup that starts
later is answered from the older state; and whatever crashes after the commit, the outbox row of the
same transaction completes the purge and reaches every switch.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final, Generic, TypeVar
from uuid import uuid4

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from management import audit, outbox
from management.audit import Actor
from management.database import Collided, Database
from management.effects import Effects
from management.errors import NotFound, Unavailable, Unconfirmed
from xmlcurl.logs import get_log
from xmlcurl.store.cache import CacheUnavailable, Guard
from xmlcurl.store.purge import Purge
from xmlcurl.store.tables import tenants

T = TypeVar("T")
Body = Callable[["Write"], Awaitable[T]]
Wake = Callable[[], Awaitable[None]]
"""Tells the worker that there is work. It looks by itself too: a lost call costs a moment, nothing else."""

ATTEMPTS: Final = 3
"""How often a body is run when another transaction stands in its way."""

MOST_USERS_FLUSHED: Final = 100
"""Beyond that one bare flush of a switch's cache costs less than telling it every name."""

_FIRST_LOOK_SECONDS: Final = 0.005
_LONGEST_LOOK_SECONDS: Final = 0.05

log = get_log(part="writes")


@dataclass(frozen=True, slots=True)
class SwitchSync:
    """How many switches have dropped their copies, how many are yet to, how many will not."""

    acked: int = 0
    pending: int = 0
    failed: int = 0

    def __str__(self) -> str:
        """As the header X-Switch-Sync tells it, in every dialect."""
        return f"acked={self.acked} pending={self.pending} failed={self.failed}"


@dataclass(frozen=True, slots=True)
class Written(Generic[T]):
    """What the body returned, and how far the switches are."""

    result: T
    sync: SwitchSync


class Write:
    """One transaction, and what has to follow from it. A body must read and change through it alone."""

    def __init__(self, connection: AsyncConnection, actor: Actor, tenant_id: int | None) -> None:
        self.connection = connection
        self.effects = Effects()
        self.expiries: list[tuple[int, datetime]] = []
        self.audited: list[dict[str, Any]] = []
        self._actor = actor
        self._tenant_id = tenant_id

    def tell(self, *effects: Effects) -> None:
        """What follows: stale copies, what switches must do. All of it becomes one row for each switch.

        The guard of the write's own tenant is dropped with any of it.
        """
        self.effects = Effects.together((self.effects, *effects))

    def tell_at_expiry(self, extension_id: int, expires_at: datetime) -> None:
        """The extension's term ends then: the worker drops its copies and registrations at that moment."""
        self.expiries.append((extension_id, expires_at))

    def audit(
        self,
        action: str,
        object_type: str,
        object_id: int | str,
        *,
        before: Mapping[str, Any] | None = None,
        after: Mapping[str, Any] | None = None,
        secrets_changed: tuple[str, ...] = (),
        replaced_by: int | str | None = None,
        moved: Sequence[str] = (),
    ) -> None:
        """Who did what: `action` is "<type>.<verb>"; before and after are rows, see audit.py for what is kept."""
        self.audited.append(
            audit.row(
                self._actor,
                action,
                object_type,
                object_id,
                tenant_id=self._tenant_id,
                before=before,
                after=after,
                secrets_changed=secrets_changed,
                replaced_by=replaced_by,
                moved=moved,
            )
        )


class Writes:
    """Runs changes. One for each process; safe to use from many tasks."""

    def __init__(self, database: Database, purge: Purge, wake: Wake, *, switch_wait_ms: int) -> None:
        self._database = database
        self._purge = purge
        self._wake = wake
        self._switch_wait_ms = switch_wait_ms

    async def run(
        self,
        actor: Actor,
        body: Body[T],
        *,
        tenant_id: int | None = None,
        wait_ms: int | None = None,
        alone: bool = False,
    ) -> Written[T]:
        """Runs `body` in one transaction, commits, purges, and waits for the switches.

        `body` may be run again when another transaction stood in its way: it keeps nothing
        outside the write. `tenant_id`: whose data is changed; None for what is no tenant's.
        `wait_ms`: longest wait for the switches, in milliseconds; None is the setting SWITCH_WAIT_MS.
        `alone`: no other write of the tenant is under way meanwhile; for rules over everything that it has.

        Raises:
            Unavailable: nothing was written.
            Unconfirmed: written, or perhaps written; the outbox completes the purge.
            Conflict: a unique name was taken at the same moment; nothing was written.
            NotFound: the tenant was deleted at the same moment; nothing was written.
            Whatever `body` raises; nothing was written.
        """
        await self._check_redis()
        group_id = uuid4().hex
        result, effects = await self._commit(group_id, actor, body, tenant_id, alone=alone)
        if effects == Effects():
            # Nobody's copy is stale; but it may have been a switch, or a change that shall be tried again.
            await self._wake()
            return Written(result, SwitchSync())
        try:
            await self._purge(tags=effects.tags, guards=effects.guards)
        except CacheUnavailable as exc:
            log.warning("purge_unconfirmed", group=group_id, reason=str(exc))
            raise Unconfirmed(committed=True) from exc
        await self._wake()
        try:
            return Written(result, await self._wait(group_id, self._switch_wait_ms if wait_ms is None else wait_ms))
        except Unavailable as exc:
            # The caches are right; how far the switches are can't be said.
            raise Unconfirmed(committed=True) from exc

    async def _check_redis(self) -> None:
        try:
            await self._purge.check()
        except CacheUnavailable as exc:
            raise Unavailable("Redis does not answer, so the change could not be made visible") from exc

    async def _commit(
        self, group_id: str, actor: Actor, body: Body[T], tenant_id: int | None, *, alone: bool
    ) -> tuple[T, Effects]:
        for attempt in range(1, ATTEMPTS + 1):
            try:
                return await self._attempt(group_id, actor, body, tenant_id, alone=alone)
            except Collided as exc:
                log.info("transaction_collided", attempt=attempt, code=str(exc))
        raise Unavailable("other changes stood in the way, again and again")

    async def _attempt(
        self, group_id: str, actor: Actor, body: Body[T], tenant_id: int | None, *, alone: bool
    ) -> tuple[T, Effects]:
        async with self._database.writing() as connection:
            if tenant_id is not None:
                await _hold_tenant(connection, tenant_id, alone=alone)
            write = Write(connection, actor, tenant_id)
            result = await body(write)
            if write.audited:
                await connection.execute(audit.insertion(), write.audited)
            effects = write.effects
            if effects != Effects():
                effects = _completed(effects, tenant_id)
                await connection.execute(outbox.append(group_id, effects, tenant_id=tenant_id))
            for extension_id, expires_at in write.expiries:
                await connection.execute(
                    outbox.append_expiry(group_id, extension_id, tenant_id=tenant_id, due_at=expires_at)
                )
        return result, effects

    async def _wait(self, group_id: str, wait_ms: int) -> SwitchSync:
        """Looks until no switch is pending, at most `wait_ms`; at least once."""
        deadline = time.monotonic() + wait_ms / 1_000
        pause = _FIRST_LOOK_SECONDS
        while True:
            sync = await self._progress(group_id)
            left = deadline - time.monotonic()
            if sync.pending == 0 or left <= 0:
                return sync
            await asyncio.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_LOOK_SECONDS)

    async def _progress(self, group_id: str) -> SwitchSync:
        async with self._database.reading() as connection:
            rows = await connection.execute(outbox.progress(group_id))
            states = {row[0]: row[1] for row in rows}
        acked = sum(states.get(state, 0) for state in outbox.ACKNOWLEDGED)
        failed = states.get("failed", 0)
        return SwitchSync(acked, sum(states.values()) - acked - failed, failed)


async def _hold_tenant(connection: AsyncConnection, tenant_id: int, *, alone: bool) -> None:
    # It was found before this transaction began. A living number in a tenant that was deleted meanwhile
    # could be given to nobody ever again.
    is_there = select(tenants.c.id).where(tenants.c.id == tenant_id, tenants.c.deleted_at.is_(None))
    held = is_there.with_for_update() if alone else is_there.with_for_update(read=True, key_share=True)
    if (await connection.execute(held)).first() is None:
        raise NotFound(f"tenant {tenant_id}")


def _completed(effects: Effects, tenant_id: int | None) -> Effects:
    if len(effects.flush_users) > MOST_USERS_FLUSHED:
        effects = replace(effects, flush_users=frozenset(), flush_all=True)
    if tenant_id is None:
        return effects
    return effects | Effects(guards=frozenset({Guard.of_tenant(tenant_id)}))
