"""The rules of vendors' keys, for every API, page and command."""

from dataclasses import asdict
from typing import Final

from management.audit import Actor
from management.database import Database
from management.errors import Invalid
from management.objects.errors import ObjectUnknown
from management.paging import Page, PageWanted
from management.secrets import Vault, generate_password, token_hash
from management.vendor_keys.commands import KeyOwner, VendorKey, VendorKeyMade, VendorKeyValues
from management.vendor_keys.repository import VendorKeyRepository
from management.writes import Write, Writes, Written

_PREFIXES: Final = {"sencloud": "sck", "yeastar": "", "tencent": "AKID"}
"""What public ids begin with, so that a person sees what one is; Tencent's SecretIds do."""
PARTNERS_DIALECT: Final = "sencloud"
"""The only one whose API has partners."""
_LENGTH: Final = 32
"""Letters and digits of an id and of a secret: 190 bits."""


class VendorKeys:
    """Keys of one owner. One for each process."""

    def __init__(self, database: Database, writes: Writes, vault: Vault) -> None:
        self._database = database
        self._writes = writes
        self._vault = vault

    async def find(self, owner: KeyOwner, key_id: int) -> VendorKey:
        """The key of that id, revoked or not; raises ObjectUnknown."""
        async with self._database.reading() as connection:
            return _known(await VendorKeyRepository(connection, owner).find(key_id), key_id)

    async def list(self, owner: KeyOwner, wanted: PageWanted) -> Page[VendorKey]:
        """One page of the keys, the newest first, revoked ones too."""
        async with self._database.reading() as connection:
            return await VendorKeyRepository(connection, owner).page(wanted)

    async def create(self, owner: KeyOwner, values: VendorKeyValues, *, actor: Actor) -> Written[VendorKeyMade]:
        """A new key, with its secret for this one time. Stored is a hash; of Tencent's, which signs and is not sent,
        the secret itself, encrypted.

        Raises:
            Invalid, and what `Writes.run` raises.
        """
        values.check(is_new=True)
        if owner.partner_id is not None and values.dialect != PARTNERS_DIALECT:
            raise Invalid.of("dialect", "in")
        return await self._writes.run(
            actor, lambda write: self.create_in(write, owner, values), tenant_id=owner.tenant_id
        )

    async def create_in(self, write: Write, owner: KeyOwner, values: VendorKeyValues) -> VendorKeyMade:
        """As `create`, as part of a write; the values were checked."""
        given = values.given()
        keys = VendorKeyRepository(write.connection, owner)
        secret = generate_password(_LENGTH)
        signs = given["dialect"] == "tencent"
        kept = {"secret_encrypted": self._vault.encrypt(secret)} if signs else {"secret_hash": token_hash(secret)}
        public_id = _PREFIXES[given["dialect"]] + generate_password(_LENGTH)
        key_id = await keys.add({**given, **kept, "public_id": public_id})
        made = _known(await keys.find(key_id), key_id)
        write.audit("vendor_key.create", "vendor_key", key_id, after=asdict(made))
        return VendorKeyMade(made, secret)

    async def revoke(self, owner: KeyOwner, key_id: int, *, actor: Actor) -> Written[None]:
        """It is refused from the answer on, by every process; a second time is no fault.

        Raises:
            ObjectUnknown, and what `Writes.run` raises.
        """

        async def revoke(write: Write) -> None:
            keys = VendorKeyRepository(write.connection, owner)
            before = _known(await keys.find(key_id, to_change=True), key_id)
            if before.revoked_at is not None:
                return
            await keys.revoke(key_id)
            after = _known(await keys.find(key_id), key_id)
            write.audit("vendor_key.revoke", "vendor_key", key_id, before=asdict(before), after=asdict(after))

        return await self._writes.run(actor, revoke, tenant_id=owner.tenant_id)


def _known(found: VendorKey | None, key_id: int) -> VendorKey:
    if found is None:
        raise ObjectUnknown("vendor_key", key_id)
    return found
