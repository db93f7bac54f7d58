"""Yeastar's P-series API: an ASGI app to be mounted at /openapi/v1.0; it describes itself at `openapi.json`, `docs`.

Source:
    Yeastar's "Add an Extension" (the project's seed), and its P-Series Developer Guides of November 2026;
    docs/yeastar.md says what is not confirmed.
"""

from typing import Any, Final

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import Scope

from management.errors import ManagementError, Unauthenticated
from management.metrics import ManagementMetrics
from management.ratelimit import Room
from management.vendors.yeastar import errors, options, routes, tokens
from management.vendors.yeastar.errors import NoUserAgent
from management.web.admission import Asked
from management.web.app import DESCRIBED_AT, described
from management.web.errors import install, language_for
from management.web.services import Services
from management.yeastar_tokens.errors import TokenExpired

MOUNTED_AT: Final = "/openapi/v1.0"
DIALECT: Final = "yeastar"


class YeastarDoor:
    """Tokens in the query, for which client IDs and secrets are exchanged; errors always with status 200."""

    name = DIALECT
    open_paths = DESCRIBED_AT

    async def admit(self, asked: Asked) -> Room | None:
        if not asked.headers.get("user-agent"):
            raise NoUserAgent
        asked.state["address"] = asked.address
        if asked.path in tokens.PROVEN_BY_THEIR_BODY:
            return None
        access = asked.query.get("access_token")
        if not access:
            raise Unauthenticated
        services = asked.services
        await services.key_gate.look(asked.address)
        try:
            token = await services.yeastar_tokens.known(access)
        except TokenExpired:
            await services.key_gate.failed(asked.address)
            raise
        caller = await services.key_gate.of_id(DIALECT, token.key_id, asked.address)
        asked.state["caller"], asked.state["token"] = caller, token
        asked.state["language"] = caller.tenant.language if caller.tenant else None
        return await services.vendor_requests[DIALECT].take(str(caller.key_id))

    def answer(self, error: ManagementError, scope: Scope) -> Response:
        return errors.answer(error, language_for(scope))


def create_api(services: Services, metrics: ManagementMetrics) -> FastAPI:
    """The API over these services."""
    door = YeastarDoor()
    app = described(
        (tokens.router, routes.router, options.router),
        title="Yeastar P-series",
        version="1.0",
        description="Extensions as Yeastar's P-series API has them. See docs/yeastar.md.",
        services=services,
        metrics=metrics,
        door=door,
    )
    install(app, door.answer)
    complete = app.openapi

    def openapi() -> dict[str, Any]:
        description = complete()
        for operations in description["paths"].values():
            for operation in operations.values():
                # FastAPI's own answer to what is invalid, which nobody gets here.
                operation["responses"].pop("422", None)
        return description

    # As FastAPI has it extended. It is made when it is asked for: that takes longer than all the rest.
    app.openapi = openapi  # type: ignore[method-assign]
    return app
