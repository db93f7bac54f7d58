"""A program of a customer, as it asks the vendor today."""

from dataclasses import dataclass
from typing import Any

import httpx

from management.app import services_of
from management.audit import Actor
from management.partners.commands import PartnerValues
from management.vendor_keys.commands import KeyOwner, VendorKeyValues
from tests.management.office import Office

ACTOR = Actor("test")


@dataclass(frozen=True)
class Program:
    client: httpx.AsyncClient
    key: str

    @classmethod
    def of(cls, office: Office, key: str) -> "Program":
        return cls(office.client(key, at="/v1"), key)

    @classmethod
    async def of_partner(cls, office: Office, name: str) -> "Program":
        """A new partner's."""
        services = services_of(office.backend)
        partner = (await services.partners.create(None, PartnerValues(name=name), actor=ACTOR)).result
        values = VendorKeyValues(dialect="sencloud", name="test")
        made = (await services.vendor_keys.create(KeyOwner(partner_id=partner.id), values, actor=ACTOR)).result
        return cls.of(office, f"{made.key.public_id}.{made.secret}")

    async def ask(self, method: str, service: str = "shop.Sencloud", /, **body: Any) -> httpx.Response:
        return await self.client.post(f"/{service}/{method}", json=body)

    async def done(self, method: str, service: str = "shop.Sencloud", /, **body: Any) -> Any:
        """What a method answers that succeeds."""
        answer = await self.ask(method, service, **body)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def refused(self, method: str, code: str, /, **body: Any) -> dict[str, str]:
        """What a refusal says of fields."""
        answer = await self.ask(method, **body)
        said = answer.json()
        assert (said["code"], [*said]) == (code, ["code", "msg", "meta"]), answer.text
        assert answer.status_code >= 400
        meta: dict[str, str] = said["meta"]
        return meta
