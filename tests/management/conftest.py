"""The management API in this process, once on SQLite and once on PostgreSQL."""

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI

from management.app import create_app
from management.migrations import migrate
from management.settings import ManagementSettings
from tests.management.office import DOMAIN, Office, mounts, routes_of
from tests.management.terminal import Terminal
from tests.servers import RedisServer
from tests.xmlcurl.service import Service, running


@pytest.fixture
def management_settings(migrated_database_url: str, redis_url: str, tmp_path: Path) -> ManagementSettings:
    """Nothing is read from the environment of whoever runs the tests."""
    return ManagementSettings(
        data_dir=tmp_path / "data",
        database_url=migrated_database_url,
        redis_url=redis_url,
        rate_limit_per_minute=10_000,
    )


@pytest.fixture(scope="module")
def settings_of_served(
    sqlite_template: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> ManagementSettings:
    """Of an application that is served to all tests of a file, and asked as often as they like."""
    folder = tmp_path_factory.mktemp("served")
    database = folder / "test.sqlite"
    database.write_bytes(sqlite_template.read_bytes())
    return ManagementSettings(
        data_dir=folder,
        database_url=f"sqlite+aiosqlite:///{database}",
        redis_url=redis_server.url,
        rate_limit_per_minute=10_000,
        sencloud_requests_per_minute=10_000,
        yeastar_requests_per_minute=10_000,
        tencent_requests_per_second=1_000,
        login_failures_per_minute=1_000,
        switch_wait_ms=0,
        tenant_domain_suffix="customers.test",
    )


@pytest.fixture(scope="session")
def routes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, FastAPI]:
    """The routes of each dialect, built once; each office puts its own services behind them."""
    app = create_app(ManagementSettings(data_dir=tmp_path_factory.mktemp("routes")))
    return {mount.path: routes_of(mount) for mount in mounts(app)}


@pytest.fixture
async def office(management_settings: ManagementSettings, routes: dict[str, FastAPI]) -> AsyncIterator[Office]:
    async with Office.opened(management_settings, routes=routes) as office:
        yield office


@pytest.fixture
async def api(office: Office) -> httpx.AsyncClient:
    """The tenant pbx.test, asking with a token that may do everything there."""
    return await office.tenant_client()


@pytest.fixture
async def platform(office: Office) -> httpx.AsyncClient:
    """A token of the platform that names no tenant; pbx.test is there, with the id 1."""
    await office.add_tenant()
    return office.client(await office.add_token(None, "admin"))


@pytest.fixture
async def admin(office: Office, platform: httpx.AsyncClient) -> httpx.AsyncClient:
    """A token of the platform that means pbx.test."""
    return office.client(await office.add_token(None, "admin"), **{"X-Tenant": DOMAIN})


@pytest.fixture
async def lookup(management_settings: ManagementSettings) -> AsyncIterator[Service]:
    """A lookup process on the same database and Redis."""
    async with running(management_settings.database, management_settings.redis) as service:
        yield service


@pytest.fixture
def command_settings(monkeypatch: pytest.MonkeyPatch, database_url: str, redis_url: str, tmp_path: Path) -> None:
    """What commands of this process read."""
    monkeypatch.setenv("XMLCURL_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("XMLCURL_DATABASE_URL", database_url)
    monkeypatch.setenv("XMLCURL_REDIS_URL", redis_url)


@pytest.fixture(scope="session")
def migrated_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("migrated") / "template.sqlite"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def terminal(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    migrated_template: Path,
    database_url: str,
    command_settings: None,
) -> Terminal:
    """The database (SQLite) is migrated; there is the tenant pbx.test."""
    shutil.copy(migrated_template, database_url.partition(":///")[2])
    terminal = Terminal(monkeypatch, capsys, database_url)
    terminal.done("tenant", "add", "pbx.test")
    return terminal
