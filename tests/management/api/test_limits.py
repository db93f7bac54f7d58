"""Sixty requests a minute for each token, and headers that say how many are left."""

import time

import httpx
import pytest

from management.settings import ManagementSettings
from tests.management.office import Office


@pytest.fixture
def management_settings(management_settings: ManagementSettings) -> ManagementSettings:
    return management_settings.model_copy(update={"rate_limit_per_minute": 3})


async def test_over_the_limit_is_429(office: Office, api: httpx.AsyncClient) -> None:
    """In the document's words, with the seconds to wait; what was refused did not happen."""
    answers = [await api.post("/extensions", json={"extension_number": str(1_000 + n)}) for n in range(4)]

    assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
    seconds = int(answers[3].headers["Retry-After"])
    assert 1 <= seconds <= 60
    assert answers[3].json() == {"message": f"Too many requests. Retry after {seconds} seconds."}
    assert (await office.count_all())["extensions"] == 3


async def test_every_answer_says_what_is_left(api: httpx.AsyncClient) -> None:
    """Of a refusal and an error, too."""
    answers = [await api.get("/extensions"), await api.get("/extensions/1001"), await api.post("/extensions", json={})]
    refused = await api.get("/extensions")

    assert [answer.headers["X-RateLimit-Limit"] for answer in (*answers, refused)] == ["3"] * 4
    assert [answer.headers["X-RateLimit-Remaining"] for answer in (*answers, refused)] == ["2", "1", "0", "0"]
    assert all(0 <= int(answer.headers["X-RateLimit-Reset"]) - time.time() <= 61 for answer in answers)


async def test_each_token_has_its_own_limit(office: Office, api: httpx.AsyncClient) -> None:
    """Of the same tenant, too."""
    other = office.client(await office.add_token(1, "admin"))

    statuses = [(await api.get("/extensions")).status_code for _ in range(4)]

    assert statuses[-1] == 429
    assert (await other.get("/extensions")).status_code == 200


async def test_the_limit_is_shared_by_processes(
    office: Office, api: httpx.AsyncClient, management_settings: ManagementSettings
) -> None:
    """A second API process counts on."""
    async with Office.opened(management_settings) as second:
        again = second.client(str(api.headers["Authorization"]).removeprefix("Bearer "))

        statuses = [(await client.get("/extensions")).status_code for client in (api, again, api, again)]

    assert statuses == [200, 200, 200, 429]
