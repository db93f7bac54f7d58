"""The description of the API is true: a client that is generated from it works."""

from collections.abc import Iterator
from typing import Any, Final, cast

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from management.metrics import ManagementMetrics
from management.settings import ManagementSettings
from management.vendors.sencloud.app import create_api
from management.web.services import Services
from tests.management.office import Office
from tests.management.served import furnished, schema_of
from tests.management.vendors.sencloud.program import Program

# What is sent is made up, and so are the lines that run.
pytestmark = pytest.mark.unmeasured

DESCRIPTION: Final = create_api(cast(Services, None), ManagementMetrics()).openapi()
SCHEMA: Final = schema_of(DESCRIPTION)
EXAMPLES: Final = settings().max_examples // 20
# No schema says which hotlines there are, or which names are taken.
UNFIT: Final[list[Any]] = [positive_data_acceptance]


@pytest.fixture(scope="module")
def address_and_keys(settings_of_served: ManagementSettings) -> Iterator[tuple[str, tuple[str, str]]]:
    """A served API with a key of a shop and one of a partner."""

    async def furnish(office: Office) -> tuple[str, str]:
        shop = ".".join(await office.add_key("sencloud", await office.add_tenant()))
        return shop, (await Program.of_partner(office, "Sales")).key

    with furnished(settings_of_served, furnish) as served:
        yield served


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("path", DESCRIPTION["paths"])
def test_every_method_is_as_described(
    address_and_keys: tuple[str, tuple[str, str]], path: str, mode: GenerationMode
) -> None:
    """Whatever is sent, the answer is one that the description names, in its shape; never a fault."""
    address, (shop, partner) = address_and_keys
    headers = {"Authorization": f"Bearer {shop if path.startswith('/shop') else partner}"}

    @settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(SCHEMA[path]["POST"].as_strategy(generation_mode=mode))
    def holds(case: Case[Any]) -> None:
        case.call_and_validate(base_url=f"{address}/v1", headers=headers, excluded_checks=UNFIT)

    holds()


def test_the_page_is_there(address_and_keys: tuple[str, tuple[str, str]]) -> None:
    """For everybody: it says nothing of any tenant."""
    for path in ("docs", "openapi.json"):
        assert httpx.get(f"{address_and_keys[0]}/v1/{path}").status_code == 200
