"""The management API in this process, once on SQLite and once on PostgreSQL."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from fastapi import FastAPI
from starlette.routing import Mount

from management.app import create_app
from management.settings import ManagementSettings
from tests.management.office import Office


@pytest.fixture
def management_settings(migrated_database_url: str, redis_url: str, tmp_path: Path) -> ManagementSettings:
    """Nothing is read from the environment of whoever runs the tests."""
    return ManagementSettings(
        data_dir=tmp_path / "data",
        database_url=migrated_database_url,
        redis_url=redis_url,
        rate_limit_per_minute=10_000,
    )


@pytest.fixture(scope="session")
def routes(tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The routes of the API, built once; each office puts its own services behind them."""
    mount = create_app(ManagementSettings(data_dir=tmp_path_factory.mktemp("routes"))).routes[0]
    assert isinstance(mount, Mount)
    assert isinstance(mount.app, FastAPI)
    return mount.app


@pytest.fixture
async def office(management_settings: ManagementSettings, routes: FastAPI) -> AsyncIterator[Office]:
    async with Office.opened(management_settings, routes=routes) as office:
        yield office


@pytest.fixture
async def api(office: Office) -> httpx.AsyncClient:
    """The tenant pbx.test, asking with a token that may do everything there."""
    return await office.tenant_client()
