"""Tencent Cloud CCC's actions for extensions: an ASGI app for `POST /`, with its description where it is mounted."""

import time
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from fastapi import FastAPI
from starlette.responses import Response
from starlette.types import Scope
from structlog.contextvars import bind_contextvars

from management.errors import ManagementError
from management.metrics import ManagementMetrics
from management.ratelimit import Room
from management.secrets import token_hash
from management.vendors.tencent.actions import ACTIONS
from management.vendors.tencent.errors import SecretIdUnknown, SignatureUsed, SignatureWrong, answer
from management.vendors.tencent.routes import VERSION, router
from management.vendors.tencent.signature import Claim
from management.web.admission import Asked
from management.web.app import DESCRIBED_AT, described
from management.web.errors import install
from management.web.services import Services

MOUNTED_AT: Final = "/tencent"
"""Its description. What the vendor's clients know is the path "/"."""


class TencentDoor:
    """TC3-HMAC-SHA256; errors with HTTP's status 200."""

    name = "tencent"
    open_paths = DESCRIBED_AT

    def __init__(self, now: Callable[[], float] = time.time) -> None:
        self._now = now

    async def admit(self, asked: Asked) -> Room | None:
        request_id = asked.state["request_id"] = str(uuid4())
        # Until the request ends: each has a task, and so a context, of its own.
        bind_contextvars(request_id=request_id)
        services, gate = asked.services, asked.services.key_gate
        claim = Claim.of(asked.headers.getlist, self._now())
        key = await gate.known(self.name, claim.secret_id, asked.address)
        if key is None or key.secret is None or key.caller.tenant is None:
            await gate.failed(asked.address)
            raise SecretIdUnknown
        if not claim.is_proven(key.secret, await asked.body()):
            await gate.failed(asked.address)
            raise SignatureWrong
        asked.state["caller"] = key.caller
        asked.state["language"] = key.caller.tenant.language
        name = asked.headers.get("x-tc-action", "")
        action = ACTIONS.get(name)
        room = await services.vendor_requests[self.name].take(f"{key.caller.tenant.id}:{name if action else ''}")
        if action and action.changes and (room is None or room.is_allowed):
            # The name of the action is not signed: a client that reads, then changes, all within a second, sends one
            # signature for both.
            first = await services.tencent_signatures.take(token_hash(f"{claim.signature}:{name}"))
            if first and not first.is_allowed:
                raise SignatureUsed
        return room

    def answer(self, error: ManagementError, scope: Scope) -> Response:
        return answer(error, scope)


def create_api(services: Services, metrics: ManagementMetrics) -> FastAPI:
    """The API over these services."""
    app = described(
        [router],
        title="Tencent Cloud CCC: extensions",
        version=VERSION,
        description="Six actions of Tencent's API over our extensions. See docs/tencent.md.",
        services=services,
        metrics=metrics,
        door=TencentDoor(),
    )
    # Not where it is mounted: clients ask the root.
    app.servers, app.root_path_in_servers = [{"url": "/"}], False
    install(app, answer)
    return app
