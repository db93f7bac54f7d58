"""Keeps one worker process alive and honest: no gevent here, nothing that a switch can make hang.

The worker says each second, over a pipe, how long its slowest thread has been silent. Silence of a
thread, or of the whole process, ends in kill -9 and another worker: greenswitch, a driver or the
interpreter may be stuck where no time-out reaches (docs/switches.md).
"""

import contextlib
import os
import selectors
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from types import FrameType
from typing import Final
from uuid import uuid4

import structlog

STUCK_SECONDS: Final = 90.0
"""Longer than the longest deadline of a single call (60 s for a reload), so that only what is stuck is killed."""

START_SECONDS: Final = 60.0
"""How long a worker may take until its first word: on a busy machine, imports alone take long."""

GRACE_SECONDS: Final = 15.0
"""How long a worker may take to finish what is in hand."""

SHORTEST_PAUSE_SECONDS: Final = 0.5
LONGEST_PAUSE_SECONDS: Final = 30.0
LIVED_SECONDS: Final = 60.0
"""A worker that lived so long did not fail at its start; the next pause is short again."""

log = structlog.get_logger("management.esl")


@dataclass(slots=True)
class _Worker:
    """A worker process, the reading end of its pipe, and when it was heard; until then: when that is due."""

    process: subprocess.Popen[bytes]
    pipe: int
    started_at: float
    heard_at: float
    silent_seconds: float = 0.0
    silent_thread: str = ""
    unread: bytes = b""


class Supervisor:
    """`run` in the main thread: it takes SIGTERM and SIGINT."""

    def __init__(
        self,
        command: Sequence[str] = (sys.executable, "-m", "management.esl", "--worker"),
        *,
        stuck_seconds: float = STUCK_SECONDS,
        grace_seconds: float = GRACE_SECONDS,
    ) -> None:
        """`command` is followed by the number of the pipe's writing end and a name for claimed rows."""
        self._command = tuple(command)
        self._stuck_seconds = stuck_seconds
        self._grace_seconds = grace_seconds
        # One name for all our workers: the next one takes over the rows of the one before.
        self._owner = uuid4().hex[:12]
        self._is_stopping = False
        self._woken, self._waker = os.pipe()

    def run(self) -> None:
        """Until SIGTERM or SIGINT; returns when the worker has ended."""
        signals = (signal.SIGTERM, signal.SIGINT)
        former = {each: signal.signal(each, self._on_signal) for each in signals}
        pause = SHORTEST_PAUSE_SECONDS
        try:
            while not self._is_stopping:
                worker = self._start()
                self._watch(worker)
                self._end(worker)
                lived = time.monotonic() - worker.started_at
                pause = SHORTEST_PAUSE_SECONDS if lived > LIVED_SECONDS else min(2 * pause, LONGEST_PAUSE_SECONDS)
                if not self._is_stopping:
                    self._wait(pause)
        finally:
            for each, handler in former.items():
                signal.signal(each, handler)
            os.close(self._woken)
            os.close(self._waker)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._is_stopping = True
        os.write(self._waker, b"x")

    def _start(self) -> _Worker:
        reading, writing = os.pipe()
        command = [*self._command, str(writing), self._owner]
        # A session of its own: Ctrl-C reaches us alone, and we end it in order.
        process = subprocess.Popen(command, pass_fds=(writing,), start_new_session=True)
        os.close(writing)
        now = time.monotonic()
        log.info("worker_started", pid=process.pid)
        return _Worker(process, reading, started_at=now, heard_at=now + START_SECONDS)

    def _watch(self, worker: _Worker) -> None:
        """Returns when the worker ended, is stuck, or we are to stop."""
        with selectors.DefaultSelector() as selector:
            selector.register(worker.pipe, selectors.EVENT_READ)
            selector.register(self._woken, selectors.EVENT_READ)
            while not self._is_stopping:
                ready = {key.fd for key, _ in selector.select(1.0)}
                if worker.pipe in ready and not self._hear(worker):
                    return
                silent = max(worker.silent_seconds, time.monotonic() - worker.heard_at)
                if silent > self._stuck_seconds:
                    log.error("worker_stuck", pid=worker.process.pid, thread=worker.silent_thread, seconds=int(silent))
                    worker.process.kill()
                    return

    def _hear(self, worker: _Worker) -> bool:
        """Take what the worker says: lines of seconds and the thread's name; False: it has ended."""
        heard = os.read(worker.pipe, 65_536)
        if not heard:
            return False
        worker.heard_at = time.monotonic()
        *lines, worker.unread = (worker.unread + heard).split(b"\n")
        for line in lines:
            seconds, _, thread = line.decode(errors="replace").partition(" ")
            worker.silent_seconds, worker.silent_thread = float(seconds), thread
        return True

    def _end(self, worker: _Worker) -> None:
        """Let it finish what is in hand, but not for ever."""
        with contextlib.suppress(ProcessLookupError):
            worker.process.terminate()
        try:
            worker.process.wait(self._grace_seconds)
        except subprocess.TimeoutExpired:
            worker.process.kill()
            worker.process.wait()
        os.close(worker.pipe)
        log.info("worker_ended", pid=worker.process.pid, status=worker.process.returncode)

    def _wait(self, seconds: float) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            selector.select(seconds)
