"""Who is asking: the dependency of every route but those of tokens."""

from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Request, Response
from fastapi.security import APIKeyQuery

from management.auth import TenantScope
from management.errors import Forbidden
from management.vendor_keys.commands import KeyCaller
from management.web.services import Services
from management.writes import Body

T = TypeVar("T")

by_token = APIKeyQuery(
    name="access_token", auto_error=False, description="Of `get_token`; good for 30 minutes. Never logged."
)
"""Only described here: the door proves tokens."""


@dataclass(frozen=True, slots=True)
class Asking:
    """A request about one tenant."""

    services: Services
    caller: KeyCaller
    tenant: TenantScope
    response: Response

    async def write(self, body: Body[T]) -> T:
        """What `body` returns. No other write of the tenant is under way meanwhile: here an address is one
        extension's, and a class of service is made where there is none, which nothing in the store forbids twice.
        """
        written = await self.services.writes.run(self.caller.actor, body, tenant_id=self.tenant.id, alone=True)
        self.response.headers["X-Switch-Sync"] = str(written.sync)
        return written.result


def _asking(request: Request, response: Response) -> Asking:
    caller: KeyCaller = request.state.caller
    if caller.tenant is None:
        raise Forbidden("a key of a partner")
    return Asking(request.app.state.services, caller, caller.tenant, response)


Asked = Annotated[Asking, Depends(_asking)]
