"""What happens to calls of an extension, and to an extension that calls go on to."""

from typing import Any, Final

import httpx
import pytest

from tests.management.office import Office
from xmlcurl.store.model import PRESENCE_STATUSES, Tag
from xmlcurl.store.tables import audit, destinations, extensions, presence_rules

PLACE: Final = "/extensions/1001/presence"
DEFAULT: Final[dict[str, Any]] = {
    "ring_seconds": 30,
    "ring_mobile": False,
    "in_always": None,
    "in_no_answer": None,
    "in_busy": None,
    "ex_always": None,
    "ex_no_answer": None,
    "ex_busy": None,
}
MOBILE: Final = {"type": "mobile_number", "prefix": "9"}
NO_MOBILE: Final = "The {} needs the mobile number of the extension, which has none."


@pytest.fixture(autouse=True)
async def people(office: Office, api: httpx.AsyncClient) -> None:
    """1001 without a mobile number, 1002 with one; other.test has 1001 and 3001."""
    other = await office.tenant_client("other.test")
    for client, number, mobile in ((api, "1001", None), (api, "1002", "0900"), (other, "1001", None)):
        body = {"extension_number": number, "mobile": mobile}
        assert (await client.post("/extensions", json=body)).status_code == 201
    assert (await other.post("/extensions", json={"extension_number": "3001"})).status_code == 201


async def presence(client: httpx.AsyncClient, number: str = "1001") -> dict[str, Any]:
    shown: dict[str, Any] = (await client.get(f"/extensions/{number}/presence")).json()["data"]
    return shown


async def test_a_new_extension_is_available_and_has_no_rules(office: Office, api: httpx.AsyncClient) -> None:
    """They read as their defaults, and take no rows."""
    assert await presence(api) == {"status": "available", "rules": dict.fromkeys(PRESENCE_STATUSES, DEFAULT)}
    assert await office.rows(presence_rules) == []


async def test_what_is_left_out_stays(api: httpx.AsyncClient) -> None:
    """The status, other statuses, and other values of the same one."""
    voicemail = {"type": "ext_vm", "extension": "1001"}
    outside = {"type": "external_num", "number": "0900000000", "prefix": "0"}
    first = {"lunch": {"ring_seconds": 5, "in_always": voicemail, "ex_busy": outside}}
    await api.put(PLACE, json={"rules": first})
    await api.put(PLACE, json={"status": "lunch"})
    second = {"lunch": {"ring_seconds": 300, "in_always": None}, "away": {"ex_no_answer": {"type": "end_call"}}}
    answer = await api.put(PLACE, json={"rules": second})

    assert answer.json()["data"] == await presence(api)
    assert await presence(api) == {
        "status": "lunch",
        "rules": {
            **dict.fromkeys(PRESENCE_STATUSES, DEFAULT),
            "lunch": {**DEFAULT, "ring_seconds": 300, "ex_busy": outside},
            "away": {**DEFAULT, "ex_no_answer": {"type": "end_call"}},
        },
    }
    assert (await api.get("/extensions/1001", params={"fields": "all"})).json()["data"]["presence_status"] == "lunch"


@pytest.mark.parametrize(
    ("body", "errors"),
    [
        ({"status": "asleep"}, {"status": "The selected status is invalid."}),
        ({"status": None}, {"status": "The selected status is invalid."}),
        ({"rules": []}, {"rules": "The rules field must be an object."}),
        ({"rules": {"asleep": {}}}, {"rules.asleep": "The rules.asleep field is prohibited."}),
        ({"rules": {"away": None}}, {"rules.away": "The rules.away field must be an object."}),
        (
            {"rules": {"away": {"in_sleep": None}}},
            {"rules.away.in_sleep": "The rules.away.in sleep field is prohibited."},
        ),
        (
            {"rules": {"away": {"ring_seconds": 4}, "lunch": {"ring_seconds": 301}}},
            {
                "rules.away.ring_seconds": "The rules.away.ring seconds field must be between 5 and 300.",
                "rules.lunch.ring_seconds": "The rules.lunch.ring seconds field must be between 5 and 300.",
            },
        ),
        (
            {"rules": {"away": {"ring_mobile": 1}}},
            {"rules.away.ring_mobile": "The rules.away.ring mobile field must be true or false."},
        ),
        (
            {"rules": {"away": {"in_busy": {"type": "queue"}}}},
            {"rules.away.in_busy.id": "The rules.away.in busy.id field is required."},
        ),
        (
            {"rules": {"away": {"in_busy": {"type": "extension", "extension": "3001"}}}},
            {"rules.away.in_busy.extension": "The selected rules.away.in busy.extension is invalid."},
        ),
        (
            {"rules": {"away": {"ring_mobile": True, "ex_busy": MOBILE}}},
            {
                "rules.away.ring_mobile": NO_MOBILE.format("rules.away.ring mobile"),
                "rules.away.ex_busy.type": NO_MOBILE.format("rules.away.ex busy.type"),
            },
        ),
    ],
    ids=[
        "no status",
        "null for a status",
        "a list of rules",
        "rules of no status",
        "null for a rule",
        "a rule that is none",
        "seconds below and above",
        "1 for true",
        "a destination without its object",
        "a stranger's extension",
        "no mobile number",
    ],
)
async def test_values_out_of_bounds_are_refused(
    office: Office, api: httpx.AsyncClient, body: dict[str, Any], errors: dict[str, str]
) -> None:
    """By the name of the value; nothing is written."""
    before = await office.count_all()

    answer = await api.put(PLACE, json=body)

    assert (answer.status_code, answer.json()["errors"]) == (422, {name: [said] for name, said in errors.items()})
    assert await office.count_all() == before


async def test_a_mobile_number_is_not_taken_from_a_rule_that_needs_it(api: httpx.AsyncClient) -> None:
    """Another one is fine; so is none, when no status needs it any more."""
    place = "/extensions/1002/presence"
    rules = {"away": {"ring_mobile": True}, "lunch": {"in_no_answer": MOBILE}}
    assert (await api.put(place, json={"rules": rules})).status_code == 200

    for nothing in (None, ""):
        refused = await api.put("/extensions/1002", json={"mobile": nothing})
        assert (refused.status_code, refused.json()["used_by"]) == (409, ["presence away", "presence lunch"])
        assert [*refused.json()["errors"]] == ["mobile"]
    assert (await api.put("/extensions/1002", json={"mobile": "0911"})).status_code == 200
    await api.put(place, json={"rules": {"away": {"ring_mobile": False}, "lunch": {"in_no_answer": None}}})
    assert (await api.put("/extensions/1002", json={"mobile": None})).status_code == 200


async def test_who_may_change_it(office: Office, api: httpx.AsyncClient) -> None:
    """Whoever may change extensions; nobody else's is there."""
    await api.put(PLACE, json={"status": "away"})
    reader, writer = [office.client(await office.add_token(1, scope)) for scope in ("read", "write")]
    stranger = office.client(await office.add_token(2, "admin"))

    assert (await presence(reader))["status"] == "away"
    assert (await reader.put(PLACE, json={"status": "lunch"})).status_code == 403
    assert (await writer.put(PLACE, json={"status": "off_work"})).status_code == 200
    for number in ("1002", "4040"):
        assert (await stranger.get(f"/extensions/{number}/presence")).status_code == 404
        assert (await stranger.put(f"/extensions/{number}/presence", json={"status": "away"})).status_code == 404
    assert (await presence(stranger))["status"] == "available"
    assert (await presence(api))["status"] == "off_work"


async def test_what_follows_from_a_change(office: Office, api: httpx.AsyncClient) -> None:
    """Routes are stale, no switch is told; the audit log has what differs; the same again is no change."""
    await office.add_switch("fs1")
    before = len(await office.pending())
    body = {"status": "away", "rules": {"away": {"ring_seconds": 10}}}
    await api.put(PLACE, json=body)
    await api.put(PLACE, json=body)
    await api.put("/extensions/1001", json={"presence_status": "lunch"})

    rows = (await office.pending())[before:]
    (noted,) = [row for row in await office.rows(audit) if row["object_type"] == "presence"]

    stale = sorted({Tag.calls(1), Tag.extension(1, 1)})
    assert [(each["tags"], each["flush_users"], each["flush_all"]) for each in rows] == [(stale, [], False)] * 2
    assert (noted["action"], noted["object_id"]) == ("presence.update", "1")
    assert noted["after"].keys() == {"status", "away"}
    assert (noted["before"]["away"]["ring_seconds"], noted["after"]["away"]["ring_seconds"]) == (30, 10)


async def used(api: httpx.AsyncClient) -> list[str]:
    """1001 wherever an extension can be; who says so."""
    there = {"type": "extension", "extension": "1001"}
    for path, body in (
        ("ring-groups", {"name": "Sales", "number": "600", "members": ["1001", "1002"], "no_answer": there}),
        ("queues", {"name": "Support", "number": "700", "agents": [{"extension": "1001", "level": 2}]}),
        ("ivr-menus", {"name": "Main", "number": "800", "options": {"1": there}}),
    ):
        assert (await api.post(f"/{path}", json=body)).status_code == 201
    rules = {"away": {"in_busy": {"type": "ext_vm", "extension": "1001"}}}
    for number in ("1001", "1002"):
        assert (await api.put(f"/extensions/{number}/presence", json={"rules": rules})).status_code == 200
    return ["ring group Sales", "queue Support", "ivr menu Main", "presence of extension 1002"]


async def test_an_extension_that_calls_go_to_is_not_deleted(office: Office, api: httpx.AsyncClient) -> None:
    """The answer names what points to it; itself does not count."""
    users = await used(api)
    before = await office.count_all()

    refused = await api.delete("/extensions/1001")

    assert (refused.status_code, refused.json()["used_by"]) == (409, users)
    assert [*refused.json()["errors"]] == ["extension"]
    assert await office.count_all() == before
    assert (await api.get("/extensions/1001")).status_code == 200


async def test_another_extension_takes_its_place(office: Office, api: httpx.AsyncClient) -> None:
    """Everywhere; in the group where it is one already it stays one. Its own rules are gone."""
    await used(api)

    answer = await api.delete("/extensions/1001", params={"replace_with": "1002"})

    assert (answer.status_code, answer.json()) == (200, {"data": {"deleted": True}})
    there = {"type": "extension", "extension": "1002"}
    group = (await api.get("/ring-groups/1")).json()["data"]
    assert (group["members"], group["no_answer"]) == (["1002"], there)
    assert (await api.get("/queues/1")).json()["data"]["agents"] == [
        {"extension": "1002", "level": 2, "status": "logged_out"}
    ]
    assert (await api.get("/ivr-menus/1")).json()["data"]["options"] == {"1": there}
    moved = (await presence(api, "1002"))["rules"]["away"]["in_busy"]
    assert moved == {"type": "ext_vm", "extension": "1002"}
    assert {row["extension_id"] for row in await office.rows(presence_rules)} == {2}
    assert {row["extension_id"] for row in await office.rows(destinations)} == {2}
    assert Tag.calls(1) in (await office.pending())[-1]["tags"]


async def test_nobody_takes_its_place_who_is_not_there(office: Office, api: httpx.AsyncClient) -> None:
    """Itself, another tenant's, nobody's, no number at all."""
    before = await office.count_all()

    for number in ("1001", "3001", "4040", "x", ""):
        refused = await api.delete("/extensions/1001", params={"replace_with": number})
        assert (refused.status_code, [*refused.json()["errors"]]) == (422, ["replace_with"])

    assert await office.count_all() == before


async def test_a_number_that_is_given_anew_has_no_rules(office: Office, api: httpx.AsyncClient) -> None:
    """Deleting an extension that only its own rules name needs nothing more than before, and leaves none of them."""
    await api.put(
        PLACE, json={"status": "away", "rules": {"away": {"in_busy": {"type": "ext_vm", "extension": "1001"}}}}
    )

    gone = await api.delete("/extensions/1001")
    await api.post("/extensions", json={"extension_number": "1001"})

    assert (gone.status_code, gone.json()) == (200, {"data": {"deleted": True}})
    assert await presence(api) == {"status": "available", "rules": dict.fromkeys(PRESENCE_STATUSES, DEFAULT)}
    assert (await office.rows(presence_rules), await office.rows(destinations)) == ([], [])
    assert len(await office.rows(extensions)) == 5
