"""HTTP: who may ask, for what, and what comes back."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator
from ipaddress import ip_network
from typing import Any

import pytest
from pydantic import SecretStr
from starlette.routing import Route, Router

from tests.samples import captures
from tests.xmlcurl import asking
from tests.xmlcurl.conftest import only_sqlite
from tests.xmlcurl.service import Service, running
from xmlcurl.documents import Documents, Found, Load
from xmlcurl.endpoint import Endpoint
from xmlcurl.gate import Gate
from xmlcurl.lookup import Lookup
from xmlcurl.metrics import LookupMetrics
from xmlcurl.settings import LOOPBACK

pytestmark = only_sqlite

PASSWORD = "a long password: with a colon"


def basic(user: str = "switch", password: str = PASSWORD) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
async def guarded(tenant_id: int, migrated_database_url: str, redis_url: str) -> AsyncIterator[Service]:
    """A service that asks for credentials."""
    credentials = SecretStr(f"switch:{PASSWORD}")
    async with running(migrated_database_url, redis_url, lookup_credentials=credentials) as service:
        yield service


async def test_an_answer_is_xml_of_known_length(tenant_id: int, service: Service) -> None:
    """FreeSWITCH asks for no encoding, so there is none."""
    reply = await service.post(asking.user())

    assert reply.status == 200
    assert reply.headers == {"content-type": "text/xml; charset=utf-8", "content-length": str(len(reply.body))}


async def test_not_found_is_an_answer(tenant_id: int, service: Service) -> None:
    """200 with the not-found document: any other status would be a failure."""
    reply = await service.post(asking.user("4242"))

    assert (reply.status, reply.shape) == (200, "not found")
    assert b'<result status="not found"/>' in reply.body


@pytest.mark.parametrize(
    ("path", "shapes"),
    [
        ("/xmlcurl", ("user 1001", "route extension in pbx.test", "not found")),
        ("/xmlcurl/directory", ("user 1001", "not found", "not found")),
        ("/xmlcurl/dialplan", ("not found", "route extension in pbx.test", "not found")),
        ("/xmlcurl/configuration", ("not found", "not found", "not found")),
    ],
)
async def test_a_path_answers_its_section(
    tenant_id: int, service: Service, path: str, shapes: tuple[str, str, str]
) -> None:
    """A request for another section is not found there."""
    asked = (asking.user(), asking.call(), captures()[19].body)

    assert tuple([(await service.post(body, path)).shape for body in asked]) == shapes


async def test_the_right_credentials_are_let_in(guarded: Service) -> None:
    """As mod_xml_curl sends `gateway-credentials` with `auth-scheme` basic."""
    assert (await guarded.post(asking.user(), headers=basic())).shape == "user 1001"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({}, id="none"),
        pytest.param(basic(password="wrong"), id="wrong password"),
        pytest.param(basic(user="root"), id="wrong user"),
        pytest.param(basic(password=PASSWORD + " "), id="nearly"),
        pytest.param({"Authorization": "Bearer " + PASSWORD}, id="another scheme"),
        pytest.param({"Authorization": "Basic"}, id="empty"),
        pytest.param({"Authorization": "Basic \u00e9"}, id="no ASCII"),
    ],
)
async def test_everyone_else_gets_401(guarded: Service, headers: dict[str, str]) -> None:
    """Before the body is read, and without a word about users."""
    reply = await guarded.post(asking.user(), headers=headers)

    assert reply.status == 401
    assert reply.headers["www-authenticate"] == 'Basic realm="xmlcurl"'
    assert guarded.statements == []


@pytest.mark.parametrize("client", [("192.0.2.1", 1), ("2001:db8::1", 1), ("nonsense", 1), None])
async def test_other_addresses_get_403(tenant_id: int, service: Service, client: tuple[str, int] | None) -> None:
    """Whatever headers say: only the connection itself counts."""
    forwarded = {"X-Forwarded-For": "127.0.0.1", "Forwarded": "for=127.0.0.1", "X-Real-IP": "127.0.0.1"}

    reply = await service.post(asking.user(), client=client, headers=forwarded)

    assert reply.status == 403
    assert (await service.request("GET", "/metrics", client=client)).status == 403
    assert (await service.request("GET", "/readyz", client=client)).status == 403


@pytest.mark.parametrize("chunks", [1, 7])
@pytest.mark.parametrize("announced", [True, False])
async def test_the_longest_body(tenant_id: int, service: Service, chunks: int, announced: bool) -> None:
    """64 KiB are read, one byte more is refused; whether it was announced or not."""

    async def status_of(size: int) -> int:
        body = asking.user().ljust(size, b"&")
        headers = {"Content-Length": str(size)} if announced else {}
        return (await service.post(body, headers=headers, chunks=chunks)).status

    assert await status_of(65_536) == 200
    assert await status_of(65_537) == 413


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
async def test_only_post(tenant_id: int, service: Service, method: str) -> None:
    """mod_xml_curl can be told to GET, with everything in the URL and in every log on the way."""
    reply = await service.request(method, "/xmlcurl")

    assert (reply.status, reply.headers["allow"]) == (405, "POST")


async def test_other_paths_are_404(service: Service) -> None:
    """No guessing."""
    assert (await service.post(asking.user(), "/xmlcurl/")).status == 404
    assert (await service.post(asking.user(), "/")).status == 404


async def test_empty_and_senseless_bodies_are_not_found(service: Service) -> None:
    """They ask for nothing."""
    for body in (b"", b"&&&===", b"\x00\xff", b'{"section": "directory"}'):
        reply = await service.post(body)
        assert (reply.status, reply.shape) == (200, "not found")


async def test_domains_that_cannot_be_are_not_found(service: Service) -> None:
    """Without a look at anything."""
    for domain in ("pbx_test", "a b", "-", "pbx.test."):
        assert (await service.post(asking.directory(domain, domain=domain))).shape == "not found"
    assert service.statements == []


async def test_nobody_waits_any_more(service: Service) -> None:
    """A switch that went away in the middle of its request gets no answer and starts no work."""
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/xmlcurl", "headers": [], "client": ("127.0.0.1", 1)}
    await service.app(scope, receive, send)

    assert sent == []
    assert service.statements == []


async def test_a_body_that_does_not_come_is_not_waited_for(service: Service) -> None:
    """A connection that is held open holds nothing up for long."""
    sent: list[Any] = []

    async def receive() -> Any:
        await asyncio.Event().wait()

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "POST", "path": "/xmlcurl", "headers": [], "client": ("127.0.0.1", 1)}
    documents: Any = None  # nothing is looked up
    endpoint = Endpoint(
        Lookup(documents, documents), Gate(LOOPBACK, []), LookupMetrics(), deadline_ms=500, body_seconds=0.01
    )
    await endpoint(scope, receive, send)

    assert sent[0]["status"] == 408
    assert service.statements == []


async def test_probes(tenant_id: int, service: Service) -> None:
    """One for the process, open to all; one for what it needs."""
    alive = await service.request("GET", "/healthz", client=("192.0.2.1", 1))
    ready = await service.request("GET", "/readyz")

    assert (alive.status, alive.body) == (200, b"ok\n")
    assert (ready.status, json.loads(ready.body)) == (200, {"database": True, "redis": True})


async def test_metrics_tell_kinds_results_and_sources(guarded: Service) -> None:
    """And how many were not let in; never a name."""
    for _ in range(2):
        await guarded.post(asking.user(), headers=basic())
    await guarded.post(asking.user("4242"), headers=basic())
    await guarded.post(asking.user())

    text = (await guarded.request("GET", "/metrics")).body.decode()

    assert 'xmlcurl_lookup_seconds_count{kind="user",result="found",source="sql"} 1.0' in text
    assert 'xmlcurl_lookup_seconds_count{kind="user",result="found",source="cache"} 1.0' in text
    assert 'xmlcurl_lookup_seconds_count{kind="user",result="not_found",source="sql"} 1.0' in text
    assert 'xmlcurl_refused_total{status="401"} 1.0' in text
    assert {"1001", "4242", "pbx.test"}.isdisjoint(re.findall(r'"([^"]*)"', text))


class Broken(Documents):
    """Raises what nobody expected."""

    def __init__(self) -> None:
        pass

    async def find(self, key: str, domain: str, load: Load) -> Found:
        raise ZeroDivisionError("a fault of ours")


async def test_a_fault_of_ours_is_a_failure(service: Service) -> None:
    """503 with a short text, never "not found", and the process goes on."""
    gate = Gate([ip_network("127.0.0.0/8")], [])
    configuration: Any = None  # nothing of it is asked
    endpoint = Endpoint(Lookup(Broken(), configuration), gate, LookupMetrics(), deadline_ms=500)
    broken = Service(Router([Route("/xmlcurl", endpoint)]))

    for _ in range(2):
        reply = await broken.post(asking.user())
        assert (reply.status, reply.body) == (503, b"no answer now\n")
