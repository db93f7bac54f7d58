"""Call settings: the defaults, what is refused, what a change does to names, numbers and gateways."""

import asyncio
from typing import Any

import httpx
import pytest

from tests.management.office import Office
from xmlcurl.store.model import CallSettings, OpenHours, Tag
from xmlcurl.store.queries_calls import find_call_settings
from xmlcurl.store.tables import audit, call_settings, numbers

OTHER = "other.test"
NUMBER, OTHER_NUMBER = "0900000020", "0900000021"
WHERE = "/call-settings"
DEFAULTS = {
    "country_code": "84",
    "international_prefix": "00",
    "national_prefix": "0",
    "emergency_numbers": ["112", "911"],
    "emergency_caller_id": None,
    "emergency_gateway_ids": [],
    "feature_codes": {
        "own_voicemail": "*97",
        "any_voicemail": "*98",
        "forward_always_on": "*72",
        "forward_always_off": "*73",
        "dnd_on": "*78",
        "dnd_off": "*79",
        "agent_login": "*22",
        "agent_logout": "*23",
    },
    "business_hours": [],
}
MORNING = {"weekday": "monday", "opens": "08:00", "closes": "12:00"}


def on_monday(opens: str, closes: str) -> dict[str, str]:
    return {"weekday": "monday", "opens": opens, "closes": closes}


REFUSED: list[tuple[str, Any, str, str]] = [
    *(
        ("country_code", value, "country_code", "The country code field format is invalid.")
        for value in ("", "0", "084", "12345", "+84", "84\n", "٨٤")
    ),
    ("country_code", 84, "country_code", "The country code field must be a string."),
    ("country_code", None, "country_code", "The country code field must be a string."),
    ("international_prefix", "", "international_prefix", "The international prefix field format is invalid."),
    ("international_prefix", "00000", "international_prefix", "The international prefix field format is invalid."),
    ("national_prefix", "+", "national_prefix", "The national prefix field format is invalid."),
    (
        "national_prefix",
        "001",
        "national_prefix",
        "The national prefix field can't be told apart from international_prefix.",
    ),
    ("emergency_numbers", [], "emergency_numbers", "The emergency numbers field must have at least 1 items."),
    (
        "emergency_numbers",
        [str(number) for number in range(110, 121)],
        "emergency_numbers",
        "The emergency numbers field must not have more than 10 items.",
    ),
    *(
        (
            "emergency_numbers",
            ["112", value],
            "emergency_numbers.1",
            "The emergency numbers.1 field must be between 2 and 6 digits.",
        )
        for value in ("1", "1234567", "*12", "11 2", "112\n")
    ),
    (
        "emergency_numbers",
        ["112", "112"],
        "emergency_numbers.1",
        "The emergency numbers.1 field has a duplicate value.",
    ),
    *(
        ("emergency_caller_id", value, "emergency_caller_id", "The selected emergency caller id is invalid.")
        for value in (OTHER_NUMBER, "0900000404", "x", "a\0b")
    ),
    *(
        (
            "emergency_gateway_ids",
            [1, value],
            "emergency_gateway_ids.1",
            "The selected emergency gateway ids.1 is invalid.",
        )
        for value in (2, 404, 0, -1, 2**70)
    ),
    (
        "emergency_gateway_ids",
        [1, 1],
        "emergency_gateway_ids.1",
        "The emergency gateway ids.1 field has a duplicate value.",
    ),
    *(
        (
            "feature_codes",
            {"dnd_on": value},
            "feature_codes.dnd_on",
            "The feature codes.dnd on field format is invalid.",
        )
        for value in ("78", "*", "**7", "*1234567", "*7a", "*78\n")
    ),
    ("feature_codes", {"sing": "*1"}, "feature_codes.sing", "The feature codes.sing field is prohibited."),
    ("feature_codes", None, "feature_codes", "The feature codes field must be an object."),
    (
        "feature_codes",
        {"dnd_on": "*97"},
        "feature_codes.dnd_on",
        "The feature codes.dnd on field can't be told apart from own_voicemail.",
    ),
    (
        "feature_codes",
        {"dnd_on": "*721"},
        "feature_codes.dnd_on",
        "The feature codes.dnd on field can't be told apart from forward_always_on.",
    ),
    (
        "feature_codes",
        {"dnd_off": "*7"},
        "feature_codes.dnd_off",
        "The feature codes.dnd off field can't be told apart from forward_always_on.",
    ),
    (
        "business_hours",
        [{**MORNING, "weekday": "Monday"}],
        "business_hours.0.weekday",
        "The selected business hours.0.weekday is invalid.",
    ),
    *(
        (
            "business_hours",
            [on_monday(value, "23:00")],
            "business_hours.0.opens",
            "The business hours.0.opens field format is invalid.",
        )
        for value in ("8:00", "24:00", "08:60", "08.00", "", "08:00\n", "08:00:00")
    ),
    *(
        (
            "business_hours",
            [on_monday("08:00", value)],
            "business_hours.0.closes",
            "The business hours.0.closes field format is invalid.",
        )
        for value in ("24:01", "25:00", "9")
    ),
    *(
        (
            "business_hours",
            [MORNING, on_monday("13:00", value)],
            "business_hours.1.closes",
            "The business hours.1.closes field must be after 13:00.",
        )
        for value in ("13:00", "12:59", "00:00")
    ),
    *(
        (
            "business_hours",
            [{**MORNING, "weekday": "sunday"}, MORNING, on_monday(opens, closes)],
            "business_hours.2",
            "The business hours.2 field overlaps with business_hours.1.",
        )
        for opens, closes in (("08:00", "12:00"), ("11:59", "13:00"), ("07:00", "08:01"), ("09:00", "10:00"))
    ),
    (
        "business_hours",
        [MORNING] * 51,
        "business_hours",
        "The business hours field must not have more than 50 items.",
    ),
    (
        "business_hours",
        [{"weekday": "monday", "opens": "08:00"}],
        "business_hours.0.closes",
        "The business hours.0.closes field is required.",
    ),
]
"""A setting, a value of it, and what is refused of that in which words."""

TAKEN: list[Any] = [
    pytest.param(DEFAULTS | {"country_code": "84"}, id="what there is already"),
    pytest.param({"country_code": "1242", "international_prefix": "0011", "national_prefix": ""}, id="long codes"),
    pytest.param({"emergency_numbers": ["10", "999999"]}, id="short and long numbers"),
    pytest.param({"emergency_caller_id": NUMBER, "emergency_gateway_ids": [3, 1]}, id="emergency calls"),
    pytest.param({"business_hours": [MORNING, on_monday("12:00", "24:00"), on_monday("00:00", "08:00")]}, id="all day"),
    pytest.param(
        {"business_hours": [{**MORNING, "weekday": each} for each in ("sunday", "monday", "saturday")]}, id="three days"
    ),
]


@pytest.fixture(autouse=True)
async def outside(office: Office, admin: httpx.AsyncClient) -> None:
    """A number and the gateways 1 and 3 of pbx.test; a number and gateway 2 of other.test."""
    other_id = await office.add_tenant(OTHER)
    other = office.client(await office.add_token(None, "admin"), **{"X-Tenant": OTHER})
    await office.add(numbers, tenant_id=1, number=NUMBER)
    await office.add(numbers, tenant_id=other_id, number=OTHER_NUMBER)
    for client, name in ((admin, "A"), (other, "A"), (admin, "B")):
        assert (await client.post("/gateways", json={"name": name, "host": "a.test"})).status_code == 201


async def _kept(client: httpx.AsyncClient) -> Any:
    answer = await client.get(WHERE)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_who_has_said_nothing_has_the_defaults(office: Office, admin: httpx.AsyncClient) -> None:
    """The ones of the store, which lookups use: nothing is written for them."""
    async with office.backend.database.reading() as connection:
        of_lookups = await find_call_settings(connection, 1)

    assert await _kept(admin) == DEFAULTS
    assert of_lookups == CallSettings()
    assert (await office.rows(call_settings)) == []


@pytest.mark.parametrize("setting", list(dict.fromkeys(setting for setting, *_ in REFUSED)))
async def test_values_out_of_bounds_are_refused_by_name(office: Office, admin: httpx.AsyncClient, setting: str) -> None:
    """And nothing is written."""
    before = await office.count_all()

    for name, value, field, sentence in REFUSED:
        if name == setting:
            answer = await admin.put(WHERE, json={name: value})
            assert (answer.status_code, answer.json()["errors"]) == (422, {field: [sentence]}), value
            assert before == await office.count_all(), value


@pytest.mark.parametrize("values", TAKEN)
async def test_new_values_are_kept_and_seen_by_lookups(
    office: Office, admin: httpx.AsyncClient, values: dict[str, Any]
) -> None:
    """What is left out stays."""
    changed = await admin.put(WHERE, json=values)

    assert (changed.status_code, changed.json()["data"]) == (200, DEFAULTS | values)
    assert await _kept(admin) == DEFAULTS | values
    async with office.backend.database.reading() as connection:
        of_lookups = await find_call_settings(connection, 1)
    wanted = DEFAULTS | values
    assert of_lookups.country_code == wanted["country_code"]
    assert of_lookups.emergency_gateway_ids == tuple(wanted["emergency_gateway_ids"])
    assert (of_lookups.emergency_caller_id and of_lookups.emergency_caller_id.number) == wanted["emergency_caller_id"]
    assert len(of_lookups.business_hours) == len(wanted["business_hours"])


async def test_hours_are_minutes_to_lookups(office: Office, admin: httpx.AsyncClient) -> None:
    """Monday is 0, midnight at the end of a day is 1440."""
    hours = [{"weekday": "sunday", "opens": "08:30", "closes": "24:00"}, MORNING]

    await admin.put(WHERE, json={"business_hours": hours})

    async with office.backend.database.reading() as connection:
        found = await find_call_settings(connection, 1)
    assert found.business_hours == (OpenHours(6, 510, 1_440), OpenHours(0, 480, 720))


async def test_a_feature_is_switched_off_and_on_again(office: Office, admin: httpx.AsyncClient) -> None:
    """Its code is free meanwhile; those that are left out stay."""
    off = (await admin.put(WHERE, json={"feature_codes": {"forward_always_on": None}})).json()["data"]
    reused = (await admin.put(WHERE, json={"feature_codes": {"dnd_on": "*721"}})).json()["data"]
    refused = await admin.put(WHERE, json={"feature_codes": {"forward_always_on": "*72"}})

    codes = DEFAULTS["feature_codes"]
    assert isinstance(codes, dict)
    assert off["feature_codes"] == codes | {"forward_always_on": None}
    assert reused["feature_codes"] == codes | {"forward_always_on": None, "dnd_on": "*721"}
    assert [*refused.json()["errors"]] == ["feature_codes.dnd_on"]
    async with office.backend.database.reading() as connection:
        assert "forward_always_on" not in (await find_call_settings(connection, 1)).feature_codes


async def test_each_tenant_has_its_own(office: Office, admin: httpx.AsyncClient) -> None:
    """Another's are not read, not changed."""
    other = office.client(await office.add_token(None, "admin"), **{"X-Tenant": OTHER})

    await admin.put(WHERE, json={"country_code": "49"})

    assert (await _kept(other))["country_code"] == "84"


async def test_only_an_administrator_changes_them(office: Office, admin: httpx.AsyncClient) -> None:
    """A token that reads may look; the tenant's own administrator may change them."""
    reader = office.client(await office.add_token(1, "write"))
    own = office.client(await office.add_token(1, "admin"))

    assert await _kept(reader) == DEFAULTS
    assert (await reader.put(WHERE, json={"country_code": "49"})).status_code == 403
    assert (await own.put(WHERE, json={"country_code": "49"})).status_code == 200
    assert (await office.client(None).get(WHERE)).status_code == 401


async def test_a_change_is_audited_and_drops_the_routes(office: Office, admin: httpx.AsyncClient) -> None:
    """Only what differs is written down; the same values again change nothing. No switch has to know."""
    await office.add_switch("fs1")
    already = len(await office.pending())
    hours = {"weekday": "monday", "opens": "08:00", "closes": "12:00"}

    for _ in range(2):
        await admin.put(WHERE, json={"country_code": "49", "business_hours": [hours]})

    (row,) = [each for each in await office.rows(audit) if each["object_type"] == "call_settings"]
    assert (row["action"], row["object_id"]) == ("call_settings.update", "1")
    assert row["before"] == {"country_code": "84", "business_hours": []}
    assert row["after"] == {"country_code": "49", "business_hours": [hours]}
    (effects,) = (await office.pending())[already:]
    assert (effects["tags"], effects["guards"], effects["flush_all"]) == ([Tag.calls(1)], ["t1"], False)


# Emergency numbers and names.


NAMED: list[Any] = [
    pytest.param("/extensions", {"extension_number": "113"}, "extension_number", "extension 113", id="an extension"),
    pytest.param(
        "/extensions",
        {"extension_number": "1001", "sign_in_name": "113"},
        "sign_in_name",
        "extension 1001",
        id="a sign-in name",
    ),
    pytest.param(
        "/extensions",
        {"extension_number": "1001", "aliases": ["bob", "113"]},
        "aliases.1",
        "extension 1001",
        id="an alias",
    ),
    pytest.param("/ring-groups", {"name": "Sales", "number": "113"}, "number", "ring group Sales", id="a ring group"),
    pytest.param("/queues", {"name": "Sales", "number": "113"}, "number", "queue Sales", id="a queue"),
    pytest.param("/ivr-menus", {"name": "Sales", "number": "113"}, "number", "ivr menu Sales", id="a menu"),
    pytest.param(
        "/group-mailboxes", {"name": "Sales", "number": "113"}, "number", "group mailbox Sales", id="a group mailbox"
    ),
]


@pytest.mark.parametrize(("path", "body", "_field", "owner"), NAMED)
async def test_what_is_called_already_is_no_emergency_number(
    admin: httpx.AsyncClient, path: str, body: dict[str, Any], _field: str, owner: str
) -> None:
    """The answer says who is; once it is gone the number can be one."""
    made = (await admin.post(path, json=body)).json()["data"]

    refused = await admin.put(WHERE, json={"emergency_numbers": ["112", "113"]})

    assert (refused.status_code, refused.json()["used_by"]) == (409, [owner])
    assert refused.json()["errors"] == {"emergency_numbers.1": [f"The emergency numbers.1 is in use by {owner}."]}
    key = body["extension_number"] if path == "/extensions" else made["id"]
    await admin.delete(f"{path}/{key}")
    assert (await admin.put(WHERE, json={"emergency_numbers": ["112", "113"]})).status_code == 200


@pytest.mark.parametrize(("path", "body", "field", "_owner"), NAMED)
async def test_nothing_is_called_like_an_emergency_number(
    admin: httpx.AsyncClient, path: str, body: dict[str, Any], field: str, _owner: str
) -> None:
    """Of this tenant: once it is none any more, the name is free."""
    await admin.put(WHERE, json={"emergency_numbers": ["113"]})

    refused = await admin.post(path, json=body)
    await admin.put(WHERE, json={"emergency_numbers": ["112"]})
    taken = await admin.post(path, json=body)

    words = field.replace("_", " ")
    assert (refused.status_code, refused.json()["errors"]) == (
        422,
        {field: [f"The {words} is reserved for emergency calls."]},
    )
    assert taken.status_code == 201


async def test_a_change_of_names_is_checked_too(admin: httpx.AsyncClient) -> None:
    """Of an extension, and of the number of a group."""
    await admin.post("/extensions", json={"extension_number": "1001"})
    group = (await admin.post("/ring-groups", json={"name": "Sales", "number": "600"})).json()["data"]

    renamed = await admin.put("/extensions/1001", json={"aliases": ["911"]})
    moved = await admin.put(f"/ring-groups/{group['id']}", json={"number": "911"})

    assert (renamed.status_code, [*renamed.json()["errors"]]) == (422, ["aliases.0"])
    assert (moved.status_code, [*moved.json()["errors"]]) == (422, ["number"])


async def test_another_tenants_names_and_emergencies_do_not_count(office: Office, admin: httpx.AsyncClient) -> None:
    """Each has a name space of its own."""
    other = office.client(await office.add_token(None, "admin"), **{"X-Tenant": OTHER})
    await other.post("/extensions", json={"extension_number": "113"})

    assert (await admin.put(WHERE, json={"emergency_numbers": ["113"]})).status_code == 200
    assert (await other.put("/extensions/113", json={"aliases": ["115"]})).status_code == 200


async def test_a_name_and_an_emergency_number_that_are_wanted_at_once(admin: httpx.AsyncClient) -> None:
    """One of them is refused, whichever comes second; never both taken."""
    for number in range(120, 130):
        wanted = (
            admin.put(WHERE, json={"emergency_numbers": [str(number)]}),
            admin.post("/extensions", json={"extension_number": str(number)}),
        )
        answers = await asyncio.gather(*(wanted if number % 2 else wanted[::-1]))
        assert sorted(answer.status_code for answer in answers) in ([200, 422], [201, 409])


# What emergency calls need.


async def test_who_is_needed_in_an_emergency_is_not_deleted_or_moves(office: Office, admin: httpx.AsyncClient) -> None:
    """A gateway, and the number that calls show."""
    await office.add(numbers, tenant_id=1, number="0900000022")
    await admin.put(WHERE, json={"emergency_caller_id": NUMBER, "emergency_gateway_ids": [1]})

    for place, other in ((f"/numbers/{NUMBER}", "0900000022"), ("/gateways/1", "3")):
        refused = await admin.delete(place)
        moved = await admin.delete(place, params={"replace_with": other})
        assert (refused.status_code, refused.json()["used_by"]) == (409, ["call settings"])
        assert moved.status_code == 200

    kept = await _kept(admin)
    assert (kept["emergency_caller_id"], kept["emergency_gateway_ids"]) == ("0900000022", [3])


async def test_a_number_that_was_switched_off_stays_and_is_not_chosen_anew(
    office: Office, admin: httpx.AsyncClient
) -> None:
    """Other settings can be changed meanwhile; calls don't show it."""
    await admin.put(WHERE, json={"emergency_caller_id": NUMBER})
    await admin.put(f"/numbers/{NUMBER}", json={"status": "disabled"})

    changed = await admin.put(WHERE, json={"country_code": "49"})
    taken_away = await admin.put(WHERE, json={"emergency_caller_id": None})
    refused = await admin.put(WHERE, json={"emergency_caller_id": NUMBER})

    assert changed.json()["data"]["emergency_caller_id"] == NUMBER
    assert taken_away.json()["data"]["emergency_caller_id"] is None
    assert (refused.status_code, [*refused.json()["errors"]]) == (422, ["emergency_caller_id"])
