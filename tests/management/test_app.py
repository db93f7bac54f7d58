"""What those who run the API ask: is it alive, can it work, what does it count."""

import re
from datetime import timedelta
from ipaddress import ip_network
from pathlib import Path

import httpx
import pytest
from pydantic import SecretStr

from management.app import Backend, create_app
from management.settings import ManagementSettings
from tests.management.office import Office
from tests.servers import RedisServer
from xmlcurl.settings import SettingsError
from xmlcurl.store.tables import changes, utc_now


def outside(office: Office, peer: str = "127.0.0.1") -> httpx.AsyncClient:
    """A client without a token, of the whole application."""
    transport = httpx.ASGITransport(office.app, client=(peer, 5_060))
    client = httpx.AsyncClient(transport=transport, base_url="http://api.test")
    office.clients.append(client)
    return client


async def test_it_is_alive_and_ready(office: Office) -> None:
    """Without a token: who asks is a load balancer."""
    client = outside(office)

    alive, ready = await client.get("/healthz"), await client.get("/readyz")

    assert (alive.status_code, alive.text) == (200, "ok\n")
    assert (ready.status_code, ready.json()) == (200, {"database": True, "redis": True})


async def test_it_is_not_ready_without_redis(
    migrated_database_url: str, own_redis: RedisServer, tmp_path: Path
) -> None:
    """It lives, but no write would be accepted."""
    settings = ManagementSettings(data_dir=tmp_path, database_url=migrated_database_url, redis_url=own_redis.url)
    async with Office.opened(settings) as office:
        own_redis.stop()

        alive, ready = await outside(office).get("/healthz"), await outside(office).get("/readyz")

    assert alive.status_code == 200
    assert (ready.status_code, ready.json()) == (503, {"database": True, "redis": False})


async def test_it_is_not_ready_without_a_database(redis_url: str, tmp_path: Path) -> None:
    """Nothing works."""
    settings = ManagementSettings(
        data_dir=tmp_path, database_url=f"sqlite+aiosqlite:///{tmp_path}/missing/x.sqlite", redis_url=redis_url
    )
    async with Office.opened(settings) as office:
        ready = await outside(office).get("/readyz")

    assert (ready.status_code, ready.json()) == (503, {"database": False, "redis": True})


async def test_metrics_tell_routes_and_the_oldest_change(management_settings: ManagementSettings) -> None:
    """Routes, not paths: numbers of extensions are no labels. A change that waits has an age."""
    async with Office.opened(management_settings) as office:
        api = await office.tenant_client()
        await office.add_switch("one")
        await api.post("/extensions", json={"extension_number": "1001"}, headers={"Prefer": "wait=0"})
        await api.get("/extensions/1001")
        await api.request("BREW", "/extensions/1001")
        await office.change(changes, 2, created_at=utc_now() - timedelta(minutes=5))

        text = (await outside(office).get("/metrics")).text

    assert (
        'management_request_seconds_count{dialect="pbx",method="GET",route="/extensions/{ext}",status="200"} 1.0'
        in text
    )
    assert 'method="other"' in text
    assert "BREW" not in text
    (oldest,) = [line for line in text.splitlines() if line.startswith('management_oldest_change_seconds{switch="1"}')]
    assert 290 < float(oldest.split()[1]) < 400


async def test_metrics_are_not_for_everybody(management_settings: ManagementSettings) -> None:
    """Loopback, unless the setting names others; a header is believed only from a listed proxy."""
    proxies = management_settings.model_copy(update={"trusted_proxies": (ip_network("127.0.0.0/8"),)})
    async with Office.opened(proxies) as office:
        allowed = await outside(office).get("/metrics")
        refused = [
            await outside(office, "192.0.2.1").get("/metrics"),
            await outside(office, "192.0.2.1").get("/metrics", headers={"X-Forwarded-For": "127.0.0.1"}),
            await outside(office).get("/metrics", headers={"X-Forwarded-For": "192.0.2.1"}),
        ]

    assert allowed.status_code == 200
    assert [answer.status_code for answer in refused] == [403, 403, 403]


@pytest.mark.parametrize("path", ["/", "/api", "/api/pbx%0A", "/api/pbx/extensions%0A1001", "/admin"])
async def test_elsewhere_is_nothing(office: Office, path: str) -> None:
    """404 in JSON, without asking who it is."""
    answer = await outside(office).get(path)

    assert (answer.status_code, answer.json()) == (404, {"message": "Resource not found"})


async def test_the_description_needs_no_token(office: Office) -> None:
    """And tells nothing of any tenant."""
    description = await outside(office).get("/api/pbx/openapi.json")
    page = await outside(office).get("/api/pbx/docs")

    assert description.status_code == page.status_code == 200
    assert description.json()["servers"] == [{"url": "/api/pbx"}]
    assert description.json()["components"]["securitySchemes"] == {
        "HTTPBearer": {
            "type": "http",
            "scheme": "bearer",
            "description": "`Authorization: Bearer <id>|<secret>`",
        }
    }


async def test_the_page_loads_nothing_from_elsewhere(office: Office) -> None:
    """It works in a closed network, and runs nobody else's script."""
    page = (await outside(office).get("/api/pbx/docs")).text
    loaded = re.findall(r'(?:src|href)="([^"]+)"', page)

    answers = [await outside(office).get(path) for path in loaded]

    assert len(loaded) >= 3
    assert all(path.startswith("/api/pbx/page/") for path in loaded), loaded
    assert [answer.status_code for answer in answers] == [200] * len(loaded)


@pytest.mark.parametrize(
    ("update", "variable"),
    [
        pytest.param({"database_url": "mysql://root:secret@db/x"}, "XMLCURL_DATABASE_URL", id="another database"),
        pytest.param({"redis_url": "http://:secret@redis"}, "XMLCURL_REDIS_URL", id="no Redis"),
        pytest.param({"secret_keys": SecretStr("secret")}, "XMLCURL_SECRET_KEYS", id="no key"),
    ],
)
def test_settings_that_can_t_work_stop_the_start(tmp_path: Path, update: dict[str, object], variable: str) -> None:
    """The message names the variable; no secret is in it."""
    settings = ManagementSettings(data_dir=tmp_path).model_copy(update=update)

    with pytest.raises(SettingsError, match=variable) as caught:
        create_app(settings)

    assert "secret" not in str(caught.value)


async def test_a_backend_closes_what_it_opened(management_settings: ManagementSettings) -> None:
    """And can be closed without ever having been used."""
    backend = Backend(management_settings)

    await backend.close()
