"""The worker as a process of its own: kill -9, silence, an orderly end, an orphan."""

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from management.esl.crew import Pulse
from management.secrets import Vault
from tests.fakes.freeswitch import FreeSwitch
from tests.management.esl.world import Hold, World, change_of, eventually

FLUSH = "xml_flush_cache id 1001 pbx.test"
KEY = Fernet.generate_key().decode()


class Process:
    """A supervisor that runs; what it logs can be read."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str]) -> None:
        self._log = log
        with log.open("wb") as stderr:
            self.process = subprocess.Popen(command, stderr=stderr, env={**os.environ, **environment})

    def logged(self, event: str) -> list[dict[str, object]]:
        lines = self._log.read_text().splitlines()
        parsed = (json.loads(line) for line in lines if line.startswith("{"))
        return [each for each in parsed if each["event"] == event]

    def workers(self) -> list[int]:
        """Process ids of all workers that were started, oldest first."""
        return [int(str(each["pid"])) for each in self.logged("worker_started")]

    def stop(self) -> None:
        if self.process.poll() is None:
            self.process.terminate()
        self.process.wait(30)
        for pid in self.workers():
            assert eventually(lambda pid=pid: not is_alive(pid)), self._log.read_text()  # type: ignore[misc]


def is_alive(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


Run = Callable[..., Process]


@pytest.fixture
def run(migrated_database_url: str, redis_url: str, tmp_path: Path) -> Iterator[Run]:
    """Starts `python -m management.esl`, or another command with the same settings; all end with the test."""
    started: list[Process] = []
    environment = {
        "XMLCURL_DATABASE_URL": migrated_database_url,
        "XMLCURL_REDIS_URL": redis_url,
        "XMLCURL_DATA_DIR": str(tmp_path),
        "XMLCURL_SECRET_KEYS": KEY,
        "XMLCURL_FLUSH_AGAIN_AFTER_MS": "1000",
    }

    def run(*command: str, **more: str) -> Process:
        arguments = command or ("-m", "management.esl")
        log = tmp_path / f"log-{len(started)}"
        process = Process([sys.executable, *arguments], log, {**environment, **more})
        started.append(process)
        return process

    yield run
    for process in started:
        process.stop()


def add(world: World, switch: FreeSwitch) -> None:
    world.add_switch(switch, password_encrypted=Vault([KEY]).encrypt("ClueCon"))


def connected(switch: FreeSwitch) -> None:
    assert switch.esl.wait_until(lambda esl: "show registrations as json" in esl.commands, 20)


def test_a_worker_that_is_killed_in_the_middle_loses_nothing(world: World, switch: FreeSwitch, run: Run) -> None:
    """Claimed, on its way, kill -9: the next worker takes the row over at once and tells the switch."""
    add(world, switch)
    hold = Hold(switch)
    supervisor = run()
    connected(switch)
    group = world.commit(change_of("1001"))
    assert hold.asked.wait(10)
    assert [row.lease_owner is not None for row in world.rows(group) if row.switch_id] == [True]

    os.kill(supervisor.workers()[0], signal.SIGKILL)
    hold.release.set()

    assert eventually(lambda: world.states(group) == ["settled"], seconds=20)
    assert switch.esl.commands.count(FLUSH) == 3
    assert len(supervisor.workers()) == 2


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_sigterm_finishes_what_is_in_hand(world: World, switch: FreeSwitch, run: Run) -> None:
    """The switch's answer is awaited and written down; then everything ends, with status 0."""
    add(world, switch)
    hold = Hold(switch)
    supervisor = run()
    connected(switch)
    group = world.commit(change_of("1001"))
    assert hold.asked.wait(10)

    supervisor.process.terminate()
    threading.Timer(0.3, hold.release.set).start()

    assert supervisor.process.wait(20) == 0
    assert world.states(group) == ["flushed"]
    assert supervisor.logged("worker_finished")


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_a_worker_that_falls_silent_is_replaced(world: World, switch: FreeSwitch, run: Run) -> None:
    """Stopped, as one that spins would be: killed, and the next one does its work."""
    add(world, switch)
    supervisor = run(
        "-c",
        "from management.esl.supervisor import Supervisor; from xmlcurl import logs; logs.set_up('info');"
        "Supervisor(stuck_seconds=3).run()",
    )
    connected(switch)

    os.kill(supervisor.workers()[0], signal.SIGSTOP)
    group = world.commit(change_of("1001"))

    assert eventually(lambda: world.states(group) == ["settled"], seconds=30)
    assert supervisor.logged("worker_stuck")


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_an_orphan_ends_by_itself(world: World, switch: FreeSwitch, run: Run) -> None:
    """The supervisor was killed -9; whoever starts the next one finds no second worker."""
    add(world, switch)
    supervisor = run()
    connected(switch)

    supervisor.process.kill()

    assert eventually(lambda: not is_alive(supervisor.workers()[0]))
    assert switch.esl.wait_until(lambda esl: esl.connections == 0)


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_the_default_password_is_not_used_beyond_loopback(world: World, switch: FreeSwitch, run: Run) -> None:
    """Nothing is even connected to; the reason can be read."""
    world.add_switch(switch, host="fs1.invalid", password_encrypted=Vault([KEY]).encrypt("ClueCon"))
    supervisor = run()

    assert eventually(lambda: supervisor.logged("switch_lost"))
    assert "ClueCon is refused" in str(supervisor.logged("switch_lost")[0]["reason"])
    assert supervisor.logged("switch_lost")[0]["failure"] == "SwitchDenied"


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_no_password_is_logged(world: World, switch: FreeSwitch, run: Run) -> None:
    """Neither the clear one nor the encrypted one nor the key."""
    secret = Vault([KEY]).encrypt("Geheim-77")
    world.add_switch(switch, password_encrypted=secret)
    supervisor = run()

    assert eventually(lambda: supervisor.logged("switch_lost"))
    assert not any(text in supervisor._log.read_text() for text in ("Geheim-77", secret, KEY))


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_a_wrong_setting_ends_it_with_the_variables_name(run: Run) -> None:
    process = run(XMLCURL_FLUSH_AGAIN_AFTER_MS="5")

    assert process.process.wait(20) == 2
    assert "XMLCURL_FLUSH_AGAIN_AFTER_MS" in process._log.read_text()


# The supervisor alone, over a worker that is a few lines.


SUPERVISE = """
import sys
from management.esl.supervisor import Supervisor
from xmlcurl import logs
logs.set_up("info")
Supervisor([sys.executable, "-c", {worker!r}], stuck_seconds={stuck}, grace_seconds=0.5).run()
"""


def supervise(tmp_path: Path, worker: str, *, stuck: float = 30.0) -> Process:
    return Process([sys.executable, "-c", SUPERVISE.format(worker=worker, stuck=stuck)], tmp_path / "log", {})


def test_a_thread_that_is_silent_costs_the_worker_its_life(tmp_path: Path) -> None:
    """The process is lively and says itself which of its threads is not; the log names it."""
    worker = "import os, sys, time; os.write(int(sys.argv[1]), b'77.0 switch fs1\\n'); time.sleep(60)"

    supervisor = supervise(tmp_path, worker)

    assert eventually(lambda: len(supervisor.workers()) >= 2)
    assert supervisor.logged("worker_stuck")[0]["thread"] == "switch fs1"
    supervisor.stop()


def test_a_worker_that_fails_at_start_is_tried_with_growing_pauses(tmp_path: Path) -> None:
    """A fault in the configuration of the machine is no reason to burn it."""
    supervisor = supervise(tmp_path, "import sys; sys.exit(1)")

    assert eventually(lambda: len(supervisor.workers()) >= 2)
    started = len(supervisor.workers())
    assert not eventually(lambda: len(supervisor.workers()) > started + 3, seconds=1)
    supervisor.stop()


def test_a_worker_that_will_not_end_is_killed(tmp_path: Path) -> None:
    """After its grace."""
    worker = (
        "import os, signal, sys, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "os.write(int(sys.argv[1]), b'0.0 x\\n'); time.sleep(60)"
    )
    supervisor = supervise(tmp_path, worker)
    assert eventually(supervisor.workers)

    supervisor.process.terminate()

    assert supervisor.process.wait(10) == 0
    supervisor.stop()


def test_the_pulse_names_the_thread_that_is_silent_longest() -> None:
    """A thread that ended is not missed."""
    now = 0.0
    pulse = Pulse(clock=lambda: now)
    pulse.beat("a")
    now = 1.0
    pulse.beat("b")
    now = 5.0

    assert pulse.oldest() == (5.0, "a")
    pulse.end("a")
    assert pulse.oldest() == (4.0, "b")
