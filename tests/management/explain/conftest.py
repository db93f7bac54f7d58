"""Explanations of the calls in the table's office, and the service that serves there."""

from collections.abc import AsyncIterator

import pytest

from management.auth import TenantScope
from management.database import Database
from management.explain.commands import ExplainCall
from management.explain.model import CallExplained
from management.explain.service import Explanations
from tests.xmlcurl.calls.world import NOW, built_in
from tests.xmlcurl.service import Service, running
from xmlcurl.store.cache import Cache, open_redis


class Explainer:
    """Explains to the tenant pbx.test."""

    def __init__(self, explanations: Explanations) -> None:
        self._explanations = explanations

    async def __call__(self, asked: ExplainCall) -> CallExplained:
        return await self._explanations.call(TenantScope(1, "pbx.test", "en"), asked)


@pytest.fixture(scope="session")
def world_url(tmp_path_factory: pytest.TempPathFactory) -> str:
    return built_in(tmp_path_factory.mktemp("explained"))


@pytest.fixture
async def explain(world_url: str, redis_url: str) -> AsyncIterator[Explainer]:
    database = Database.open(world_url)
    async with open_redis(redis_url, timeout_seconds=2) as client:
        cache = Cache(client, fingerprint="test", ttl_seconds=60, absence_ttl_seconds=60, absence_slots=16)
        yield Explainer(Explanations(database, cache))
    await database.close()


@pytest.fixture
async def served(world_url: str, redis_url: str) -> AsyncIterator[Service]:
    async with running(world_url, redis_url, clock=lambda: NOW) as service:
        yield service
