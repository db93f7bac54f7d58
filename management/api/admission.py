"""Before a byte of a body is read: who is asking, and not too often. Around every route of the API."""

from collections.abc import Collection
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from management.api.errors import answer, fault, language_for
from management.api.services import Services
from management.auth import client_address
from management.errors import ManagementError, TooManyRequests
from management.metrics import ManagementMetrics
from management.ratelimit import Room

NO_STORE: Final = "no-store"
"""Answers hold passwords that are shown once: nobody keeps them."""

METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})


class Admission:
    """Pure ASGI. Leaves the proven `caller` and its `language` in `scope["state"]`; catches what nobody else did."""

    def __init__(self, app: ASGIApp, metrics: ManagementMetrics, open_paths: Collection[str]) -> None:
        """`open_paths`, seen from the mount point, need no token: the description of the API."""
        self._app = app
        self._metrics = metrics
        self._open_paths = open_paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answering = _Answering(send)
        with self._metrics.seconds.time() as timer:
            await self._answer(scope, receive, answering)
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in METHODS else "other"
            timer.labels(method, route, str(answering.status))

    async def _answer(self, scope: Scope, receive: Receive, answering: "_Answering") -> None:
        try:
            if scope["path"].removeprefix(scope.get("root_path", "")) not in self._open_paths:
                await self._admit(scope, answering)
            await self._app(scope, receive, answering)
        except ManagementError as exc:
            await answer(exc, language_for(scope))(scope, receive, answering)
        except Exception as exc:  # noqa: BLE001 - the outermost place of a request
            response = fault(exc, scope)
            if answering.status is None:
                await response(scope, receive, answering)

    async def _admit(self, scope: Scope, answering: "_Answering") -> None:
        services: Services = scope["app"].state.services
        headers = Headers(scope=scope)
        peer = scope["client"][0] if scope.get("client") else None
        address = client_address(peer, headers.getlist("x-forwarded-for"), services.trusted_proxies)
        caller = await services.gate.admit(headers.get("authorization"), address)
        state = scope.setdefault("state", {})
        state["caller"] = caller
        state["language"] = caller.tenant.language if caller.tenant else None
        answering.room = await services.requests.take(str(caller.token_id))
        if answering.room and not answering.room.is_allowed:
            raise TooManyRequests(answering.room.retry_after_seconds)


class _Answering:
    """`send`, with the headers that every answer has."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.room: Room | None = None
        self.status: int | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["Cache-Control"] = NO_STORE
            if self.room:
                headers["X-RateLimit-Limit"] = str(self.room.limit)
                headers["X-RateLimit-Remaining"] = str(self.room.remaining)
                headers["X-RateLimit-Reset"] = str(self.room.reset_at_seconds)
        await self._send(message)
