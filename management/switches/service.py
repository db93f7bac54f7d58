"""The rules of switches, for every API, page and command."""

from typing import Any, Final

from management.audit import Actor
from management.database import Database
from management.effects import Effects
from management.errors import Conflict, Invalid
from management.objects.repository import Rows
from management.objects.service import Objects
from management.paging import PageWanted
from management.secrets import SecretUnreadable, Vault
from management.switch_login import UnsafeLogin, refuse_unsafe_login
from management.switches.commands import Switch, SwitchValues
from management.switches.repository import SwitchRepository
from management.writes import Writes, Written

DEFAULT_PROFILES: Final = ("internal", "external")
"""Those of freeswitch-conf. One that a switch has not is noticed at once, its registrations being unknown; that of the
carriers, not named, is noticed when a changed gateway goes on as it was.
"""


class Switches(Objects[None, int, Switch, SwitchValues]):
    KIND = "switch"
    ROWS = SwitchRepository

    def __init__(self, database: Database, writes: Writes, vault: Vault) -> None:
        super().__init__(database, writes)
        self._vault = vault

    async def keep(self, values: SwitchValues, *, actor: Actor) -> Written[Switch]:
        """The switch of that name with these values: a new one, or the one there is; what is left out stays.

        Raises:
            Invalid, and what `Writes.run` raises.
        """
        try:
            return await self.create(None, values, actor=actor)
        except Conflict:
            async with self._database.reading() as connection:
                (known,) = (await SwitchRepository(connection, None).page(PageWanted(), {"name": values.name})).rows
            return await self.update(None, known.id, values, actor=actor)

    def consequences(self, scope: None, before: Switch | None, after: Switch | None) -> Effects:
        """No document depends on a switch. The worker is woken, and flushes whom it did not know before.

        Whom others let in is read anew, and among several no switch may keep where somebody's phones are.
        """
        is_otherwise = _reached_at(before) != _reached_at(after)
        return Effects(reloadacl=is_otherwise, flush_all=is_otherwise)

    async def columns(self, rows: Rows[Switch], values: SwitchValues, before: Switch | None) -> dict[str, Any]:
        """Raises Invalid when the password would keep nobody out of that host."""
        columns = values.given()
        password = columns.pop("password", None)
        host = columns.get("host", before.host if before else "")
        if password is not None:
            _refuse_unsafe(host, password)
            if before is None or password != await self._password(rows, before):
                columns["password_encrypted"] = self._vault.encrypt(password)
        elif before is not None and host != before.host:
            _refuse_unsafe(host, self._vault.decrypt(await _stored_password(rows, before)))
        profiles = columns.get("sofia_profiles", None if before else DEFAULT_PROFILES)
        return columns if profiles is None else {**columns, "sofia_profiles": profiles}

    async def _password(self, rows: Rows[Switch], switch: Switch) -> str | None:
        """Its present password; None where its key is lost, which a new one mends."""
        try:
            return self._vault.decrypt(await _stored_password(rows, switch))
        except SecretUnreadable:
            return None


def _reached_at(switch: Switch | None) -> tuple[str, int] | None:
    """Where others send it calls; None: nowhere."""
    if switch is None or not switch.enabled or switch.peer_host is None:
        return None
    return switch.peer_host, switch.peer_port


async def _stored_password(rows: Rows[Switch], switch: Switch) -> str:
    assert isinstance(rows, SwitchRepository)  # noqa: S101 - it is what ROWS says
    return await rows.password_encrypted(switch.id)


def _refuse_unsafe(host: str, password: str) -> None:
    try:
        refuse_unsafe_login(host, password)
    except UnsafeLogin:
        raise Invalid.of("password", "default_password") from None
