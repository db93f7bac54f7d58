"""The tenant of `make run` and what demo.json says about it: made once, found again by every later run.

demo.json, with mode 0600:

    {"tenant", "extensions": [{"number", "password", "voicemail_pin"}], "token", "platform_token",
     "lookup_url", "lookup_credentials", "management_url", "cdr_url", "cdr_credentials"}

`lookup_url` is what `gateway-url` of xml_curl.conf says, `cdr_url` what `url` of json_cdr.conf says; the API is at
`management_url` + /api/pbx.
"""

import json
import os
import secrets
from collections.abc import Mapping
from ipaddress import ip_address
from pathlib import Path
from typing import Any, Final

from pydantic import SecretStr

from management.app import Backend, services_of
from management.audit import Actor
from management.auth import ADMIN, TenantScope
from management.errors import Forbidden, NotFound, Unauthenticated
from management.extensions.commands import ChangePassword, CreateExtension, ExtensionValues
from management.extensions.errors import ExtensionExists
from management.secrets import generate_password
from management.settings import ManagementSettings
from management.tenants.commands import TenantValues
from management.tokens.commands import TokenValues
from management.web.services import Services
from xmlcurl.settings import split_bind

DOMAIN: Final = "pbx.test"
CACHEABLE_MS: Final = 300_000
"""The demo's switches serve this tenant alone, so they may keep its users for five minutes."""

PEOPLE: Final = {"1001": "Anna Example", "1002": "Bao Example"}

_ACTOR: Final = Actor("demo")


async def seed(settings: ManagementSettings) -> dict[str, Any]:
    """What demo.json says, after making what is not there yet. It may be interrupted at any point, and run again.

    Raises:
        ManagementError: the store or Redis did not answer.
    """
    file = settings.data_dir / "demo.json"
    is_known = file.exists()
    demo: dict[str, Any] = json.loads(file.read_text()) if is_known else _secrets()
    management_url = f"http://{_reachable(settings.management_bind)}"
    demo |= {
        "lookup_url": f"http://{_reachable(settings.lookup_bind)}/xmlcurl",
        "lookup_credentials": _pair(settings.lookup_credentials, demo.get("lookup_credentials")),
        "management_url": management_url,
        "cdr_url": f"{management_url}/cdr",
        "cdr_credentials": _pair(settings.cdr_credentials, demo.get("cdr_credentials")),
    }
    # Before anything is stored under these passwords: they are nowhere else to be read.
    _write_privately(file, demo)
    backend = Backend(settings)
    try:
        await _make(services_of(backend), demo, is_known=is_known)
    finally:
        await backend.close()
    _write_privately(file, demo)
    return demo


def _secrets() -> dict[str, Any]:
    extensions = [
        {"number": number, "password": generate_password(), "voicemail_pin": str(100_000 + secrets.randbelow(900_000))}
        for number in PEOPLE
    ]
    return {"tenant": DOMAIN, "extensions": extensions}


def _pair(given: SecretStr | None, known: str | None) -> str:
    """user:password as the environment says, else as an earlier run made them, else new ones."""
    return given.get_secret_value() if given else known or f"freeswitch:{generate_password()}"


async def _make(services: Services, demo: dict[str, Any], *, is_known: bool) -> None:
    if all([await _is_valid(services, demo.get(name)) for name in ("token", "platform_token")]):
        return
    tenant = await _tenant(services)
    for extension in demo["extensions"]:
        await _make_extension(services, tenant, extension, is_known=is_known)
    wanted = TokenValues(name="demo", scopes=(ADMIN,))
    demo["token"] = (await services.tokens.create(tenant, wanted, actor=_ACTOR)).result.text
    demo["platform_token"] = (await services.tokens.create(None, wanted, actor=_ACTOR)).result.text


async def _is_valid(services: Services, token: str | None) -> bool:
    if token is None:
        return False
    try:
        await services.gate.admit(f"Bearer {token}", None)
    except Unauthenticated:
        return False
    except Forbidden:
        # Somebody suspended the tenant; that is no reason not to start.
        return True
    return True


async def _tenant(services: Services) -> TenantScope:
    try:
        found = await services.tenants.find(None, DOMAIN)
    except NotFound:
        values = TenantValues(domain=DOMAIN, name="Demo", cacheable_ms=CACHEABLE_MS)
        found = (await services.tenants.create(None, values, actor=_ACTOR, wait_ms=0)).result
    return TenantScope(found.id, found.domain, found.language)


async def _make_extension(
    services: Services, tenant: TenantScope, extension: Mapping[str, str], *, is_known: bool
) -> None:
    number, password = extension["number"], extension["password"]
    values = ExtensionValues(
        display_name=PEOPLE[number], voicemail_enabled=True, voicemail_pin=extension["voicemail_pin"]
    )
    command = CreateExtension(extension_number=number, sip_password=password, values=values)
    try:
        await services.extensions.create(tenant, command, actor=_ACTOR, wait_ms=0)
    except ExtensionExists:
        if not is_known:
            # Somebody deleted demo.json: its password can't be shown again, so it gets the one that is.
            change = ChangePassword(extension_number=number, new_password=password)
            await services.extensions.change_password(tenant, change, actor=_ACTOR, wait_ms=0)


def _reachable(bind: str) -> str:
    """An address that a client can use for a service that is bound to it: "all" is not one."""
    host, port = split_bind(bind)
    try:
        address = ip_address(host)
    except ValueError:
        return bind
    if not address.is_unspecified:
        return bind
    return f"127.0.0.1:{port}" if address.version == 4 else f"[::1]:{port}"


def _write_privately(file: Path, content: Mapping[str, Any]) -> None:
    # Whole or not at all, and never readable by others, not even for a moment.
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as stream:
        json.dump(content, stream, indent=2)
        stream.write("\n")
    draft.replace(file)
