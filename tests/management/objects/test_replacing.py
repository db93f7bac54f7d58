"""What a deletion does with what points to the object: it stays in the way, or moves to another one."""

import asyncio

import httpx

from management.teams.repository import TeamRepository
from tests.management.office import Office
from xmlcurl.store.model import Tag
from xmlcurl.store.tables import audit, teams


async def _team_of(api: httpx.AsyncClient, number: str) -> int:
    team: int = (await api.get(f"/extensions/{number}")).json()["data"]["team_id"]
    return team


async def test_what_points_to_it_moves(office: Office, api: httpx.AsyncClient) -> None:
    """And whoever shows it forgets what it knew: caches and switches."""
    await office.add_switch("fs1")
    old, new = [await office.add(teams, tenant_id=1, name=name) for name in ("Old", "New")]
    for number, team in (("1001", old), ("1002", new), ("1003", None)):
        await api.post("/extensions", json={"extension_number": number, "team_id": team})
    refused = await api.delete(f"/teams/{old}")
    before = len(await office.pending())

    answer = await api.delete(f"/teams/{old}", params={"replace_with": new})

    assert (refused.status_code, refused.json()["used_by"]) == (409, ["extension 1001"])
    assert (answer.status_code, answer.json()) == (200, {"data": {"deleted": True}})
    assert [await _team_of(api, number) for number in ("1001", "1002", "1003")] == [new, new, None]
    assert (await api.get(f"/teams/{old}")).status_code == 404
    deletion = (await office.rows(audit))[-1]
    assert (deletion["action"], deletion["after"]) == ("team.delete", {"replaced_by": new, "moved": ["extension 1001"]})
    for effects in (await office.pending())[before:]:
        assert effects["flush_all"]
        assert {Tag.tenant(1), Tag.members(1)} <= {*effects["tags"]}


async def test_an_extensions_deletion_says_where_its_calls_went(office: Office, api: httpx.AsyncClient) -> None:
    """By numbers, which an administrator knows; without a replacement nothing is said of one."""
    for number in ("1001", "1002", "1003"):
        await api.post("/extensions", json={"extension_number": number})
    for group, number in (("Sales", "600"), ("Help", "601")):
        await api.post("/ring-groups", json={"name": group, "number": number, "members": ["1001"]})

    await api.delete("/extensions/1001", params={"replace_with": "1002"})
    await api.delete("/extensions/1003")

    moved, plain = [row["after"] for row in await office.rows(audit) if row["action"] == "extension.delete"]
    assert moved == {"replaced_by": "1002", "moved": ["ring group Help", "ring group Sales"]}
    assert plain is None


async def test_nothing_is_deleted_for_what_is_no_other_one(office: Office, api: httpx.AsyncClient) -> None:
    """Itself, another tenant's, a deleted one, none: also when nothing points to it."""
    await office.add_tenant("other.test")
    team = await office.add(teams, tenant_id=1, name="Sales")
    foreign = await office.add(teams, tenant_id=2, name="Sales")
    gone = await office.add(teams, tenant_id=1, name="Gone")
    await api.delete(f"/teams/{gone}")
    before = await office.count_all()

    for other in (team, foreign, gone, 404, 0, 2**63, "x"):
        refused = await api.delete(f"/teams/{team}", params={"replace_with": other})
        assert (refused.status_code, [*refused.json()["errors"]]) == (422, ["replace_with"])

    assert await office.count_all() == before
    assert (await api.get(f"/teams/{team}")).status_code == 200


async def test_nothing_moves_to_what_is_being_deleted(office: Office, api: httpx.AsyncClient) -> None:
    """A deletion that comes between waits, and finds its target gone: nothing is left pointing nowhere."""
    old, new = [await office.add(teams, tenant_id=1, name=name) for name in ("Old", "New")]
    await api.post("/extensions", json={"extension_number": "1001", "team_id": old})
    async with office.backend.database.writing() as connection:
        rows = TeamRepository(connection, 1)
        assert await rows.find(new, to_change=True)
        await rows.remove(new)
        moving = asyncio.create_task(api.delete(f"/teams/{old}", params={"replace_with": new}))
        await office.until_somebody_waits(moving)

    answer = await moving

    assert (answer.status_code, [*answer.json()["errors"]]) == (422, ["replace_with"])
    assert await _team_of(api, "1001") == old
