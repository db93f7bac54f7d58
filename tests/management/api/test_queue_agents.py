"""Agents of queues: who may be logged in, and that the switches hear of it."""

from typing import Any

import httpx
import pytest

from tests.management.office import DOMAIN, Office
from xmlcurl.store.tables import audit

ALL = "available", "on_break", "logged_out"


@pytest.fixture(autouse=True)
async def _queue(office: Office, admin: httpx.AsyncClient) -> None:
    """1001 serves two queues, 1002 none."""
    for number in ("1001", "1002"):
        await admin.post("/extensions", json={"extension_number": number})
    for number in ("700", "701"):
        body = {"name": number, "number": number, "agents": [{"extension": "1001"}]}
        assert (await admin.post("/queues", json=body)).status_code == 201
    await office.add_switch("fs1")


async def agent(client: httpx.AsyncClient, number: str = "1001") -> dict[str, Any]:
    return dict((await client.get(f"/extensions/{number}/agent")).json()["data"])


async def test_an_agent_is_logged_in_and_out(office: Office, admin: httpx.AsyncClient) -> None:
    """In all queues that it serves; switches are told whose status it is, and ask which when they are told."""
    already, told = len(await office.pending()), [["1001", DOMAIN]]
    assert await agent(admin) == {"extension": "1001", "status": "logged_out", "since": None, "queue_ids": [1, 2]}

    for status in ALL:
        answer = await admin.put("/extensions/1001/agent", json={"status": status})
        assert answer.headers["X-Switch-Sync"] == "acked=0 pending=1 failed=0"
        assert answer.json()["data"] == await agent(admin)
        assert (await agent(admin))["status"] == status
        queues = (await admin.get("/queues")).json()["data"]
        assert [each["agents"] for each in queues] == [[{"extension": "1001", "level": 1, "status": status}]] * 2

    assert [each["tell_agents"] for each in (await office.pending())[already:]] == [told] * 6
    changes = [(row["before"], row["after"]) for row in await office.rows(audit) if row["object_type"] == "queue_agent"]
    assert changes == [
        ({"status": "logged_out"}, {"status": "available"}),
        ({"status": "available"}, {"status": "on_break"}),
        ({"status": "on_break"}, {"status": "logged_out"}),
    ]


@pytest.mark.parametrize(
    ("number", "body", "code"),
    [
        pytest.param("1001", {"status": "asleep"}, 422, id="no such status"),
        pytest.param("1001", {"status": None}, 422, id="none"),
        pytest.param("1001", {"state": "available"}, 422, id="no such field"),
        pytest.param("1002", {"status": "available"}, 422, id="who serves no queue"),
        pytest.param("1003", {"status": "available"}, 404, id="nobody"),
    ],
)
async def test_what_can_t_be_is_refused(
    office: Office, admin: httpx.AsyncClient, number: str, body: dict[str, Any], code: int
) -> None:
    """And nothing is written."""
    before = await office.count_all()

    assert (await admin.put(f"/extensions/{number}/agent", json=body)).status_code == code

    assert await office.count_all() == before


async def test_who_serves_no_queue_may_be_logged_out(admin: httpx.AsyncClient) -> None:
    """It is."""
    assert (await admin.put("/extensions/1002/agent", json={"status": "logged_out"})).status_code == 200


async def test_another_tenants_agent_is_not_there(office: Office) -> None:
    """Neither to be read nor to be changed."""
    other = await office.tenant_client("other.test")

    assert (await other.get("/extensions/1001/agent")).status_code == 404
    assert (await other.put("/extensions/1001/agent", json={"status": "available"})).status_code == 404


async def test_who_joins_a_queue_is_told_of(office: Office, admin: httpx.AsyncClient) -> None:
    """A switch takes a new agent for one who is logged out; so does it one who takes another's place."""
    already = len(await office.pending())

    await admin.put("/queues/1", json={"agents": [{"extension": "1001"}, {"extension": "1002"}]})
    await admin.put("/queues/1", json={"agents": [{"extension": "1001"}]})
    await admin.delete("/extensions/1001", params={"replace_with": "1002"})

    rows = (await office.pending())[already + 1 :: 2]
    assert [each["tell_agents"] for each in rows] == [[["1002", DOMAIN]], [], [["1002", DOMAIN]]]
    assert [each["reload_queues"] for each in rows][2] == [f"1@{DOMAIN}", f"2@{DOMAIN}"]


async def test_a_tenant_that_comes_back_has_its_agents(
    office: Office, platform: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    """A switch that connected meanwhile has read none of its queues."""
    already = len(await office.pending())

    for state in ("suspended", "active"):
        await platform.put(f"/tenants/{DOMAIN}", json={"state": state})

    rows = (await office.pending())[already + 1 :: 2]
    assert [each["reload_queues"] for each in rows] == [[], [f"1@{DOMAIN}", f"2@{DOMAIN}"]]
    assert [each["tell_agents"] for each in rows] == [[], [["1001", DOMAIN]]]
