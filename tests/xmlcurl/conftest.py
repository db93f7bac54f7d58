"""A tenant with a few extensions, on both databases, and a lookup service that asks for them."""

from collections.abc import AsyncIterator, Iterator

import pytest

from tests.seed import Seed
from tests.xmlcurl.service import Service, running


@pytest.fixture
def seed(migrated_database_url: str) -> Iterator[Seed]:
    """Writes rows into the database that the service reads."""
    seed = Seed(migrated_database_url)
    yield seed
    seed.close()


@pytest.fixture
async def service(seed: Seed, migrated_database_url: str, redis_url: str) -> AsyncIterator[Service]:
    async with running(migrated_database_url, redis_url) as service:
        yield service


@pytest.fixture
def tenant_id(seed: Seed) -> int:
    """The tenant pbx.test with 1001 and 1002; 1002 has a mailbox."""
    tenant_id = seed.tenant("pbx.test")
    seed.extension(tenant_id, "1001", display_name="Alice")
    seed.extension(tenant_id, "1002", display_name="Bob", voicemail_enabled=True, pin="4711")
    return tenant_id


only_sqlite = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
"""For what has nothing to do with the database."""
