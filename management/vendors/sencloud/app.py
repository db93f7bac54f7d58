"""The API of SenCloud and eTelecom: an ASGI app to be mounted at /v1, described at `openapi.json` and `docs`."""

from typing import Final

from fastapi import FastAPI
from fastapi.routing import APIRoute
from starlette.responses import Response
from starlette.types import Scope

from management.errors import ManagementError, Unauthenticated
from management.metrics import ManagementMetrics
from management.ratelimit import Room
from management.vendors.sencloud import calls, errors, extensions, hotlines, people, tenants
from management.vendors.sencloud.keys import DIALECT, parts_of
from management.vendors.sencloud.paths import OneNameEach
from management.web.admission import Asked
from management.web.app import DESCRIBED_AT, described
from management.web.errors import install
from management.web.services import Services

MOUNTED_AT: Final = "/v1"

_ROUTERS: Final = (
    extensions.router,
    people.router,
    hotlines.shop,
    calls.router,
    tenants.router,
    hotlines.partner,
)


class SencloudDoor:
    """Bearer keys of a tenant, or of a partner."""

    name = DIALECT
    open_paths = DESCRIBED_AT

    async def admit(self, asked: Asked) -> Room | None:
        services, authorization = asked.services, asked.headers.get("authorization")
        if not authorization:
            raise Unauthenticated
        parts = parts_of(authorization)
        if parts is None:
            await services.key_gate.look(asked.address)
            await services.key_gate.failed(asked.address)
            raise Unauthenticated
        caller = await services.key_gate.prove(DIALECT, *parts, asked.address)
        asked.state["caller"] = caller
        asked.state["language"] = caller.tenant.language if caller.tenant else None
        return await services.vendor_requests[DIALECT].take(str(caller.key_id))

    def answer(self, error: ManagementError, scope: Scope) -> Response:
        return errors.answer(error, scope)


def create_api(services: Services, metrics: ManagementMetrics) -> FastAPI:
    """The API over these services."""
    app = described(
        _ROUTERS,
        title="SenCloud and eTelecom",
        version="1",
        description="The same methods are at /shop.Sencloud, /shop.Etelecom, /partner.Sencloud and /partner.Etelecom;"
        " the key says who asks. See docs/sencloud.md.",
        services=services,
        metrics=metrics,
        door=SencloudDoor(),
    )
    install(app, errors.answer)
    paths = [each.path for router in _ROUTERS for each in router.routes if isinstance(each, APIRoute)]
    app.add_middleware(OneNameEach, methods={path.rpartition("/")[2]: path for path in paths})
    return app
