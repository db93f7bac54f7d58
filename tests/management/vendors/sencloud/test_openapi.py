"""The description of the API is true: a client that is generated from it works."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import httpx
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from management.metrics import ManagementMetrics
from management.settings import ManagementSettings
from management.vendors.sencloud.app import create_api
from management.web.services import Services
from tests.management.office import Office
from tests.management.served import served
from tests.management.vendors.sencloud.program import Program
from tests.servers import RedisServer

# What is sent is made up, and so are the lines that run.
pytestmark = pytest.mark.unmeasured

DESCRIPTION: Final = create_api(cast(Services, None), ManagementMetrics()).openapi()
SCHEMA: Final = schemathesis.openapi.from_dict(
    DESCRIPTION,
    config=schemathesis.Config.from_dict(
        {"generation": {"allow-extra-parameters": False, "with-security-parameters": False}}
    ),
)
EXAMPLES: Final = settings().max_examples // 20
# No schema says which hotlines there are, or which names are taken.
UNFIT: Final[list[Any]] = [positive_data_acceptance]


@pytest.fixture(scope="module")
def address_and_keys(
    sqlite_template: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str, str]]:
    """A served API with a key of a shop and one of a partner."""
    folder = tmp_path_factory.mktemp("served")
    database = folder / "test.sqlite"
    database.write_bytes(sqlite_template.read_bytes())
    management_settings = ManagementSettings(
        data_dir=folder,
        database_url=f"sqlite+aiosqlite:///{database}",
        redis_url=redis_server.url,
        sencloud_requests_per_minute=10_000,
        switch_wait_ms=0,
        tenant_domain_suffix="customers.test",
    )

    async def seed() -> tuple[str, str]:
        async with Office.opened(management_settings) as office:
            shop = ".".join(await office.add_key("sencloud", await office.add_tenant()))
            return shop, (await Program.of_partner(office, "Sales")).key

    keys = asyncio.run(seed())
    with served(management_settings) as address:
        yield address, *keys


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("path", DESCRIPTION["paths"])
def test_every_method_is_as_described(address_and_keys: tuple[str, str, str], path: str, mode: GenerationMode) -> None:
    """Whatever is sent, the answer is one that the description names, in its shape; never a fault."""
    address, shop, partner = address_and_keys
    headers = {"Authorization": f"Bearer {shop if path.startswith('/shop') else partner}"}

    @settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(SCHEMA[path]["POST"].as_strategy(generation_mode=mode))
    def holds(case: Case[Any]) -> None:
        case.call_and_validate(base_url=f"{address}/v1", headers=headers, excluded_checks=UNFIT)

    holds()


def test_the_page_is_there(address_and_keys: tuple[str, str, str]) -> None:
    """For everybody: it says nothing of any tenant."""
    for path in ("docs", "openapi.json"):
        assert httpx.get(f"{address_and_keys[0]}/v1/{path}").status_code == 200
