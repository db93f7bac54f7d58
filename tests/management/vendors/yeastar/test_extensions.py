"""Extensions field by field: what is taken, what is refused by its name, what stays, lists, and who points where."""

import base64
import json
from typing import Any, Final

import httpx
import pytest
from redis.asyncio import Redis

from management.app import services_of
from management.audit import Actor
from management.auth import TenantScope
from management.extensions.commands import ExtensionValues, UpdateExtension
from tests.management.office import DOMAIN, Office
from tests.management.vendors.yeastar.program import LEAST, Program, signed_in
from xmlcurl.store.registrations import alive_key, table_key
from xmlcurl.store.tables import classes_of_service, extensions, outbound_routes, presence_rules

PARAMETER: Final = 40002
ONLY_SQLITE = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
RULE: Final = {"status": "away", "ring_timeout": 30}


def forward(slot: str, dest: str, **more: str) -> dict[str, Any]:
    """A rule of the status away with one forward that is on."""
    parts = {f"{slot}_forward_{part}": text for part, text in more.items()}
    return {**RULE, f"enb_{slot}_forward": 1, f"{slot}_forward_dest": dest, **parts}


def away(part: str) -> str:
    return f"presence_list.away.in_busy_forward_{part}"


MIXED = "must contain a digit, an upper-case and a lower-case letter"
REFUSED: Final[list[tuple[dict[str, Any], str, str]]] = [
    ({"type": "FXS"}, "type", "is invalid"),
    ({"first_name": "x" * 64}, "first_name", "63"),
    ({"last_name": "x" * 64}, "last_name", "63"),
    ({"first_name": "${x}"}, "first_name", "not allowed"),
    ({"first_name": 5}, "first_name", "string"),
    ({"first_name": None}, "first_name", "string"),
    ({"email_addr": "no address"}, "email_addr", "email"),
    ({"mobile_number": "(0)12-3"}, "mobile_number", "format"),
    ({"mobile_number": "1" * 32}, "mobile_number", "31"),
    ({"user_password": "Short1"}, "user_password", "10"),
    ({"user_password": "Aa1" * 22}, "user_password", "63"),
    ({"user_password": "lowercase1011"}, "user_password", MIXED),
    ({"role_id": "1"}, "role_id", "integer"),
    ({"organization_list": "1"}, "organization_list", "array"),
    ({"organization_list": [{"value": 1}]}, "organization_list.0.value", "string"),
    ({"organization_list": [{}]}, "organization_list.0.value", "required"),
    (
        {"organization_list": [{"value": "1"}, {"value": "404"}]},
        "organization_list.1.value",
        "is invalid",
    ),
    ({"organization_list": [{"value": "1"}, {"value": "1"}]}, "organization_list.1", "duplicate"),
    ({"number": "12"}, "number", "3"),
    ({"number": "1" * 11}, "number", "10"),
    ({"number": "10a1"}, "number", "format"),
    ({"number": "112"}, "number", "emergency"),
    ({"number": 1001}, "number", "string"),
    ({"caller_id": "1" * 32}, "caller_id", "31"),
    ({"caller_id": "a b"}, "caller_id", "format"),
    ({"reg_name": ""}, "reg_name", "1"),
    ({"reg_name": "x" * 64}, "reg_name", "63"),
    ({"reg_name": "a b"}, "reg_name", "format"),
    ({"reg_password": "Short11"}, "reg_password", "8"),
    ({"reg_password": "x" * 64}, "reg_password", "63"),
    ({"reg_password": "a\nb" * 4}, "reg_password", "control"),
    ({"concurrent_registrations": 0}, "concurrent_registrations", "1"),
    ({"concurrent_registrations": 4}, "concurrent_registrations", "3"),
    ({"concurrent_registrations": "1"}, "concurrent_registrations", "integer"),
    ({"presence_status": "asleep"}, "presence_status", "is invalid"),
    ({"presence_mobile_prefix": "a"}, "presence_mobile_prefix", "format"),
    ({"enb_vm": 2}, "enb_vm", "1"),
    ({"enb_vm": True}, "enb_vm", "integer"),
    ({"enb_srtp": "1"}, "enb_srtp", "integer"),
    ({"vm_pin": "123"}, "vm_pin", "4"),
    ({"vm_pin": 8573}, "vm_pin", "string"),
    ({"vm_lang": "klingon"}, "vm_lang", "is invalid"),
    ({"new_vm_notification": "yes"}, "new_vm_notification", "is invalid"),
    ({"vm_after_notification": "burn"}, "vm_after_notification", "is invalid"),
    ({"dtmf_mode": "rfc2833"}, "dtmf_mode", "is invalid"),
    ({"transport": "sctp"}, "transport", "is invalid"),
    ({"outbound_route_permission": [404]}, "outbound_route_permission.0", "is invalid"),
    ({"outbound_route_permission": ["69"]}, "outbound_route_permission.0", "integer"),
    ({"outbound_route_permission": [69, 69]}, "outbound_route_permission.1", "duplicate"),
    ({"outbound_route_permission": [2**63]}, "outbound_route_permission.0", "greater"),
    ({"client_conf_list": [{"client": "fax"}]}, "client_conf_list.0.client", "is invalid"),
    (
        {"client_conf_list": [{"client": "linkusweb", "auto_answer_delay_time": 61}]},
        "client_conf_list.0.auto_answer_delay_time",
        "60",
    ),
    ({"client_conf_list": [{"client": "linkusweb"}] * 2}, "client_conf_list.1", "duplicate"),
    ({"email_language": "en"}, "email_language", "prohibited"),
    ({"presence_list": [{"status": "away"}]}, "presence_list.0.ring_timeout", "required"),
    ({"presence_list": [{**RULE, "ring_timeout": 4}]}, "presence_list.0.ring_timeout", "5"),
    ({"presence_list": [{**RULE, "ring_timeout": 301}]}, "presence_list.0.ring_timeout", "300"),
    ({"presence_list": [RULE, RULE]}, "presence_list.1", "duplicate"),
    (
        {"presence_list": [{**RULE, "enb_ring_mobile": 1}]},
        "presence_list.away.enb_ring_mobile",
        "mobile number",
    ),
    ({"presence_list": [forward("in_busy", "")]}, away("dest"), "required"),
    ({"presence_list": [forward("in_busy", "moon")]}, "presence_list.0.in_busy_forward_dest", "is invalid"),
    ({"presence_list": [forward("in_busy", "queue")]}, away("value"), "required"),
    ({"presence_list": [forward("in_busy", "queue", value="404")]}, away("value"), "is invalid"),
    ({"presence_list": [forward("in_busy", "ivr", value="one")]}, away("value"), "is invalid"),
    ({"presence_list": [forward("in_busy", "extension", value="404")]}, away("value"), "is invalid"),
    (
        {"presence_list": [forward("in_busy", "play_greeting", value="x.wav")]},
        away("value"),
        "is invalid",
    ),
    (
        {"presence_list": [forward("in_busy", "play_greeting", value="demo.wav", prefix="6")]},
        away("prefix"),
        "between 1 and 5",
    ),
    ({"presence_list": [forward("in_busy", "external_num")]}, away("num"), "required"),
    (
        {"presence_list": [forward("in_busy", "external_num", num="a")]},
        away("num"),
        "format",
    ),
    (
        {"presence_list": [forward("in_busy", "external_num", num="1", prefix="a")]},
        away("prefix"),
        "format",
    ),
    ({"presence_list": [forward("in_busy", "end_call", value="1")]}, away("value"), "prohibited"),
    ({"presence_list": [forward("in_busy", "mobile_number")]}, away("dest"), "mobile number"),
]


@ONLY_SQLITE
async def test_what_is_refused_is_named(office: Office, program: Program) -> None:
    """With the bound, in English; nothing is written."""
    before = await office.count_all()

    for values, field, words in REFUSED:
        answer = await program.post("extension/create", LEAST | values)

        assert (answer["errcode"], answer["errmsg"]) == (PARAMETER, "PARAMETER ERROR"), (values, answer)
        assert list(answer["errors"]) == [field], values
        assert words in " ".join(answer["errors"][field]), values
    assert await office.count_all() == before


@ONLY_SQLITE
async def test_what_is_required_is_named(program: Program) -> None:
    """All that the vendor's page marks so."""
    for name in LEAST:
        answer = await program.post("extension/create", {key: value for key, value in LEAST.items() if key != name})

        assert answer["errcode"] == PARAMETER
        assert list(answer["errors"]) == [name]
        assert "required" in answer["errors"][name][0]


@ONLY_SQLITE
async def test_an_unknown_role(program: Program) -> None:
    """Has a code of its own."""
    answer = await program.post("extension/create", LEAST | {"role_id": 7})

    assert answer == {
        "errcode": 60101,
        "errmsg": "ROLE NOT EXISTED",
        "errors": {"role_id": ["The selected role id is invalid."]},
    }


@pytest.mark.parametrize(
    ("values", "field"),
    [
        pytest.param({"number": "1001", "reg_name": "x"}, "number", id="the number"),
        pytest.param({"number": "1002", "reg_name": "1001"}, "reg_name", id="the sign-in name"),
        pytest.param({"number": "600", "reg_name": "x"}, "number", id="a ring group's number"),
        pytest.param(
            {"number": "1002", "reg_name": "x", "email_addr": "ANNA@pbx.test"}, "email_addr", id="the address"
        ),
    ],
)
async def test_what_is_taken(office: Office, program: Program, values: dict[str, Any], field: str) -> None:
    """Another extension's number, name or address; its own is not taken."""
    extension_id = await program.create(email_addr="anna@pbx.test")
    assert (await program.post("extension/update", {"id": extension_id, "email_addr": "Anna@pbx.test"}))["errcode"] == 0
    before = await office.count_all()

    answer = await program.post("extension/create", LEAST | values)

    assert (answer["errcode"], answer["errmsg"]) == (40003, "DUPLICATE KEY VALUE")
    assert list(answer["errors"]) == [field]
    assert await office.count_all() == before


async def test_the_least(program: Program, admin: httpx.AsyncClient) -> None:
    """What is left out has its default: every route, a mailbox, no rule."""
    extension_id = await program.create(number="0001", reg_name="0001")

    shown = await program.detail(extension_id)

    assert shown["number"] == "0001"
    assert (shown["outbound_route_permission"], shown["enb_vm"], shown["transport"]) == ([69], 1, "udp")
    assert (shown["role_id"], shown["organization_list"], shown["client_conf_list"]) == (0, [], [])
    assert [each["status"] for each in shown["presence_list"]] == [
        "available", "away", "business_trip", "do_not_disturb", "lunch", "off_work",
    ]  # fmt: skip
    assert {each["ring_timeout"] for each in shown["presence_list"]} == {30}
    assert (await admin.get("/extensions/0001")).json()["data"]["display_name"] is None


async def test_only_what_is_sent_changes(office: Office, program: Program, admin: httpx.AsyncClient) -> None:
    """What other dialects set stays, too; of the rules those that are named are replaced, whole."""
    extension_id = await program.create(title="Boss", first_name="Anna", transport="tcp", mobile_number="0900")
    scope = TenantScope(1, DOMAIN, "en")
    values = ExtensionValues(vendor_values={"yeastar": {"title": "Boss", "transport": "tcp"}, "sencloud": {"x": 1}})
    command = UpdateExtension(extension_number="1001", values=values)
    await services_of(office.backend).extensions.update(scope, command, actor=Actor("test"))
    await admin.put("/extensions/1001", json={"recording_mode": "all", "max_concurrent": 7})
    lunch = {"lunch": {"ring_seconds": 10, "in_busy": {"type": "end_call"}}, "away": {"ring_mobile": True}}
    await admin.put("/extensions/1001/presence", json={"rules": lunch})
    before = await program.detail(extension_id)

    answer = await program.post(
        "extension/update",
        {
            "id": extension_id,
            "last_name": "B",
            "agent_id": "7",
            "presence_list": [{"status": "lunch", "ring_timeout": 20}],
        },
    )

    assert answer == {"errcode": 0, "errmsg": "SUCCESS", "id": extension_id}
    after = await program.detail(extension_id)
    settings = {each["status"]: each for each in after["presence_list"]}
    assert (settings["lunch"]["ring_timeout"], settings["lunch"]["enb_in_busy_forward"]) == (20, 0)
    assert settings["away"]["enb_ring_mobile"] == 1
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"last_name", "agent_id", "presence_list"}
    (row,) = await office.rows(extensions)
    assert row["vendor_values"]["sencloud"] == {"x": 1}
    assert (row["recording_mode"], row["max_concurrent"], row["display_name"]) == ("all", 7, "Anna B")


async def test_an_empty_text_takes_a_value_away(office: Office, program: Program) -> None:
    """A mobile too, with the rules that need it; not while one does."""
    extension_id = await program.create(
        mobile_number="0900",
        email_addr="a@pbx.test",
        title="Boss",
        vm_pin="8573",
        vm_lang="sound-pt_BR",
        presence_list=[{**RULE, "enb_ring_mobile": 1}],
    )
    assert (await program.detail(extension_id))["vm_lang"] == "sound-pt_BR"
    gone = {"id": extension_id, "mobile_number": "", "email_addr": "", "title": "", "vm_pin": "", "vm_lang": ""}

    refused = await program.post("extension/update", gone)
    assert (refused["errcode"], list(refused["errors"])) == (10009, ["mobile_number"])
    assert (await program.post("extension/update", {**gone, "presence_list": [RULE]}))["errcode"] == 0

    (row,) = await office.rows(extensions)
    assert (row["mobile"], row["email"], row["vm_a1_hash"], row["voicemail_language"]) == (None,) * 4
    assert (await program.detail(extension_id))["title"] == ""


async def test_the_number_stays(program: Program) -> None:
    """The vendor can't change it, either; who sends what it is says nothing new."""
    extension_id = await program.create()

    assert (await program.post("extension/update", {"id": extension_id, "number": "1001"}))["errcode"] == 0
    refused = await program.post("extension/update", {"id": extension_id, "number": "1002"})
    assert (refused["errcode"], list(refused["errors"])) == (PARAMETER, ["number"])


async def test_passwords(office: Office, program: Program) -> None:
    """In Base64, as the vendor's; another one signs phones out, the same one does not; of a PIN there is a hash."""
    extension_id = await program.create()

    async def revision() -> int:
        (row,) = await office.rows(extensions)
        return int(row["credentials_revision"])

    first = await revision()
    await program.post("extension/update", {"id": extension_id, "reg_password": LEAST["reg_password"]})
    assert await revision() == first
    await program.post("extension/update", {"id": extension_id, "reg_password": "Another-one-1"})
    assert await revision() == first + 1

    found = await program.get("extension/getpassword", id=extension_id, type="reg_password")
    assert base64.b64decode(found["password"]).decode() == "Another-one-1"
    refused = await program.get("extension/getpassword", id=extension_id, type="vm_pin")
    assert (refused["errcode"], list(refused["errors"])) == (PARAMETER, ["type"])


async def test_routes_become_a_class_of_service(office: Office, program: Program, admin: httpx.AsyncClient) -> None:
    """The same one for the same routes; what the class of another administrator forbids stays forbidden."""
    await office.add(outbound_routes, id=70, tenant_id=1, name="Other", patterns=["1."])
    first = await program.create(outbound_route_permission=[70, 69])
    second = await program.create(number="1002", reg_name="1002", outbound_route_permission=[69, 70])
    assert [row["name"] for row in await office.rows(classes_of_service)] == ["Outbound routes 70, 69"]
    none = await program.create(number="1003", reg_name="1003", outbound_route_permission=[])
    assert (await program.detail(none))["outbound_route_permission"] == []
    body = {"name": "Inland", "international_calls_disabled": True, "all_routes": True}
    inland = (await admin.post("/classes-of-service", json=body)).json()["data"]["id"]
    await admin.put("/extensions/1002", json={"class_of_service_id": inland})

    await program.post("extension/update", {"id": second, "outbound_route_permission": [69, 70]})
    (row,) = [each for each in await office.rows(extensions) if each["id"] == second]
    assert row["class_of_service_id"] == inland
    await program.post("extension/update", {"id": second, "outbound_route_permission": [69]})
    assert (await program.detail(second))["outbound_route_permission"] == [69]
    (made,) = [each for each in await office.rows(classes_of_service) if each["name"] == "Outbound routes 69"]
    assert made["international_calls_disabled"] is True
    assert (await program.detail(first))["outbound_route_permission"] == [70, 69]
    await program.post("extension/update", {"id": first, "outbound_route_permission": [69]})
    names = [each["name"] for each in await office.rows(classes_of_service)]
    assert names[-1] == "Outbound routes 69 (2)"


async def test_a_delete(office: Office, program: Program, admin: httpx.AsyncClient) -> None:
    """Refused while something points there, with what does; another tenant's id is that of nobody."""
    extension_id = await program.create()
    await admin.put("/ring-groups/1", json={"members": ["1001"]})
    stranger = await signed_in(office, await office.add_tenant("other.test"))
    nobody = {"errcode": 60001, "errmsg": "DATA NOT FOUND"}
    before = await office.count_all()

    refused = await program.get("extension/delete", id=extension_id)
    assert refused == {
        "errcode": 10009,
        "errmsg": "OPERATION FAILED",
        "errors": {"id": ["The id is in use by ring group All."]},
    }
    for path, more in (("delete", {}), ("get", {}), ("getpassword", {"type": "reg_password"})):
        assert await stranger.get(f"extension/{path}", id=extension_id, **more) == nobody
        assert await program.get(f"extension/{path}", id=404, **more) == nobody
    assert await stranger.get("extension/query", ids=f"{extension_id}") == nobody
    assert await stranger.post("extension/update", {"id": extension_id, "first_name": "X"}) == nobody
    assert await office.count_all() == before

    await admin.put("/ring-groups/1", json={"members": []})
    assert await program.get("extension/delete", id=extension_id) == {"errcode": 0, "errmsg": "SUCCESS"}
    assert await program.get("extension/get", id=extension_id) == nobody
    assert await office.rows(presence_rules) == []


async def test_what_is_anothers_can_be_named_by_nobody(office: Office, program: Program) -> None:
    """Departments, routes, menus and extensions of another tenant: as if there were none."""
    stranger = await signed_in(office, await office.add_tenant("other.test"))
    extension_id = await program.create()
    before = await office.count_all()

    for values, field in (
        ({"organization_list": [{"value": "1"}]}, "organization_list.0.value"),
        ({"outbound_route_permission": [69]}, "outbound_route_permission.0"),
        ({"presence_list": [forward("in_busy", "ivr", value="1")]}, away("value")),
        ({"presence_list": [forward("in_busy", "extension", value=str(extension_id))]}, away("value")),
        ({"presence_list": [forward("in_busy", "play_greeting", value="demo.wav")]}, away("value")),
    ):
        answer = await stranger.post("extension/create", LEAST | values)
        assert (answer["errcode"], list(answer["errors"])) == (PARAMETER, [field])
    assert await office.count_all() == before


async def test_lists(program: Program) -> None:
    """A page, an order, a search; rows as the vendor's."""
    for number, name in (("1001", "Anna"), ("1002", "Bob"), ("0003", "Annabel")):
        await program.create(number=number, reg_name=number, first_name=name, role_id=2, mobile_number=f"09{number}")

    page = await program.get("extension/list", page=2, page_size=1, sort_by="caller_id_name", order_by="desc")
    assert (page["total_number"], [each["caller_id_name"] for each in page["data"]]) == (3, ["Annabel"])
    found = await program.get("extension/search", search_value="anna")
    assert [each["number"] for each in found["data"]] == ["0003", "1001"]
    assert found["data"][1] == {
        "id": 1,
        "online_status": {
            "sip_phone": {"status_list": []},
            "linkus_desktop": {"status": 0, "ext_dev_type": "linkusdesktop"},
            "linkus_mobile": {"status": 0, "ext_dev_type": "linkusmobile"},
            "linkus_web": {"status": 0, "ext_dev_type": "linkusweb"},
        },
        "presence_status": "available",
        "number": "1001",
        "caller_id_name": "Anna",
        "role_name": "Supervisor",
        "email_addr": "",
        "mobile_number": "091001",
    }
    several = await program.get("extension/query", ids="3,1")
    assert [each["number"] for each in several["data"]] == ["0003", "1001"]
    assert several["data"][1] == await program.detail(1)
    for sort_by in ("id", "number", "email_addr", "mobile_number", "presence_status"):
        assert (await program.get("extension/list", sort_by=sort_by))["total_number"] == 3


QUERIES: Final[list[tuple[str, dict[str, str], str]]] = [
    ("list", {"page": "0"}, "page"),
    ("list", {"page": "x"}, "page"),
    ("list", {"page_size": "201"}, "page_size"),
    ("list", {"sort_by": "password_encrypted"}, "sort_by"),
    ("list", {"order_by": "up"}, "order_by"),
    ("search", {}, "search_value"),
    ("search", {"search_value": "a\x00"}, "search_value"),
    ("get", {}, "id"),
    ("get", {"id": "1 or 1=1"}, "id"),
    ("get", {"id": "0"}, "id"),
    ("get", {"id": str(2**63)}, "id"),
    ("delete", {"id": "-1"}, "id"),
    ("query", {"ids": "1,,2"}, "ids"),
    ("query", {"ids": ",".join(["1"] * 101)}, "ids"),
    ("getpassword", {"id": "1"}, "type"),
]


@ONLY_SQLITE
async def test_a_query_is_as_strict_as_a_body(program: Program) -> None:
    """What is wrong in it is named."""
    for path, query, field in QUERIES:
        answer = await program.get(f"extension/{path}", **query)

        assert (answer["errcode"], list(answer["errors"])) == (PARAMETER, [field]), (path, query)


@ONLY_SQLITE
async def test_who_is_registered(office: Office, program: Program, redis_url: str) -> None:
    """As the switches say, with its address."""
    await program.create()
    switch_id = await office.add_switch("fs1")
    phone = {"profile": "internal", "contact": "", "address": "192.0.2.7", "user_agent": "", "expires_at": 0}
    async with Redis.from_url(redis_url) as redis:
        await redis.hset(table_key(switch_id), mapping={"": "r1", f"1001@{DOMAIN}": json.dumps([phone])})
        await redis.set(alive_key(switch_id), "r1")

    (row,) = (await program.get("extension/list"))["data"]

    phones = [{"status": 1, "ext_dev_type": "sip", "ip": "192.0.2.7"}]
    assert row["online_status"]["sip_phone"] == {"status_list": phones}


@ONLY_SQLITE
async def test_options(program: Program) -> None:
    """What an extension can name, by the vendor's names of menus."""
    await program.create(first_name="Anna")

    async def options(menu: str) -> list[tuple[str, str]]:
        found = await program.get("system/get_menuoptions", menu=menu)
        return [(each["text"], each["value"]) for each in found["data"]]

    assert (await options("role"))[0] == ("Administrator", "1")
    assert await options("org_list") == [("Sales", "1"), ("Support", "2")]
    assert await options("outbound_route") == [("Carrier", "69")]
    assert await options("custom_prompt") == [("demo.wav", "demo.wav")]
    assert await options("extension") == [("Anna", "1")]
    for menu, name in (("ring_group", "All"), ("queue", "Help"), ("ivr", "Main"), ("group_vm", "Messages")):
        assert await options(menu) == [(name, "1")]
    refused = await program.get("system/get_menuoptions", menu="trunk")
    assert (refused["errcode"], list(refused["errors"])) == (PARAMETER, ["menu"])


async def test_departments_that_go(program: Program, admin: httpx.AsyncClient) -> None:
    """One that only this dialect knew of is not shown any more; another first one is."""
    extension_id = await program.create(organization_list=[{"value": "1"}, {"value": "2"}])
    third = (await admin.post("/departments", json={"name": "Third"})).json()["data"]["id"]

    assert (await admin.delete("/departments/2")).status_code == 200
    assert (await program.detail(extension_id))["organization_list"] == [{"value": "1"}]
    await admin.put("/extensions/1001", json={"department_id": third})
    assert (await program.detail(extension_id))["organization_list"] == [{"value": "3"}, {"value": "1"}]


async def test_forwards_that_others_set_read_as_this_vendors(program: Program, admin: httpx.AsyncClient) -> None:
    """And are written back as they were."""
    first = await program.create()
    second = await program.create(number="1002", reg_name="1002")
    greeting = (await admin.get("/greetings")).json()["data"][0]["id"]
    rules: dict[str, Any] = {
        "in_always": {"type": "extension", "extension": "1002"},
        "in_busy": {"type": "ext_vm", "extension": "1002"},
        "ex_busy": {"type": "ext_vm", "extension": "1001"},
        "ex_no_answer": {"type": "play_greeting", "id": greeting, "times": 3},
        "in_no_answer": {"type": "external_num", "number": "0900", "prefix": "9"},
    }
    assert (await admin.put("/extensions/1001/presence", json={"rules": {"away": rules}})).status_code == 200

    shown = await program.detail(first)

    (setting,) = [each for each in shown["presence_list"] if each["status"] == "away"]
    assert {
        slot: [setting[f"{slot}_forward_{part}"] for part in ("dest", "prefix", "value", "num")] for slot in rules
    } == {
        "in_always": ["extension", "", str(second), ""],
        "in_busy": ["ext_vm", "", str(second), ""],
        "ex_busy": ["ext_vm", "", "", ""],
        "ex_no_answer": ["play_greeting", "3", "demo.wav", ""],
        "in_no_answer": ["external_num", "9", "", "0900"],
    }
    before = (await admin.get("/extensions/1001/presence")).json()
    assert (await program.post("extension/update", {"id": first, "presence_list": [setting]}))["errcode"] == 0
    assert (await admin.get("/extensions/1001/presence")).json() == before


async def test_one_store(program: Program, admin: httpx.AsyncClient) -> None:
    """What our own API makes is seen, changed and deleted here."""
    await admin.post("/extensions", json={"extension_number": "2001", "display_name": "Anna", "tls_enabled": True})
    (row,) = (await program.get("extension/list"))["data"]
    assert (row["number"], row["caller_id_name"]) == ("2001", "Anna")
    shown = await program.detail(row["id"])
    assert (shown["first_name"], shown["transport"], shown["enb_vm"]) == ("", "tls", 0)

    assert (await program.post("extension/update", {"id": row["id"], "transport": "udp"}))["errcode"] == 0
    found = (await admin.get("/extensions/2001")).json()["data"]
    assert (found["display_name"], found["tls_enabled"]) == ("Anna", False)
    assert (await program.get("extension/delete", id=row["id"]))["errcode"] == 0
    assert (await admin.get("/extensions/2001")).status_code == 404


@ONLY_SQLITE
async def test_a_write_says_how_far_the_switches_are(office: Office, program: Program) -> None:
    """In a header that the vendor's clients ignore."""
    await office.add_switch("fs1")

    answer = await program.http.post("/extension/create", params={"access_token": program.token}, json=LEAST)

    assert answer.headers["X-Switch-Sync"] == "acked=0 pending=1 failed=0"
