"""Composition root of management: settings -> database, Redis, services -> ASGI application.

`Backend` is what every service is made of; the command line builds its services on one, too.
"""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Match, Mount, Route, Router
from starlette.types import Scope

from management import outbox
from management.api import by_phone
from management.api.cdr import taker
from management.api.dialect import create_api
from management.api.errors import NOT_FOUND
from management.api.wire import MOUNTED_AT
from management.auditlog.service import AuditLog
from management.auth import Failures, Gate, client_address, is_within
from management.by_phone.service import ByPhone
from management.call_settings.service import TenantCallSettings
from management.calls.recordings import Recordings
from management.calls.service import Calls
from management.changes.service import Changes
from management.classes_of_service.service import ClassesOfService
from management.database import Database
from management.departments.service import Departments
from management.errors import Unavailable
from management.explain.service import Explanations
from management.extensions.service import Extensions
from management.gateways.service import Gateways
from management.gateways.states import GatewayStates
from management.greetings.service import Greetings
from management.group_mailboxes.service import GroupMailboxes
from management.holidays.service import Holidays
from management.hotlines.service import Hotlines
from management.ivr_menus.service import IvrMenus
from management.keys.service import Keys
from management.metrics import CONTENT_TYPE, ManagementMetrics
from management.number_destinations.service import NumbersDestinations
from management.numbers.service import Numbers
from management.outbound_routes.service import OutboundRoutes
from management.partners.hotlines import PartnerHotlines
from management.partners.service import Partners
from management.partners.tenants import PartnerTenants
from management.presence.service import Presences
from management.queue_agents.service import QueueAgents
from management.queues.service import Queues
from management.ratelimit import RateLimit
from management.registrations import Registrations, SwitchStates
from management.ring_groups.service import RingGroups
from management.secrets import Vault
from management.settings import ManagementSettings
from management.switches.service import Switches
from management.teams.service import Teams
from management.tenants.service import Tenants
from management.tokens.service import Tokens
from management.users.service import Users
from management.vendor_keys.gate import KeyGate
from management.vendor_keys.service import VendorKeys
from management.vendors.sencloud import app as sencloud
from management.vendors.tencent import app as tencent
from management.vendors.tencent.signature import BELIEVED_SECONDS
from management.vendors.yeastar import app as yeastar
from management.web.services import Services
from management.writes import Writes
from management.yeastar_tokens.service import YeastarTokens
from xmlcurl.logs import get_log
from xmlcurl.render import fingerprint
from xmlcurl.settings import ENV_PREFIX, SettingsError
from xmlcurl.store.cache import Cache, CacheUnavailable, open_redis
from xmlcurl.store.purge import Purge
from xmlcurl.store.tables import utc_now

REDIS_TIMEOUT_SECONDS: Final = 1.0
"""A write waits this long for Redis before it is refused."""

Page = Callable[[Request], Awaitable[Response]]

log = get_log(part="management")


class Backend:
    """Database, Redis, secrets and the commit path of one process. It connects when it is first used."""

    def __init__(self, settings: ManagementSettings) -> None:
        """Raises SettingsError: a URL or a key can't be understood, or others may read the file of keys."""
        self.settings = settings
        self.vault = Vault.of(settings)
        try:
            self.database = Database.open(settings.database)
        except ValueError as exc:
            raise SettingsError(f"{ENV_PREFIX}DATABASE_URL=(hidden): {exc}") from None
        try:
            self.redis = open_redis(settings.redis, timeout_seconds=REDIS_TIMEOUT_SECONDS)
        except ValueError as exc:
            raise SettingsError(f"{ENV_PREFIX}REDIS_URL=(hidden): {exc}") from None
        self.purge = Purge(self.redis)
        self.documents = Cache(
            self.redis,
            fingerprint=fingerprint(),
            ttl_seconds=settings.cache_ttl_seconds,
            absence_ttl_seconds=settings.absence_ttl_seconds,
            absence_slots=settings.absence_slots,
        )
        """What lookups of this build remember: to be looked at."""
        self.writes = Writes(self.database, self.purge, _waker(self.redis), switch_wait_ms=settings.switch_wait_ms)

    async def close(self) -> None:
        """In the reverse order of opening."""
        await self.redis.aclose()
        await self.database.close()


def services_of(backend: Backend) -> Services:
    """Every service of the API, over one backend."""
    settings, database, writes = backend.settings, backend.database, backend.writes
    failures = Failures(RateLimit(backend.redis, "failures", settings.login_failures_per_minute))
    tenants, numbers, hotlines = Tenants(database, writes), Numbers(database, writes), Hotlines(database, writes)
    vendor_keys = VendorKeys(database, writes, backend.vault)
    return Services(
        gate=Gate(database, failures),
        key_gate=KeyGate(database, backend.vault, failures),
        requests=RateLimit(backend.redis, "requests", settings.rate_limit_per_minute),
        vendor_requests={
            "sencloud": RateLimit(backend.redis, "sencloud", settings.sencloud_requests_per_minute),
            "yeastar": RateLimit(backend.redis, "yeastar", settings.yeastar_requests_per_minute),
            "tencent": RateLimit(backend.redis, "tencent", settings.tencent_requests_per_second, window_seconds=1),
        },
        tencent_signatures=RateLimit(backend.redis, "tencent-signatures", 1, window_seconds=2 * BELIEVED_SECONDS + 1),
        writes=writes,
        trusted_proxies=settings.trusted_proxies,
        extensions=Extensions(database, writes, backend.vault),
        presences=Presences(database, writes),
        registrations=Registrations(database, backend.redis),
        tenants=tenants,
        partners=Partners(database, writes),
        partner_tenants=PartnerTenants(database, writes, tenants, vendor_keys, settings.tenant_domain_suffix),
        partner_hotlines=PartnerHotlines(database, writes, numbers, hotlines),
        teams=Teams(database, writes),
        departments=Departments(database, writes),
        users=Users(database, writes),
        numbers=numbers,
        hotlines=hotlines,
        gateways=Gateways(database, writes, backend.vault),
        gateway_states=GatewayStates(database, backend.redis),
        outbound_routes=OutboundRoutes(database, writes),
        classes_of_service=ClassesOfService(database, writes),
        holidays=Holidays(database, writes),
        call_settings=TenantCallSettings(database, writes),
        ring_groups=RingGroups(database, writes),
        queues=Queues(database, writes),
        queue_agents=QueueAgents(database, writes),
        ivr_menus=IvrMenus(database, writes),
        group_mailboxes=GroupMailboxes(database, writes),
        greetings=Greetings(database, writes),
        number_destinations=NumbersDestinations(database, writes),
        tokens=Tokens(database, writes),
        vendor_keys=vendor_keys,
        yeastar_tokens=YeastarTokens(database),
        switches=Switches(database, writes, backend.vault),
        changes=Changes(database, writes),
        auditlog=AuditLog(database),
        explanations=Explanations(database, backend.documents, Registrations(database, backend.redis)),
        calls=Calls(database, Recordings(settings.recordings_dir)),
        keys=Keys(writes, backend.vault),
    )


def create_app(settings: ManagementSettings) -> Router:
    """The ASGI application: every dialect where its clients know it, what switches post, and what those who run it ask.

    Raises:
        SettingsError: a URL or a key can't be understood.
    """
    backend = Backend(settings)
    metrics = ManagementMetrics()
    services = services_of(backend)

    @asynccontextmanager
    async def lifespan(_app: Router) -> AsyncIterator[None]:
        yield
        await backend.close()

    return Router(
        [
            Mount(MOUNTED_AT, create_api(services, metrics)),
            *_tencent(services, metrics),
            Mount(sencloud.MOUNTED_AT, sencloud.create_api(services, metrics)),
            Mount(yeastar.MOUNTED_AT, yeastar.create_api(services, metrics)),
            *_call_records(services, settings),
            *_by_phone(services, backend),
            Route("/healthz", healthz),
            Route("/readyz", _readyz(backend)),
            Route("/metrics", _metrics(backend, metrics)),
        ],
        redirect_slashes=False,
        # A line feed in a path never reaches the API: to Mount it is no character.
        default=JSONResponse({"message": NOT_FOUND}, status_code=404),
        lifespan=lifespan,
    )


def _tencent(services: Services, metrics: ManagementMetrics) -> list[BaseRoute]:
    """One application at two places: its clients know the root alone, which has no room for its description."""
    api = tencent.create_api(services, metrics)
    return [Mount(tencent.MOUNTED_AT, api), _ForItsMethods("/", api, methods=["POST"])]


class _ForItsMethods(Route):
    """With another method nothing is there, for it is no page of ours."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        match, child = super().matches(scope)
        return (Match.NONE, {}) if match is Match.PARTIAL else (match, child)


def _call_records(services: Services, settings: ManagementSettings) -> list[Route]:
    """Nowhere until there are credentials for it."""
    if settings.cdr_credentials is None:
        return []
    page = taker(services.calls, settings, settings.cdr_credentials.get_secret_value())
    return [Route("/cdr", page, methods=["POST"])]


def _by_phone(services: Services, backend: Backend) -> list[Route]:
    """Nowhere until there is a secret for it."""
    secret = backend.settings.by_phone_secret
    if secret is None:
        return []
    service = ByPhone(
        backend.database, services.presences, services.extensions, services.group_mailboxes, services.queue_agents
    )
    return [Route(by_phone.PATH, by_phone.by_phone(service, secret), methods=["POST"])]


async def healthz(_request: Request) -> Response:
    """The process runs; nothing is said of what it depends on."""
    return PlainTextResponse("ok\n")


def _readyz(backend: Backend) -> Page:
    async def readyz(_request: Request) -> Response:
        """200 while both answer: without the database nothing works, without Redis no write is accepted."""
        reached = {"database": await _database_answers(backend), "redis": await _redis_answers(backend)}
        return JSONResponse(reached, status_code=200 if all(reached.values()) else 503)

    return readyz


def _metrics(backend: Backend, metrics: ManagementMetrics) -> Page:
    settings, states = backend.settings, SwitchStates(backend.redis)

    async def text(request: Request) -> Response:
        peer = request.client.host if request.client else None
        address = client_address(peer, request.headers.getlist("x-forwarded-for"), settings.trusted_proxies)
        if not is_within(address, settings.metrics_allow):
            return PlainTextResponse("this address may not ask\n", status_code=403)
        try:
            async with backend.database.reading() as connection:
                rows = await connection.execute(outbox.oldest_pending())
                oldest: dict[int | None, datetime] = {row[0]: row[1] for row in rows}
                switch_ids = list((await connection.execute(outbox.enabled_switches())).scalars())
        except Unavailable:
            return PlainTextResponse("the database does not answer\n", status_code=503)
        reached = await states.of(switch_ids)
        connected = {switch_id: each.state == "connected" for switch_id, each in reached.items()}
        body = metrics.text(oldest, connected, await states.errors(), utc_now())
        return Response(body, headers={"content-type": CONTENT_TYPE})

    return text


async def _database_answers(backend: Backend) -> bool:
    try:
        await backend.database.check()
    except Unavailable:
        return False
    return True


async def _redis_answers(backend: Backend) -> bool:
    try:
        await backend.purge.check()
    except CacheUnavailable:
        return False
    return True


def _waker(redis: Redis) -> Callable[[], Awaitable[None]]:
    async def wake() -> None:
        """The worker polls as well: what is lost here comes a moment later."""
        try:
            await redis.publish(outbox.WAKE_CHANNEL, b"")
        except (RedisError, OSError) as exc:
            log.warning("worker_not_woken", reason=type(exc).__name__)

    return wake
