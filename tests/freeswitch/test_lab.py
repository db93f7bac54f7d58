"""The lab's FreeSWITCH, started with the words, the settings and the health check of docker-compose.yml."""

import os
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from management.embedded import end, tied_to_parent
from tests.freeswitch.conftest import PREFIX
from tests.freeswitch.switch import CONFIGURATION, START_TIMEOUT_SECONDS, STOP_TIMEOUT_SECONDS
from tests.lab.compose import EXAMPLE, dotenv, services
from tests.services import free_port
from tests.waiting import wait_until

# The image's nc: what comes in goes there, what comes back goes out. Who asks an address of their own asks from it;
# not so on loopback, where everybody is 127.0.0.1.
NC = f"""#!{sys.executable}
import socket, sys
there = socket.create_connection((sys.argv[1], int(sys.argv[2])), timeout=5, source_address=(sys.argv[1], 0))
there.sendall(sys.stdin.buffer.read())
there.shutdown(socket.SHUT_WR)
while received := there.recv(65536):
    sys.stdout.buffer.write(received)
"""


class LabSwitch:
    """The service `freeswitch`: its folders below `folder`, its network a part of loopback, nobody at its lookups."""

    def __init__(self, folder: Path, network: str, first_audio_port: int) -> None:
        self.folder, self.network = folder, network
        ports = {name: str(free_port()) for name in ("SIP_PORT", "TLS_PORT", "GATEWAY_SIP_PORT")}
        audio = {"RTP_FIRST_PORT": str(first_audio_port), "RTP_LAST_PORT": str(first_audio_port + 31)}
        secrets = dict.fromkeys(dotenv(EXAMPLE.read_text()), "a-secret-of-tests")
        service: dict[str, Any] = services({**secrets, **ports, **audio, "LAB_NETWORK": network})["freeswitch"]
        self.settings: dict[str, str] = service["environment"]
        for name in ("FREESWITCH_LOOKUP_URL", "FREESWITCH_SECOND_LOOKUP_URL"):
            self.settings[name] = f"http://{network}.30:{free_port()}/xmlcurl"
        (program,) = service["entrypoint"]
        words = [f"{folder}{word}" if word.startswith("/") else word for word in service["command"]]
        self.command = [PREFIX + program.replace("/usr/bin", "/bin"), *words]
        _, self.check = service["healthcheck"]["test"]

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, **self.settings, "PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}"}

    def is_healthy(self, **settings: str) -> bool:
        """What the health check says; with other settings than FreeSWITCH has."""
        environment = {**self.environment, **settings}
        return (
            subprocess.run(
                ["/bin/sh", "-c", self.check], env=environment, stderr=subprocess.DEVNULL, check=False
            ).returncode
            == 0
        )

    def greeting_for(self, host: int) -> bytes:
        """What the event socket says to whom."""
        where = (self.settings["FREESWITCH_EVENT_SOCKET_IP"], 8021)
        source = (f"{self.network}.{host}", 0)
        with socket.create_connection(where, timeout=5, source_address=source) as connection:
            return connection.recv(100)


@pytest.fixture
def lab_switch(folder: Path, audio_ports: Iterator[int]) -> Iterator[LabSwitch]:
    """It serves SIP."""
    first = next(audio_ports)
    switch = LabSwitch(folder / "lab", f"127.30.{first // 400}", first)
    for each in ("bin", "tmp", "etc"):
        (switch.folder / each).mkdir(parents=True)
    shutil.copytree(CONFIGURATION, switch.folder / "etc" / "switch")
    (switch.folder / "bin" / "nc").write_text(NC)
    (switch.folder / "bin" / "nc").chmod(0o755)
    with (switch.folder / "console").open("wb") as console:
        process = subprocess.Popen(
            tied_to_parent(switch.command),
            env=switch.environment,
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            start_new_session=True,
        )
    try:
        wait_until(lambda: process.poll() is not None or switch.is_healthy(), START_TIMEOUT_SECONDS)
        assert process.poll() is None, (switch.folder / "console").read_text()
        yield switch
    finally:
        end(process, STOP_TIMEOUT_SECONDS)


def test_freeswitch_runs_as_the_lab_starts_it(lab_switch: LabSwitch) -> None:
    """Healthy by the lab's own check, which a wrong password fails; only the worker and the check reach its socket."""
    assert lab_switch.is_healthy()
    assert not lab_switch.is_healthy(FREESWITCH_EVENT_SOCKET_PASSWORD="another one")
    assert b"auth/request" in lab_switch.greeting_for(20)
    assert b"rude-rejection" in lab_switch.greeting_for(30)
    written = {path.relative_to(lab_switch.folder).parts[:2] for path in lab_switch.folder.rglob("*.db")}
    assert written == {("var", "lib")}
    assert (lab_switch.folder / "var" / "log" / "switch" / "freeswitch.log").exists()
