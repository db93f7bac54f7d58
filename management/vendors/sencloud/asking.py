"""Who is asking: the dependency that each route declares, for the kind of key that its method needs."""

from dataclasses import dataclass
from datetime import tzinfo
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import Depends, Header, Request, Response
from fastapi.security import HTTPBearer
from pydantic.json_schema import SkipJsonSchema

from management.audit import Actor
from management.auth import TenantScope
from management.errors import Forbidden
from management.objects.errors import ObjectUnknown
from management.vendor_keys.commands import KeyCaller
from management.web.services import Services
from management.writes import SwitchSync

bearer = HTTPBearer(auto_error=False, description="`Authorization: Bearer <public_id>.<secret>`")
"""Only described here: the door proves keys."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A request with a key that was proven."""

    services: Services
    caller: KeyCaller
    response: Response

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    def tell_sync(self, sync: SwitchSync) -> None:
        """The header of an answer to a write."""
        self.response.headers["X-Switch-Sync"] = str(sync)


@dataclass(frozen=True, slots=True)
class ShopAsking(Asking):
    """About one tenant: with its key, or with that of its partner, which names it."""

    tenant: TenantScope

    async def zone(self) -> tzinfo:
        """In which times are told."""
        return ZoneInfo((await self.services.tenants.find(None, self.tenant.domain)).time_zone)


@dataclass(frozen=True, slots=True)
class PartnerAsking(Asking):
    """With a partner's key."""

    partner_id: int


def asking(request: Request, response: Response) -> Asking:
    """With either."""
    return Asking(request.app.state.services, request.state.caller, response)


async def _shop(
    request: Request,
    asked: Annotated[Asking, Depends(asking)],
    x_tenant: Annotated[
        str | SkipJsonSchema[None], Header(description="A tenant's domain, with a partner's key")
    ] = None,
) -> ShopAsking:
    tenant = asked.caller.tenant
    if asked.caller.partner_id is not None:
        if x_tenant is None:
            raise Forbidden("a shop's key")
        tenant = await asked.services.partner_tenants.act_for(asked.caller.partner_id, x_tenant)
        request.state.language = tenant.language
    elif tenant is None or (x_tenant is not None and x_tenant.lower() != tenant.domain):
        raise ObjectUnknown("tenant", x_tenant or "")
    return ShopAsking(asked.services, asked.caller, asked.response, tenant)


def _partner(asked: Annotated[Asking, Depends(asking)]) -> PartnerAsking:
    if asked.caller.partner_id is None:
        raise Forbidden("a partner's key")
    return PartnerAsking(asked.services, asked.caller, asked.response, asked.caller.partner_id)


Anybody = Annotated[Asking, Depends(asking)]
Shop = Annotated[ShopAsking, Depends(_shop)]
Partner = Annotated[PartnerAsking, Depends(_partner)]
