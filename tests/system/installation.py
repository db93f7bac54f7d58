"""Two lookup nodes, the API and the worker, each a process that a test can kill and start again."""

import json
import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

START_TIMEOUT_SECONDS = 40.0
STOP_TIMEOUT_SECONDS = 15.0
COMMANDS = Path(sys.executable).parent
CREDENTIALS = "freeswitch:a-password-of-tests"


def free_port() -> int:
    """A TCP port of loopback that nobody had a moment ago."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Service:
    """One process of the product; ready when `ready_url` says so, or at once where there is none."""

    def __init__(self, command: list[str], environment: Mapping[str, str], log: Path, ready_url: str = "") -> None:
        self._command = [str(COMMANDS / command[0]), *command[1:]]
        self._environment = environment
        self._log = log
        self._ready_url = ready_url
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, env=self._environment, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT
            )
        deadline = time.monotonic() + START_TIMEOUT_SECONDS
        while self._ready_url and not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{self._command} did not start: {self.log()[-3_000:]}")
            time.sleep(0.05)

    def kill(self) -> None:
        """As a crash: nothing is said, nothing is put away."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()
        self._process = None

    def stop(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.terminate()
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def log(self) -> str:
        return self._log.read_text(errors="replace")

    def _is_ready(self) -> bool:
        try:
            return httpx.get(self._ready_url, timeout=2.0).is_success
        except httpx.HTTPError:
            return False


class Installation:
    """The whole product on one database and one Redis, with a tenant and its token."""

    def __init__(self, folder: Path, database_url: str, redis_url: str, domain: str = "pbx.test") -> None:
        self.folder = folder
        self.domain = domain
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("XMLCURL_")},
            "XMLCURL_DATA_DIR": str(folder),
            "XMLCURL_DATABASE_URL": database_url,
            "XMLCURL_REDIS_URL": redis_url,
            "XMLCURL_LOOKUP_CREDENTIALS": CREDENTIALS,
            "XMLCURL_RATE_LIMIT_PER_MINUTE": "10000",
            # The shortest there is: a settled change is what most tests wait for.
            "XMLCURL_FLUSH_AGAIN_AFTER_MS": "1000",
        }
        self.lookups = [self._service("xmlcurl", "LOOKUP", f"lookup-{node}") for node in (1, 2)]
        self.api = self._service("management", "MANAGEMENT", "api")
        self.worker = Service(["management", "worker"], self.environment, folder / "worker.log")
        self.token = ""

    def _service(self, program: str, side: str, name: str) -> "Node":
        bind = f"127.0.0.1:{free_port()}"
        return Node([program, "serve"], {**self.environment, f"XMLCURL_{side}_BIND": bind}, self.folder, name, bind)

    @contextmanager
    def running(self) -> Iterator["Installation"]:
        """Migrated, started, with the tenant and its token; stopped in reverse."""
        started: list[Service] = []
        try:
            self.command("migrate", is_json=False)
            self.command("tenant", "add", self.domain, "--cacheable-ms", "300000")
            self.token = self.command("token", "add", "--tenant", self.domain)["token"]
            for service in (*self.lookups, self.api, self.worker):
                started.append(service)
                service.start()
            yield self
        finally:
            for service in reversed(started):
                service.stop()

    def command(self, *words: str, stdin: str = "", is_json: bool = True) -> Any:
        """`management WORDS`: what it printed.

        Raises:
            RuntimeError: it failed; with what it said.
        """
        done = subprocess.run(
            [COMMANDS / "management", *words, *(["--json"] if is_json else [])],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"management {' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout) if is_json else None

    def client(self) -> httpx.Client:
        """For the API, as the tenant."""
        return httpx.Client(
            base_url=f"{self.api.url}/api/pbx", headers={"Authorization": f"Bearer {self.token}"}, timeout=30.0
        )


class Node(Service):
    """A service with an address."""

    def __init__(self, command: list[str], environment: Mapping[str, str], folder: Path, name: str, bind: str) -> None:
        self.url = f"http://{bind}"
        super().__init__(command, environment, folder / f"{name}.log", f"{self.url}/readyz")
