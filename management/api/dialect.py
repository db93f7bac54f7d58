"""Our own API: an ASGI app to be mounted at /api/pbx, with its description at `openapi.json` and `docs`.

To add a noun: `api/<noun>.py` with its bodies and a `router` like the one in teams.py, its service a field of
`Services`, and a line in ROUTERS.
"""

from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from management.api import (
    audit,
    call_settings,
    calls,
    changes,
    classes_of_service,
    departments,
    errors,
    explain,
    extensions,
    gateways,
    greetings,
    group_mailboxes,
    holidays,
    hotlines,
    ivr_menus,
    number_destinations,
    numbers,
    outbound_routes,
    presence,
    queue_agents,
    queues,
    ring_groups,
    switches,
    teams,
    tenants,
    tokens,
    users,
)
from management.api.admission import Admission
from management.api.services import Services
from management.metrics import ManagementMetrics

ROUTERS: Final[tuple[APIRouter, ...]] = (
    extensions.router,
    presence.router,
    queue_agents.router,
    numbers.router,
    hotlines.router,
    gateways.router,
    outbound_routes.router,
    classes_of_service.router,
    holidays.router,
    call_settings.router,
    ring_groups.router,
    queues.router,
    ivr_menus.router,
    group_mailboxes.router,
    greetings.router,
    number_destinations.router,
    teams.router,
    departments.router,
    users.router,
    tokens.router,
    tenants.router,
    switches.router,
    calls.router,
    changes.router,
    audit.router,
    explain.router,
)
_PAGE: Final = "/docs"
_DESCRIPTION: Final = "/openapi.json"
_SHIPPED: Final = "/page"
OPEN_PATHS: Final = (
    _DESCRIPTION,
    _PAGE,
    *(f"{_SHIPPED}/{name}" for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")),
)
"""What needs no token: the description says nothing about any tenant."""


def create_api(services: Services, metrics: ManagementMetrics) -> FastAPI:
    """The API over these services; it opens and closes nothing itself."""
    app = FastAPIOffline(
        title="PBX management",
        version="1",
        description="Extensions as in Zorio's document, and what is ours. See docs/api.md.",
        openapi_url=_DESCRIPTION,
        docs_url=_PAGE,
        redoc_url=None,
        static_url=_SHIPPED,
        redirect_slashes=False,
        generate_unique_id_function=_name,
        # Extensions of the OpenAPI document are ours alone; there is no telemetry to be had.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.services = services
    errors.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(Admission, metrics=metrics, open_paths=OPEN_PATHS)
    return app


def _name(route: APIRoute) -> str:
    # Generated clients name their functions after it.
    return route.name
