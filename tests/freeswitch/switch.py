"""A FreeSWITCH of our own: `freeswitch-conf` as it is, in folders of its own, on loopback."""

import json
import os
import re
import secrets
import shutil
import signal
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from management.embedded import tied_to_parent
from tests.freeswitch.eventsocket import EventSocket
from tests.services import free_port
from tests.waiting import wait_until

CONFIGURATION = Path(__file__).parents[2] / "freeswitch-conf"
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 45.0
"""It waits up to 32 s for phones that do not answer what it asked them last."""
PORTS_OF_AUDIO = 100
"""How many RTP ports one switch gets: far more than the calls of one test."""


@dataclass
class Switch:
    """One FreeSWITCH, by default stopped.

    Args:
        prefix: where it is installed: `bin/freeswitch` below it.
        folder: for everything it writes.
        lookup_url: of the backend, and `lookup_credentials` for it.
    """

    prefix: Path
    folder: Path
    name: str
    first_audio_port: int
    lookup_url: str
    lookup_credentials: str
    sip_port: int = field(default_factory=free_port)
    gateway_sip_port: int = field(default_factory=free_port)
    peer_sip_port: int = field(default_factory=free_port)
    tls_port: int = field(default_factory=free_port)
    event_socket_port: int = field(default_factory=free_port)
    event_socket_password: str = field(default_factory=lambda: secrets.token_hex(12), repr=False)
    settings: Mapping[str, str] = field(default_factory=dict)
    """Further variables of `freeswitch-conf/vars.xml`, without the prefix FREESWITCH_."""
    _process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def recordings(self) -> Path:
        return self.folder / "recordings"

    @property
    def voicemail(self) -> Path:
        """Of the profile `default`: DOMAIN/NUMBER/msg_*.wav."""
        return self.folder / "storage" / "voicemail" / "default"

    def start(self) -> None:
        """Start it and wait until it serves SIP."""
        folders = ("conf", "log", "db", "run", "temp", "recordings", "storage", "scripts", "certs")
        for each in folders:
            (self.folder / each).mkdir(parents=True, exist_ok=True)
        # A copy, since FreeSWITCH writes a serial number beside its configuration.
        shutil.copytree(CONFIGURATION, self.folder / "conf", dirs_exist_ok=True)
        options = [word for each in folders for word in (f"-{each}", str(self.folder / each))]
        with (self.folder / "log" / "console").open("ab") as console:
            self._process = subprocess.Popen(
                tied_to_parent([str(self.prefix / "bin" / "freeswitch"), "-nf", "-nc", "-np", "-nonat", *options]),
                env={**os.environ, **self._environment()},
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is for pytest, which stops it in its turn
            )
        self._wait_until_ready()

    def stop(self) -> None:
        """As an operator does; registrations stay in its tables.

        Raises:
            TimeoutExpired: it does not end; it was killed.
        """
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """As a crash does."""
        self._end(signal.SIGKILL)

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def freeze(self) -> None:
        """As a machine that is out of breath: connections stay, and nothing is answered until `thaw`."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on as if no time had passed, with all it had in memory."""
        self._signal(signal.SIGCONT)

    def connect(self) -> EventSocket:
        """A new connection to its event socket; the caller closes it."""
        return EventSocket(self.event_socket_port, self._password_in_force())

    def api(self, command: str) -> str:
        """The reply to one command, on a connection of its own."""
        connection = self.connect()
        try:
            return connection.api(command)
        finally:
            connection.close()

    def channels(self) -> list[dict[str, str]]:
        """The legs of all calls, as the switch has noted them down so far: a moment after they have begun."""
        rows: list[dict[str, str]] = json.loads(self.api("show channels as json")).get("rows", [])
        return rows

    def contact(self, account: str) -> str:
        """Where "number@domain" would ring now; empty when it isn't registered."""
        reply = self.api(f"sofia_contact internal/{account}").strip()
        return "" if reply.startswith("error/") else reply

    def calls(self) -> int:
        """Legs that there are now."""
        return int(self.api("show channels count").split()[0])

    def cut_off_event_sockets(self) -> None:
        """Everybody loses the connection to the event socket, and may come back."""
        connection = self.connect()
        connection.api("reload mod_event_socket")
        connection.close()

    def log_text(self) -> str:
        """What it has logged so far."""
        return (self.folder / "log" / "freeswitch.log").read_text(errors="replace")

    def _environment(self) -> dict[str, str]:
        values: dict[str, object] = {
            "NAME": self.name,
            "SIP_PORT": self.sip_port,
            "GATEWAY_SIP_PORT": self.gateway_sip_port,
            "PEER_SIP_PORT": self.peer_sip_port,
            "TLS_PORT": self.tls_port,
            "RTP_FIRST_PORT": self.first_audio_port,
            "RTP_LAST_PORT": self.first_audio_port + PORTS_OF_AUDIO,
            "EVENT_SOCKET_PORT": self.event_socket_port,
            "EVENT_SOCKET_PASSWORD": self.event_socket_password,
            "LOOKUP_URL": self.lookup_url,
            "LOOKUP_CREDENTIALS": self.lookup_credentials,
            **self.settings,
        }
        return {f"FREESWITCH_{name}": str(value) for name, value in values.items()}

    def _password_in_force(self) -> str:
        """What the configuration came to where no password was given."""
        if self.event_socket_password:
            return self.event_socket_password
        read = (self.folder / "log" / "freeswitch.xml.fsxml").read_text()
        found = re.search(r'<configuration name="event_socket.conf".*?name="password" value="([^"]*)"', read, re.DOTALL)
        return found[1] if found else ""

    def _wait_until_ready(self) -> None:
        try:
            wait_until(self._is_ready, START_TIMEOUT_SECONDS)
        except (RuntimeError, TimeoutError) as exc:
            self.kill()
            # Where it logs nothing yet, it has printed what is wrong.
            logs = [log for log in (self.folder / "log").glob("*") if log.name in {"freeswitch.log", "console"}]
            said = [log.read_text(errors="replace")[-2_000:] for log in logs]
            raise RuntimeError("\n".join([f"FreeSWITCH {self.name} did not start: {exc}", *said])) from exc

    def _is_ready(self) -> bool:
        if not self.is_running:
            raise RuntimeError("FreeSWITCH ended while it started")
        try:
            # The event socket answers a moment before calls are taken; "not ready" is what it says then.
            return "is ready" in self.api("status")
        except OSError:
            return False

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _end(self, how: signal.Signals) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        process.send_signal(how)
        try:
            process.wait(STOP_TIMEOUT_SECONDS)
        finally:
            process.kill()
            process.wait()
