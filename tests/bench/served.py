"""A server that is measured: a process on a port of loopback, on a processor of its own, and what it used of it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from management.embedded import end, tied_to_parent
from tests.bench.load import NotAnswered, answer, pin
from tests.services import free_port

START_TIMEOUT_SECONDS: Final = 60.0
STOP_TIMEOUT_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Served:
    """One of those that are compared."""

    name: str
    pid: int
    port: int
    started_seconds: float
    """From the start of the process to its first answer."""

    def cpu_seconds(self) -> float:
        """Processor time that it used so far, its own and the kernel's for it.

        Source: proc_pid_stat(5), fields 14 and 15; finer, in nanoseconds, /proc/PID/schedstat of each thread.
        """
        try:
            threads = Path(f"/proc/{self.pid}/task").glob("*/schedstat")
            return sum(int(thread.read_text().split()[0]) for thread in threads) / 1e9
        except OSError:
            fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_mb(self) -> float:
        """What it holds of the machine's memory now, in MiB."""
        pages = int(Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1_048_576


@contextmanager
def served(
    name: str,
    words: Sequence[str],
    *,
    first: bytes,
    folder: Path,
    environment: Mapping[str, str] | None = None,
    cpu: int | None = None,
) -> Iterator[Served]:
    """The Python program `words`, once it has answered `first`; stopped at the end.

    BIND in a word, and in the environment, stands for its address.

    Raises:
        TimeoutError: it answers nothing; with the end of what it said.
    """
    port = free_port()
    bind = f"127.0.0.1:{port}"
    log_file = folder / f"{name.replace(' ', '-')}.log"
    with log_file.open("wb") as log:
        begun = time.perf_counter()
        process = subprocess.Popen(
            tied_to_parent([sys.executable, *(word.replace("BIND", bind) for word in words)]),
            env={**os.environ, **{key: value.replace("BIND", bind) for key, value in (environment or {}).items()}},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    try:
        pin(process.pid, cpu)
        _wait(process, port, first, log_file)
        yield Served(name, process.pid, port, time.perf_counter() - begun)
    finally:
        end(process, STOP_TIMEOUT_SECONDS)


def _wait(process: subprocess.Popen[bytes], port: int, first: bytes, log: Path) -> None:
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while True:
        try:
            answer(port, first)
        except (OSError, NotAnswered) as exc:
            if process.poll() is not None or time.monotonic() > deadline:
                raise TimeoutError(f"{exc}: {log.read_text()[-2_000:]}") from exc
            time.sleep(0.01)
        else:
            return
