"""One dialect's ASGI application, to be mounted: its routes, its description and page, its door."""

from collections.abc import Iterable
from typing import Final

from fastapi import APIRouter, FastAPI
from fastapi.routing import APIRoute
from fastapi_offline import FastAPIOffline

from management.metrics import ManagementMetrics
from management.web.admission import Admission, Door
from management.web.services import Services

_PAGE: Final = "/docs"
_DESCRIPTION: Final = "/openapi.json"
_SHIPPED: Final = "/page"
DESCRIBED_AT: Final = (
    _DESCRIPTION,
    _PAGE,
    *(f"{_SHIPPED}/{name}" for name in ("swagger-ui-bundle.js", "swagger-ui.css", "favicon.png")),
)
"""Where every dialect describes itself, to everybody: it says nothing about any tenant."""


def described(
    routers: Iterable[APIRouter],
    *,
    title: str,
    version: str,
    description: str,
    services: Services,
    metrics: ManagementMetrics,
    door: Door,
) -> FastAPI:
    """The routes behind the door. They find the services in `request.app.state.services`; it opens and closes
    nothing itself. The dialect installs its answers to errors: `management.web.errors.install`.
    """
    app = FastAPIOffline(
        title=title,
        version=version,
        description=description,
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
    for router in routers:
        app.include_router(router)
    app.add_middleware(Admission, metrics=metrics, door=door)
    return app


def _name(route: APIRoute) -> str:
    # Generated clients name their functions after it.
    return route.name
