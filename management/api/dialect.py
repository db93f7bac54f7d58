"""Our own API: an ASGI app to be mounted at /api/pbx, with its description at `openapi.json` and `docs`.

To add a noun: `api/<noun>.py` with its bodies and a `router` like the one in teams.py, its service a field of
`Services`, and a line in ROUTERS.
"""

from typing import Final

from fastapi import APIRouter, FastAPI
from starlette.responses import Response
from starlette.types import Scope

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
    partners,
    presence,
    queue_agents,
    queues,
    ring_groups,
    switches,
    teams,
    tenants,
    tokens,
    users,
    vendor_keys,
)
from management.errors import ManagementError
from management.metrics import ManagementMetrics
from management.ratelimit import Room
from management.web.admission import Asked
from management.web.app import DESCRIBED_AT, described
from management.web.errors import language_for
from management.web.services import Services

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
    vendor_keys.router,
    tenants.router,
    partners.router,
    switches.router,
    calls.router,
    changes.router,
    audit.router,
    explain.router,
)


class PbxDoor:
    """Bearer tokens of ours; errors as Zorio's document has them."""

    name = "pbx"
    open_paths = DESCRIBED_AT

    async def admit(self, asked: Asked) -> Room | None:
        services = asked.services
        caller = await services.gate.admit(asked.headers.get("authorization"), asked.address)
        asked.state["caller"] = caller
        asked.state["language"] = caller.tenant.language if caller.tenant else None
        return await services.requests.take(str(caller.token_id))

    def answer(self, error: ManagementError, scope: Scope) -> Response:
        return errors.answer(error, language_for(scope))


def create_api(services: Services, metrics: ManagementMetrics) -> FastAPI:
    """The API over these services."""
    app = described(
        ROUTERS,
        title="PBX management",
        version="1",
        description="Extensions as in Zorio's document, and what is ours. See docs/api.md.",
        services=services,
        metrics=metrics,
        door=PbxDoor(),
    )
    errors.install_answers(app)
    return app
