"""Changes: what every switch was told, and another try for what failed."""

from datetime import timedelta
from typing import Any

import httpx

from tests.management.office import DOMAIN, Office
from xmlcurl.store.tables import audit, changes, switches, utc_now


async def _switch(office: Office, name: str) -> int:
    return await office.add(switches, name=name, host="127.0.0.1", password_encrypted="x", sofia_profiles=["internal"])


async def _listed(client: httpx.AsyncClient, **wanted: Any) -> list[dict[str, Any]]:
    answer = await client.get("/changes", params=wanted)
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


async def test_a_write_is_a_row_for_each_switch(
    office: Office, admin: httpx.AsyncClient, platform: httpx.AsyncClient
) -> None:
    """And one without a switch, for the caches; they share a group."""
    ids = [await _switch(office, "fs1"), await _switch(office, "fs2")]
    answer = await admin.post("/extensions", json={"extension_number": "1001"})
    assert answer.headers["X-Switch-Sync"] == "acked=0 pending=2 failed=0"

    rows = await _listed(platform)

    assert {row["switch_id"] for row in rows} == {None, *ids}
    assert {row["switch"] for row in rows} == {None, "fs1", "fs2"}
    assert len({row["group_id"] for row in rows}) == 1
    for row in rows:
        assert (row["tenant"], row["state"], row["is_acknowledged"]) == (DOMAIN, "pending", False)
        assert row["effects"]["flush_users"] == [["1001", DOMAIN]]
        assert (row["cleared"], row["error"], row["flushed_at"], row["settled_at"]) == (None, None, None, None)
        assert (await platform.get(f"/changes/{row['id']}")).json()["data"] == row


async def test_lists_can_be_narrowed(office: Office, admin: httpx.AsyncClient, platform: httpx.AsyncClient) -> None:
    """By switch, state, write and tenant; the newest first."""
    switch_id = await _switch(office, "fs1")
    await office.add_tenant("other.test")
    other = office.client(await office.add_token(None, "admin"), **{"X-Tenant": "other.test"})
    for client in (admin, other):
        await client.post("/extensions", json={"extension_number": "1001"})
    everything = await _listed(platform)
    now = utc_now()
    await office.change(changes, everything[0]["id"], state="flushed", cleared=3, flushed_at=now)

    assert [row["id"] for row in everything] == sorted((row["id"] for row in everything), reverse=True)
    assert {row["switch_id"] for row in await _listed(platform, switch_id=switch_id)} == {switch_id}
    (flushed,) = await _listed(platform, state="flushed")
    assert (flushed["id"], flushed["is_acknowledged"], flushed["cleared"]) == (everything[0]["id"], True, 3)
    assert len(await _listed(platform, group_id=flushed["group_id"])) == 2
    assert {row["tenant"] for row in await _listed(other)} == {"other.test"}
    for wrong in ({"state": "new"}, {"switch_id": 0}, {"group_id": "x"}):
        assert (await platform.get("/changes", params=wrong)).status_code == 422


async def test_what_failed_can_be_tried_again(
    office: Office, admin: httpx.AsyncClient, platform: httpx.AsyncClient
) -> None:
    """From the beginning, at once, and written down; nothing else can be."""
    await _switch(office, "fs1")
    await admin.post("/extensions", json={"extension_number": "1001"})
    change_id = (await _listed(platform))[0]["id"]
    later = utc_now() + timedelta(hours=1)
    refused = await platform.post(f"/changes/{change_id}/retry")
    await office.change(changes, change_id, state="failed", attempts=7, error="-ERR no", due_at=later)

    answer = await platform.post(f"/changes/{change_id}/retry")

    assert (refused.status_code, [*refused.json()["errors"]]) == (409, ["state"])
    assert answer.status_code == 200
    assert answer.json()["data"].items() >= {"state": "pending", "attempts": 0, "error": None}.items()
    (row,) = [row for row in await office.rows(changes) if row["id"] == change_id]
    assert row["due_at"] <= utc_now()
    entry = (await office.rows(audit))[-1]
    assert (entry["action"], entry["before"], entry["after"]) == (
        "change.retry",
        {"state": "failed"},
        {"state": "pending"},
    )
    for unknown in ("404", "0", str(2**63)):
        assert (await platform.post(f"/changes/{unknown}/retry")).status_code == 404


async def test_only_the_platform_sees_them(office: Office, platform: httpx.AsyncClient) -> None:
    """Not even a tenant's administrator, not even its own; and a reader tries nothing again."""
    tenants_own = office.client(await office.add_token(1, "admin"))
    reader = office.client(await office.add_token(None, "read"))

    assert (await tenants_own.get("/changes")).status_code == 403
    assert (await tenants_own.get("/changes/1")).status_code == 403
    assert (await reader.get("/changes")).status_code == 200
    assert (await reader.post("/changes/1/retry")).status_code == 403
