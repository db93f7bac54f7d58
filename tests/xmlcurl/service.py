"""The lookup service as its composition root makes it, asked without a socket."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

from redis.asyncio import Redis
from sqlalchemy import Connection, Engine, event
from starlette.routing import Router

from tests.fakes.xmlcurl import XmlCurl
from xmlcurl.app import create_app
from xmlcurl.lookup import Clock
from xmlcurl.settings import Settings
from xmlcurl.store.cache import Guard
from xmlcurl.store.model import Tag
from xmlcurl.store.purge import Purge
from xmlcurl.store.tables import utc_now


@dataclass(frozen=True)
class Reply:
    """What came back over HTTP."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def shape(self) -> str:
        """What FreeSWITCH makes of the answer, in a few words."""
        return shape(self.body) if self.status == 200 else f"failed {self.status}"


@dataclass
class Service:
    """One lookup process."""

    app: Router
    statements: list[str] = field(default_factory=list)
    """SQL that lookups ran, in order."""

    async def post(self, body: bytes, path: str = "/xmlcurl", **request: Any) -> Reply:
        return await self.request("POST", path, body, **request)

    async def request(
        self,
        method: str,
        path: str,
        body: bytes = b"",
        *,
        client: tuple[str, int] | None = ("127.0.0.1", 40_000),
        headers: dict[str, str] | None = None,
        chunks: int = 1,
    ) -> Reply:
        """One request as uvicorn would hand it on; `chunks`: how many pieces the body comes in."""
        size = -(-len(body) // chunks) or 1
        pieces = [body[start : start + size] for start in range(0, len(body), size)] or [b""]
        incoming = [{"type": "http.request", "body": piece, "more_body": True} for piece in pieces]
        incoming[-1]["more_body"] = False
        sent: list[Any] = []

        async def receive() -> Any:
            return incoming.pop(0) if incoming else {"type": "http.disconnect"}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "root_path": "",
            "query_string": b"",
            "client": client,
            "headers": [(name.lower().encode(), value.encode()) for name, value in (headers or {}).items()],
        }
        await self.app(scope, receive, send)
        answered = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Reply(sent[0]["status"], answered, b"".join(message["body"] for message in sent[1:]))


@asynccontextmanager
async def running(
    database_url: str, redis_url: str, *, clock: Clock = utc_now, **settings: Any
) -> AsyncIterator[Service]:
    """A service that has just started; with more time than a real one, unless the deadline is what is tested.

    Without copies of its own, unless those are: what comes from where is then certain.
    """
    checked = Settings(database_url=database_url, redis_url=redis_url)
    app = create_app(
        checked.model_copy(update={"lookup_deadline_ms": 30_000, "local_copies_mb": 0} | settings), clock=clock
    )
    service = Service(app)
    with _statements_into(service.statements):
        async with app.lifespan_context(app):
            yield service


@contextmanager
def _statements_into(statements: list[str]) -> Iterator[None]:
    def record(connection: Connection, _cursor: Any, statement: str, *_: Any) -> None:
        # A test's own rows are written without asyncio; BEGIN is no work.
        if connection.dialect.is_async and not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", record)
    yield
    event.remove(Engine, "before_cursor_execute", record)


async def purge_tenant(redis_url: str, tenant_id: int) -> None:
    """What management does after it changed anything of a tenant."""
    async with Redis.from_url(redis_url) as client:
        await Purge(client)(tags=[Tag.tenant(tenant_id)], guards=[Guard.of_tenant(tenant_id)])


async def purge(redis_url: str, tags: list[str], guards: list[str]) -> None:
    async with Redis.from_url(redis_url) as client:
        await Purge(client)(tags=tags, guards=guards)


def shape(body: bytes) -> str:
    """A document in a few words, read as FreeSWITCH reads it: "user 1001", "route own_voicemail in pbx.test"."""
    section = XmlCurl("").parse(body.decode())
    if section is None:
        return "not found"
    context = section.find("context")
    if context is not None:
        rules = [rule.get("name") for rule in context.findall("extension")]
        return f"route {' '.join(map(str, rules))} in {context.get('name')}"
    configuration = section.find("configuration")
    if configuration is not None:
        return f"configuration {configuration.get('name')}"
    domains = section.findall("domain")
    lists = [_users(domain) for domain in domains]
    if any(lists):
        return " ".join(lists)
    return f"domains {' '.join(str(domain.get('name')) for domain in domains)}"


def _users(domain: Any) -> str:
    said = []
    for user in domain.iter("user"):
        params = {param.get("name"): param.get("value") for param in user.iter("param")}
        if user.get("type") == "pointer":
            said.append(f"-> {user.get('id')}")
        elif user.find("result") is not None:
            said.append(f"refused {user.get('id')}")
        elif params.get("allow-empty-password") != "false":
            said.append(f"OPEN {user.get('id')}")
        elif "a1-hash" in params:
            said.append(f"user {user.get('id')}")
        elif "vm-mailto" in params:
            said.append(f"mailbox {user.get('id')} to {params['vm-mailto']}")
        else:
            said.append(f"name {user.get('id')}")
    groups = [f"group {group.get('name')}:" for group in domain.iter("group")]
    return " ".join([*groups, *said])
