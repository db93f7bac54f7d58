"""Two tenants with the same numbers: neither reads, guesses nor changes what is the other's."""

from typing import Any

import httpx
import pytest

from tests.management.office import Office
from xmlcurl.store.tables import departments, extensions, hotlines, numbers, teams, users

NOT_FOUND = (404, {"message": "Resource not found"})


@pytest.fixture
async def victim(office: Office, api: httpx.AsyncClient) -> httpx.AsyncClient:
    """Another tenant, with an extension 1001 and one 2002 that pbx.test does not have."""
    client = await office.tenant_client("victim.test")
    for number in ("1001", "2002"):
        body = {"extension_number": number, "display_name": "Victim", "aliases": [f"a{number}"]}
        assert (await client.post("/extensions", json=body)).status_code == 201
    return client


async def everything(client: httpx.AsyncClient) -> Any:
    return (await client.get("/extensions", params={"fields": "all"})).json()


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/extensions/2002", None),
        ("GET", "/extensions/2002/xml", None),
        ("PUT", "/extensions/2002", {"display_name": "Mine"}),
        ("DELETE", "/extensions/2002", None),
        ("POST", "/extensions/2002/change-password", {}),
    ],
)
async def test_another_tenant_s_extension_is_not_found(
    api: httpx.AsyncClient, victim: httpx.AsyncClient, method: str, path: str, body: object
) -> None:
    """The same words as for a number that nobody has; nothing changed."""
    before = await everything(victim)

    foreign = await api.request(method, path, json=body)
    nobody_s = await api.request(method, path.replace("2002", "3003"), json=body)

    assert (foreign.status_code, foreign.json()) == NOT_FOUND
    assert (nobody_s.status_code, nobody_s.json()) == NOT_FOUND
    assert await everything(victim) == before


async def test_equal_numbers_do_not_meet(office: Office, api: httpx.AsyncClient, victim: httpx.AsyncClient) -> None:
    """Both have a 1001 with the same alias; what one does to his the other's does not notice."""
    before = await everything(victim)
    hashes = {row["id"]: row["a1_hash"] for row in await office.rows(extensions)}

    created = await api.post("/extensions", json={"extension_number": "1001", "aliases": ["a1001"]})
    await api.put("/extensions/1001", json={"display_name": "Mine", "status": "disabled"})
    await api.post("/extensions/1001/change-password")
    listed = (await api.get("/extensions", params={"search": "Victim"})).json()
    await api.delete("/extensions/1001")

    assert created.status_code == 201
    assert listed["total"] == 0
    assert await everything(victim) == before
    assert hashes.items() <= {row["id"]: row["a1_hash"] for row in await office.rows(extensions)}.items()


async def test_another_tenant_s_objects_can_t_be_linked(
    office: Office, api: httpx.AsyncClient, victim: httpx.AsyncClient
) -> None:
    """They do not exist, as far as this tenant can see."""
    foreign = {
        "team_id": await office.add(teams, tenant_id=2, name="sales"),
        "department_id": await office.add(departments, tenant_id=2, name="north"),
        "user_id": await office.add(users, tenant_id=2, name="Bob"),
        "hotline_id": await office.add(
            hotlines,
            tenant_id=2,
            number_id=await office.add(numbers, tenant_id=2, number="0900000020"),
            name="19001",
        ),
        "outbound_caller_id": "0900000020",
    }

    answer = await api.post("/extensions", json={"extension_number": "1001", **foreign})

    assert answer.status_code == 422
    assert sorted(answer.json()["errors"]) == sorted(foreign)
    assert (await api.get("/caller-ids")).json()["total"] == 0


async def test_a_change_drops_only_the_tenant_s_documents(
    office: Office, api: httpx.AsyncClient, victim: httpx.AsyncClient
) -> None:
    """Tags and guards carry the tenant's id."""
    seen = len(await office.pending())
    await api.post("/extensions", json={"extension_number": "1001"})

    for effects in (await office.pending())[seen:]:
        assert {tag.split(":")[0] for tag in effects["tags"]} == {"t1"}
        assert effects["guards"] == ["t1"]
        assert {domain for _, domain in effects["flush_users"]} == {"pbx.test"}
