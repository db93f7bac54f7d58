"""A store with one tenant and two extensions, and a way into it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from management.database import Database
from tests.seed import Seed


@pytest.fixture
def seed(migrated_database_url: str) -> Iterator[Seed]:
    """The tenant pbx.test (id 1) with the extensions 1001 and 1002 (ids 1 and 2)."""
    seed = Seed(migrated_database_url)
    tenant_id = seed.tenant()
    for number in ("1001", "1002"):
        seed.extension(tenant_id, number)
    yield seed
    seed.close()


@pytest.fixture
async def database(migrated_database_url: str, seed: Seed) -> AsyncIterator[Database]:
    database = Database.open(migrated_database_url)
    yield database
    await database.close()
