"""Composition root of the lookup service: settings -> database, Redis, Lookup -> ASGI application."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, nullcontext
from typing import Any, Final

from redis.asyncio import Redis
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, Router
from starlette.types import Lifespan, Receive, Scope, Send

from xmlcurl.by_phone import Management
from xmlcurl.configuration import Configuration
from xmlcurl.documents import Documents
from xmlcurl.door import AnswerAtOnce, Head
from xmlcurl.endpoint import Endpoint
from xmlcurl.gate import Gate
from xmlcurl.greetings import Greetings
from xmlcurl.keyring import Keyring
from xmlcurl.logs import lookup_lines
from xmlcurl.lookup import Changes, Clock, Lookup, NoChanges
from xmlcurl.metrics import CONTENT_TYPE, LookupMetrics
from xmlcurl.render import fingerprint
from xmlcurl.settings import ENV_PREFIX, Settings, SettingsError
from xmlcurl.store.cache import Cache, open_redis
from xmlcurl.store.connect import ClusterRefused, refuse_cluster, sentinels_of
from xmlcurl.store.lease import Lease
from xmlcurl.store.local import LocalCopies
from xmlcurl.store.peers import PeerBook
from xmlcurl.store.reader import Reader
from xmlcurl.store.tables import utc_now

SECTIONS: Final = {
    "/xmlcurl": None,
    "/xmlcurl/directory": "directory",
    "/xmlcurl/dialplan": "dialplan",
    "/xmlcurl/configuration": "configuration",
}

GREETINGS: Final = "/xmlcurl/greetings/{name}"

REDIS_SHARE_OF_DEADLINE: Final = 0.3
"""A Redis that hangs leaves the rest of a lookup's time to SQL."""


def create_app(settings: Settings, *, clock: Clock = utc_now) -> "Front":
    """The ASGI application. It connects when it is first asked, and closes what it opened when it ends.

    Raises:
        SettingsError: a URL can't be understood.
    """
    reader = _open_reader(settings)
    redis = _open_redis(settings)
    cache = Cache(
        redis,
        fingerprint=fingerprint(),
        ttl_seconds=settings.cache_ttl_seconds,
        absence_ttl_seconds=settings.absence_ttl_seconds,
        absence_slots=settings.absence_slots,
    )
    copies = LocalCopies(max_bytes=settings.local_copies_mb * 1_048_576)
    documents = Documents(
        cache,
        reader,
        copies,
        load_deadline_ms=settings.lookup_deadline_ms,
        loads_at_once=settings.loads_at_once,
        only_leased=bool(settings.local_copies_mb) and sentinels_of(settings.redis) is not None,
        clock=clock,
    )
    lookup = Lookup(
        documents,
        Configuration(documents, Keyring(settings)),
        changes=_changes(settings),
        switches=PeerBook(redis),
        clock=clock,
    )
    credentials = settings.lookup_credentials
    gate = Gate(settings.lookup_allow, [credentials.get_secret_value()] if credentials else [])
    metrics = LookupMetrics()

    def asked_for(section: str | None) -> Endpoint:
        return Endpoint(lookup, gate, metrics, deadline_ms=settings.lookup_deadline_ms, section=section)

    @asynccontextmanager
    async def lifespan(_app: Router) -> AsyncIterator[None]:
        try:
            async with Lease(redis, copies).kept() if settings.local_copies_mb else nullcontext():
                yield
        finally:
            lookup_lines.flush()
            await documents.close()
            await redis.aclose()
            await reader.close()

    return Front(
        {path: asked_for(section) for path, section in SECTIONS.items()},
        [
            Route(GREETINGS, Greetings(documents, gate, metrics).page),
            Route("/healthz", healthz),
            Route("/readyz", _from_allowed(gate, _readyz(documents))),
            Route("/metrics", _from_allowed(gate, _metrics(metrics))),
        ],
        lifespan,
        metrics,
    )


class Front(Router):
    """Lookups by their path, before anything else is tried: what takes time here, each of them takes longer."""

    def __init__(
        self,
        endpoints: Mapping[str, Endpoint],
        routes: Sequence[Route],
        lifespan: Lifespan[Any],
        metrics: LookupMetrics,
    ) -> None:
        super().__init__(routes, redirect_slashes=False, lifespan=lifespan)
        self.heads: dict[bytes, Head] = {}
        self._endpoints = endpoints
        self._metrics = metrics

    def turned_away(self) -> None:
        """A request that there was no time to read."""
        self._metrics.overloaded.inc()

    def answers_at_once(self, scope: Mapping[str, Any], length: int) -> AnswerAtOnce | None:
        """As `Lookups` wants it."""
        endpoint = self._endpoints.get(scope["path"])
        return endpoint.answer_at_once if endpoint and endpoint.would_take(scope, length) else None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        endpoint = self._endpoints.get(scope.get("path", ""))
        if endpoint and scope["type"] == "http":
            await endpoint(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


async def healthz(_request: Request) -> Response:
    """The process runs; nothing is said of what it depends on."""
    return PlainTextResponse("ok\n")


Page = Callable[[Request], Awaitable[Response]]


def _readyz(documents: Documents) -> Page:
    async def readyz(_request: Request) -> Response:
        """200 while the database answers: without Redis lookups are slower, without it most of them fail."""
        reached = await documents.reached()
        return JSONResponse(reached, status_code=200 if reached["database"] else 503)

    return readyz


def _metrics(metrics: LookupMetrics) -> Page:
    async def text(_request: Request) -> Response:
        return Response(metrics.text(), headers={"content-type": CONTENT_TYPE})

    return text


def _from_allowed(gate: Gate, page: Page) -> Page:
    async def page_or_refusal(request: Request) -> Response:
        if not gate.admits_address(request.client):
            return PlainTextResponse("this address may not ask\n", status_code=403)
        return await page(request)

    return page_or_refusal


def _changes(settings: Settings) -> Changes:
    if not (settings.by_phone_url and settings.by_phone_secret):
        return NoChanges()
    url, secret = settings.by_phone_url, settings.by_phone_secret
    return Management(url, secret, lookup_deadline_ms=settings.lookup_deadline_ms)


def _open_reader(settings: Settings) -> Reader:
    try:
        return Reader.open(settings.database)
    except ValueError as exc:
        raise SettingsError(f"{ENV_PREFIX}DATABASE_URL=(hidden): {exc}") from None


def require_usable_redis(settings: Settings) -> None:
    """Raises SettingsError when a Redis Cluster answers. When nobody does: later, on each connection."""
    try:
        refuse_cluster(settings.redis)
    except ClusterRefused as exc:
        raise SettingsError(f"{ENV_PREFIX}REDIS_URL=(hidden): {exc}") from None


def _open_redis(settings: Settings) -> Redis:
    try:
        return open_redis(settings.redis, timeout_seconds=settings.lookup_deadline_ms / 1_000 * REDIS_SHARE_OF_DEADLINE)
    except ValueError as exc:
        raise SettingsError(f"{ENV_PREFIX}REDIS_URL=(hidden): {exc}") from None
