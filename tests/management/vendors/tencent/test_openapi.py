"""The description of the dialect is true, as far as one can be that has one path for six actions."""

import json
from collections.abc import Iterator
from typing import Any, Final, cast

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from requests import PreparedRequest
from requests.auth import AuthBase
from schemathesis import Case, GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, negative_data_rejection, positive_data_acceptance

from management.metrics import ManagementMetrics
from management.settings import ManagementSettings
from management.vendors.tencent.actions import ACTIONS
from management.vendors.tencent.app import create_api
from management.web.services import Services
from tests.management.office import Office
from tests.management.served import furnished, schema_of
from tests.management.vendors.tencent.signing import APP_ID, signed

pytestmark = pytest.mark.unmeasured

DESCRIPTION: Final = create_api(cast(Services, None), ManagementMetrics()).openapi()
SCHEMA: Final = schema_of(DESCRIPTION)
EXAMPLES: Final = settings().max_examples // 10
# Every answer has the status 200.
UNFIT: Final[list[Any]] = [ignored_auth, negative_data_rejection, positive_data_acceptance]


class Signing(AuthBase):
    """Whatever is sent, as a client with the key signs it."""

    def __init__(self, key: tuple[str, str], action: str) -> None:
        self._key = key
        self._action = action

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else cast(bytes, body)
        host = str(request.url).split("/")[2]
        content_type = str(request.headers.get("Content-Type", "application/json"))
        request.headers.update(signed(*self._key, self._action, body, host=host, content_type=content_type))
        return request


@pytest.fixture(scope="module")
def address_and_key(settings_of_served: ManagementSettings) -> Iterator[tuple[str, tuple[str, str]]]:
    """A served application with one tenant, and a key of it."""

    async def furnish(office: Office) -> tuple[str, str]:
        return await office.add_key("tencent", await office.add_tenant(), sdk_app_id=APP_ID)

    with furnished(settings_of_served, furnish) as served:
        yield served


@pytest.mark.parametrize("mode", GenerationMode, ids=lambda mode: mode.value)
@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_is_as_described(
    address_and_key: tuple[str, tuple[str, str]], action: str, mode: GenerationMode
) -> None:
    """Whatever is sent, the answer has one of the shapes that are described; never a fault."""
    address, key = address_and_key
    own_body = {"SdkAppId": APP_ID} if mode is GenerationMode.POSITIVE else {}

    @settings(max_examples=EXAMPLES, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(SCHEMA["/"]["POST"].as_strategy(generation_mode=mode), st.booleans())
    def holds(case: Case[Any], is_ours: bool) -> None:
        if is_ours and isinstance(case.body, dict):
            case.body |= own_body
        answer = case.call_and_validate(base_url=address, auth=Signing(key, action), excluded_checks=UNFIT)
        if answer.status_code == 200:
            code = answer.json()["Response"].get("Error", {"Code": ""})["Code"]
            assert code.split(".")[0] != "InternalError"
            assert code != "AuthFailure.SignatureFailure"

    holds()


def test_the_actions_are_described() -> None:
    """All six, the headers that choose between them, and the answers."""
    (call,) = DESCRIPTION["paths"]["/"].values()

    described = {each["name"]: each for each in call["parameters"]}
    assert described["X-TC-Action"]["schema"]["enum"] == [*ACTIONS]
    assert all(described[name]["required"] for name in ("X-TC-Action", "X-TC-Version", "X-TC-Timestamp"))
    bodies = call["requestBody"]["content"]["application/json"]["schema"]["anyOf"]
    assert {frozenset(each["required"]) for each in bodies} == {
        frozenset({"SdkAppId"}),
        frozenset({"SdkAppId", "ExtensionId"}),
        frozenset({"SdkAppId", "ExtensionId", "ExtensionName"}),
    }
    assert list(call["responses"]) == ["200"]
    assert len(json.dumps(call["responses"]["200"])) > 100
