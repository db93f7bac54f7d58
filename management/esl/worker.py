"""One switch's thread: claim -> drop tags -> tell the switch -> finish or postpone; between that, its phones.

Plain Python: the connection comes from outside. Everything that waits has a deadline, and `beat` is
called between any two of them: a thread that no longer beats is stuck.
"""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import uuid4

import structlog

from management import outbox
from management.effects import Effects
from management.esl import commands
from management.esl.board import Board, Caches, PurgeUnavailable
from management.esl.errors import SwitchError, SwitchUnreachable, UnsafeArgument
from management.esl.registrations import EVENTS
from management.esl.repository import Change, Statement, Store, StoreUnavailable, Switch
from management.esl.watch import Link, Watch, send
from xmlcurl.store.tables import utc_now

MOST_CHANGES_AT_ONCE: Final = 200
MOST_EVENTS_AT_ONCE: Final = 500
MOST_ATTEMPTS: Final = 10
"""A switch that is still starting is ready long before; what is not by then, is not configured."""

log = structlog.get_logger("management.esl")

Connect = Callable[[Switch], AbstractContextManager[Link]]


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    flush_again: float = 3.0
    """Not less than the longest timeout of an xml_curl binding."""
    poll: float = 1.0
    """How often is looked for changes without being woken."""
    look: float = 2.0
    """How often switches that were added, changed or disabled are looked for."""
    heartbeat: float = 5.0
    read_tables: float = 60.0
    """How often registrations are read anew, whatever the events said."""
    lease: float = 30.0
    """How long a claimed change stays ours; after that another worker may do it again."""
    shortest_pause: float = 0.5
    longest_pause: float = 30.0


class Backoff:
    """Growing pauses, each somewhere in the upper half of its length: many threads must not come back at once."""

    def __init__(self, timing: Timing) -> None:
        self._timing = timing
        self._next = timing.shortest_pause

    def reset(self) -> None:
        self._next = self._timing.shortest_pause

    def pause(self, *, longest: bool = False) -> float:
        """Seconds to wait now; `longest` where trying soon can't help."""
        seconds = self._timing.longest_pause if longest else self._next
        self._next = min(2 * self._next, self._timing.longest_pause)
        return seconds * random.uniform(0.5, 1.0)  # noqa: S311  # spreads load, keeps no secret


@dataclass(slots=True)
class _Outcome:
    """How one change went."""

    cleared: int = 0
    refused: str = ""
    not_ready: str = ""


@dataclass(slots=True)
class _Due:
    """When things fall due, on the monotonic clock; never: infinity."""

    flush: float = 0.0
    heartbeat: float = 0.0
    tables: float = 0.0
    work: float = 0.0


class SwitchWorker:
    """Tells one switch. `run` in a thread of its own; the other methods that are public, from any thread."""

    def __init__(
        self,
        switch: Switch,
        store: Store,
        caches: Caches,
        board: Board,
        connect: Connect,
        *,
        owner: str,
        timing: Timing,
        beat: Callable[[], None],
    ) -> None:
        self.switch = switch
        self._store = store
        self._caches = caches
        self._board = board
        self._connect = connect
        self._owner = owner
        self._timing = timing
        self._beat = beat
        self._watch = Watch(switch, store, board)
        self._stopping = threading.Event()
        self._link: Link | None = None
        self._link_lock = threading.Lock()
        self._due = _Due()
        self._unwritten: list[Statement] = []

    def stop(self) -> None:
        """End after what is in hand."""
        self._stopping.set()
        self.wake()

    def wake(self) -> None:
        """There may be work."""
        with self._link_lock:
            if self._link is not None:
                self._link.wake()

    def run(self) -> None:
        """Until `stop`. Whatever the switch, Redis or the database do, it connects again."""
        backoff = Backoff(self._timing)
        while not self._stopping.is_set():
            try:
                with self._connect(self.switch) as link:
                    self._begin(link)
                    backoff.reset()
                    self._serve(link)
            except SwitchError as exc:
                self._lost(exc)
                self._sleep(backoff.pause(longest=not exc.retry))
            except StoreUnavailable as exc:
                self._lost(exc)
                self._sleep(backoff.pause())
            finally:
                self._publish_link(None)
        self._board.withdraw()

    def _lost(self, failure: Exception) -> None:
        self._watch.lose_touch()
        self._board.withdraw()
        self._board.state("disconnected", failure)
        log.warning("switch_lost", switch=self.switch.name, failure=type(failure).__name__, reason=str(failure))

    def _sleep(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not self._stopping.wait(min(left, 1.0)):
            self._beat()

    def _publish_link(self, link: Link | None) -> None:
        with self._link_lock:
            self._link = link

    def _begin(self, link: Link) -> None:
        """The switch may have slept through changes, or we did: flush everything, and again a while later."""
        self._beat()
        link.listen(*EVENTS)
        send(link, commands.flush_all())
        now = time.monotonic()
        self._due = _Due(flush=now + self._timing.flush_again, heartbeat=now, tables=now, work=now)
        self._publish_link(link)
        self._board.state("connected")
        log.info("switch_connected", switch=self.switch.name)

    def _serve(self, link: Link) -> None:
        while not self._stopping.is_set():
            self._beat()
            did_something = self._turn(link)
            if not did_something and not self._stopping.is_set():
                link.wait(self._timing.poll)

    def _turn(self, link: Link) -> bool:
        """Everything that is due now, once; whether there may be more."""
        now = time.monotonic()
        if now >= self._due.flush:
            send(link, commands.flush_all())
            self._due.flush = float("inf")
        events = self._look_at_phones(link, now)
        if now >= self._due.heartbeat:
            self._heartbeat(link)
        return self._work(link) or events > 0

    def _look_at_phones(self, link: Link, now: float) -> int:
        """Registrations may fail for a while; changes must go on."""
        events = link.take_events(MOST_EVENTS_AT_ONCE)
        try:
            self._watch.take(link, events)
            if now >= self._due.tables:
                self._watch.read_tables(link)
                soon = self._timing.heartbeat if self._watch.has_suspects else self._timing.read_tables
                self._due.tables = now + soon
            elif not self._watch.is_complete:
                self._due.tables = min(self._due.tables, now + self._timing.shortest_pause)
        except SwitchUnreachable:
            raise
        except (SwitchError, StoreUnavailable) as exc:
            self._watch.lose_touch()
            self._board.withdraw()
            self._board.state("connected", exc)
            self._due.tables = now + self._timing.heartbeat
            log.warning("registrations_unknown", switch=self.switch.name, reason=str(exc))
        return len(events)

    def _heartbeat(self, link: Link) -> None:
        # A connection whose other end is gone without a word is found by the deadline of this call.
        link.api("version")
        if self._watch.is_complete:
            self._board.stay_alive(self._watch.book)
        self._board.still()
        self._due.heartbeat = time.monotonic() + self._timing.heartbeat

    def _work(self, link: Link) -> bool:
        """Do what is due in the outbox; whether there may be more."""
        if time.monotonic() < self._due.work:
            return False
        now = utc_now()
        try:
            self._write_down()
            changes = self._store.claim(
                self.switch.id,
                owner=self._owner,
                now=now,
                lease_until=now + timedelta(seconds=self._timing.lease),
                at_most=MOST_CHANGES_AT_ONCE,
            )
            if changes:
                self._tell(link, changes)
            return len(changes) == MOST_CHANGES_AT_ONCE
        except StoreUnavailable as exc:
            self._due.work = time.monotonic() + self._timing.poll
            self._board.state("connected", exc)
            log.warning("store_unavailable", switch=self.switch.name, reason=str(exc))
            return False

    def _tell(self, link: Link, changes: list[Change]) -> None:
        try:
            # First: a switch that is flushed sooner fetches the old document again.
            self._caches.purge(Effects.together(change.effects for change in changes if change.state == "pending"))
        except PurgeUnavailable as exc:
            self._postpone(changes, f"Redis: {exc}", self._timing.poll)
            self._write_down()
            self._board.state("connected", exc)
            return
        outcomes = {change.id: _Outcome() for change in changes}
        plans = {change.id: self._commands_for(change, outcomes[change.id]) for change in changes}
        for command, row_ids in commands.together(plans).items():
            self._beat()
            try:
                cleared = send(link, command)
            except SwitchUnreachable as exc:
                self._postpone(changes, str(exc), 0)
                self._write_down()
                raise
            except SwitchError as exc:
                self._board.state("connected", exc)
                for row_id in row_ids:
                    if exc.retry:
                        outcomes[row_id].not_ready = str(exc)
                    else:
                        outcomes[row_id].refused = str(exc)
                continue
            for row_id in row_ids:
                outcomes[row_id].cleared += cleared
        self._finish(changes, outcomes)

    def _commands_for(self, change: Change, outcome: _Outcome) -> Iterable[commands.Command]:
        effects = change.effects if change.state == "pending" else change.effects.flushes
        try:
            planned = commands.commands_for(effects, self.switch.profiles)
            return planned + self._watch.drop_commands(effects.drop_registrations, effects.drop_domains)
        except UnsafeArgument as exc:
            outcome.refused = str(exc)
            return ()

    def _postpone(self, changes: list[Change], error: str, seconds: float) -> None:
        due_at = utc_now() + timedelta(seconds=seconds)
        row_ids = [change.id for change in changes]
        self._unwritten.append(outbox.postponed(row_ids, owner=self._owner, error=error, due_at=due_at))

    def _write_down(self) -> None:
        """What became of earlier changes; kept until the database has taken it, or they would be done again."""
        self._store.write(self._unwritten)
        self._unwritten = []

    def _finish(self, changes: list[Change], outcomes: dict[int, _Outcome]) -> None:
        """Write down how each change went, all in one transaction."""
        now = utc_now()
        again_at = now + timedelta(seconds=self._timing.flush_again)
        flushed: dict[int, list[int]] = defaultdict(list)
        settled: dict[int, list[int]] = defaultdict(list)
        statements: list[Statement] = []
        for change in changes:
            outcome = outcomes[change.id]
            needs_second = change.state == "pending" and change.effects.flushes != Effects()
            if outcome.not_ready and change.attempts < MOST_ATTEMPTS:
                due_at = now + timedelta(seconds=min(2.0**change.attempts, self._timing.longest_pause))
                statements.append(
                    outbox.postponed(
                        [change.id], owner=self._owner, error=outcome.not_ready, due_at=due_at, counts=True
                    )
                )
            elif error := outcome.refused or outcome.not_ready:
                statements.append(outbox.failed([change.id], owner=self._owner, error=error))
                if needs_second:
                    # Of a row that has ended nothing more is done, and a lookup may be in flight here too.
                    second = outbox.append_flush(
                        uuid4().hex,
                        change.effects,
                        switch_id=self.switch.id,
                        tenant_id=change.tenant_id,
                        now=now,
                        due_at=again_at,
                    )
                    statements.append(second)
            elif needs_second:
                flushed[outcome.cleared].append(change.id)
            else:
                settled[outcome.cleared].append(change.id)
        for cleared, row_ids in flushed.items():
            statements.append(outbox.flushed(row_ids, owner=self._owner, cleared=cleared, now=now, again_at=again_at))
        for cleared, row_ids in settled.items():
            statements.append(outbox.settled(row_ids, owner=self._owner, cleared=cleared, now=now))
        self._unwritten += statements
        self._write_down()
