"""A platform with one tenant, and FreeSWITCH's side of the same store."""

from collections.abc import AsyncIterator

import httpx
import pytest

from management.settings import ManagementSettings
from tests.management.office import DOMAIN, Office
from tests.xmlcurl.service import Service, running


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
