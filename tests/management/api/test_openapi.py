"""The description of the API is true: a client that is generated from it works."""

from collections.abc import Iterator
from typing import Any, Final, cast

import pytest
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from management.api.dialect import create_api
from management.metrics import ManagementMetrics
from management.settings import ManagementSettings
from management.web.services import Services
from tests.management.office import DOMAIN, Office
from tests.management.served import furnished, schema_of

# What is sent is made up, and so are the lines that run; to measure them takes as long as all of tests/xmlcurl.
pytestmark = pytest.mark.unmeasured

DESCRIPTION: Final = create_api(cast(Services, None), ManagementMetrics()).openapi()
OPERATIONS: Final = [(path, method) for path, methods in DESCRIPTION["paths"].items() for method in methods]
SCHEMA: Final = schema_of(DESCRIPTION)
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
def address_and_token(settings_of_served: ManagementSettings) -> Iterator[tuple[str, str]]:
    """A served API with one tenant, and a token of the platform."""

    async def furnish(office: Office) -> str:
        await office.add_tenant(DOMAIN)
        return await office.add_token(None, "admin")

    with furnished(settings_of_served, furnish) as served:
        yield served


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
