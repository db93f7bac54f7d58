"""What partners do with their tenants."""

import secrets
import string
from collections.abc import Mapping, Sequence
from typing import Final

from management.audit import Actor
from management.auth import TenantScope
from management.database import Database
from management.errors import Forbidden
from management.objects.errors import ObjectUnknown
from management.paging import SliceWanted
from management.partners.commands import PartnerTenant
from management.partners.errors import NoDomainSuffix
from management.partners.repository import PartnerTenantRepository
from management.tenants.commands import Tenant, TenantValues
from management.tenants.service import Tenants
from management.vendor_keys.commands import KeyOwner, VendorKeyMade, VendorKeyValues
from management.vendor_keys.service import VendorKeys
from management.writes import Write, Writes, Written

_LABEL_LENGTH: Final = 10
_LETTERS: Final = string.ascii_lowercase + string.digits


class PartnerTenants:
    """Tenants of one partner. One for each process."""

    def __init__(
        self, database: Database, writes: Writes, tenants: Tenants, keys: VendorKeys, domain_suffix: str | None
    ) -> None:
        self._database = database
        self._writes = writes
        self._tenants = tenants
        self._keys = keys
        self._domain_suffix = domain_suffix

    async def find(self, partner_id: int, tenant_id: int) -> PartnerTenant:
        """The tenant of that id; raises ObjectUnknown, for another partner's too."""
        async with self._database.reading() as connection:
            found = await PartnerTenantRepository(connection, partner_id).find(tenant_id)
        if found is None:
            raise ObjectUnknown("tenant", tenant_id)
        return found

    async def act_for(self, partner_id: int, domain: str) -> TenantScope:
        """The tenant of that domain, in whatever case.

        Raises:
            ObjectUnknown: there is none; another partner's is none.
            Forbidden: it is suspended.
        """
        found = await self.slice(partner_id, SliceWanted(1), {"domain": domain.lower()})
        if not found:
            raise ObjectUnknown("tenant", domain)
        (tenant,) = found
        if tenant.state == "suspended":
            raise Forbidden("the tenant is suspended")
        return TenantScope(tenant.id, tenant.domain, tenant.language)

    async def slice(
        self, partner_id: int, wanted: SliceWanted, filters: Mapping[str, str] | None = None
    ) -> Sequence[PartnerTenant]:
        """Some of its tenants, in the order of their ids."""
        async with self._database.reading() as connection:
            return await PartnerTenantRepository(connection, partner_id).slice(wanted, filters or {})

    async def with_hotline(self, partner_id: int, ids: Sequence[int]) -> set[int]:
        """Which of these tenants have a hotline."""
        async with self._database.reading() as connection:
            return await PartnerTenantRepository(connection, partner_id).with_hotline(ids)

    async def create(
        self, partner_id: int, name: str | None, key: VendorKeyValues, *, actor: Actor
    ) -> Written[tuple[Tenant, VendorKeyMade]]:
        """A new tenant of the partner under a domain of its own, with a key for its programs.

        Raises:
            NoDomainSuffix: whoever runs this has not said below which domain.
            Invalid: the name is out of bounds.
        """
        if self._domain_suffix is None:
            raise NoDomainSuffix
        label = "t" + "".join(secrets.choice(_LETTERS) for _ in range(_LABEL_LENGTH))
        domain = f"{label}.{self._domain_suffix}"
        values = TenantValues(domain=domain, name=domain if name is None else name, partner_id=partner_id)
        values.check(is_new=True)
        key.check(is_new=True)

        async def create(write: Write) -> tuple[Tenant, VendorKeyMade]:
            made = await self._tenants.create_in(write, None, values)
            return made, await self._keys.create_in(write, KeyOwner(tenant_id=made.id), key)

        return await self._writes.run(actor, create)
