"""Account users, hotlines and finished calls of a shop."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.management.office import Office
from tests.management.vendors.sencloud.program import Program
from xmlcurl.store.tables import audit, call_records, hotlines, numbers, users

ONLY_SQLITE = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
NEVER = "0001-01-01T00:00:00Z"
BEGAN = datetime(2026, 5, 1, 8, tzinfo=UTC)


async def test_an_account_user_is_a_user(office: Office, shop: Program) -> None:
    """With every field of the vendor's answer; the password is kept as a hash, and shown to nobody."""
    made = await shop.done(
        "CreateAccountUser",
        "partner.Shop",
        full_name="Anna",
        phone="0901234567",
        email="Anna@pbx.test",
        password="s3cret!!x",
    )

    assert {name: made[name] for name in made.keys() - {"created_at", "updated_at"}} == {
        "id": "1",
        "full_name": "Anna",
        "short_name": "",
        "email": "anna@pbx.test",
        "phone": "0901234567",
        "is_blocked": False,
        "block_reason": "",
        "blocked_at": NEVER,
        "email_verified_at": NEVER,
        "email_verification_sent_at": NEVER,
        "phone_verified_at": NEVER,
        "phone_verification_sent_at": NEVER,
        "ref_aff": "",
        "ref_sale": "",
        "source": "unknown",
        "total_shop": 1,
    }
    (row,) = await office.rows(users)
    assert (row["name"], row["password_hash"].partition("$")[0]) == ("Anna", "scrypt")
    for text in (str(made), str(row), str(await office.rows(audit))):
        assert "s3cret" not in text
    pbx = office.client(await office.add_token(1, "admin"))
    assert [each["name"] for each in (await pbx.get("/users")).json()["data"]] == ["Anna"]
    assert (await shop.done("AssignUserToExtension", **await of_extension(shop, made["id"]))) == {"updated": 1}


async def of_extension(shop: Program, user_id: str) -> dict[str, str]:
    return {"extension_id": (await shop.done("CreateExtension"))["id"], "user_id": user_id}


async def test_users_are_listed_in_pages(office: Office, shop: Program) -> None:
    """Only the tenant's."""
    made = [await shop.done("CreateAccountUser", full_name=name) for name in ("Anna", "Bob", "Carl")]
    await office.add(users, tenant_id=await office.add_tenant("other.test"), name="Stranger")

    first = await shop.done("GetAccountUsers", paging={"limit": 2})
    rest = await shop.done("GetAccountUsers", paging={"limit": 2, "after": first["paging"]["next"]})

    assert first["account_users"] + rest["account_users"] == made
    assert rest["paging"]["next"] == ""


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"full_name": "x" * 101}, "full_name"),
        ({"full_name": None}, "full_name"),
        ({"phone": "abc"}, "phone"),
        ({"phone": 901234567}, "phone"),
        ({"email": "nobody"}, "email"),
        ({"password": "short"}, "password"),
        ({"role": "admin"}, "role"),
    ],
)
async def test_a_user_that_is_wrong_is_refused(office: Office, shop: Program, body: dict[str, Any], field: str) -> None:
    """By the name that the client knows, with nothing written and no password repeated."""
    before = await office.count_all()

    answer = await shop.ask("CreateAccountUser", **{"full_name": "Anna", **body})

    assert (answer.status_code, answer.json()["code"], [*answer.json()["meta"]]) == (400, "invalid_argument", [field])
    assert "short" not in answer.text
    assert before == await office.count_all()


async def test_an_address_is_one_persons(shop: Program) -> None:
    """In any case."""
    await shop.done("CreateAccountUser", full_name="Anna", email="anna@pbx.test")

    said = await shop.refused("CreateAccountUser", "already_exists", full_name="Bob", email="ANNA@pbx.test")

    assert [*said] == ["email"]


async def test_hotlines_of_a_shop(office: Office, shop: Program) -> None:
    """Its own, with the network of their numbers."""
    for number, carrier, status in (
        ("842812345678", "mobifone", "active"),
        ("842812345679", "landline", "disabled"),
    ):
        number_id = await office.add(numbers, tenant_id=1, number=number, carrier=carrier, status=status)
        await office.add(hotlines, tenant_id=1, name=f"Line {number[-1]}", number_id=number_id)

    found = (await shop.done("GetHotlines", paging={"sort": "-id"}))["hotlines"]

    shown = [(each["hotline"], each["name"], each["network"], each["status"], each["owner_id"]) for each in found]
    assert shown == [
        ("842812345679", "Line 9", "other", "N", "0"),
        ("842812345678", "Line 8", "mobifone", "P", "0"),
    ]
    assert found[0]["created_at"].endswith("+07:00")


async def add_call(office: Office, number: int, **values: Any) -> None:
    started_at = BEGAN + timedelta(minutes=number)
    fixed = {
        "uuid": f"00000000-0000-0000-0000-{number:012}",
        "direction": "internal",
        "caller_number": "101",
        "destination": "102",
        "started_at": started_at,
        "ended_at": started_at + timedelta(seconds=30),
        "duration_seconds": 30,
        "billed_seconds": 0,
    }
    await office.add(call_records, **{"tenant_id": 1, **fixed, **values})


async def test_calls_are_listed_the_newest_first(office: Office, shop: Program) -> None:
    """With the fields of the vendor's answer, in pages, and only the tenant's."""
    extension_id = int((await shop.done("CreateExtension", extension_number=101))["id"])
    await add_call(office, 1, caller_extension_id=extension_id)
    await add_call(
        office,
        2,
        direction="outbound",
        destination="0901234567",
        answered_by="0901234567",
        answered_at=BEGAN + timedelta(minutes=2, seconds=10),
        billed_seconds=20,
        hangup_cause="NORMAL_CLEARING",
        gateway_id=None,
    )
    await add_call(office, 3, direction="inbound", caller_number="0907654321", destination="842812345678")
    await add_call(office, 4, tenant_id=await office.add_tenant("other.test"))

    first = await shop.done("ListCallLogs", paging={"limit": 2})
    rest = await shop.done("GetCallLogs", paging={"limit": 2, "after": first["paging"]["next"]})

    calls = [*first["call_logs"], *rest["call_logs"]]
    assert [(each["direction"], each["call_state"], each["duration"]) for each in calls] == [
        ("in", "not_answered", 0),
        ("out", "answered", 20),
        ("ext", "not_answered", 0),
    ]
    assert rest["paging"]["next"] == ""
    assert calls[2]["extension_id"] == str(extension_id)
    (target,) = calls[1].pop("call_targets")
    assert calls[1] == {
        "id": "2",
        "external_id": "00000000-0000-0000-0000-000000000002",
        "external_session_id": "00000000-0000-0000-0000-000000000002",
        "caller": "101",
        "callee": "0901234567",
        "direction": "out",
        "call_state": "answered",
        "call_status": "P",
        "duration": 20,
        "started_at": "2026-05-01T15:02:00.000000+07:00",
        "ended_at": "2026-05-01T15:02:30.000000+07:00",
        "created_at": "2026-05-01T15:02:00.000000+07:00",
        "updated_at": "2026-05-01T15:02:30.000000+07:00",
        "extension_id": "0",
        "user_id": "0",
        "contact_id": "0",
        "note": "",
        "recording_urls": [],
    }
    assert (target["target_number"], target["ring_duration"], target["end_reason"]) == (
        "0901234567",
        10,
        "NORMAL_CLEARING",
    )


async def test_calls_are_looked_for(office: Office, shop: Program) -> None:
    """By what can be asked; what the vendor's program leaves empty does not count."""
    extension_id = (await shop.done("CreateExtension", extension_number=101))["id"]
    await add_call(office, 1, caller_extension_id=int(extension_id))
    await add_call(office, 2, direction="outbound", destination="0901234567", answered_at=BEGAN + timedelta(minutes=3))

    async def found(**asked: Any) -> list[str]:
        return [each["id"] for each in (await shop.done("ListCallLogs", filter=asked))["call_logs"]]

    assert await found() == ["2", "1"]
    assert await found(call_number="0901234567") == ["2"]
    assert await found(call_state="answered") == ["2"]
    assert await found(call_state="not_answered") == ["1"]
    assert await found(call_state="unknown", direction="unknown") == ["2", "1"]
    assert await found(direction="ext") == ["1"]
    assert await found(extension_ids=[extension_id]) == ["1"]
    assert await found(date_from="2026-05-01T15:02:00+07:00") == ["2"]
    assert await found(date_to="2026-05-01T15:02:00+07:00") == ["1"]
    empty: dict[str, Any] = {
        "department_id": "0",
        "duration": None,
        "external_id": "",
        "hotline_ids": [],
        "date_to": NEVER,
        "user_id": "0",
    }
    assert await found(**empty, external_session_id="", extension_ids=[], call_number="") == ["2", "1"]
    await shop.refused("ListCallLogs", "not_found", filter={"extension_ids": ["99"]})


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"filter": {"user_id": "1"}}, "filter.user_id"),
        ({"filter": {"hotline_ids": ["1"]}}, "filter.hotline_ids"),
        ({"filter": {"duration": {"comparison": "equal", "value": 1}}}, "filter.duration"),
        ({"filter": {"direction": "ext_in"}}, "filter.direction"),
        ({"filter": {"date_from": "2026-05-01"}}, "filter.date_from"),
        ({"filter": {"date_to": "2026-05-01T00:00:00"}}, "filter.date_to"),
        ({"filter": {"date_to": 1}}, "filter.date_to"),
        ({"filter": {"date_to": "9999-12-31T23:59:59-14:00"}}, "filter.date_to"),
        ({"filter": {"date_from": "0001-01-01T00:00:00+14:00"}}, "filter.date_from"),
        ({"filter": {"call_number": "\0"}}, "filter.call_number"),
        ({"filter": {"extension_ids": ["1", "2"]}}, "filter.extension_ids"),
        ({"filter": {"extension_ids": [1]}}, "filter.extension_ids.0"),
        ({"filter": []}, "filter"),
        ({"paging": {"sort": "id"}}, "paging.sort"),
        ({"paging": {"before": "x"}}, "paging.before"),
        ({"paging": {"after": "bjE"}}, "paging.after"),
        ({"paging": {"after": "é"}}, "paging.after"),
    ],
)
async def test_what_can_not_be_asked_is_refused(shop: Program, body: dict[str, Any], field: str) -> None:
    """By name: whoever filters by it would take every call for one of his."""
    assert [*await shop.refused("ListCallLogs", "invalid_argument", **body)] == [field]
