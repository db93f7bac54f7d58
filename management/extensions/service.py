"""The rules of extensions, for every API, page and command. Every change goes through `Writes.run`."""

from collections.abc import Collection, Mapping, Sequence
from itertools import count
from typing import Any

from management.audit import Actor
from management.auth import TenantScope
from management.database import Database
from management.effects import Effects
from management.errors import Broken, Conflict, Invalid, Unavailable
from management.extensions.commands import (
    LOWEST_FREE,
    ChangePassword,
    CreateExtension,
    ExtensionValues,
    UpdateExtension,
)
from management.extensions.consequences import consequences
from management.extensions.errors import EmailTaken, ExtensionUnknown, RowsRefused
from management.extensions.model import Extension, Names, OutboundNumber, RefusedRow, WithPassword
from management.extensions.references import References
from management.extensions.repository import EVERY, ExtensionRepository, Selected
from management.objects.errors import InUse
from management.paging import Page, PageWanted, SliceWanted
from management.presence.repository import PresenceRepository
from management.secrets import SecretUnreadable, Vault, a1_hash, generate_password, vm_a1_hash
from management.writes import Write, Writes, Written
from xmlcurl.lookup import preview
from xmlcurl.render.document import RenderRefused
from xmlcurl.store.model import Tag
from xmlcurl.store.tables import utc_now

Result = WithPassword | RefusedRow
"""What became of one new extension among several."""


class Extensions:
    """Reads and changes extensions. One for each process; safe to use from many tasks.

    Every method that changes something raises what `Writes.run` raises, too. `wait_ms`: longest
    wait for the switches; None is the setting.
    """

    def __init__(self, database: Database, writes: Writes, vault: Vault) -> None:
        self._database = database
        self._writes = writes
        self._vault = vault

    async def find(self, tenant: TenantScope, number: str) -> Extension:
        """The extension of that number; raises ExtensionUnknown."""
        async with self._database.reading() as connection:
            return await ExtensionRepository(connection, tenant.id).known(number)

    async def find_by_id(self, tenant: TenantScope, extension_id: int) -> Extension:
        """The extension of that id; raises ExtensionUnknown."""
        async with self._database.reading() as connection:
            return await ExtensionRepository(connection, tenant.id).known_by_id(extension_id)

    async def find_in(self, write: Write, tenant: TenantScope, extension_id: int) -> Extension:
        """As `find_by_id`, as part of a write: nobody else changes it meanwhile."""
        return await ExtensionRepository(write.connection, tenant.id).known_by_id(extension_id, to_change=True)

    async def numbers_in(self, write: Write, tenant: TenantScope, ids: Collection[int]) -> dict[int, str]:
        """The numbers of those of the extensions that there are, by id."""
        return await ExtensionRepository(write.connection, tenant.id).numbers(ids)

    async def ids(self, tenant: TenantScope, numbers: Collection[str]) -> dict[str, int]:
        """The ids of those of the extensions that there are, by number."""
        async with self._database.reading() as connection:
            found = await ExtensionRepository(connection, tenant.id).find_all(numbers)
        return {number: each.id for number, each in found.items()}

    async def check_email_in(self, write: Write, tenant: TenantScope, email: str, extension_id: int | None) -> None:
        """For dialects that tell people apart by it; only in a write that is `alone`.

        Raises:
            EmailTaken: an extension besides the one of that id has the address.
        """
        if await ExtensionRepository(write.connection, tenant.id).has_email(email, besides=extension_id):
            raise EmailTaken("email")

    async def password(self, tenant: TenantScope, number: str) -> str:
        """The SIP password in clear, for dialects that return it; raises ExtensionUnknown."""
        async with self._database.reading() as connection:
            repository = ExtensionRepository(connection, tenant.id)
            encrypted = await repository.password_encrypted((await repository.known(number)).id)
        return self._clear(encrypted)

    async def passwords(self, tenant: TenantScope, ids: Collection[int]) -> dict[int, str]:
        """The same of several, by id."""
        async with self._database.reading() as connection:
            encrypted = await ExtensionRepository(connection, tenant.id).passwords_encrypted(ids)
        return {extension_id: self._clear(each) for extension_id, each in encrypted.items()}

    async def find_by_contact(self, tenant: TenantScope, contacts: Mapping[str, str]) -> Extension:
        """The only extension with these contacts ("email", "mobile"), or whose user has them.

        Raises:
            ExtensionUnknown: there is none.
            Invalid: there are several; each of the contacts is "ambiguous".
        """
        async with self._database.reading() as connection:
            found = await ExtensionRepository(connection, tenant.id).reached_at(contacts)
        if not found:
            raise ExtensionUnknown(", ".join(contacts))
        if len(found) > 1:
            raise Invalid({name: [Broken("ambiguous")] for name in contacts})
        return found[0]

    async def document(self, tenant: TenantScope, number: str) -> bytes:
        """What FreeSWITCH gets when it asks for the extension now, byte for byte, but with the hashes masked.

        Raises:
            ExtensionUnknown: there is none of that number.
            Unavailable: FreeSWITCH gets an error too: the row can't be rendered.
        """
        async with self._database.reading() as connection:
            await ExtensionRepository(connection, tenant.id).known(number)
            try:
                return await preview(connection, tenant.id, tenant.domain, number)
            except RenderRefused as exc:
                raise Unavailable(str(exc)) from exc

    async def page(
        self, tenant: TenantScope, wanted: PageWanted, status: str | None = None, selected: Selected = EVERY
    ) -> Page[Extension]:
        """One page of the tenant's extensions, by number unless `selected` says otherwise."""
        async with self._database.reading() as connection:
            return await ExtensionRepository(connection, tenant.id).page(wanted, status, selected)

    async def slice(self, tenant: TenantScope, wanted: SliceWanted) -> Sequence[Extension]:
        """Extensions in the order of their ids, from a place on that stays where it is while others come and go."""
        async with self._database.reading() as connection:
            return await ExtensionRepository(connection, tenant.id).slice(wanted)

    async def outbound_numbers(self, tenant: TenantScope, wanted: PageWanted) -> Page[OutboundNumber]:
        """One page of what can be an extension's `outbound_caller_id`, by number."""
        async with self._database.reading() as connection:
            return await ExtensionRepository(connection, tenant.id).outbound_numbers(wanted)

    async def create(
        self, tenant: TenantScope, command: CreateExtension, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[WithPassword]:
        """A new extension.

        Raises:
            Invalid: values are out of bounds, or name what is not the tenant's.
            ExtensionExists, NameTaken: it can't be called that.
        """
        command.check()

        return await self._writes.run(
            actor, lambda write: self.create_in(write, tenant, command), tenant_id=tenant.id, wait_ms=wait_ms
        )

    async def create_numbered(
        self, tenant: TenantScope, values: ExtensionValues, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[WithPassword]:
        """A new extension with the lowest number from LOWEST_FREE on that nothing of the tenant is called.

        Raises:
            Invalid: values are out of bounds, or name what is not the tenant's.
        """
        CreateExtension(extension_number=str(LOWEST_FREE), values=values).check()

        async def create(write: Write) -> WithPassword:
            repository = ExtensionRepository(write.connection, tenant.id)
            taken = await repository.all_names() | await repository.emergency_numbers()
            number = next(each for each in map(str, count(LOWEST_FREE)) if each not in taken)
            return await self.create_in(write, tenant, CreateExtension(extension_number=number, values=values))

        # Alone: two that look at once would find the same number.
        return await self._writes.run(actor, create, tenant_id=tenant.id, wait_ms=wait_ms, alone=True)

    async def create_many(
        self,
        tenant: TenantScope,
        commands: Sequence[CreateExtension],
        *,
        is_all_or_nothing: bool,
        actor: Actor,
        wait_ms: int | None = None,
    ) -> Written[Sequence[Result]]:
        """New extensions in one transaction, told to each switch in one row; a result for each command, in order.

        Raises:
            RowsRefused: all or nothing was wanted and a row can't be; fields are named "extensions.<index>.<field>".
        """

        async def create_them(write: Write) -> Sequence[Result]:
            results = await self._create(write, tenant, commands)
            if is_all_or_nothing:
                # Undoes the others.
                refuse_if_any_was(results)
            return results

        return await self._writes.run(actor, create_them, tenant_id=tenant.id, wait_ms=wait_ms)

    async def update(
        self, tenant: TenantScope, command: UpdateExtension, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[Extension]:
        """The extension with the new values.

        Raises:
            Invalid: values are out of bounds, or name what is not the tenant's.
            ExtensionUnknown: there is none of that number.
            NameTaken: it can't be called that.
            InUse: its mobile number is taken away, and a presence rule needs it.
        """
        command.check()
        return await self._writes.run(
            actor, lambda write: self.update_in(write, tenant, command), tenant_id=tenant.id, wait_ms=wait_ms
        )

    async def change_password(
        self, tenant: TenantScope, command: ChangePassword, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[WithPassword]:
        """The extension with another SIP password; its phones must sign in anew.

        Raises:
            Invalid: the password is out of bounds.
            ExtensionUnknown: there is none of that number.
        """
        command.check()
        return await self._writes.run(
            actor, lambda write: self.change_password_in(write, tenant, command), tenant_id=tenant.id, wait_ms=wait_ms
        )

    async def delete(
        self,
        tenant: TenantScope,
        number: str,
        *,
        actor: Actor,
        wait_ms: int | None = None,
        replace_with: str | None = None,
    ) -> Written[None]:
        """Soft delete: the number and every other name can be given anew at once. What points to it keeps it, or
        moves to the extension of the number `replace_with`.

        Raises:
            ExtensionUnknown: there is none of that number.
            InUse: a group, a queue or a destination names it.
            Invalid: `replace_with` is no other extension.
        """
        return await self._writes.run(
            actor,
            lambda write: self.delete_in(write, tenant, number, replace_with),
            tenant_id=tenant.id,
            wait_ms=wait_ms,
        )

    async def create_in(self, write: Write, tenant: TenantScope, command: CreateExtension) -> WithPassword:
        """As `create`, as part of a write; the command was checked."""
        (result,) = await self._create(write, tenant, [command])
        if isinstance(result, RefusedRow):
            raise result.error
        return result

    async def _create(self, write: Write, tenant: TenantScope, commands: Sequence[CreateExtension]) -> list[Result]:
        """However many they are, with as many statements as for one."""
        repository = ExtensionRepository(write.connection, tenant.id)
        refused = {
            index: RefusedRow(Invalid(broken)) for index, command in enumerate(commands) if (broken := command.broken())
        }
        possible = {index: command for index, command in enumerate(commands) if index not in refused}
        references = await References.of(
            repository, [each.values.given() for each in possible.values()], [each.names for each in possible.values()]
        )
        passwords: dict[int, str] = {}
        rows: list[dict[str, Any]] = []
        for index, command in possible.items():
            password = command.sip_password or generate_password()
            try:
                row = self._row(tenant, command, password, references)
                references.claim(command.names)
            except (Conflict, Invalid) as exc:
                refused[index] = RefusedRow(exc)
            else:
                passwords[index] = password
                rows.append(row)
        created = await _added(repository, rows, [commands[index].names for index in passwords])
        for index in passwords:
            command = commands[index]
            after, secrets_changed = created[command.extension_number], _pin_of(command.values.given())
            _conclude(write, tenant, "create", None, after, secrets_changed=secrets_changed)
        return [
            refused.get(index)
            or WithPassword(created[command.extension_number], passwords[index], command.sip_password is None)
            for index, command in enumerate(commands)
        ]

    async def update_in(self, write: Write, tenant: TenantScope, command: UpdateExtension) -> Extension:
        """As `update`, as part of a write; the command was checked."""
        repository = ExtensionRepository(write.connection, tenant.id)
        number, values = command.extension_number, command.values.given()
        before = await repository.known(number, to_change=True)
        names = Names(
            number,
            values.get("sign_in_name", before.sign_in_name),
            tuple(sorted(values.get("aliases", before.aliases))),
        )
        references = await References.of(repository, [values], [names])
        references.claim(names, before.id)
        changed = {
            name: value
            for name, value in _columns(tenant, number, values, references).items()
            # Whether a PIN is the same can't be seen: one that was set by phone lives in the switch.
            if name == "vm_a1_hash" or getattr(before, name) != value
        }
        if not changed and names == before.names:
            return before
        if changed.get("mobile", ...) is None:
            await _check_mobile_is_free(write, tenant, before)
        if "sign_in_name" in changed:
            password = self._clear(await repository.password_encrypted(before.id))
            changed["a1_hash"] = a1_hash(names.sign_in_name, tenant.domain, password)
        if "sign_in_name" in changed or changed.get("status") == "disabled":
            changed["credentials_revision"] = before.credentials_revision + 1
        await repository.change(before.id, changed)
        if names != before.names:
            await repository.replace_names(before.id, names)
        after = await repository.known(number)
        _conclude(write, tenant, "update", before, after, secrets_changed=_pin_of(values))
        return after

    async def change_password_in(self, write: Write, tenant: TenantScope, command: ChangePassword) -> WithPassword:
        """As `change_password`, as part of a write; the command was checked."""
        repository = ExtensionRepository(write.connection, tenant.id)
        number = command.extension_number
        before = await repository.known(number, to_change=True)
        password = command.new_password or generate_password()
        columns = self._password_columns(tenant, before.sign_in_name, password)
        revision = before.credentials_revision + 1
        await repository.change(before.id, {**columns, "credentials_revision": revision})
        after = await repository.known(number)
        _conclude(write, tenant, "change_password", before, after, secrets_changed=("sip_password",))
        return WithPassword(after, password, is_generated=command.new_password is None)

    async def delete_in(self, write: Write, tenant: TenantScope, number: str, replace_with: str | None = None) -> None:
        """As `delete`, as part of a write."""
        repository = ExtensionRepository(write.connection, tenant.id)
        before = await repository.known(number, to_change=True)
        users = await repository.users(before.id)
        if users and replace_with is None:
            raise InUse("extension", users)
        moved: list[str] = []
        if replace_with is not None:
            other = await repository.find(replace_with, to_link=True)
            if other is None or other.id == before.id:
                raise Invalid.of("replace_with", "exists")
            served = await repository.queue_ids(before.id)
            moved = await repository.replace(before.id, other.id)
            write.tell(
                Effects(
                    tags=frozenset({Tag.calls(tenant.id)}),
                    reload_queues=frozenset(f"{queue_id}@{tenant.domain}" for queue_id in served),
                    tell_agents=frozenset({(other.number, tenant.domain)}) if served else frozenset(),
                )
            )
        await repository.remove(before.id, {"credentials_revision": before.credentials_revision + 1})
        _conclude(write, tenant, "delete", before, None, replaced_by=replace_with, moved=moved)

    def _clear(self, encrypted: str) -> str:
        try:
            return self._vault.decrypt(encrypted)
        except SecretUnreadable as exc:
            raise Unavailable("no key of SECRET_KEYS decrypts a stored password") from exc

    def _row(
        self, tenant: TenantScope, command: CreateExtension, password: str, references: References
    ) -> dict[str, Any]:
        names = command.names
        return {
            **_columns(tenant, names.number, command.values.given(), references),
            "number": names.number,
            "sign_in_name": names.sign_in_name,
            **self._password_columns(tenant, names.sign_in_name, password),
        }

    def _password_columns(self, tenant: TenantScope, sign_in_name: str, password: str) -> dict[str, str]:
        return {
            "a1_hash": a1_hash(sign_in_name, tenant.domain, password),
            "password_encrypted": self._vault.encrypt(password),
        }


def refuse_if_any_was(results: Sequence[object]) -> None:
    """Raises RowsRefused when one of `results` is a RefusedRow; fields are named "extensions.<index>.<field>"."""
    errors: dict[str, Sequence[Broken]] = {}
    for index, result in enumerate(results):
        if isinstance(result, RefusedRow):
            errors |= {f"extensions.{index}.{name}": broken for name, broken in result.broken().items()}
    if errors:
        raise RowsRefused(errors)


async def _added(
    repository: ExtensionRepository, rows: Sequence[Mapping[str, Any]], names: Sequence[Names]
) -> dict[str, Extension]:
    """The new extensions, by number."""
    if not rows:
        return {}
    ids = await repository.add(rows)
    await repository.add_names({ids[each.number]: each for each in names})
    return await repository.find_all(ids.keys())


def _columns(tenant: TenantScope, number: str, values: Mapping[str, Any], references: References) -> dict[str, Any]:
    """The columns that `values` give a new value; raises Invalid as `References.check`."""
    references.check(number, values)
    columns = dict(values)
    columns.pop("aliases", None)
    if "outbound_caller_id" in columns:
        columns["outbound_number_id"] = references.outbound_number_id(columns.pop("outbound_caller_id"))
    if "voicemail_pin" in columns:
        pin = columns.pop("voicemail_pin")
        columns["vm_a1_hash"] = None if pin is None else vm_a1_hash(number, tenant.domain, pin)
    return columns


def _conclude(
    write: Write,
    tenant: TenantScope,
    verb: str,
    before: Extension | None,
    after: Extension | None,
    *,
    secrets_changed: tuple[str, ...] = (),
    replaced_by: str | None = None,
    moved: Sequence[str] = (),
) -> None:
    """What every change ends with: its consequences, and its row in the audit log."""
    now = utc_now()
    write.tell(consequences(tenant, before, after, now, is_pin_new="voicemail_pin" in secrets_changed))
    if after and after.expires_at and after.expires_at > now and (not before or before.expires_at != after.expires_at):
        write.tell_at_expiry(after.id, after.expires_at)
    changed = after or before
    write.audit(
        f"extension.{verb}",
        "extension",
        changed.id if changed else "",
        before=None if before is None else before.audited(),
        after=None if after is None else after.audited(),
        secrets_changed=secrets_changed,
        replaced_by=replaced_by,
        moved=moved,
    )


async def _check_mobile_is_free(write: Write, tenant: TenantScope, extension: Extension) -> None:
    """Raises InUse when calls of the extension ring its mobile, or go on to it, in some presence status."""
    rules = await PresenceRepository(write.connection, tenant.id).rules(extension.id)
    if users := [f"presence {status}" for status, rule in rules.items() if rule.uses_of_mobile()]:
        raise InUse("mobile", users)


def _pin_of(values: Mapping[str, Any]) -> tuple[str, ...]:
    return ("voicemail_pin",) if "voicemail_pin" in values else ()
