"""Lookup nodes, the API and the worker, each a process that a test can kill and start again."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx

from tests.services import Service, free_port, run

CREDENTIALS = "freeswitch:a-password-of-tests"


class Installation:
    """The whole product on one database and one Redis, with a tenant and its token.

    `of_lookup`: what stands in the environment of the first lookup node only.
    """

    def __init__(
        self,
        folder: Path,
        database_url: str,
        redis_url: str,
        domain: str = "pbx.test",
        *,
        lookups: int = 2,
        of_lookup: Mapping[str, str] | None = None,
    ) -> None:
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
        self.lookups = [
            self._service("xmlcurl", "LOOKUP", f"lookup-{node}", (of_lookup or {}) if node == 1 else {})
            for node in range(1, lookups + 1)
        ]
        self.api = self._service("management", "MANAGEMENT", "api")
        self.worker = Service(["management", "worker"], self.environment, folder / "worker.log")
        self.token = ""

    def _service(self, program: str, side: str, name: str, more: Mapping[str, str] | None = None) -> "Node":
        bind = f"127.0.0.1:{free_port()}"
        environment = {**self.environment, f"XMLCURL_{side}_BIND": bind, **(more or {})}
        return Node([program, "serve"], environment, self.folder, name, bind)

    @contextmanager
    def running(self) -> Iterator["Installation"]:
        """Migrated, started, with the tenant and its token; stopped in reverse."""
        started: list[Service] = []
        try:
            self.command("migrate", is_json=False)
            self.command("tenant", "add", self.domain, "--cacheable-ms", "300000")
            self.token = self.command("token", "add", "--tenant", self.domain)["token"]
            for node in (*self.lookups, self.api):
                started.append(node)
                node.spawn()
            for service in started:
                service.wait_until_ready()
            started.append(self.worker)
            self.worker.start()
            yield self
        finally:
            for service in reversed(started):
                service.stop()

    def command(self, *words: str, stdin: str = "", is_json: bool = True) -> Any:
        """As `run`, on this installation."""
        return run(self.environment, *words, stdin=stdin, is_json=is_json)

    def client(self) -> httpx.Client:
        """For the API, as the tenant."""
        return httpx.Client(
            base_url=f"{self.api.url}/api/pbx", headers={"Authorization": f"Bearer {self.token}"}, timeout=30.0
        )


class Node(Service):
    """A service with an address."""

    def __init__(self, command: list[str], environment: Mapping[str, str], folder: Path, name: str, bind: str) -> None:
        self.url = f"http://{bind}"
        self.port = int(bind.rpartition(":")[2])
        super().__init__(command, environment, folder / f"{name}.log", [f"{self.url}/readyz"])
