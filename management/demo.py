"""`make run`: everything with embedded defaults, in one terminal, with a tenant to try it on.

A private redis-server where none is configured, the migrations, the lookups, the API and the worker,
each a process of its own. Ctrl-C stops all of it; a second run finds its data.
"""

import asyncio
import contextlib
import json
import os
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

from management.app import Backend, services_of
from management.audit import Actor
from management.auth import ADMIN, TenantScope
from management.embedded import PrivateRedis, RedisNotAvailable, end, tied_to_parent
from management.errors import ManagementError
from management.extensions.commands import CreateExtension, ExtensionValues
from management.migrations import migrate
from management.secrets import generate_password
from management.settings import ManagementSettings
from management.tenants.commands import TenantValues
from management.tokens.commands import TokenValues
from xmlcurl.settings import ENV_PREFIX, split_bind

DOMAIN: Final = "pbx.test"
CACHEABLE_MS: Final = 300_000
"""The demo's switches serve this tenant alone, so they may keep its users for five minutes."""

PEOPLE: Final = {"1001": "Anna Example", "1002": "Bao Example"}
START_TIMEOUT_SECONDS: Final = 30.0
STOP_TIMEOUT_SECONDS: Final = 15.0

_ACTOR: Final = Actor("demo")


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
        migrate(settings.database)
        demo = _seed(settings)
        settings = settings.model_copy(update={"lookup_credentials": SecretStr(demo["lookup_credentials"])})
        parts = stack.enter_context(_parts(settings))
        _wait_until_ready(demo, parts, stopped)
        _write_privately(settings.data_dir / "demo.json", demo)
        _tell(demo, settings.data_dir / "demo.json")
        _keep(parts, stopped)


def _seed(settings: ManagementSettings) -> dict[str, Any]:
    """What demo.json says: as it was written by a former run, or after making the tenant."""
    file = settings.data_dir / "demo.json"
    known = json.loads(file.read_text()) if file.exists() else asyncio.run(_make_tenant(settings, file))
    given = settings.lookup_credentials
    credentials = given.get_secret_value() if given else known.get("lookup_credentials")
    return {
        **known,
        "lookup_url": f"http://{settings.lookup_bind}/xmlcurl",
        "lookup_credentials": credentials or f"freeswitch:{generate_password()}",
        "management_url": f"http://{settings.management_bind}",
    }


async def _make_tenant(settings: ManagementSettings, file: Path) -> dict[str, Any]:
    backend = Backend(settings)
    services = services_of(backend)
    try:
        values = TenantValues(domain=DOMAIN, name="Demo", cacheable_ms=CACHEABLE_MS)
        tenant = (await services.tenants.create(None, values, actor=_ACTOR, wait_ms=0)).result
        scope = TenantScope(tenant.id, tenant.domain, tenant.language)
        wanted = TokenValues(name="demo", scopes=(ADMIN,))
        extensions = [await _make_extension(services.extensions, scope, *person) for person in PEOPLE.items()]
        known = {
            "tenant": DOMAIN,
            "token": (await services.tokens.create(scope, wanted, actor=_ACTOR)).result.text,
            "platform_token": (await services.tokens.create(None, wanted, actor=_ACTOR)).result.text,
            "extensions": extensions,
        }
    except ManagementError as exc:
        raise DemoFailed(f"{settings.data_dir} has no demo.json, and the demo can't be made: {exc}") from exc
    finally:
        await backend.close()
    # At once: the passwords are nowhere else to be read.
    _write_privately(file, known)
    return known


async def _make_extension(extensions: Any, scope: TenantScope, number: str, name: str) -> dict[str, str]:
    pin = str(int.from_bytes(os.urandom(4)) % 900_000 + 100_000)
    values = ExtensionValues(display_name=name, voicemail_enabled=True, voicemail_pin=pin)
    command = CreateExtension(extension_number=number, values=values)
    made = (await extensions.create(scope, command, actor=_ACTOR, wait_ms=0)).result
    return {"number": number, "password": made.password, "voicemail_pin": pin}


@dataclass(frozen=True, slots=True)
class Part:
    """One process of the product."""

    name: str
    process: "subprocess.Popen[bytes]"


@contextlib.contextmanager
def _parts(settings: ManagementSettings) -> Iterator[Sequence[Part]]:
    """The processes; stopped in the reverse order, each when the one before it has ended."""
    environment = _environment(settings)
    commands = {
        "lookups": ("xmlcurl", "serve"),
        "management": ("management", "serve"),
        "worker": ("management", "worker"),
    }
    started: list[Part] = []
    try:
        for name, (program, verb) in commands.items():
            command = [str(Path(sysconfig.get_path("scripts")) / program), verb]
            started.append(
                Part(
                    name,
                    subprocess.Popen(
                        # Killed with us, if we are killed; and Ctrl-C is for us alone, who stop them in order.
                        tied_to_parent([sys.executable, *command]),
                        env=environment,
                        stdin=subprocess.DEVNULL,
                        start_new_session=True,
                    ),
                )
            )
        yield started
    finally:
        for part in reversed(started):
            end(part.process, STOP_TIMEOUT_SECONDS)


def _environment(settings: ManagementSettings) -> Mapping[str, str]:
    credentials = settings.lookup_credentials
    return {
        **os.environ,  # noqa: TID251 - what the parts read in their settings.py is handed on, not read
        f"{ENV_PREFIX}DATA_DIR": str(settings.data_dir.absolute()),
        f"{ENV_PREFIX}DATABASE_URL": settings.database,
        f"{ENV_PREFIX}REDIS_URL": settings.redis,
        f"{ENV_PREFIX}LOOKUP_CREDENTIALS": credentials.get_secret_value() if credentials else "",
    }


@contextlib.contextmanager
def _redis(data_dir: Path) -> Iterator[str]:
    server = PrivateRedis(data_dir)
    try:
        yield server.start()
    except RedisNotAvailable as exc:
        raise DemoFailed(str(exc)) from exc
    finally:
        server.stop()


@contextlib.contextmanager
def _signals() -> Iterator["Stopped"]:
    stopped = Stopped()
    before = {number: signal.signal(number, stopped.note) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stopped
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class Stopped:
    """Whether somebody asked us to end."""

    def __init__(self) -> None:
        self.is_asked = False

    def note(self, _number: int, _frame: object) -> None:
        self.is_asked = True


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
        time.sleep(0.2)


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
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def _write_privately(file: Path, content: Mapping[str, Any]) -> None:
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        json.dump(content, stream, indent=2)
        stream.write("\n")
    draft.replace(file)


def _tell(demo: Mapping[str, Any], file: Path) -> None:
    number, host = demo["extensions"][0]["number"], demo["tenant"]
    fields = {
        "hostname": "lab", "section": "directory", "tag_name": "domain", "key_name": "name", "key_value": host,
        "action": "sip_auth", "sip_auth_method": "REGISTER", "sip_to_user": number, "sip_to_host": host,
        "key": "id", "user": number, "domain": host,
    }  # fmt: skip
    body = "&".join(f"{name}={value}" for name, value in fields.items())
    print(  # noqa: T201 - this is what `make run` is for
        f"\nTenant {host}:",
        *(
            f"  phone {e['number']}  password {e['password']}  voicemail PIN {e['voicemail_pin']}"
            for e in demo["extensions"]
        ),
        f"API token of the tenant: {demo['token']}",
        "\nWhat FreeSWITCH asks when 1001 registers:",
        f"  curl -u '{demo['lookup_credentials']}' -d '{body}' {demo['lookup_url']}",
        "What an administrator asks:",
        f"  curl -H 'Authorization: Bearer {demo['token']}' {demo['management_url']}/api/pbx/extensions",
        f"\nThe same is in {file}. Ctrl-C stops everything.",
        sep="\n",
        flush=True,
    )
