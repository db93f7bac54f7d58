"""The rules of switches, for every API, page and command."""

from typing import Any, Final

from management.database import Database
from management.effects import Effects
from management.errors import Invalid
from management.objects.repository import Rows
from management.objects.service import Objects
from management.secrets import Vault
from management.switch_login import UnsafeLogin, refuse_unsafe_login
from management.switches.commands import Switch, SwitchValues
from management.switches.repository import SwitchRepository
from management.writes import Writes

DEFAULT_PROFILES: Final = ("internal",)


class Switches(Objects[None, int, Switch, SwitchValues]):
    KIND = "switch"
    ROWS = SwitchRepository

    def __init__(self, database: Database, writes: Writes, vault: Vault) -> None:
        super().__init__(database, writes)
        self._vault = vault

    def consequences(self, scope: None, before: Switch | None, after: Switch | None) -> Effects:
        """No document depends on a switch. The worker is woken, and flushes whom it did not know before."""
        return Effects()

    async def columns(self, rows: Rows[Switch], values: SwitchValues, before: Switch | None) -> dict[str, Any]:
        """Raises Invalid when the password would keep nobody out of that host."""
        columns = values.given()
        password = columns.pop("password", None)
        host = columns.get("host", before.host if before else "")
        if password is not None:
            _refuse_unsafe(host, password)
            columns["password_encrypted"] = self._vault.encrypt(password)
        elif before is not None and host != before.host:
            _refuse_unsafe(host, self._vault.decrypt(await _stored_password(rows, before)))
        profiles = columns.get("sofia_profiles", None if before else DEFAULT_PROFILES)
        return columns if profiles is None else {**columns, "sofia_profiles": profiles}


async def _stored_password(rows: Rows[Switch], switch: Switch) -> str:
    assert isinstance(rows, SwitchRepository)  # noqa: S101 - it is what ROWS says
    return await rows.password_encrypted(switch.id)


def _refuse_unsafe(host: str, password: str) -> None:
    try:
        refuse_unsafe_login(host, password)
    except UnsafeLogin:
        raise Invalid.of("password", "default_password") from None
