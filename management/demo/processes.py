"""The processes of `make run`: started, watched, stopped in the reverse order."""

import asyncio
import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
import sysconfig
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from pydantic import SecretStr

from management.demo.screen import what_runs
from management.demo.tenant import seed
from management.embedded import PrivateRedis, RedisNotAvailable, end, tied_to_parent
from management.errors import ManagementError
from management.migrations import migrate
from management.settings import ManagementSettings
from xmlcurl.settings import ENV_PREFIX, split_bind

START_TIMEOUT_SECONDS: Final = 30.0
STOP_TIMEOUT_SECONDS: Final = 15.0

_SCRIPTS: Final = Path(sysconfig.get_path("scripts"))
COMMANDS: Final = {
    "lookups": (str(_SCRIPTS / "xmlcurl"), "serve"),
    "management": (str(_SCRIPTS / "management"), "serve"),
    # What `management worker` does, without the API's libraries in memory.
    "worker": ("-m", "management.esl"),
}


class DemoFailed(Exception):
    """It can't start, or a part of it ended; the message says what to do."""


def run(settings: ManagementSettings) -> None:
    """Start everything, and return when SIGINT or SIGTERM came and all of it has ended.

    Raises:
        DemoFailed: see there; nothing is left running.
    """
    _make_private(settings.data_dir)
    for name, bind in (("LOOKUP_BIND", settings.lookup_bind), ("MANAGEMENT_BIND", settings.management_bind)):
        _check_free(name, bind)
    with contextlib.ExitStack() as stack:
        stopped = stack.enter_context(_signals())
        if not settings.redis_url:
            settings = settings.model_copy(update={"redis_url": stack.enter_context(_redis(settings.data_dir))})
        demo = _prepare(settings)
        credentials = {name: SecretStr(demo[name]) for name in ("lookup_credentials", "cdr_credentials")}
        parts = stack.enter_context(_parts(settings.model_copy(update=credentials | _by_phone(settings, demo))))
        _wait_until_ready(demo, parts, stopped)
        if not stopped.is_asked:
            pids = {part.name: part.process.pid for part in parts}
            sys.stdout.write(what_runs(demo, pids, settings.data_dir.absolute()))
            sys.stdout.flush()
        _keep(parts, stopped)


def _prepare(settings: ManagementSettings) -> Mapping[str, Any]:
    try:
        migrate(settings.database)
        return asyncio.run(seed(settings))
    except ManagementError as exc:
        raise DemoFailed(f"the tenant of the demo can't be made: {exc}") from exc


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the product."""

    name: str
    process: "subprocess.Popen[bytes]"


@contextlib.contextmanager
def _parts(settings: ManagementSettings) -> Iterator[Sequence[Part]]:
    """The processes; stopped in the reverse order, each when the one before it has ended."""
    environment = _environment(settings)
    started: list[Part] = []
    try:
        for name, command in COMMANDS.items():
            process = subprocess.Popen(
                # Ended with us, if we are killed; and Ctrl-C is for us alone, who stop them in order.
                tied_to_parent([sys.executable, *command]),
                env=environment,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
            started.append(Part(name, process))
        yield started
    finally:
        for part in reversed(started):
            end(part.process, STOP_TIMEOUT_SECONDS)


def _environment(settings: ManagementSettings) -> Mapping[str, str]:
    pairs = {"LOOKUP_CREDENTIALS": settings.lookup_credentials, "CDR_CREDENTIALS": settings.cdr_credentials}
    return {
        **os.environ,  # noqa: TID251 - what the parts read in their settings.py is handed on, not read
        f"{ENV_PREFIX}DATA_DIR": str(settings.data_dir.absolute()),
        f"{ENV_PREFIX}DATABASE_URL": settings.database,
        f"{ENV_PREFIX}REDIS_URL": settings.redis,
        f"{ENV_PREFIX}BY_PHONE_URL": settings.by_phone_url or "",
        f"{ENV_PREFIX}BY_PHONE_SECRET": settings.by_phone_secret.get_secret_value() if settings.by_phone_secret else "",
        **{f"{ENV_PREFIX}{name}": pair.get_secret_value() if pair else "" for name, pair in pairs.items()},
    }


def _by_phone(settings: ManagementSettings, demo: Mapping[str, Any]) -> dict[str, Any]:
    """Who carries out what phones want: our own API, with a secret of this run, unless the environment names one."""
    if settings.by_phone_url:
        return {}
    secret = settings.by_phone_secret or SecretStr(secrets.token_urlsafe(32))
    return {"by_phone_url": demo["management_url"], "by_phone_secret": secret}


@contextlib.contextmanager
def _redis(data_dir: Path) -> Iterator[str]:
    server = PrivateRedis(data_dir)
    try:
        url = server.start()
    except RedisNotAvailable as exc:
        raise DemoFailed(str(exc)) from exc
    try:
        yield url
    finally:
        server.stop()


class Stopped:
    """Whether somebody asked us to end."""

    def __init__(self) -> None:
        self.is_asked = False

    def note(self, _number: int, _frame: object) -> None:
        self.is_asked = True


@contextlib.contextmanager
def _signals() -> Iterator[Stopped]:
    stopped = Stopped()
    before = {number: signal.signal(number, stopped.note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _wait_until_ready(demo: Mapping[str, Any], parts: Sequence[Part], stopped: Stopped) -> None:
    pages = [demo["lookup_url"].replace("/xmlcurl", "/readyz"), f"{demo['management_url']}/readyz"]
    deadline = time.monotonic() + START_TIMEOUT_SECONDS
    while pages and not stopped.is_asked:
        _check_alive(parts)
        if time.monotonic() > deadline:
            raise DemoFailed(f"{pages[0]} does not answer; the lines above say why")
        pages = [page for page in pages if not _answers(page)]
        time.sleep(0.05)


def _keep(parts: Sequence[Part], stopped: Stopped) -> None:
    while not stopped.is_asked:
        _check_alive(parts)
        time.sleep(0.1)


def _check_alive(parts: Sequence[Part]) -> None:
    for part in parts:
        status = part.process.poll()
        if status is not None:
            raise DemoFailed(f"{part.name} ended by itself (status {status}), so everything is stopped")


def _answers(page: str) -> bool:
    try:
        with urlopen(page, timeout=2) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def _check_free(name: str, bind: str) -> None:
    host, port = split_bind(bind)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as exc:
            reason = exc.strerror or str(exc)
            raise DemoFailed(f"{ENV_PREFIX}{name}={bind}: {reason}; set it to another address") from exc


def _make_private(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        folder.chmod(0o700)
    except OSError as exc:
        reason = exc.strerror or str(exc)
        raise DemoFailed(f"{ENV_PREFIX}DATA_DIR={folder}: can't be made a folder of mode 0700: {reason}") from exc
