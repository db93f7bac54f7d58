"""Extensions as Zorio's document has them: shapes, defaults, bounds."""

import re
from typing import Any

import httpx
import pytest

from management.secrets import a1_hash, vm_a1_hash
from tests.management.office import DOMAIN, Office
from xmlcurl.store.tables import (
    changes,
    departments,
    extensions,
    hotlines,
    numbers,
    taken_names,
    teams,
    users,
    utc_now,
)

TWELVE = [
    "extension_number",
    "display_name",
    "voicemail_enabled",
    "outbound_caller_id",
    "recording_mode",
    "status",
    "team_id",
    "department_id",
    "max_concurrent",
    "tls_enabled",
    "created_at",
    "updated_at",
]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+00:00")
INACTIVE = "84280000002"
ACTIVE = "0900000020"
NO_TIME = "The expires at field must be a date and time with an offset (RFC 3339)."


@pytest.fixture
async def caller_ids(office: Office, api: httpx.AsyncClient) -> None:
    await office.add(numbers, tenant_id=1, number=ACTIVE, display_name="POC", carrier="landline", cli_type="mobile")
    await office.add(numbers, tenant_id=1, number=INACTIVE, status="disabled")


async def test_the_sample_of_the_document_is_created(api: httpx.AsyncClient, caller_ids: None) -> None:
    """201, the twelve fields in the document's order, and the password this once."""
    answer = await api.post(
        "/extensions",
        json={
            "extension_number": "9001",
            "display_name": "Sales 01",
            "voicemail_enabled": True,
            "recording_mode": "all",
            "max_concurrent": 2,
            "outbound_caller_id": ACTIVE,
        },
    )

    assert answer.status_code == 201
    data = answer.json()["data"]
    assert list(data) == [*TWELVE, "sip_password", "generated_password"]
    assert re.fullmatch(r"[0-9A-Za-z]{24}", data.pop("sip_password"))
    assert TIME.fullmatch(data.pop("created_at"))
    assert TIME.fullmatch(data.pop("updated_at"))
    assert data == {
        "extension_number": "9001",
        "display_name": "Sales 01",
        "voicemail_enabled": True,
        "outbound_caller_id": ACTIVE,
        "recording_mode": "all",
        "status": "active",
        "team_id": None,
        "department_id": None,
        "max_concurrent": 2,
        "tls_enabled": False,
        "generated_password": True,
    }


async def test_what_is_left_out_has_the_document_s_default(api: httpx.AsyncClient) -> None:
    """No voicemail, no recording, two calls at a time."""
    data = (await api.post("/extensions", json={"extension_number": "9001"})).json()["data"]

    assert (data["voicemail_enabled"], data["recording_mode"], data["max_concurrent"]) == (False, "none", 2)
    assert (data["display_name"], data["outbound_caller_id"], data["team_id"]) == (None, None, None)


async def test_a_given_password_is_taken(office: Office, api: httpx.AsyncClient) -> None:
    """Its hash is what FreeSWITCH compares; itself it is stored only encrypted."""
    answer = await api.post("/extensions", json={"extension_number": "9001", "sip_password": "with:colon and é"})

    data = answer.json()["data"]
    (row,) = await office.rows(extensions)
    assert (data["sip_password"], data["generated_password"]) == ("with:colon and é", False)
    assert row["a1_hash"] == a1_hash("9001", DOMAIN, "with:colon and é")
    assert office.backend.vault.decrypt(row["password_encrypted"]) == "with:colon and é"


async def test_a_pin_becomes_a_hash_of_the_number(office: Office, api: httpx.AsyncClient) -> None:
    """mod_voicemail hashes the id of <user>, which is always the number, whatever the sign-in name."""
    body = {"extension_number": "9001", "sign_in_name": "sales", "voicemail_pin": "123456"}

    answer = await api.post("/extensions", json=body)

    (row,) = await office.rows(extensions)
    assert row["vm_a1_hash"] == vm_a1_hash("9001", DOMAIN, "123456")
    assert "123456" not in answer.text


async def test_one_extension_is_read_by_its_number(api: httpx.AsyncClient) -> None:
    """The twelve fields and who is registered; unknown without a switch that could be asked. Never the password."""
    await api.post("/extensions", json={"extension_number": "9001"})

    answer = await api.get("/extensions/9001")

    assert answer.status_code == 200
    assert list(answer.json()["data"]) == [*TWELVE, "sip_registration"]
    assert answer.json()["data"]["sip_registration"] == "unknown"


async def test_fields_of_ours_are_shown_when_asked_for(api: httpx.AsyncClient) -> None:
    """`fields=all` shows what a client of the document does not expect."""
    await api.post("/extensions", json={"extension_number": "9001", "email": "a@b.test", "aliases": ["bob", "200"]})

    one = (await api.get("/extensions/9001", params={"fields": "all"})).json()["data"]
    several = (await api.get("/extensions", params={"fields": "all"})).json()["data"]

    assert one.pop("sip_registration") == "unknown"
    assert several == [one]
    assert (one["email"], one["aliases"], one["sign_in_name"]) == ("a@b.test", ["200", "bob"], "9001")
    assert not {"sip_password", "a1_hash", "vm_a1_hash", "password_encrypted", "voicemail_pin"} & one.keys()


WHAT_ITS_PHONES_DO = {
    "internal_caller_id": "(84)28-1001#1",
    "dtmf_mode": "inband",
    "srtp_enabled": True,
    "t38_enabled": True,
    "qualify_enabled": True,
    "reject_ends_ringing": True,
    "voicemail_pin_required": False,
}


async def test_what_its_phones_do_is_kept(api: httpx.AsyncClient) -> None:
    """Created, changed, in a batch; without a word of it as FreeSWITCH does by itself."""
    await api.post("/extensions", json={"extension_number": "1001", **WHAT_ITS_PHONES_DO})
    await api.post("/extensions", json={"extension_number": "1002"})
    batch = {"extensions": [{"extension_number": "1003", **WHAT_ITS_PHONES_DO}]}
    assert (await api.post("/extensions/batch", json=batch)).status_code == 200

    plain = (await api.get("/extensions/1002", params={"fields": "all"})).json()["data"]
    await api.put("/extensions/1002", json=WHAT_ITS_PHONES_DO)

    for each in (await api.get("/extensions", params={"fields": "all"})).json()["data"]:
        assert {name: each[name] for name in WHAT_ITS_PHONES_DO} == WHAT_ITS_PHONES_DO
    assert {name: plain[name] for name in WHAT_ITS_PHONES_DO} == {
        "internal_caller_id": None,
        "dtmf_mode": "rfc4733",
        "srtp_enabled": False,
        "t38_enabled": False,
        "qualify_enabled": False,
        "reject_ends_ringing": False,
        "voicemail_pin_required": True,
    }


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("internal_caller_id", "1" * 32),
        ("internal_caller_id", "84 28"),
        ("internal_caller_id", "1001\n"),
        ("internal_caller_id", "x-pre-process"),
        ("dtmf_mode", "rfc2833"),
        ("dtmf_mode", None),
        ("srtp_enabled", 1),
        ("t38_enabled", "true"),
        ("qualify_enabled", None),
        ("reject_ends_ringing", "no"),
        ("voicemail_pin_required", 0),
    ],
)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_what_its_phones_do_has_bounds(api: httpx.AsyncClient, field: str, value: object) -> None:
    """The field is named, and nothing is created."""
    answer = await api.post("/extensions", json={"extension_number": "1001", field: value})

    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
    assert (await api.get("/extensions")).json()["total"] == 0


async def test_a_list_has_the_document_s_envelope(api: httpx.AsyncClient) -> None:
    """current_page, data, last_page, per_page, total; rows by number."""
    for number in ("1003", "1001", "1002"):
        await api.post("/extensions", json={"extension_number": number})

    answer = await api.get("/extensions", params={"per_page": 2, "page": 2})

    assert list(answer.json()) == ["current_page", "data", "last_page", "per_page", "total"]
    assert [each["extension_number"] for each in answer.json()["data"]] == ["1003"]
    assert list(answer.json()["data"][0]) == TWELVE
    assert (answer.json()["current_page"], answer.json()["last_page"]) == (2, 2)
    assert (answer.json()["per_page"], answer.json()["total"]) == (2, 3)


async def test_an_empty_list_has_one_page(api: httpx.AsyncClient) -> None:
    """As Laravel counts; the default is 50 on a page."""
    answer = await api.get("/extensions")

    assert answer.json() == {"current_page": 1, "data": [], "last_page": 1, "per_page": 50, "total": 0}


@pytest.mark.parametrize(
    ("search", "found"),
    [
        pytest.param("100", ["1001", "1002"], id="part of a number"),
        pytest.param("sales", ["1001"], id="part of a name, whatever its case"),
        pytest.param("%", ["1002"], id="a percent sign is itself"),
        pytest.param("_", [], id="an underscore is itself"),
        pytest.param("/", [], id="the escape character is itself"),
        pytest.param("\\", [], id="a backslash is itself"),
        pytest.param("' OR 1=1 --", [], id="SQL is text"),
        pytest.param("", ["1001", "1002", "2001"], id="empty is everything"),
    ],
)
async def test_search_is_literal(api: httpx.AsyncClient, search: str, found: list[str]) -> None:
    """LIKE's wildcards in a search are characters like any other."""
    for number, name in (("1001", "Sales 01"), ("1002", "100%"), ("2001", None)):
        await api.post("/extensions", json={"extension_number": number, **({"display_name": name} if name else {})})

    answer = await api.get("/extensions", params={"search": search})

    assert [each["extension_number"] for each in answer.json()["data"]] == found


async def test_the_list_filters_by_status(api: httpx.AsyncClient) -> None:
    """`status` is the administrator's word, not who is registered."""
    for number, status in (("1001", "active"), ("1002", "disabled")):
        await api.post("/extensions", json={"extension_number": number, "status": status})

    answer = await api.get("/extensions", params={"status": "disabled"})

    assert [each["extension_number"] for each in answer.json()["data"]] == ["1002"]


@pytest.mark.parametrize(
    "query",
    [
        pytest.param({"page": 0}, id="page zero"),
        pytest.param({"page": -1}, id="a negative page"),
        pytest.param({"page": 10**30}, id="a page beyond every integer"),
        pytest.param({"page": "one"}, id="a page in words"),
        pytest.param({"per_page": 0}, id="no rows"),
        pytest.param({"per_page": 201}, id="too many rows"),
        pytest.param({"status": "enabled"}, id="no such status"),
        pytest.param({"search": "x" * 101}, id="a search that is too long"),
        pytest.param({"search": "a\0b"}, id="a search with NUL"),
        pytest.param({"fields": "secret"}, id="no such choice of fields"),
    ],
)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_a_query_out_of_bounds_is_refused(api: httpx.AsyncClient, query: dict[str, Any]) -> None:
    """422, and the field is named."""
    answer = await api.get("/extensions", params=query)

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == list(query)


CREATE_BOUNDS = [
    *((field, value, None) for field, value in (
        ("extension_number", "123"), ("extension_number", "0123456789"),
        ("display_name", "x" * 100), ("display_name", "Nguyễn Văn Ẩn"), ("display_name", "😀" * 100),
        ("sip_password", "x" * 8), ("sip_password", "x" * 100), ("sip_password", " {}<>&\"'\\ "),
        ("voicemail_pin", "1234"), ("voicemail_pin", "1" * 20),
        ("max_concurrent", 1), ("max_concurrent", 10),
        *(("recording_mode", mode) for mode in ("none", "inbound", "outbound", "all")),
        ("concurrent_registrations", 1), ("concurrent_registrations", 3),
        ("email", "a.b@example.test"), ("mobile", "+84900000000"), ("mobile", "113"),
        ("aliases", []), ("aliases", [str(number) for number in range(10)]), ("sign_in_name", "a" * 63),
        ("first_name", "x" * 63), ("voicemail_language", "vi"), ("voicemail_language", "en-US"),
        ("expires_at", "2030-01-01T00:00:00Z"), ("expires_at", "2030-01-01T00:00:00.123456+07:00"),
        ("display_name", None), ("display_name", ""), ("team_id", None), ("outbound_caller_id", None),
    )),
    *((field, value, message) for field, value, message in (
        ("extension_number", "12", "The extension number field format is invalid."),
        ("extension_number", "01234567890", "The extension number field format is invalid."),
        ("extension_number", "12a", "The extension number field format is invalid."),
        ("extension_number", "123\n", "The extension number field format is invalid."),
        ("extension_number", "١٢٣", "The extension number field format is invalid."),
        ("extension_number", "", "The extension number field format is invalid."),
        ("extension_number", 9001, "The extension number field must be a string."),
        ("extension_number", None, "The extension number field must be a string."),
        ("extension_number", "112", "The extension number is reserved for emergency calls."),
        ("extension_number", "911", "The extension number is reserved for emergency calls."),
        ("display_name", "x" * 101, "The display name field must not be greater than 100 characters."),
        ("display_name", 5, "The display name field must be a string."),
        ("sip_password", "x" * 7, "The sip password field must be at least 8 characters."),
        ("sip_password", "x" * 101, "The sip password field must not be greater than 100 characters."),
        ("sip_password", "x" * 8 + "\n", "The sip password field must not contain control characters."),
        ("sip_password", "x" * 8 + "\0", "The sip password field must not contain control characters."),
        ("sip_password", None, "The sip password field must be a string."),
        ("sip_password", 12345678, "The sip password field must be a string."),
        ("voicemail_enabled", 1, "The voicemail enabled field must be true or false."),
        ("voicemail_enabled", "true", "The voicemail enabled field must be true or false."),
        ("voicemail_enabled", None, "The voicemail enabled field must be true or false."),
        ("voicemail_pin", "123", "The voicemail pin field must be between 4 and 20 digits."),
        ("voicemail_pin", "1" * 21, "The voicemail pin field must be between 4 and 20 digits."),
        ("voicemail_pin", "12a4", "The voicemail pin field must be between 4 and 20 digits."),
        ("voicemail_pin", 1234, "The voicemail pin field must be a string."),
        ("recording_mode", "both", "The selected recording mode is invalid."),
        ("recording_mode", None, "The selected recording mode is invalid."),
        ("status", "enabled", "The selected status is invalid."),
        ("max_concurrent", 0, "The max concurrent field must be between 1 and 10."),
        ("max_concurrent", 11, "The max concurrent field must be between 1 and 10."),
        ("max_concurrent", 10**300, "The max concurrent field must be between 1 and 10."),
        ("max_concurrent", "2", "The max concurrent field must be an integer."),
        ("max_concurrent", 2.0, "The max concurrent field must be an integer."),
        ("max_concurrent", True, "The max concurrent field must be an integer."),
        ("max_concurrent", None, "The max concurrent field must be an integer."),
        ("concurrent_registrations", 4, "The concurrent registrations field must be between 1 and 3."),
        ("team_id", 1, "The selected team id is invalid."),
        ("team_id", 0, "The selected team id is invalid."),
        ("team_id", -1, "The selected team id is invalid."),
        ("team_id", 2**70, "The selected team id is invalid."),
        ("team_id", "1", "The team id field must be an integer."),
        ("department_id", 1, "The selected department id is invalid."),
        ("user_id", 1, "The selected user id is invalid."),
        ("hotline_id", 1, "The selected hotline id is invalid."),
        ("outbound_caller_id", "0900000099", "The selected outbound caller id is invalid."),
        ("outbound_caller_id", INACTIVE, "The selected outbound caller id is invalid."),
        ("outbound_caller_id", "a\0b", "The selected outbound caller id is invalid."),
        ("outbound_caller_id", 900000020, "The outbound caller id field must be a string."),
        ("email", "a b@c.test", "The email field must be a valid email address."),
        ("email", "a@b.test;reboot", "The email field must be a valid email address."),
        ("mobile", "++84", "The mobile field format is invalid."),
        ("sign_in_name", "a b", "The sign in name field format is invalid."),
        ("sign_in_name", "a" * 64, "The sign in name field format is invalid."),
        ("sign_in_name", "911", "The sign in name is reserved for emergency calls."),
        ("aliases", None, "The aliases field must be an array."),
        ("aliases", [str(number) for number in range(11)], "The aliases field must not have more than 10 items."),
        ("voicemail_language", "vietnamese", "The voicemail language field format is invalid."),
        ("expires_at", "2030-01-01", NO_TIME),
        ("expires_at", "2030-01-01T00:00:00", NO_TIME),
        ("expires_at", "0001-01-01T00:00:00+07:00", NO_TIME),
        ("expires_at", 1893456000, NO_TIME),
        ("extension_id", 5, "The extension id field is prohibited."),
        ("tenant_id", 2, "The tenant id field is prohibited."),
    )),
]  # fmt: skip


@pytest.mark.parametrize("field", list(dict.fromkeys(field for field, _, _ in CREATE_BOUNDS)))
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
@pytest.mark.usefixtures("caller_ids")
async def test_every_field_has_its_bounds(office: Office, api: httpx.AsyncClient, field: str) -> None:
    """At the bound: 201. Beyond it: 422 with that sentence for that field, and nothing is written."""
    bounds = [(value, message) for name, value, message in CREATE_BOUNDS if name == field]

    for number, (value, message) in enumerate(bounds, 9_001):
        before = await office.count_all()
        answer = await api.post("/extensions", json={"extension_number": str(number), field: value})
        if message is None:
            assert answer.status_code == 201, (value, answer.text)
            await api.delete(f"/extensions/{answer.json()['data']['extension_number']}")
        else:
            assert (answer.status_code, answer.json()["errors"]) == (422, {field: [message]}), value
            assert answer.json()["message"] == "The given data was invalid."
            assert await office.count_all() == before


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("<?xml version='1.0'?>", id="a processing instruction"),
        pytest.param('<X-Pre-Process cmd="exec" data="id"/>', id="the pre-processor"),
        pytest.param("x-PRE-process", id="its bare name in any case"),
        pytest.param('<include file="/etc/passwd">', id="an include"),
        pytest.param("$${local_ip_v4}", id="a global variable"),
        pytest.param("${system(reboot)}", id="a function"),
        pytest.param("one\r\ntwo", id="a line end"),
        pytest.param("tab\there", id="a tab"),
        pytest.param("nul\0", id="NUL"),
        pytest.param("\x1b[2J", id="an escape sequence"),
        pytest.param("line\u2028separator", id="a line separator of Unicode"),
        pytest.param("=HYPERLINK(A1)", id="a formula"),
        pytest.param(" @SUM(A1:A9)", id="a formula behind a blank"),
        pytest.param("+1+cmd|' /C calc'!A0", id="a formula that begins as a number"),
    ],
)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_text_that_would_execute_is_refused(api: httpx.AsyncClient, text: str) -> None:
    """What FreeSWITCH could execute, or lose, never reaches the database, whatever field it is in."""
    fields = ["display_name", "first_name", "last_name", "email", "mobile", "sign_in_name", "voicemail_language"]

    answer = await api.post("/extensions", json={"extension_number": "9001", **dict.fromkeys(fields, text)})

    assert answer.status_code == 422
    assert sorted(answer.json()["errors"]) == sorted(fields)


@pytest.mark.parametrize("name", ["+84 24 1234-5678", "-1", "Sales = 1", "Anna @ home"])
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_a_telephone_number_is_no_formula(api: httpx.AsyncClient, name: str) -> None:
    """Only what a spreadsheet would compute is refused."""
    answer = await api.post("/extensions", json={"extension_number": "9001", "display_name": name})

    assert answer.status_code == 201


async def test_every_broken_field_is_named_at_once(api: httpx.AsyncClient) -> None:
    """Nobody has to send a body four times to learn four things."""
    body = {"extension_number": "1", "display_name": "${x}", "max_concurrent": 11, "aliases": ["a b", "a:b", "c", "c"]}

    answer = await api.post("/extensions", json=body)

    assert sorted(answer.json()["errors"]) == [
        "aliases.0",
        "aliases.1",
        "aliases.3",
        "display_name",
        "extension_number",
        "max_concurrent",
    ]


async def test_a_put_changes_what_it_names(api: httpx.AsyncClient, caller_ids: None) -> None:
    """The document's sample; what is left out stays."""
    await api.post("/extensions", json={"extension_number": "1001", "display_name": "Mac", "voicemail_pin": "1234"})

    answer = await api.put(
        "/extensions/1001",
        json={
            "display_name": "Sales 01 (renamed)",
            "voicemail_enabled": False,
            "max_concurrent": 4,
            "recording_mode": "all",
            "outbound_caller_id": ACTIVE,
        },
    )

    assert answer.status_code == 200
    data = answer.json()["data"]
    assert list(data) == TWELVE
    assert data["display_name"] == "Sales 01 (renamed)"
    assert (data["max_concurrent"], data["recording_mode"], data["outbound_caller_id"]) == (4, "all", ACTIVE)
    again = (await api.put("/extensions/1001", json={"max_concurrent": 5})).json()["data"]
    assert (again["display_name"], again["max_concurrent"]) == ("Sales 01 (renamed)", 5)


@pytest.mark.parametrize("field", ["display_name", "team_id", "voicemail_pin", "outbound_caller_id"])
async def test_null_takes_away_what_the_document_lets_it(
    office: Office, api: httpx.AsyncClient, caller_ids: None, field: str
) -> None:
    """These four, in a PUT."""
    team_id = await office.add(teams, tenant_id=1, name="sales")
    given = {"display_name": "Mac", "team_id": team_id, "voicemail_pin": "1234", "outbound_caller_id": ACTIVE}
    assert (await api.post("/extensions", json={"extension_number": "1001", **given})).status_code == 201

    answer = await api.put("/extensions/1001", json={field: None})

    assert answer.status_code == 200
    column = {"voicemail_pin": "vm_a1_hash", "outbound_caller_id": "outbound_number_id"}.get(field, field)
    (row,) = await office.rows(extensions)
    assert row[column] is None


@pytest.mark.parametrize("field", ["voicemail_enabled", "recording_mode", "max_concurrent", "status", "tls_enabled"])
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_null_is_refused_elsewhere(api: httpx.AsyncClient, field: str) -> None:
    """A switch is on or off."""
    await api.post("/extensions", json={"extension_number": "1001"})

    answer = await api.put("/extensions/1001", json={field: None})

    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])


@pytest.mark.parametrize("field", ["extension_number", "sip_password", "id", "tenant_id", "a1_hash", "created_at"])
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_what_a_put_can_t_change_is_refused_by_name(api: httpx.AsyncClient, field: str) -> None:
    """Silence would look like success."""
    await api.post("/extensions", json={"extension_number": "1001"})

    answer = await api.put("/extensions/1001", json={field: "anything long enough"})

    assert answer.status_code == 422
    assert answer.json()["errors"] == {field: [f"The {field.replace('_', ' ')} field is prohibited."]}


async def test_links_name_the_tenant_s_own(office: Office, api: httpx.AsyncClient) -> None:
    """A team, a department, a user, a hotline of the tenant; a deleted one is none."""
    team_id = await office.add(teams, tenant_id=1, name="sales")
    department_id = await office.add(departments, tenant_id=1, name="north")
    user_id = await office.add(users, tenant_id=1, name="Bob")
    number_id = await office.add(numbers, tenant_id=1, number="84240000001")
    hotline_id = await office.add(hotlines, tenant_id=1, number_id=number_id, name="19001")
    links = {"team_id": team_id, "department_id": department_id, "user_id": user_id, "hotline_id": hotline_id}

    await api.post("/extensions", json={"extension_number": "1001", **links})
    await office.change(teams, team_id, deleted_at=utc_now())
    refused = await api.put("/extensions/1001", json={"team_id": team_id})

    shown = (await api.get("/extensions/1001", params={"fields": "all"})).json()["data"]
    assert {name: shown[name] for name in links} == links
    assert refused.json()["errors"] == {"team_id": ["The selected team id is invalid."]}


async def test_a_put_without_news_changes_nothing(office: Office, api: httpx.AsyncClient) -> None:
    """No row in the outbox, no entry in the audit log, the same updated_at."""
    created = (await api.post("/extensions", json={"extension_number": "1001", "display_name": "Mac"})).json()["data"]
    before = await office.count_all()

    answer = await api.put("/extensions/1001", json={"display_name": "Mac", "max_concurrent": 2})

    assert answer.status_code == 200
    assert answer.json()["data"]["updated_at"] == created["updated_at"]
    assert await office.count_all() == before


async def test_a_deleted_extension_is_gone(office: Office, api: httpx.AsyncClient) -> None:
    """{"data": {"deleted": true}}; read, changed, deleted again: 404. Its row is kept."""
    await api.post("/extensions", json={"extension_number": "1001", "aliases": ["bob"]})

    answer = await api.delete("/extensions/1001")

    assert (answer.status_code, answer.json()) == (200, {"data": {"deleted": True}})
    for again in (api.get("/extensions/1001"), api.put("/extensions/1001", json={}), api.delete("/extensions/1001")):
        gone = await again
        assert (gone.status_code, gone.json()) == (404, {"message": "Resource not found"})
    assert (await api.get("/extensions")).json()["total"] == 0
    assert [row["number"] for row in await office.rows(extensions)] == ["1001"]
    assert await office.rows(taken_names) == []


async def test_a_deleted_number_can_be_created_anew(office: Office, api: httpx.AsyncClient) -> None:
    """A new extension with a new id: an old registration can't pass for one of it."""
    for _ in range(3):
        assert (await api.post("/extensions", json={"extension_number": "1001", "aliases": ["bob"]})).status_code == 201
        assert (await api.delete("/extensions/1001")).status_code == 200

    assert [row["id"] for row in await office.rows(extensions)] == [1, 2, 3]


async def test_change_password_generates_one(office: Office, api: httpx.AsyncClient) -> None:
    """With {} or no body at all: 24 alphanumeric characters, shown once, and an older registration is outdated."""
    first = (await api.post("/extensions", json={"extension_number": "1001"})).json()["data"]["sip_password"]

    answers = [
        await api.post("/extensions/1001/change-password", json={}),
        await api.post("/extensions/1001/change-password"),
    ]

    passwords = [answer.json()["data"]["sip_password"] for answer in answers]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json()["data"] == {
        "extension_number": "1001",
        "sip_password": passwords[0],
        "generated_password": True,
    }
    assert re.fullmatch(r"[0-9A-Za-z]{24}", passwords[0])
    assert len({first, *passwords}) == 3
    (row,) = await office.rows(extensions)
    assert row["a1_hash"] == a1_hash("1001", DOMAIN, passwords[1])
    assert row["credentials_revision"] == 3


async def test_change_password_takes_one(api: httpx.AsyncClient) -> None:
    """As in the document: generated_password is false."""
    await api.post("/extensions", json={"extension_number": "1001"})

    answer = await api.post("/extensions/1001/change-password", json={"new_password": "MyNewStrongPwd123"})

    assert answer.json()["data"] == {
        "extension_number": "1001",
        "sip_password": "MyNewStrongPwd123",
        "generated_password": False,
    }


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param({"new_password": "short12"}, 422, id="seven characters"),
        pytest.param({"new_password": "x" * 101}, 422, id="too long"),
        pytest.param({"new_password": None}, 422, id="null"),
        pytest.param({"sip_password": "x" * 10}, 422, id="the wrong name"),
        pytest.param([], 400, id="no object"),
    ],
)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_change_password_has_bounds(api: httpx.AsyncClient, body: object, status: int) -> None:
    """A refused password leaves the old one."""
    await api.post("/extensions", json={"extension_number": "1001"})

    answer = await api.post("/extensions/1001/change-password", json=body)

    assert answer.status_code == status


@pytest.mark.parametrize(
    ("taken_by", "body", "field"),
    [
        pytest.param({"extension_number": "1001"}, {"extension_number": "1001"}, "extension_number", id="its number"),
        pytest.param(
            {"extension_number": "1001", "aliases": ["2001"]},
            {"extension_number": "2001"},
            "extension_number",
            id="a number that is an alias",
        ),
        pytest.param(
            {"extension_number": "1001", "sign_in_name": "2001"},
            {"extension_number": "2001"},
            "extension_number",
            id="a number that is a sign-in name",
        ),
        pytest.param(
            {"extension_number": "1001", "sign_in_name": "bob"},
            {"extension_number": "2001", "sign_in_name": "bob"},
            "sign_in_name",
            id="a sign-in name",
        ),
        pytest.param(
            {"extension_number": "1001"},
            {"extension_number": "2001", "aliases": ["bob", "1001"]},
            "aliases",
            id="an alias that is a number",
        ),
    ],
)
async def test_names_are_unique_in_a_tenant(
    api: httpx.AsyncClient, taken_by: dict[str, Any], body: dict[str, Any], field: str
) -> None:
    """Numbers, sign-in names and aliases share one name space: 409, and the field is named."""
    assert (await api.post("/extensions", json=taken_by)).status_code == 201

    answer = await api.post("/extensions", json=body)

    sentence = f"The {field.replace('_', ' ')} has already been taken."
    assert (answer.status_code, answer.json()) == (409, {"message": sentence, "errors": {field: [sentence]}})


async def test_a_put_can_t_take_another_s_name(api: httpx.AsyncClient) -> None:
    """Its own names it may be given again."""
    await api.post("/extensions", json={"extension_number": "1001", "aliases": ["bob"]})
    await api.post("/extensions", json={"extension_number": "1002"})

    refused = await api.put("/extensions/1002", json={"aliases": ["bob"]})
    own = await api.put("/extensions/1001", json={"aliases": ["bob", "rob"], "sign_in_name": "bob"})

    assert (refused.status_code, list(refused.json()["errors"])) == (409, ["aliases"])
    assert own.status_code == 200


async def test_another_sign_in_name_makes_another_hash(office: Office, api: httpx.AsyncClient) -> None:
    """The password stays; a1-hash holds the name, so it is made anew, and old registrations are outdated."""
    password = (await api.post("/extensions", json={"extension_number": "1001"})).json()["data"]["sip_password"]

    await api.put("/extensions/1001", json={"sign_in_name": "bob"})

    (row,) = await office.rows(extensions)
    assert row["a1_hash"] == a1_hash("bob", DOMAIN, password)
    assert row["credentials_revision"] == 2


async def test_caller_ids_are_the_active_numbers(office: Office, api: httpx.AsyncClient, caller_ids: None) -> None:
    """The document's five fields, in its envelope; disabled, deleted and foreign numbers are not listed."""
    await office.add(numbers, tenant_id=1, number="84280000003", deleted_at=utc_now())
    other = await office.add_tenant("other.test")
    await office.add(numbers, tenant_id=other, number="84280000004")

    answer = await api.get("/caller-ids")

    assert answer.json() == {
        "current_page": 1,
        "data": [
            {
                "number": ACTIVE,
                "display_name": "POC",
                "carrier": "landline",
                "cli_type": "mobile",
                "status": "active",
            }
        ],
        "last_page": 1,
        "per_page": 50,
        "total": 1,
    }
    assert (await api.get("/caller-ids", params={"search": "poc"})).json()["total"] == 1
    assert (await api.get("/caller-ids", params={"search": "0_"})).json()["total"] == 0


async def test_a_number_that_was_switched_off_is_still_shown(
    office: Office, api: httpx.AsyncClient, caller_ids: None
) -> None:
    """It is what the administrator chose; calls don't show it while it is off."""
    await api.post("/extensions", json={"extension_number": "1001", "outbound_caller_id": ACTIVE})
    await office.change(numbers, 1, status="disabled")

    shown = (await api.get("/extensions/1001")).json()["data"]["outbound_caller_id"]
    await office.change(numbers, 1, deleted_at=utc_now())

    assert shown == ACTIVE
    assert (await api.get("/extensions/1001")).json()["data"]["outbound_caller_id"] is None


async def test_a_write_says_how_far_the_switches_are(api: httpx.AsyncClient) -> None:
    """No switch: nothing to wait for. `Prefer` is answered with what was honoured, at most 30 seconds."""
    plain = await api.post("/extensions", json={"extension_number": "1001"})
    preferring = await api.put("/extensions/1001", json={"max_concurrent": 3}, headers={"Prefer": "wait=900"})
    odd = await api.delete("/extensions/1001", headers={"Prefer": "wait=soon, respond-async"})

    assert plain.headers["X-Switch-Sync"] == "acked=0 pending=0 failed=0"
    assert preferring.headers["Preference-Applied"] == "wait=30"
    assert "Preference-Applied" not in odd.headers
    assert odd.headers["X-Switch-Sync"] == "acked=0 pending=0 failed=0"


async def test_a_change_is_one_row_for_the_caches_and_one_for_each_switch(
    office: Office, api: httpx.AsyncClient
) -> None:
    """In the transaction of the change; a switch that does not answer is pending."""
    await office.add_switch("one")
    await office.add_switch("two")
    await office.add_switch("off", enabled=False)

    answer = await api.post("/extensions", json={"extension_number": "1001"}, headers={"Prefer": "wait=0"})

    assert answer.headers["X-Switch-Sync"] == "acked=0 pending=2 failed=0"
    rows = await office.rows(changes)
    assert [row["switch_id"] for row in rows] == [None, 1, 2]
    assert len({row["group_id"] for row in rows}) == 1
