"""Numbers, hotlines, teams, departments and users: their bounds, who points to them, what FreeSWITCH sees."""

import asyncio
from collections import Counter
from typing import Any

import httpx
import pytest

from management.teams.repository import TeamRepository
from tests.management.office import DOMAIN, Office
from tests.xmlcurl.asking import directory, user
from tests.xmlcurl.service import Service
from xmlcurl.store.model import Tag
from xmlcurl.store.tables import numbers, switches, teams

NUMBER, OTHER_NUMBER = "0900000020", "0900000021"
NAMES: list[Any] = ["", " x", "x\t", "x" * 101, "${system(id)}", "<include", "X-PRE-PROCESS", "a\nb", None, 7, ["x"]]

REFUSED: dict[str, tuple[dict[str, Any], dict[str, list[Any]]]] = {
    "teams": ({"name": "Sales"}, {"name": NAMES}),
    "departments": ({"name": "Sales"}, {"name": NAMES}),
    "users": (
        {"name": "A"},
        {
            "name": NAMES,
            "email": ["a", "a@", "a@b", "a b@pbx.test", "$(id)@pbx.test", "a@pbx.test\n", f"{'a' * 250}@pbx.test", 7],
            "mobile": ["12", "+", "0" * 31, "09 00", "+84-9", "٠٩٠٠", 84900000000],
            "role": ["root", "", None],
        },
    ),
    "numbers": (
        {"number": NUMBER},
        {
            "number": [
                "",
                "1234567",
                "1" * 16,
                "+84900000020",
                "0900 000 020",
                "٠٩٠٠٠٠٠٠٢٠",
                NUMBER + "\n",
                None,
                900000020,
            ],
            "display_name": ["x" * 101, "${x}", "a\0b", 7],
            "carrier": ["att", "", None],
            "cli_type": ["pager", None],
            "status": ["deleted", None],
        },
    ),
    "hotlines": (
        {"name": "Support", "number": OTHER_NUMBER},
        {"name": NAMES, "number": ["0900000404", "", "x", "a\0b", None, 900000021]},
    ),
}


@pytest.fixture(autouse=True)
async def number(office: Office, platform: httpx.AsyncClient) -> None:
    """The number 0900000021 of pbx.test."""
    await office.add(numbers, tenant_id=1, number=OTHER_NUMBER)


async def test_values_out_of_bounds_are_refused_by_name(office: Office, admin: httpx.AsyncClient) -> None:
    """And nothing is written."""
    before = await office.count_all()

    for path, (body, fields) in REFUSED.items():
        for name, values in fields.items():
            for value in values:
                answer = await admin.post(f"/{path}", json={**body, name: value})
                assert (answer.status_code, [*answer.json()["errors"]]) == (422, [name]), (path, name, value)

    assert before == await office.count_all()


@pytest.mark.parametrize(("path", "name"), [("teams", "name"), ("departments", "name"), ("users", "email")])
async def test_a_name_is_taken_once_in_a_tenant(office: Office, admin: httpx.AsyncClient, path: str, name: str) -> None:
    """At creation and by a change; another tenant may have the same."""
    await office.add_tenant("other.test")
    other = office.client(await office.add_token(None, "admin"), **{"X-Tenant": "other.test"})
    first, second = ({"name": "A", "email": "a@pbx.test"}, {"name": "B", "email": "b@pbx.test"})
    bodies = [body if path == "users" else {"name": body["name"]} for body in (first, second)]

    assert (await admin.post(f"/{path}", json=bodies[0])).status_code == 201
    made = (await admin.post(f"/{path}", json=bodies[1])).json()["data"]
    for refused in (
        await admin.post(f"/{path}", json=bodies[0]),
        await admin.put(f"/{path}/{made['id']}", json={name: bodies[0][name].replace("a@", "A@")}),
    ):
        assert (refused.status_code, [*refused.json()["errors"]]) == (409, [name])
    assert (await other.post(f"/{path}", json=bodies[0])).status_code == 201


async def test_a_number_is_one_tenants(office: Office, admin: httpx.AsyncClient) -> None:
    """Among all of them, until it is deleted."""
    await office.add_tenant("other.test")
    other = office.client(await office.add_token(None, "admin"), **{"X-Tenant": "other.test"})
    assert (await admin.post("/numbers", json={"number": NUMBER})).status_code == 201

    taken = await other.post("/numbers", json={"number": NUMBER})
    await admin.delete(f"/numbers/{NUMBER}")
    free = await other.post("/numbers", json={"number": NUMBER})

    assert (taken.status_code, [*taken.json()["errors"]]) == (409, ["number"])
    assert free.status_code == 201


async def test_a_tenant_gives_itself_no_number(office: Office, platform: httpx.AsyncClient) -> None:
    """It could show anybody's: with its own token it may look, and no more."""
    client = office.client(await office.add_token(1, "admin"))

    for refused in (
        await client.post("/numbers", json={"number": NUMBER}),
        await client.put(f"/numbers/{OTHER_NUMBER}", json={"status": "disabled"}),
        await client.delete(f"/numbers/{OTHER_NUMBER}"),
    ):
        assert refused.status_code == 403
    assert (await client.get(f"/numbers/{OTHER_NUMBER}")).status_code == 200


async def test_what_something_points_to_is_not_deleted(admin: httpx.AsyncClient) -> None:
    """The answer names who points to it; when nobody does any more, it goes."""
    made = {path: (await admin.post(f"/{path}", json=body)).json()["data"] for path, (body, _) in REFUSED.items()}
    links = {
        "team_id": made["teams"]["id"],
        "department_id": made["departments"]["id"],
        "user_id": made["users"]["id"],
        "hotline_id": made["hotlines"]["id"],
        "outbound_caller_id": NUMBER,
    }
    for extension in ("1001", "1002"):
        assert (await admin.post("/extensions", json={"extension_number": extension, **links})).status_code == 201
    await admin.put(f"/tenants/{DOMAIN}", json={"default_number": NUMBER})
    places = [f"/{path}/{made[path]['id']}" for path in ("teams", "departments", "users", "hotlines")]

    for place in places:
        refused = await admin.delete(place)
        assert (refused.status_code, refused.json()["used_by"]) == (409, ["extension 1001", "extension 1002"])
    refused = await admin.delete(f"/numbers/{NUMBER}")
    assert refused.json()["used_by"] == ["extension 1001", "extension 1002", f"tenant {DOMAIN}"]
    assert (await admin.delete(f"/numbers/{OTHER_NUMBER}")).json()["used_by"] == ["hotline Support"]

    await admin.delete("/extensions/1001")
    await admin.put("/extensions/1002", json=dict.fromkeys(links))
    await admin.put(f"/tenants/{DOMAIN}", json={"default_number": None})
    for place in (*places, f"/numbers/{NUMBER}", f"/numbers/{OTHER_NUMBER}"):
        assert (await admin.delete(place)).status_code == 200


async def test_nobody_joins_what_is_being_deleted(office: Office, admin: httpx.AsyncClient) -> None:
    """An extension that is created meanwhile waits, and finds the team gone."""
    team_id = await office.add(teams, tenant_id=1, name="Sales")
    async with office.backend.database.writing() as connection:
        rows = TeamRepository(connection, 1)
        assert await rows.find(team_id, to_change=True)
        await rows.remove(team_id)
        joining = asyncio.create_task(admin.post("/extensions", json={"extension_number": "1001", "team_id": team_id}))
        await office.until_somebody_waits(joining)

    answer = await joining

    assert (answer.status_code, [*answer.json()["errors"]]) == (422, ["team_id"])


async def test_what_follows_from_a_change(office: Office, admin: httpx.AsyncClient) -> None:
    """The caches of the tenant; the users of a switch only when a number that they may show has changed."""
    await office.add(switches, name="fs1", host="127.0.0.1", password_encrypted="x", sofia_profiles=["internal"])
    await admin.post("/numbers", json={"number": NUMBER})
    await admin.put(f"/numbers/{NUMBER}", json={"status": "disabled"})
    hotline = (await admin.post("/hotlines", json={"name": "H", "number": NUMBER})).json()["data"]
    await admin.put(f"/hotlines/{hotline['id']}", json={"number": OTHER_NUMBER})
    await admin.delete(f"/hotlines/{hotline['id']}")
    await admin.delete(f"/numbers/{NUMBER}")
    team = (await admin.post("/teams", json={"name": "T"})).json()["data"]
    await admin.put(f"/teams/{team['id']}", json={"name": "U"})

    rows = [effects for effects in await office.pending() if effects["tags"]]

    assert all(effects["guards"] == ["t1"] for effects in rows)
    once_or_with_the_switch = [(each["tags"], each["flush_all"]) for each in rows]
    assert once_or_with_the_switch == [
        ([Tag.tenant(1)], False),
        *[([Tag.tenant(1)], True)] * 2,
        ([Tag.tenant(1)], False),
        *[([Tag.tenant(1)], True)] * 2,
        ([Tag.tenant(1)], False),
        ([Tag.tenant(1)], False),
        ([Tag.members(1)], False),
        ([Tag.members(1)], False),
    ]


async def test_what_no_document_shows_stays_in_the_caches(office: Office, admin: httpx.AsyncClient) -> None:
    """Departments and users."""
    for path in ("departments", "users"):
        made = (await admin.post(f"/{path}", json={"name": "A"})).json()["data"]
        await admin.put(f"/{path}/{made['id']}", json={"name": "B"})
        await admin.delete(f"/{path}/{made['id']}")

    assert await office.pending() == []


async def test_freeswitch_sees_another_number_at_once(admin: httpx.AsyncClient, lookup: Service) -> None:
    """Its name, that it is active again, and the one that a hotline has got."""
    await admin.post("/numbers", json={"number": NUMBER, "status": "disabled"})
    hotline = (await admin.post("/hotlines", json={"name": "H", "number": NUMBER})).json()["data"]
    await admin.post("/extensions", json={"extension_number": "1001", "hotline_id": hotline["id"]})
    assert NUMBER.encode() not in (await lookup.post(user())).body

    await admin.put(f"/numbers/{NUMBER}", json={"status": "active"})
    assert NUMBER.encode() in (await lookup.post(user())).body

    await admin.put(f"/numbers/{NUMBER}", json={"display_name": "Head office"})
    assert b"Head office" in (await lookup.post(user())).body

    await admin.put(f"/hotlines/{hotline['id']}", json={"number": OTHER_NUMBER})
    assert OTHER_NUMBER.encode() in (await lookup.post(user())).body


async def test_freeswitch_sees_a_team_under_its_new_name_at_once(admin: httpx.AsyncClient, lookup: Service) -> None:
    """Also when it had asked for that name before it was one."""
    team = (await admin.post("/teams", json={"name": "sales"})).json()["data"]
    await admin.post("/extensions", json={"extension_number": "1001", "team_id": team["id"]})
    old, new = (directory(action="group_call", group=name, domain=DOMAIN) for name in ("sales", "support"))
    assert [(await lookup.post(body)).shape for body in (old, new)] == ["group sales: -> 1001", "not found"]

    await admin.put(f"/teams/{team['id']}", json={"name": "support"})

    assert [(await lookup.post(body)).shape for body in (old, new)] == ["not found", "group support: -> 1001"]


async def test_several_that_want_the_same_name_at_once(admin: httpx.AsyncClient) -> None:
    """One gets it, the others a conflict; never a fault, never two of them."""
    for path, (body, _) in REFUSED.items():
        wanted = {**body, "email": "a@pbx.test"} if path == "users" else body
        answers = await asyncio.gather(*(admin.post(f"/{path}", json=wanted) for _ in range(6)))
        created = 6 if path == "hotlines" else 1
        assert Counter(answer.status_code for answer in answers)[201] == created, path
        assert {answer.status_code for answer in answers} <= {201, 409}, path


async def test_changes_of_one_object_all_count(admin: httpx.AsyncClient) -> None:
    """Each names another field; none undoes another."""
    user_id = (await admin.post("/users", json={"name": "A"})).json()["data"]["id"]
    wishes = [{"name": "B"}, {"email": "b@pbx.test"}, {"mobile": "0900000000"}, {"role": "admin"}]

    answers = await asyncio.gather(*(admin.put(f"/users/{user_id}", json=wish) for wish in wishes))

    assert {answer.status_code for answer in answers} == {200}
    shown = (await admin.get(f"/users/{user_id}")).json()["data"]
    for wish in wishes:
        assert wish.items() <= shown.items()
