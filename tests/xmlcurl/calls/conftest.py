"""The table's office in a database of its own, and the lookup service that reads it."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.conftest import create_tables
from tests.seed import Seed
from tests.xmlcurl.calls.world import NOW, World
from tests.xmlcurl.service import Service, running


@pytest.fixture(scope="session")
def office_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("office") / "office.sqlite"
    create_tables(f"sqlite:///{path}")
    url = f"sqlite+aiosqlite:///{path}"
    seed = Seed(url)
    World(seed).build()
    seed.close()
    return url


@pytest.fixture
async def office(office_url: str, redis_url: str) -> AsyncIterator[Service]:
    """Asked of nothing yet: every document is loaded."""
    async with running(office_url, redis_url, clock=lambda: NOW) as service:
        yield service
