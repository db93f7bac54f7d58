"""The rules of gateways, for every API, page and command."""

from typing import Any

from management.auth import TenantScope
from management.database import Database
from management.effects import Effects
from management.errors import Broken, Invalid
from management.gateways.commands import Gateway, GatewayValues
from management.gateways.repository import GatewayRepository
from management.objects.repository import Rows
from management.objects.service import Objects
from management.secrets import SecretUnreadable, Vault
from management.writes import Writes
from xmlcurl.store.model import CODECS, Tag


class Gateways(Objects[TenantScope, int, Gateway, GatewayValues]):
    KIND = "gateway"
    ROWS = GatewayRepository

    def __init__(self, database: Database, writes: Writes, vault: Vault) -> None:
        super().__init__(database, writes)
        self._vault = vault

    def consequences(self, scope: TenantScope, before: Gateway | None, after: Gateway | None) -> Effects:
        """A switch keeps a gateway as it first read it: what is otherwise now is dropped there, and read anew."""
        old, new = _on_switch(before), _on_switch(after)
        is_otherwise = old != new
        return Effects(
            tags=frozenset({Tag.calls(scope.id)}),
            gateways=frozenset({before.id}) if before and old and is_otherwise else frozenset(),
            rescan=is_otherwise,
            reloadacl=_admitted(before) != _admitted(after),
        )

    def moved(self, scope: TenantScope) -> Effects:
        """Routes go through the other one; that this one is deleted says the same."""
        return Effects()

    async def columns(self, rows: Rows[Gateway], values: GatewayValues, before: Gateway | None) -> dict[str, Any]:
        """Raises Invalid when it could not register as it shall."""
        columns = values.given()
        if "password" in columns:
            columns["password_encrypted"] = self._encrypted(columns.pop("password"), before)
        if before is None:
            columns = {"codecs": CODECS, "addresses": (), **columns}
        _refuse_without_credentials(columns, before)
        return columns

    def _encrypted(self, password: str | None, before: Gateway | None) -> str | None:
        """As it is stored; the present one where it is the same, which is no change then."""
        present = before.password_encrypted if before else None
        if password is None or (present is not None and password == self._clear(present)):
            return None if password is None else present
        return self._vault.encrypt(password)

    def _clear(self, encrypted: str) -> str | None:
        """None where its key is lost, which a new password mends."""
        try:
            return self._vault.decrypt(encrypted)
        except SecretUnreadable:
            return None


def _refuse_without_credentials(columns: dict[str, Any], before: Gateway | None) -> None:
    def will_have(name: str) -> Any:
        return columns.get(name, getattr(before, name, None))

    if will_have("registers"):
        fields = {"username": "username", "password": "password_encrypted"}
        missing = [field for field, column in fields.items() if will_have(column) is None]
        if missing:
            raise Invalid({field: [Broken("required")] for field in missing})


def _on_switch(gateway: Gateway | None) -> tuple[Any, ...] | None:
    """What a switch knows it as; None when it knows none."""
    if gateway is None or gateway.status != "active":
        return None
    return (
        gateway.host,
        gateway.port,
        gateway.transport,
        gateway.registers,
        gateway.username,
        gateway.password_encrypted,
        gateway.realm,
        gateway.expires_seconds,
        gateway.codecs,
    )


def _admitted(gateway: Gateway | None) -> frozenset[str]:
    """The networks that calls are let in from for it."""
    return frozenset(gateway.addresses) if gateway and gateway.status == "active" else frozenset()
