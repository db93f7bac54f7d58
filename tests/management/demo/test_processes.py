"""`make run` in a clean data folder: with demo.json alone a program can use both sides; nothing stays when it ends."""

import hashlib
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.fakes.xmlcurl import XmlCurl
from tests.samples import captures
from tests.services import free_port
from tests.waiting import wait_until

ROOT = Path(__file__).parents[3]
START_TIMEOUT_SECONDS = 60.0
STOP_TIMEOUT_SECONDS = 40.0

pytestmark = pytest.mark.timeout(180)


class Demo:
    """`management demo`, as `make run` starts it, on ports that were free a moment ago."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "demo.json"
        self.environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("XMLCURL_")},
            "XMLCURL_DATA_DIR": str(folder),
            "XMLCURL_LOOKUP_BIND": f"127.0.0.1:{free_port()}",
            "XMLCURL_MANAGEMENT_BIND": f"127.0.0.1:{free_port()}",
        }
        self.process: subprocess.Popen[str] | None = None
        self._output = folder.with_suffix(".log")

    def start(self) -> None:
        with self._output.open("a") as output:
            self.process = subprocess.Popen(
                [Path(sys.executable).parent / "management", "demo"],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )

    def wait_until_it_says(self, words: str) -> None:
        wait_until(lambda: words in self.output() or self._has_ended(), START_TIMEOUT_SECONDS)
        assert words in self.output()

    def wait_for_the_end(self) -> int:
        """Its exit status."""
        assert self.process is not None
        return self.process.wait(STOP_TIMEOUT_SECONDS)

    def interrupt(self) -> int:
        """As Ctrl-C does; the exit status."""
        assert self.process is not None
        self.process.send_signal(signal.SIGINT)
        return self.wait_for_the_end()

    def output(self) -> str:
        return self._output.read_text()

    def parts(self) -> Mapping[int, str]:
        """Every process that was started with our data folder, by pid."""
        found = {}
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                environment = (folder / "environ").read_bytes()
                command = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode()
            except OSError:
                continue  # it has ended, or is another user's
            if f"XMLCURL_DATA_DIR={self.folder}\0".encode() in environment and command:
                found[int(folder.name)] = command
        return found

    def _has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    demo = Demo(tmp_path / "data")
    yield demo
    for pid in demo.parts():
        os.kill(pid, signal.SIGKILL)
    if demo.process is not None:
        demo.process.wait()


def test_a_program_needs_nothing_but_demo_json(demo: Demo) -> None:
    """It makes 9001, and FreeSWITCH's sign-in question for it is answered with the hash of the password it got."""
    demo.start()
    demo.wait_until_it_says("Ctrl-C stops everything")
    said = json.loads(demo.file.read_text())
    assert stat.S_IMODE(demo.file.stat().st_mode) == 0o600
    assert stat.S_IMODE(demo.folder.stat().st_mode) == 0o700
    assert said.keys() >= {"tenant", "token", "lookup_url", "lookup_credentials", "management_url", "extensions"}
    assert said["tenant"] == "pbx.test"

    made = httpx.post(
        f"{said['management_url']}/api/pbx/extensions",
        json={"extension_number": "9001"},
        headers={"Authorization": f"Bearer {said['token']}"},
        timeout=30,
    )
    assert made.status_code == 201, made.text
    assert _a1_hash_of(said, "9001") == _md5("9001", made.json()["data"]["sip_password"])
    for extension in said["extensions"]:
        assert re.fullmatch("[0-9A-Za-z]{24}", extension["password"])
        assert _a1_hash_of(said, extension["number"]) == _md5(extension["number"], extension["password"])
        for secret in (extension["password"], extension["voicemail_pin"]):
            assert secret in demo.output()
    assert said["token"] in demo.output()
    _check_that_the_printed_commands_work(demo)
    _check_that_the_first_example_works(demo)

    # A second run finds its data.
    assert demo.interrupt() == 0
    assert demo.parts() == {}
    before = demo.file.read_text()
    demo.start()
    wait_until(lambda: demo.output().count("Ctrl-C stops everything") == 2, START_TIMEOUT_SECONDS)
    assert demo.file.read_text() == before
    assert _a1_hash_of(said, "9001") == _md5("9001", made.json()["data"]["sip_password"])

    # A part that dies takes the others along, and says so.
    worker = next(pid for pid, command in demo.parts().items() if command.endswith("-m management.esl "))
    os.kill(worker, signal.SIGKILL)
    assert demo.wait_for_the_end() == 1
    assert "management: worker ended by itself" in demo.output()
    wait_until(lambda: demo.parts() == {}, START_TIMEOUT_SECONDS)
    assert "Traceback" not in demo.output()


def test_a_killed_demo_leaves_no_process_behind(demo: Demo) -> None:
    """Also kill -9, which nobody can handle; and the next run finishes what this one had begun."""
    demo.start()
    wait_until(demo.file.exists, START_TIMEOUT_SECONDS)
    assert demo.process is not None

    demo.process.kill()

    assert demo.wait_for_the_end() == -signal.SIGKILL
    wait_until(lambda: demo.parts() == {}, START_TIMEOUT_SECONDS)
    passwords = json.loads(demo.file.read_text())["extensions"]
    demo.start()
    demo.wait_until_it_says("Ctrl-C stops everything")
    said = json.loads(demo.file.read_text())
    assert said["extensions"] == passwords
    assert _a1_hash_of(said, "1002") == _md5("1002", said["extensions"][1]["password"])
    assert demo.interrupt() == 0


@pytest.mark.parametrize("side", ["LOOKUP", "MANAGEMENT"])
def test_a_port_in_use_is_named_with_its_setting(demo: Demo, side: str) -> None:
    """Before anything is started or made."""
    name = f"XMLCURL_{side}_BIND"
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        demo.environment[name] = f"127.0.0.1:{other.getsockname()[1]}"

        demo.start()

        assert demo.wait_for_the_end() == 1
    assert (
        demo.output()
        == f"management: {name}={demo.environment[name]}: Address already in use; set it to another address\n"
    )
    assert not demo.file.exists()


def _check_that_the_printed_commands_work(demo: Demo) -> None:
    commands = [line.strip() for line in demo.output().splitlines() if line.strip().startswith("curl ")]
    assert len(commands) == 2
    for command in commands:
        done = subprocess.run(command, shell=True, capture_output=True, text=True, check=True)  # noqa: S602
        assert '"a1-hash"' in done.stdout or '"extension_number":"1001"' in done.stdout, done.stdout


def _check_that_the_first_example_works(demo: Demo) -> None:
    """Of the README, with another number: where it says data/demo.json, that is ours."""
    section = (ROOT / "README.md").read_text().partition("## A first extension")[2].partition("\n## ")[0]
    commands = "\n".join(re.findall(r"```\n(.*?)```", section, re.DOTALL)).replace("9001", "9003")
    done = subprocess.run(
        ["/bin/sh", "-ec", commands], cwd=demo.folder.parent, capture_output=True, text=True, check=True
    )
    (password,) = re.findall(r'"sip_password":"(\w+)"', done.stdout)
    assert f'value="{_md5("9003", password)}"' in done.stdout


def _a1_hash_of(said: Mapping[str, Any], number: str) -> str:
    """What FreeSWITCH is told when it asks, in its own bytes, for somebody who registers as `number`."""
    captured = next(
        each.body
        for each in captures()
        if b"sip_auth_method=REGISTER" in each.body and b"&user=1030&domain=pbx.test" in each.body
    )
    body = re.sub(rb"(user(?:name)?)=1030(?=&)", rb"\1=" + number.encode(), captured)
    section = XmlCurl(said["lookup_url"], said["lookup_credentials"]).document(body)
    assert section is not None
    found = section.xpath(f".//user[@id='{number}']/params/param[@name='a1-hash']/@value")
    assert isinstance(found, list)
    return str(found[0])


def _md5(number: str, password: str) -> str:
    return hashlib.md5(f"{number}:pbx.test:{password}".encode(), usedforsecurity=False).hexdigest()
