"""Who is asking for what: the dependency that every route declares, with the scope that it needs.

@router.get("/extensions/{ext}")
async def read(ext: str, asking: Annotated[Asking, Depends(may(READ))]) -> ...:
    await asking.services.extensions.find(asking.tenant, ext)
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated, Final

from fastapi import Header, Request, Response
from fastapi.security import HTTPBearer

from management.api.wire import Absent
from management.audit import Actor
from management.auth import Caller, TenantScope
from management.web.services import Services
from management.writes import SwitchSync

LONGEST_WAIT_SECONDS: Final = 30
_WAIT: Final = re.compile(r"wait\s*=\s*\"?(\d{1,9})\"?", re.ASCII | re.IGNORECASE)

Prefer = Annotated[
    str | Absent,
    Header(description=f"RFC 7240: `wait=N`, seconds to wait for the switches (0 to {LONGEST_WAIT_SECONDS})"),
]

bearer = HTTPBearer(auto_error=False, description="`Authorization: Bearer <id>|<secret>`")
"""Only described here: the admission proves tokens."""


@dataclass(frozen=True, slots=True)
class PlatformAsking:
    """A request that is about no tenant, or about all of them."""

    services: Services
    caller: Caller
    wait_ms: int | None
    """What `Prefer: wait=N` asks for, in milliseconds."""
    response: Response

    @property
    def actor(self) -> Actor:
        return self.caller.actor

    def tell_sync(self, sync: SwitchSync) -> None:
        """The headers of an answer to a write."""
        headers = self.response.headers
        headers["X-Switch-Sync"] = str(sync)
        if self.wait_ms is not None:
            headers["Preference-Applied"] = f"wait={self.wait_ms // 1_000}"


@dataclass(frozen=True, slots=True)
class AnyAsking(PlatformAsking):
    """A request about one tenant, or, with a token of the platform that names none, about the platform."""

    tenant: TenantScope | None


@dataclass(frozen=True, slots=True)
class Asking(PlatformAsking):
    """A request about one tenant."""

    tenant: TenantScope


TenantDomain = Annotated[str | Absent, Header(description="A tenant's domain, with a token of the platform")]


def may(scope: str) -> Callable[..., Awaitable[Asking]]:
    """A dependency: the caller has `scope`, and it is clear which tenant is meant."""

    async def asking(
        request: Request, response: Response, prefer: Prefer = None, x_tenant: TenantDomain = None
    ) -> Asking:
        services, caller = _who(request, scope)
        tenant = await services.gate.act_for(caller, x_tenant)
        request.state.language = tenant.language
        return Asking(services, caller, _wait_ms(prefer), response, tenant)

    return asking


def may_with_or_without_tenant(scope: str) -> Callable[..., Awaitable[AnyAsking]]:
    """A dependency: the caller has `scope`; a token of the platform names a tenant only if it means one."""

    async def asking(
        request: Request, response: Response, prefer: Prefer = None, x_tenant: TenantDomain = None
    ) -> AnyAsking:
        services, caller = _who(request, scope)
        is_platforms = caller.tenant is None and x_tenant is None
        tenant = None if is_platforms else await services.gate.act_for(caller, x_tenant)
        request.state.language = tenant.language if tenant else None
        return AnyAsking(services, caller, _wait_ms(prefer), response, tenant)

    return asking


def may_on_platform(scope: str) -> Callable[..., Awaitable[PlatformAsking]]:
    """A dependency: the token is one of the platform, with `scope`."""

    async def asking(request: Request, response: Response, prefer: Prefer = None) -> PlatformAsking:
        services, caller = _who(request, scope)
        caller.require_platform()
        return PlatformAsking(services, caller, _wait_ms(prefer), response)

    return asking


def _who(request: Request, scope: str) -> tuple[Services, Caller]:
    caller: Caller = request.state.caller
    caller.require(scope)
    services: Services = request.app.state.services
    return services, caller


def _wait_ms(prefer: str | None) -> int | None:
    """The first `wait` counts; what is no number of seconds is ignored, as RFC 7240 says."""
    for preference in (prefer or "").split(","):
        if match := _WAIT.fullmatch(preference.split(";")[0].strip()):
            return min(int(match[1]), LONGEST_WAIT_SECONDS) * 1_000
    return None
