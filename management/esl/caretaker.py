"""The thread for what concerns no single switch: purges that a writer did not complete, ends of terms, old rows."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import uuid4

import structlog

from management import outbox
from management.esl.board import Caches, PurgeUnavailable
from management.esl.repository import Change, Statement, Store, StoreUnavailable
from management.esl.timing import Timing
from xmlcurl.store.tables import utc_now

MOST_CHANGES_AT_ONCE: Final = 200
TIDY_SECONDS: Final = 60.0
KEEP_DAYS: Final = 30
"""How long changes that ended can be looked at."""

log = structlog.get_logger("management.esl")


class Caretaker:
    """`run` in a thread of its own; the other methods that are public, from any thread."""

    def __init__(self, store: Store, caches: Caches, *, owner: str, timing: Timing, beat: Callable[[], None]) -> None:
        self._store = store
        self._caches = caches
        self._owner = owner
        self._timing = timing
        self._beat = beat
        self._stopping = False
        self._woken = threading.Event()
        self._tidy_at = 0.0

    def stop(self) -> None:
        self._stopping = True
        self._woken.set()

    def wake(self) -> None:
        self._woken.set()

    def run(self) -> None:
        """Until `stop`."""
        while not self._stopping:
            self._beat()
            try:
                more = self.work()
                self._tidy()
            except (StoreUnavailable, PurgeUnavailable) as exc:
                log.warning("caretaker_waits", failure=type(exc).__name__, reason=str(exc))
                more = False
            if not more:
                self._woken.wait(self._timing.poll)
                self._woken.clear()

    def work(self) -> bool:
        """Do what is due; whether there may be more.

        Raises:
            StoreUnavailable, PurgeUnavailable: what was claimed is done when its lease has ended.
        """
        now = utc_now()
        changes = self._store.claim(
            None,
            owner=self._owner,
            now=now,
            lease_until=now + timedelta(seconds=self._timing.lease),
            at_most=MOST_CHANGES_AT_ONCE,
        )
        for change in changes:
            self._beat()
            self._complete(change)
        return len(changes) == MOST_CHANGES_AT_ONCE

    def _complete(self, change: Change) -> None:
        now = utc_now()
        statements: list[Statement] = []
        effects = change.effects
        if change.kind == "expiry" and effects.extension_id is not None:
            leaving = self._store.leaving_service(effects.extension_id, now)
            if leaving is not None:
                tenant_id, effects = leaving
                statements.append(outbox.append(uuid4().hex, effects, tenant_id=tenant_id))
        try:
            self._caches.purge(effects)
        except PurgeUnavailable as exc:
            due_at = now + timedelta(seconds=self._timing.poll)
            error = f"Redis: {exc}"
            self._store.write([outbox.postponed([change.id], owner=self._owner, error=error, due_at=due_at)])
            raise
        settled = outbox.settled([change.id], owner=self._owner, cleared=0, now=now)
        self._store.write([*statements, settled])

    def _tidy(self) -> None:
        if time.monotonic() < self._tidy_at:
            return
        self._store.write(
            [
                outbox.fail_switched_off("the switch is disabled"),
                outbox.prune(utc_now() - timedelta(days=KEEP_DAYS)),
            ]
        )
        self._tidy_at = time.monotonic() + TIDY_SECONDS
