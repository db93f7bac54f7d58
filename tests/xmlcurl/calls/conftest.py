"""The table's office in a database of its own, and the lookup service that reads it."""

from collections.abc import AsyncIterator

import pytest

from tests.xmlcurl.calls.world import NOW, built_in
from tests.xmlcurl.service import Service, running


@pytest.fixture(scope="session")
def office_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built_in(tmp_path_factory.mktemp("office"))


@pytest.fixture
async def office(office_url: str, redis_url: str) -> AsyncIterator[Service]:
    """Asked of nothing yet: every document is loaded."""
    async with running(office_url, redis_url, clock=lambda: NOW) as service:
        yield service
