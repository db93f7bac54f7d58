"""The worker process: one thread for each enabled switch, one caretaker, and a bell that wakes them."""

import contextlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import structlog
from redis import Redis
from redis.exceptions import RedisError

from management import outbox
from management.esl.board import Board, Caches, keep_only
from management.esl.caretaker import Caretaker
from management.esl.repository import Store, StoreUnavailable, Switch
from management.esl.timing import Timing
from management.esl.worker import Connect, SwitchWorker

JOIN_SECONDS: Final = 12.0
"""Longest wait for what is in hand when the process ends; every call has a shorter deadline, but for a reload."""

log = structlog.get_logger("management.esl")


class Pulse:
    """When each thread last said that it is not stuck."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._beats: dict[str, float] = {}
        self._lock = threading.Lock()

    def beat(self, name: str) -> None:
        with self._lock:
            self._beats[name] = self._clock()

    def end(self, name: str) -> None:
        with self._lock:
            self._beats.pop(name, None)

    def oldest(self) -> tuple[float, str]:
        """Seconds since the last beat of the thread that is silent longest, and its name."""
        with self._lock:
            if not self._beats:
                return 0.0, ""
            name = min(self._beats, key=lambda each: self._beats[each])
            return self._clock() - self._beats[name], name


@dataclass(slots=True)
class _Member:
    """A thread and what it runs."""

    worker: SwitchWorker | Caretaker
    thread: threading.Thread


class Crew:
    """Everything that the worker process does. `stop` and `wake` from any thread."""

    def __init__(
        self,
        store: Store,
        redis: Redis,
        connect: Connect,
        *,
        owner: str,
        timing: Timing,
        pulse: Pulse,
        thread_ends: Callable[[], None] = lambda: None,
    ) -> None:
        """`owner` marks claimed rows; `thread_ends` is called in each switch's thread as its last act."""
        self._store = store
        self._redis = redis
        self._connect = connect
        self._owner = owner
        self._timing = timing
        self._pulse = pulse
        self._thread_ends = thread_ends
        self._caches = Caches(redis)
        self._stopping = threading.Event()
        self._looking = threading.Event()
        self._switches: dict[int, _Member] = {}
        self._caretaker: _Member | None = None

    def run(self) -> None:
        """Until `stop`; returns when what was in hand is finished, or took too long."""
        bell = threading.Thread(target=self._listen, name="bell", daemon=True)
        bell.start()
        while not self._stopping.is_set():
            self._pulse.beat("crew")
            self._keep_a_caretaker()
            try:
                switches = self._store.enabled_switches()
                self._follow(switches)
                keep_only(self._redis, [switch.id for switch in switches if switch.peer_address])
            except StoreUnavailable as exc:
                log.warning("switches_unknown", reason=str(exc))
            self._looking.wait(self._timing.look)
            self._looking.clear()
        self._end_all()
        self._end_bell(bell)

    def stop(self) -> None:
        self._stopping.set()
        self._looking.set()

    def wake(self) -> None:
        """There may be work for anybody, or another switch."""
        self._looking.set()
        for member in [*self._switches.values(), *([self._caretaker] if self._caretaker else [])]:
            member.worker.wake()

    def _keep_a_caretaker(self) -> None:
        if self._caretaker is None or not self._caretaker.thread.is_alive():
            owner, beat = f"{self._owner}:caretaker", self._beat("caretaker")
            caretaker = Caretaker(self._store, self._caches, owner=owner, timing=self._timing, beat=beat)
            self._caretaker = self._start("caretaker", caretaker)

    def _follow(self, switches: list[Switch]) -> None:
        """One living thread for each of them, with its present settings."""
        wanted = {switch.id: switch for switch in switches}
        for switch_id, member in list(self._switches.items()):
            is_current = isinstance(member.worker, SwitchWorker) and member.worker.switch == wanted.get(switch_id)
            if not is_current:
                member.worker.stop()
            if not member.thread.is_alive():
                del self._switches[switch_id]
        for switch in switches:
            if switch.id not in self._switches:
                self._switches[switch.id] = self._start(f"switch {switch.name}", self._worker(switch))

    def _worker(self, switch: Switch) -> SwitchWorker:
        return SwitchWorker(
            switch,
            self._store,
            self._caches,
            Board(self._redis, switch.id),
            self._connect,
            owner=f"{self._owner}:{switch.id}",
            timing=self._timing,
            beat=self._beat(f"switch {switch.name}"),
        )

    def _beat(self, name: str) -> Callable[[], None]:
        return lambda: self._pulse.beat(name)

    def _start(self, name: str, worker: SwitchWorker | Caretaker) -> _Member:
        def run() -> None:
            try:
                worker.run()
            except Exception:  # the outermost loop of this thread
                log.exception("thread_failed", thread=name)
                time.sleep(self._timing.shortest_pause)
            finally:
                self._pulse.end(name)
                self._thread_ends()

        thread = threading.Thread(target=run, name=name, daemon=True)
        thread.start()
        return _Member(worker, thread)

    def _listen(self) -> None:
        """Ring when somebody publishes. The threads also look by themselves, so a deaf moment costs little."""
        while not self._stopping.is_set():
            try:
                # redis 8 has no types here.
                with self._redis.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
                    channel.subscribe(outbox.WAKE_CHANNEL)
                    self.wake()
                    while not self._stopping.is_set():
                        if channel.get_message(timeout=1.0) is not None:
                            self.wake()
            except (RedisError, OSError):
                self._stopping.wait(self._timing.poll)

    def _end_all(self) -> None:
        members = [*self._switches.values(), *([self._caretaker] if self._caretaker else [])]
        for member in members:
            member.worker.stop()
        until = time.monotonic() + JOIN_SECONDS
        for member in members:
            member.thread.join(max(0.0, until - time.monotonic()))
            if member.thread.is_alive():
                log.warning("thread_abandoned", thread=member.thread.name)

    def _end_bell(self, bell: threading.Thread) -> None:
        with contextlib.suppress(RedisError, OSError):
            self._redis.publish(outbox.WAKE_CHANNEL, "")
        bell.join(JOIN_SECONDS)
