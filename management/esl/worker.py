"""One switch's thread: its connection, its changes (teller.py) and its phones (watch.py), in turn.

Plain Python: the connection comes from outside. Everything that waits has a deadline, and `beat` is
called between any two of them: a thread that no longer beats is stuck.
"""

import random
import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from typing import Final

import structlog

from management.esl import commands
from management.esl.board import Board, Caches
from management.esl.errors import SwitchError, SwitchUnreachable
from management.esl.gateways import Trunks
from management.esl.registrations import EVENTS
from management.esl.repository import Store, StoreUnavailable, Switch
from management.esl.teller import Teller
from management.esl.timing import Timing
from management.esl.watch import Link, Watch, send

MOST_EVENTS_AT_ONCE: Final = 500

log = structlog.get_logger("management.esl")

Connect = Callable[[Switch], AbstractContextManager[Link]]


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
class _Due:
    """When things fall due, on the monotonic clock; never: infinity."""

    flush: float = 0.0
    rescan: float = 0.0
    heartbeat: float = 0.0
    tables: float = 0.0
    gateways: float = 0.0
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
        self._board = board
        self._connect = connect
        self._timing = timing
        self._beat = beat
        self._store = store
        self._watch = Watch(switch, store, board)
        self._trunks = Trunks(switch, store, board)
        self._teller = Teller(switch, store, caches, board, self._watch, owner=owner, timing=timing, beat=beat)
        self._stopping = threading.Event()
        self._link: Link | None = None
        self._link_lock = threading.Lock()
        self._due = _Due()

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
        self._due = _Due(
            flush=now + self._timing.flush_again,
            rescan=now,
            heartbeat=now,
            tables=now,
            gateways=now + self._timing.read_tables,
            work=now,
        )
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
        if now >= self._due.rescan:
            self._rescan(link)
        if now >= self._due.gateways:
            self._keep_gateways(link)
        events = self._look_at_phones(link, now)
        if now >= self._due.heartbeat:
            self._heartbeat(link)
        return self._work(link) or events > 0

    def _rescan(self, link: Link) -> None:
        """Tenants may have come while the switch was disabled: domains and gateways, carriers' addresses, queues.

        A new switch has no agents until each queue was read once, and then they are logged out.
        """
        self._due.rescan = float("inf")
        self._try(commands.LIST_GATEWAYS, lambda: self._trunks.put_right(link))
        anew = [
            *map(commands.rescan, self.switch.profiles),
            commands.reload_acl(),
            *map(commands.reload_queue, self._store.queues()),
            *(commands.set_agent(*agent, status) for agent, status in self._store.agent_statuses().items()),
        ]
        for command in anew:
            self._beat()
            self._try(command.line, partial(send, link, command))

    def _keep_gateways(self, link: Link) -> None:
        """A switch that read them anew while nobody could say which there are has none of them."""
        self._due.gateways = time.monotonic() + self._timing.read_tables
        if self._try(commands.LIST_GATEWAYS, lambda: self._trunks.put_right(link)):
            again = commands.rescan(commands.GATEWAY_PROFILE)
            self._try(again.line, lambda: send(link, again))

    def _try(self, line: str, doing: Callable[[], int]) -> int:
        """What it gives; 0 where the switch could not, which is tried again later."""
        try:
            return doing()
        except SwitchUnreachable:
            raise
        except SwitchError as exc:
            self._board.state("connected", exc)
            self._due.rescan = time.monotonic() + self._timing.read_tables
            log.warning("rescan_failed", switch=self.switch.name, command=line, reason=str(exc))
            return 0

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
        self._be_a_peer(link)
        self._trunks.look(link)
        self._due.heartbeat = time.monotonic() + self._timing.heartbeat

    def _be_a_peer(self, link: Link) -> None:
        """Each time: Redis may have lost it."""
        if self.switch.peer_address and (core_uuid := commands.core_uuid(link.api(commands.ASK_CORE_UUID))):
            self._board.reached_at(core_uuid, self.switch.peer_address)

    def _work(self, link: Link) -> bool:
        """Do what is due in the outbox; whether there may be more."""
        if time.monotonic() < self._due.work:
            return False
        try:
            return self._teller.work(link)
        except StoreUnavailable as exc:
            self._due.work = time.monotonic() + self._timing.poll
            self._board.state("connected", exc)
            log.warning("store_unavailable", switch=self.switch.name, reason=str(exc))
            return False
