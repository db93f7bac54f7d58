"""An office whose people may change things by phone, and the door that lookups knock at."""

from collections.abc import AsyncIterator
from typing import Final

import httpx
import pytest
from pydantic import SecretStr

from management.settings import ManagementSettings
from tests.management.office import Office

SECRET: Final = "a secret of thirty-two characters, or more"


@pytest.fixture
def management_settings(management_settings: ManagementSettings) -> ManagementSettings:
    return management_settings.model_copy(update={"by_phone_secret": SecretStr(SECRET)})


@pytest.fixture
async def door(office: Office) -> AsyncIterator[httpx.AsyncClient]:
    """A lookup process."""
    transport = httpx.ASGITransport(office.app)
    headers = {"Authorization": f"Bearer {SECRET}"}
    async with httpx.AsyncClient(transport=transport, base_url="http://api.test", headers=headers) as client:
        yield client


@pytest.fixture
async def people(api: httpx.AsyncClient) -> None:
    """1001 and 1002, whose alias is 2002."""
    for body in ({"extension_number": "1001"}, {"extension_number": "1002", "aliases": ["2002"]}):
        assert (await api.post("/extensions", json=body)).status_code == 201
