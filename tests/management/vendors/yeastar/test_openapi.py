"""The description of the dialect is true: a client that is generated from it works."""

from collections.abc import Iterator
from typing import Any, Final, cast

import pytest
from hypothesis import HealthCheck, given, settings
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from management.metrics import ManagementMetrics
from management.settings import ManagementSettings
from management.vendors.yeastar.app import create_api
from management.web.services import Services
from tests.management.office import Office
from tests.management.served import furnished, schema_of
from tests.management.vendors.yeastar.program import AT, furnish, signed_in

pytestmark = pytest.mark.unmeasured

DESCRIPTION: Final = create_api(cast(Services, None), ManagementMetrics()).openapi()
OPERATIONS: Final = [(path, method) for path, methods in DESCRIPTION["paths"].items() for method in methods]
SCHEMA: Final = schema_of(DESCRIPTION)
EXAMPLES: Final = settings().max_examples // 20
UNFIT: Final[list[Any]] = [
    # No schema says which departments there are, or which names are taken; and the status is 200 whatever is wrong.
    positive_data_acceptance,
    negative_data_rejection,
    ignored_auth,
]
CASES: Final = [
    (path, method, mode)
    for path, method in OPERATIONS
    for mode in GenerationMode
    # Nothing is asked with it, so nothing can be wrong; and it would end the token of the others.
    if path != "/del_token"
]


@pytest.fixture(scope="module")
def address_and_token(settings_of_served: ManagementSettings) -> Iterator[tuple[str, str]]:
    """A served API with one tenant, and a token of its program."""

    async def furnish_it(office: Office) -> str:
        await furnish(office, await office.add_tenant())
        return (await signed_in(office, 1)).token

    with furnished(settings_of_served, furnish_it) as served:
        yield served


@pytest.mark.parametrize(
    ("path", "method", "mode"), CASES, ids=lambda part: part.value if isinstance(part, GenerationMode) else part
)
def test_every_operation_is_as_described(
    address_and_token: tuple[str, str], path: str, method: str, mode: GenerationMode
) -> None:
    """Whatever is sent, the answer has the shape that is described, never a fault; what is wrong is refused."""
    address, token = address_and_token

    @settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(SCHEMA[path][method.upper()].as_strategy(generation_mode=mode))
    def holds(case: Case[Any]) -> None:
        query = {"access_token": token}
        answer = case.call_and_validate(base_url=f"{address}{AT}", params=query, excluded_checks=UNFIT)
        code = answer.json()["errcode"]
        assert code != -2
        assert mode is GenerationMode.POSITIVE or code != 0

    holds()


def test_each_answer_may_be_a_failure() -> None:
    """With status 200, as any other."""
    for path, method in OPERATIONS:
        answers = DESCRIPTION["paths"][path][method]["responses"]
        assert list(answers) == ["200"]
        schema = answers["200"]["content"]["application/json"]["schema"]
        assert {"$ref": "#/components/schemas/Failure"} in schema["anyOf"], path
