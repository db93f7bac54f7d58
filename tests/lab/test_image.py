"""The Dockerfile's commands and the compose file's, run in a clean folder: no engine is needed, and none is asked."""

import base64
import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from management.embedded import end, tied_to_parent
from tests.lab.compose import EXAMPLE, ROOT, dotenv, services
from tests.lab.dockerfile import Image
from tests.servers import PostgresServer
from tests.services import free_port
from tests.waiting import wait_until

SECONDS: Final = 60.0
SECRET_KEY: Final = base64.urlsafe_b64encode(bytes(range(32))).decode()
GUIDE: Final = ROOT / "docs" / "lab.md"
TYPED: Final = re.compile(r"^docker compose exec management (management .+)$", re.MULTILINE)


class Lab:
    """The services of the compose file as processes of an image's folder: hosts are loopback, ports are free ones."""

    def __init__(self, image: Image, folder: Path, database_url: str, redis: Path) -> None:
        names = dotenv(EXAMPLE.read_text())
        secrets = {name: f"a-{name.lower().replace('_', '-')}-of-the-tests-of-the-lab" for name in names}
        self.services = services({**secrets, "SECRET_KEYS": SECRET_KEY})
        self._image, self._folder, self._database_url, self._redis = image, folder, database_url, redis
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self._ports = {name: free_port() for name in ("redis", "lookup-1", "lookup-2", "management")}

    def url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._ports[name]}"

    def environment(self, name: str) -> dict[str, str]:
        """What the container would get, on this machine's servers and ports."""
        given = {key: self._here(name, value) for key, value in self.services[name].get("environment", {}).items()}
        if "XMLCURL_DATABASE_URL" in given:
            given["XMLCURL_DATABASE_URL"] = self._database_url
        environment = {**self._image.environment, **given}
        return {**environment, "PATH": f"{environment['PATH']}:{self._redis.parent}"}

    def once(self, name: str, words: list[str] | None = None) -> str:
        """What it printed, once it has ended well."""
        done = subprocess.run(
            self._words(name, words or self.services[name]["command"]),
            cwd=self._image.root,
            env=self.environment(name),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"{name}: {done.stdout}{done.stderr}")
        return done.stdout

    @contextmanager
    def started(self, name: str) -> Iterator[None]:
        """It runs; whether it is healthy is yet to be seen."""
        with self._log(name).open("wb") as output:
            self._processes[name] = subprocess.Popen(
                tied_to_parent(self._words(name, self.services[name]["command"])),
                cwd=self._image.root,
                env=self.environment(name),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            yield
        finally:
            end(self._processes[name], SECONDS)

    def wait_until_healthy(self, name: str) -> None:
        """Its own check succeeds, and it still runs."""
        process = self._processes[name]
        # Most checks start a Python: none is asked before somebody listens.
        wait_until(lambda: process.poll() is not None or (self._listens(name) and self.is_healthy(name)), SECONDS)
        assert process.poll() is None, self._log(name).read_text()

    def is_healthy(self, name: str) -> bool:
        """What the compose file's check says."""
        kind, *words = self.services[name]["healthcheck"]["test"]
        command = ["/bin/sh", "-c", *words] if kind == "CMD-SHELL" else words
        done = subprocess.run(
            self._words(name, command), env=self.environment(name), capture_output=True, timeout=SECONDS, check=False
        )
        return done.returncode == 0

    def _listens(self, name: str) -> bool:
        if name not in self._ports:
            return True
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self._ports[name])) == 0

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"

    def _words(self, name: str, words: list[str]) -> list[str]:
        first, *others = (self._here(name, word) for word in words)
        return [shutil.which(first, path=self.environment(name)["PATH"]) or first, *others]

    def _here(self, name: str, text: str) -> str:
        if name == "redis":
            text = text.replace("redis-cli", f"redis-cli -p {self._ports[name]}")
            return text.replace("requirepass", f"bind 127.0.0.1\nport {self._ports[name]}\nrequirepass")
        text = text.replace("172.30.80.10/32", "127.0.0.1/32")
        own = self._ports.get(name, 0)
        text = re.sub(r"(0\.0\.0\.0|127\.0\.0\.1):80\d\d", f"127.0.0.1:{own}", text)
        return text.replace("@redis/", f"@127.0.0.1:{self._ports['redis']}/")


@pytest.fixture
def image(tmp_path: Path) -> Image:
    """What the Dockerfile makes."""
    probe = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--no-cache-dir", "six", "-d"]
    if subprocess.run([*probe, tmp_path / "probe"], capture_output=True, check=False).returncode:
        pytest.skip("pip can't reach an index of packages, which a build of the image needs")
    made = Image(ROOT / "Dockerfile", tmp_path)
    made.build()
    return made


@pytest.fixture
def lab(image: Image, tmp_path: Path, postgres_server: PostgresServer, redis_executable: Path) -> Iterator[Lab]:
    database = postgres_server.create_database()
    yield Lab(image, tmp_path, postgres_server.url(database), redis_executable)
    postgres_server.drop_database(database)


@pytest.mark.timeout(900)  # Most of it is pip's, and a busy machine takes several times as long.
def test_the_image_runs_the_lab(image: Image, lab: Lab) -> None:
    """Every service starts with the compose file's words and settings, is healthy by its own check, and works together
    with the others; what the guide types makes two phones; the image needs no compiler, and nothing is written into it.
    """
    before = _files(image.root)
    assert image.user == "10001:10001"
    assert "Usage: xmlcurl" in lab.once("lookup-1", ["xmlcurl", "--help"])
    assert not any(path.name in {"redis-server", "pip", "setuptools"} for path in before)

    with ExitStack() as running:
        running.enter_context(lab.started("redis"))
        lab.wait_until_healthy("redis")
        lab.once("migrate")
        assert not lab.is_healthy("management")
        assert "fs1" in lab.once("setup")
        lasting = ("lookup-1", "lookup-2", "management", "worker")
        for name in lasting:
            running.enter_context(lab.started(name))
        for name in lasting:
            lab.wait_until_healthy(name)

        printed = [lab.once("management", words.split()) for words in TYPED.findall(GUIDE.read_text())]
        passwords = re.findall(r"sip_password\s+(\S+)", "".join(printed))
        assert len(passwords) == 2
        for name, number in (("lookup-1", "1001"), ("lookup-2", "1002")):
            assert f'<user id="{number}"' in _asked(lab, name, number)
        assert _posted(lab) == (422, "there is no uuid in it\n")
        assert lab.once("management", ["management", "switch", "list", "--json"]).count('"fs1"') == 1

    assert _files(image.root) == before


def _asked(lab: Lab, name: str, number: str) -> str:
    settings: Mapping[str, Any] = lab.services["freeswitch"]["environment"]
    user, _, password = settings["FREESWITCH_LOOKUP_CREDENTIALS"].partition(":")
    form = {"section": "directory", "tag_name": "domain", "key_name": "name", "key_value": "pbx.test", "key": "id"}
    form |= {"user": number, "domain": "pbx.test", "action": "sip_auth"}
    return httpx.post(f"{lab.url(name)}/xmlcurl", data=form, auth=(user, password)).text


def _posted(lab: Lab) -> tuple[int, str]:
    """What FreeSWITCH hears about a call record that is empty."""
    user, _, password = lab.services["freeswitch"]["environment"]["FREESWITCH_CDR_CREDENTIALS"].partition(":")
    answer = httpx.post(f"{lab.url('management')}/cdr", content=b"{}", auth=(user, password))
    return answer.status_code, answer.text


def _files(root: Path) -> set[Path]:
    return {Path(folder, name) for folder, _, names in os.walk(root) for name in names}
