"""The rules of extensions, for every API, page and command. Every change goes through `Writes.run`."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from management.audit import Actor
from management.auth import TenantScope
from management.database import Database
from management.errors import Broken, Conflict, Invalid
from management.extensions.commands import ChangePassword, CreateExtension, UpdateExtension
from management.extensions.consequences import consequences
from management.extensions.errors import ExtensionUnknown, RowsRefused
from management.extensions.model import Extension, OutboundNumber, RefusedRow, WithPassword
from management.extensions.repository import ExtensionRepository
from management.paging import Page, PageWanted
from management.secrets import Vault, a1_hash, generate_password, vm_a1_hash
from management.writes import Write, Writes, Written
from xmlcurl.store.tables import utc_now

_LINKS: Final = ("team_id", "department_id", "user_id", "hotline_id")
_NOT_COLUMNS: Final = {"aliases", "voicemail_pin", "outbound_caller_id"}


class Extensions:
    """Reads and changes extensions. One for each process; safe to use from many tasks."""

    def __init__(self, database: Database, writes: Writes, vault: Vault) -> None:
        self._database = database
        self._writes = writes
        self._vault = vault

    async def find(self, tenant: TenantScope, number: str) -> Extension:
        """The extension of that number; raises ExtensionUnknown."""
        async with self._database.reading() as connection:
            return _known(await ExtensionRepository(connection, tenant.id).find(number), number)

    async def list(self, tenant: TenantScope, wanted: PageWanted, status: str | None = None) -> Page[Extension]:
        """One page of the tenant's extensions, by number."""
        async with self._database.reading() as connection:
            return await ExtensionRepository(connection, tenant.id).page(wanted, status)

    async def outbound_numbers(self, tenant: TenantScope, wanted: PageWanted) -> Page[OutboundNumber]:
        """One page of what can be an extension's `outbound_caller_id`, by number."""
        async with self._database.reading() as connection:
            return await ExtensionRepository(connection, tenant.id).outbound_numbers(wanted)

    async def create(
        self, tenant: TenantScope, command: CreateExtension, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[WithPassword]:
        """A new extension.

        Raises:
            Invalid, ExtensionExists, NameTaken, and what `Writes.run` raises.
        """
        command.check()
        return await self._writes.run(
            actor, lambda write: self._create(write, tenant, command), tenant_id=tenant.id, wait_ms=wait_ms
        )

    async def create_many(
        self,
        tenant: TenantScope,
        commands: Sequence[CreateExtension],
        *,
        is_all_or_nothing: bool,
        actor: Actor,
        wait_ms: int | None = None,
    ) -> Written[Sequence[WithPassword | RefusedRow]]:
        """New extensions in one transaction with one row for each switch; one result for each command, in order.

        Raises:
            RowsRefused: all or nothing was wanted and a row can't be; fields are named "extensions.<index>.<field>".
            What `Writes.run` raises.
        """

        async def create_each(write: Write) -> Sequence[WithPassword | RefusedRow]:
            results = [await self._create_row(write, tenant, command) for command in commands]
            if is_all_or_nothing:
                refuse_if_any_was(results)
            return results

        return await self._writes.run(actor, create_each, tenant_id=tenant.id, wait_ms=wait_ms)

    async def update(
        self, tenant: TenantScope, command: UpdateExtension, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[Extension]:
        """The extension with the new values.

        Raises:
            Invalid, ExtensionUnknown, NameTaken, and what `Writes.run` raises.
        """
        command.check()
        return await self._writes.run(
            actor, lambda write: self._update(write, tenant, command), tenant_id=tenant.id, wait_ms=wait_ms
        )

    async def change_password(
        self, tenant: TenantScope, command: ChangePassword, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[WithPassword]:
        """The extension with another SIP password; its phones must sign in anew.

        Raises:
            Invalid, ExtensionUnknown, and what `Writes.run` raises.
        """
        command.check()
        return await self._writes.run(
            actor, lambda write: self._change_password(write, tenant, command), tenant_id=tenant.id, wait_ms=wait_ms
        )

    async def delete(
        self, tenant: TenantScope, number: str, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[None]:
        """Soft delete: the number and every other name can be given anew at once.

        Raises:
            ExtensionUnknown, and what `Writes.run` raises.
        """
        return await self._writes.run(
            actor, lambda write: self._delete(write, tenant, number), tenant_id=tenant.id, wait_ms=wait_ms
        )

    async def _create(self, write: Write, tenant: TenantScope, command: CreateExtension) -> WithPassword:
        repository = ExtensionRepository(write.connection, tenant.id)
        number, values = command.extension_number, command.values.given()
        sign_in_name = values.get("sign_in_name", number)
        password = command.sip_password or generate_password()
        extension_id = await repository.add(
            {
                **await _columns(repository, tenant, number, values),
                "number": number,
                "sign_in_name": sign_in_name,
                **self._password_columns(tenant, sign_in_name, password),
            }
        )
        await repository.put_names((extension_id, number, sign_in_name), values.get("aliases", ()))
        after = _known(await repository.find(number), number)
        await _conclude(write, tenant, "create", None, after, secrets_changed=_pin_of(values))
        return WithPassword(after, password, is_generated=command.sip_password is None)

    async def _create_row(
        self, write: Write, tenant: TenantScope, command: CreateExtension
    ) -> WithPassword | RefusedRow:
        try:
            command.check()
            # What a refused row has written is undone, and nothing else.
            async with write.connection.begin_nested():
                return await self._create(write, tenant, command)
        except (Conflict, Invalid) as exc:
            return RefusedRow(exc)

    async def _update(self, write: Write, tenant: TenantScope, command: UpdateExtension) -> Extension:
        repository = ExtensionRepository(write.connection, tenant.id)
        number, values = command.extension_number, command.values.given()
        before = _known(await repository.find(number, to_change=True), number)
        changed = {
            name: value
            for name, value in (await _columns(repository, tenant, number, values)).items()
            # Whether a PIN is the same can't be seen: one that was set by phone lives in the switch.
            if name == "vm_a1_hash" or getattr(before, name) != value
        }
        if "sign_in_name" in changed:
            password = self._vault.decrypt(await repository.password_encrypted(before.id))
            changed["a1_hash"] = a1_hash(changed["sign_in_name"], tenant.domain, password)
        if "sign_in_name" in changed or changed.get("status") == "disabled":
            changed["credentials_revision"] = before.credentials_revision + 1
        aliases = tuple(sorted(values.get("aliases", before.aliases)))
        if not changed and aliases == before.aliases:
            return before
        await repository.change(before.id, changed)
        if "sign_in_name" in changed or aliases != before.aliases:
            sign_in_name = changed.get("sign_in_name", before.sign_in_name)
            await repository.put_names((before.id, number, sign_in_name), aliases)
        after = _known(await repository.find(number), number)
        await _conclude(write, tenant, "update", before, after, secrets_changed=_pin_of(values))
        return after

    async def _change_password(self, write: Write, tenant: TenantScope, command: ChangePassword) -> WithPassword:
        repository = ExtensionRepository(write.connection, tenant.id)
        number = command.extension_number
        before = _known(await repository.find(number, to_change=True), number)
        password = command.new_password or generate_password()
        columns = self._password_columns(tenant, before.sign_in_name, password)
        revision = before.credentials_revision + 1
        await repository.change(before.id, {**columns, "credentials_revision": revision})
        after = _known(await repository.find(number), number)
        await _conclude(write, tenant, "change_password", before, after, secrets_changed=("sip_password",))
        return WithPassword(after, password, is_generated=command.new_password is None)

    async def _delete(self, write: Write, tenant: TenantScope, number: str) -> None:
        repository = ExtensionRepository(write.connection, tenant.id)
        before = _known(await repository.find(number, to_change=True), number)
        await repository.remove(before.id, {"credentials_revision": before.credentials_revision + 1})
        await _conclude(write, tenant, "delete", before, None)

    def _password_columns(self, tenant: TenantScope, sign_in_name: str, password: str) -> dict[str, str]:
        return {
            "a1_hash": a1_hash(sign_in_name, tenant.domain, password),
            "password_encrypted": self._vault.encrypt(password),
        }


async def _columns(
    repository: ExtensionRepository, tenant: TenantScope, number: str, values: Mapping[str, Any]
) -> dict[str, Any]:
    """The columns that `values` give a new value.

    Raises:
        Invalid: something that a value names is not the tenant's, or is not active.
    """
    columns = {name: value for name, value in values.items() if name not in _NOT_COLUMNS}
    missing = [
        name for name in _LINKS if columns.get(name) is not None and not await repository.has(name, columns[name])
    ]
    if "outbound_caller_id" in values:
        digits = values["outbound_caller_id"]
        columns["outbound_number_id"] = None if digits is None else await repository.active_number_id(digits)
        if digits is not None and columns["outbound_number_id"] is None:
            missing.append("outbound_caller_id")
    if missing:
        raise Invalid({name: [Broken("exists")] for name in missing})
    if "voicemail_pin" in values:
        pin = values["voicemail_pin"]
        columns["vm_a1_hash"] = None if pin is None else vm_a1_hash(number, tenant.domain, pin)
    return columns


async def _conclude(
    write: Write,
    tenant: TenantScope,
    verb: str,
    before: Extension | None,
    after: Extension | None,
    *,
    secrets_changed: tuple[str, ...] = (),
) -> None:
    """What every change ends with: its consequences, and its row in the audit log."""
    now = utc_now()
    write.tell(consequences(tenant, before, after, now, is_pin_new="voicemail_pin" in secrets_changed))
    if after and after.expires_at and after.expires_at > now and (not before or before.expires_at != after.expires_at):
        write.tell_at_expiry(after.id, after.expires_at)
    changed = after or before
    await write.audit(
        f"extension.{verb}",
        "extension",
        changed.id if changed else "",
        before=None if before is None else before.audited(),
        after=None if after is None else after.audited(),
        secrets_changed=secrets_changed,
    )


def _known(found: Extension | None, number: str) -> Extension:
    if found is None:
        raise ExtensionUnknown(number)
    return found


def _pin_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    return ("voicemail_pin",) if "voicemail_pin" in values else ()


def refuse_if_any_was(results: Sequence[object]) -> None:
    """Raises RowsRefused when one of `results` is a RefusedRow; fields are named "extensions.<index>.<field>"."""
    errors: dict[str, Sequence[Broken]] = {}
    for index, result in enumerate(results):
        if isinstance(result, RefusedRow):
            errors |= {f"extensions.{index}.{name}": broken for name, broken in result.broken().items()}
    if errors:
        raise RowsRefused(errors)
