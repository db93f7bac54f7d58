"""The whole product beside FreeSWITCH: `management demo` in a folder of its own, on ports of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from socket import SOCK_STREAM
from typing import Any

import httpx

from management.embedded import tied_to_parent
from tests.freeswitch.switch import Switch, free_port
from tests.waiting import wait_until

START_TIMEOUT_SECONDS = 90.0
STOP_TIMEOUT_SECONDS = 20.0
COMMANDS = Path(sys.executable).parent


class Product:
    """Lookups, API, worker, Redis and SQLite, started with one command as `make run` does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("XMLCURL_")},
            "XMLCURL_DATA_DIR": str(folder),
            "XMLCURL_LOOKUP_BIND": f"127.0.0.1:{free_port(SOCK_STREAM)}",
            "XMLCURL_MANAGEMENT_BIND": f"127.0.0.1:{free_port(SOCK_STREAM)}",
            # The tests are one impatient administrator.
            "XMLCURL_RATE_LIMIT_PER_MINUTE": "10000",
        }
        self.demo: Mapping[str, Any] = {}
        self.tokens: dict[str, str] = {}
        """Of the API, by domain."""
        self.switches = 0
        """How many it tells of changes."""
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def management_url(self) -> str:
        return str(self.demo["management_url"])

    def start(self) -> None:
        """Start it, and wait until it answers on both sides."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with (self.folder / "output").open("ab") as output:
            self._process = subprocess.Popen(
                tied_to_parent([sys.executable, str(COMMANDS / "management"), "demo"]),
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        try:
            wait_until(self._is_ready, START_TIMEOUT_SECONDS)
        except (RuntimeError, TimeoutError) as exc:
            self.stop()
            raise RuntimeError(f"the product did not start: {self.output()[-3_000:]}") from exc
        self.demo = json.loads((self.folder / "demo.json").read_text())
        self.tokens[str(self.demo["tenant"])] = str(self.demo["token"])

    def stop(self) -> None:
        """As Ctrl-C does."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()

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
            "--password-stdin",
            stdin=switch.event_socket_password,
        )
        self.switches += 1

    def output(self) -> str:
        return (self.folder / "output").read_text(errors="replace")

    def command(self, *words: str, stdin: str = "") -> Any:
        """`management WORDS --json`: what it printed.

        Raises:
            RuntimeError: it failed; with what it said.
        """
        done = subprocess.run(
            [COMMANDS / "management", *words, "--json"],
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"management {' '.join(words)}: {done.stderr}")
        return json.loads(done.stdout)

    def _is_ready(self) -> bool:
        if self._process is None or self._process.poll() is not None:
            raise RuntimeError("the product ended while it started")
        binds = [self.environment[f"XMLCURL_{side}_BIND"] for side in ("LOOKUP", "MANAGEMENT")]
        try:
            answers = [httpx.get(f"http://{bind}/readyz", timeout=2.0) for bind in binds]
        except httpx.HTTPError:
            return False
        return all(answer.is_success for answer in answers) and (self.folder / "demo.json").exists()
