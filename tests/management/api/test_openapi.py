"""The description of the API is true: a client that is generated from it works."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final, cast

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from management.api.dialect import create_api
from management.metrics import ManagementMetrics
from management.settings import ManagementSettings
from management.web.services import Services
from tests.management.office import DOMAIN, Office
from tests.management.served import served
from tests.servers import RedisServer

# What is sent is made up, and so are the lines that run; to measure them takes as long as all of tests/xmlcurl.
pytestmark = pytest.mark.unmeasured

DESCRIPTION: Final = create_api(cast(Services, None), ManagementMetrics()).openapi()
OPERATIONS: Final = [(path, method) for path, methods in DESCRIPTION["paths"].items() for method in methods]
SCHEMA: Final = schemathesis.openapi.from_dict(
    DESCRIPTION,
    config=schemathesis.Config.from_dict(
        {
            # What nobody knows in a query is ignored, and the token is not to be left out.
            "generation": {"allow-extra-parameters": False, "with-security-parameters": False}
        }
    ),
)
EXAMPLES: Final = settings().max_examples // 20
"""Of each operation, and as many that break what is described."""
UNFIT: Final[list[Any]] = [
    # No schema says which teams there are, which names are taken, or what FreeSWITCH would execute.
    positive_data_acceptance,
]
CASES: Final = [
    (path, method, mode)
    for path, method in OPERATIONS
    for mode in GenerationMode
    # Nothing is asked with it, so nothing can be wrong.
    if (path, method, mode) != ("/call-settings", "get", GenerationMode.NEGATIVE)
]
ROWS_ARE_JUDGED_ONE_BY_ONE: Final = ("/extensions/batch", "post")


@pytest.fixture(scope="module")
def address_and_token(
    sqlite_template: Path, redis_server: RedisServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """A served API with one tenant, and a token of the platform."""
    folder = tmp_path_factory.mktemp("served")
    database = folder / "test.sqlite"
    database.write_bytes(sqlite_template.read_bytes())
    management_settings = ManagementSettings(
        data_dir=folder,
        database_url=f"sqlite+aiosqlite:///{database}",
        redis_url=redis_server.url,
        rate_limit_per_minute=10_000,
        login_failures_per_minute=1_000,
        switch_wait_ms=0,
    )

    async def seed() -> str:
        async with Office.opened(management_settings) as office:
            await office.add_tenant(DOMAIN)
            return await office.add_token(None, "admin")

    token = asyncio.run(seed())
    with served(management_settings) as address:
        yield address, token


@pytest.mark.parametrize(
    ("path", "method", "mode"), CASES, ids=lambda part: part.value if isinstance(part, GenerationMode) else part
)
def test_every_operation_is_as_described(
    address_and_token: tuple[str, str], path: str, method: str, mode: GenerationMode
) -> None:
    """Whatever is sent, the answer is one that the description names, in its shape; never a fault."""
    address, token = address_and_token
    excluded = [*UNFIT, negative_data_rejection] if (path, method) == ROWS_ARE_JUDGED_ONE_BY_ONE else UNFIT
    headers = {"Authorization": f"Bearer {token}", "X-Tenant": DOMAIN}

    @settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(SCHEMA[path][method.upper()].as_strategy(generation_mode=mode))
    def holds(case: Case[Any]) -> None:
        case.call_and_validate(base_url=f"{address}/api/pbx", headers=headers, excluded_checks=excluded)

    holds()
