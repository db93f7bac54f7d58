"""Before a route is called: who is asking, and not too often. Around every route of every dialect."""

from collections.abc import Collection
from typing import Any, Final, Protocol

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from management.auth import client_address
from management.errors import ManagementError, TooManyRequests
from management.metrics import ManagementMetrics
from management.ratelimit import Room
from management.web.errors import BodyTooLarge, log_fault
from management.web.services import Services
from management.web.strict import LONGEST_BODY_BYTES

NO_STORE: Final = "no-store"
"""Answers hold passwords that are shown once: nobody keeps them."""

METHODS: Final = frozenset({"GET", "POST", "PUT", "DELETE"})


class Asked:
    """A request that nobody has been let in for yet."""

    def __init__(self, scope: Scope, receive: Receive) -> None:
        self._scope = scope
        self._receive = receive
        self._body: bytes | None = None
        self.headers: Final = Headers(scope=scope)
        self.query: Final = QueryParams(scope["query_string"])
        self.method: Final[str] = scope["method"]
        self.path: Final[str] = scope["path"].removeprefix(scope.get("root_path", ""))
        """As seen from where the dialect is mounted."""

    @property
    def services(self) -> Services:
        services: Services = self._scope["app"].state.services
        return services

    @property
    def state(self) -> dict[str, Any]:
        """What the routes find in `request.state`."""
        state: dict[str, Any] = self._scope.setdefault("state", {})
        return state

    @property
    def address(self) -> str | None:
        """Who really asks, behind trusted proxies too."""
        peer = self._scope["client"][0] if self._scope.get("client") else None
        return client_address(peer, self.headers.getlist("x-forwarded-for"), self.services.trusted_proxies)

    async def body(self) -> bytes:
        """All of it, for dialects that sign it; the route reads it again. Raises BodyTooLarge."""
        if self._body is None:
            chunks, is_more = bytearray(), True
            while is_more:
                message = await self._receive()
                chunks += message.get("body", b"")
                is_more = message.get("more_body", False)
                if len(chunks) > LONGEST_BODY_BYTES:
                    raise BodyTooLarge
            self._body = bytes(chunks)
        return self._body

    async def receive(self) -> Message:
        """What the route receives."""
        if self._body is None:
            return await self._receive()
        body, self._body = self._body, None
        return {"type": "http.request", "body": body, "more_body": False}


class Door(Protocol):
    """How one dialect lets requests in, and what it tells a client that something went wrong."""

    @property
    def name(self) -> str:
        """What metrics call it."""

    @property
    def open_paths(self) -> Collection[str]:
        """What needs no credentials, seen from the mount point: the description of the API."""

    async def admit(self, asked: Asked) -> Room | None:
        """Proves who asks, leaves it in `asked.state`, with its `language`, and counts the request: the room that is
        left, None where it is not known.

        Raises:
            ManagementError: nobody is let in.
        """

    def answer(self, error: ManagementError, scope: Scope) -> Response:
        """The answer that tells a client what to do about `error`."""


class Admission:
    """Pure ASGI. Catches what nobody else did."""

    def __init__(self, app: ASGIApp, metrics: ManagementMetrics, door: Door) -> None:
        self._app = app
        self._metrics = metrics
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        answering = _Answering(send)
        with self._metrics.seconds.time() as timer:
            await self._answer(scope, Asked(scope, receive), answering)
            route = getattr(scope.get("route"), "path", "none")
            method = scope["method"] if scope["method"] in METHODS else "other"
            timer.labels(self._door.name, method, route, str(answering.status))

    async def _answer(self, scope: Scope, asked: Asked, answering: "_Answering") -> None:
        try:
            if asked.path not in self._door.open_paths:
                answering.room = await self._door.admit(asked)
                if answering.room and not answering.room.is_allowed:
                    raise TooManyRequests(answering.room.retry_after_seconds)
            await self._app(scope, asked.receive, answering)
        except ManagementError as exc:
            await self._door.answer(exc, scope)(scope, asked.receive, answering)
        except Exception as exc:  # noqa: BLE001 - the outermost place of a request
            response = self._door.answer(log_fault(exc, scope), scope)
            if answering.status is None:
                await response(scope, asked.receive, answering)


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
