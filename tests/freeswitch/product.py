"""The whole product beside FreeSWITCH: `management demo` in a folder of its own, on ports of its own."""

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.freeswitch.node import Node
from tests.freeswitch.switch import Switch
from tests.services import Service, free_port, run


class Product:
    """Lookups, API, worker, Redis and SQLite, started with one command as `make run` does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        lookups, management = [f"127.0.0.1:{free_port()}" for _ in range(2)]
        self.recordings = folder / "recordings"
        """Where it looks for what switches record: a test may put a link there."""
        self.by_phone = Node(f"http://{management}/by-phone")
        """Between lookups and the management side; it can be cut."""
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("XMLCURL_")},
            "XMLCURL_DATA_DIR": str(folder),
            "XMLCURL_LOOKUP_BIND": lookups,
            "XMLCURL_MANAGEMENT_BIND": management,
            "XMLCURL_RECORDINGS_DIR": str(self.recordings),
            "XMLCURL_BY_PHONE_URL": self.by_phone.url.removesuffix("/by-phone"),
            "XMLCURL_BY_PHONE_SECRET": "what lookups and the management side of tests share",
            # The tests are one impatient administrator.
            "XMLCURL_RATE_LIMIT_PER_MINUTE": "10000",
        }
        self.demo: Mapping[str, Any] = {}
        self.tokens: dict[str, str] = {}
        """Of the API, by domain."""
        self.switches = 0
        """How many it tells of changes."""
        ready = [f"http://{bind}/readyz" for bind in (lookups, management)]
        self._service = Service(["management", "demo"], self.environment, folder / "output", ready)

    @property
    def management_url(self) -> str:
        return str(self.demo["management_url"])

    def start(self) -> None:
        """Start it, and wait until it answers on both sides."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._service.start()
        self.demo = json.loads((self.folder / "demo.json").read_text())
        self.tokens[str(self.demo["tenant"])] = str(self.demo["token"])

    def stop(self) -> None:
        """As an operator does."""
        self._service.stop()
        self.by_phone.close()

    @property
    def lookup_url(self) -> str:
        return str(self.demo["lookup_url"])

    @property
    def lookup_credentials(self) -> str:
        return str(self.demo["lookup_credentials"])

    def add_tenant(self, domain: str) -> None:
        """A tenant, and a token for it in `tokens`."""
        self.command("tenant", "add", domain)
        self.tokens[domain] = self.command("token", "add", "--tenant", domain)["token"]

    def add_switch(self, switch: Switch) -> None:
        """Tell the worker of a FreeSWITCH."""
        self.command(
            "switch",
            "add",
            switch.name,
            "--port",
            str(switch.event_socket_port),
            "--profile",
            "internal",
            "--profile",
            "external",
            "--password-stdin",
            stdin=switch.event_socket_password,
        )
        self.switches += 1

    def command(self, *words: str, stdin: str = "") -> Any:
        """As `run`, on this product."""
        return run(self.environment, *words, stdin=stdin)
