"""The product's own commands and processes, as tests start, kill and stop them."""

import itertools
import json
import os
import random
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from io import StringIO
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from management import cli
from management.embedded import end, tied_to_parent
from tests.waiting import wait_until

START_TIMEOUT_SECONDS = 180.0
STOP_TIMEOUT_SECONDS = 20.0
COMMANDS = Path(sys.executable).parent


class Service:
    """One process; ready when every one of `ready_urls` says so, or at once where there is none.

    Args:
        command: `xmlcurl` or `management`, and its words.
        log: what it says, appended over all its lives.
    """

    def __init__(
        self, command: Sequence[str], environment: Mapping[str, str], log: Path, ready_urls: Sequence[str] = ()
    ) -> None:
        self._command, self._environment, self._log, self._ready_urls = command, environment, log, ready_urls
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The process's id; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    def start(self) -> None:
        """Start it and wait until it is ready.

        Raises:
            RuntimeError: it did not become ready; with the end of what it said. It was stopped.
        """
        self.spawn()
        self.wait_until_ready()

    def spawn(self) -> None:
        """Start it, and wait for nothing."""
        program, *words = self._command
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                tied_to_parent([sys.executable, str(COMMANDS / program), *words]),
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for pytest, which stops it in its turn
            )

    def wait_until_ready(self) -> None:
        """As in `start`."""
        try:
            wait_until(self._is_ready, START_TIMEOUT_SECONDS)
        except (RuntimeError, TimeoutError) as exc:
            self.stop()
            raise RuntimeError(f"{' '.join(self._command)}: {exc}: {self.log()[-3_000:]}") from exc

    def pause(self) -> None:
        """It takes connections and does nothing, until `resume`."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        """As a crash: nothing is said, nothing is put away."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        """As an operator does."""
        self.resume()
        process, self._process = self._process, None
        if process is not None:
            end(process, STOP_TIMEOUT_SECONDS)

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            self._process.send_signal(number)

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _is_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError("it ended while it started")
        try:
            return all(httpx.get(url, timeout=2.0).is_success for url in self._ready_urls)
        except httpx.HTTPError:
            return False


def run(environment: Mapping[str, str], *words: str, stdin: str = "", is_json: bool = True) -> Any:
    """`management WORDS`: what it printed. It runs in this process: to start one takes two seconds.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    said, complained = StringIO(), StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(complained):
        for name in os.environ.keys() - environment.keys():
            patch.delenv(name)
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.setattr(sys, "stdin", StringIO(stdin))
        # A command has an event loop of its own, and whoever asks for it may be in one.
        with ThreadPoolExecutor(1) as thread:
            status = thread.submit(cli.run, [*words, *(["--json"] if is_json else [])]).result()
    if status:
        raise RuntimeError(f"management {' '.join(words)}: {complained.getvalue()}")
    return json.loads(said.getvalue()) if is_json else None


_PORTS: Final = itertools.cycle(random.sample(range(10_000, 16_000), 6_000))
"""In an order of this process's own, so that the next one was not given to anybody lately.

None that the system gives to whoever opens a connection (Linux: from 32,768 on): tests open many, and each is in use
for a while after it was closed. None of those that FreeSWITCH takes for RTP (from 16,384 on).
"""


def free_port() -> int:
    """A port of loopback that nobody had a moment ago, neither for TCP nor for UDP."""
    kinds = (socket.SOCK_STREAM, socket.SOCK_DGRAM)
    return next(port for port in itertools.islice(_PORTS, 6_000) if all(_is_free(port, kind) for kind in kinds))


def _is_free(port: int, kind: socket.SocketKind) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
