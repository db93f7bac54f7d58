"""The vendor's sample, to the letter: what it makes, what of it a client reads, what a call meets."""

import json
from typing import Any

import httpx
import pytest

from management.secrets import a1_hash
from tests.management.office import DOMAIN, Office
from tests.management.vendors.yeastar.program import SAMPLE, Program
from xmlcurl.store.tables import audit, classes_of_service, extensions, numbers

SENT: dict[str, Any] = json.loads(SAMPLE)
OUTSIDE = "0912345678"
NUMBER = "842471099999"
SECRETS = {"user_password", "reg_password", "vm_pin"}


async def test_it_is_accepted(office: Office, program: Program) -> None:
    """The answer has the sample's three fields, in their types; of the key that comes twice the last one counts."""
    made = await program.post("extension/create", SAMPLE)

    assert {**made, "id": 0} == {"errcode": 0, "errmsg": "SUCCESS", "id": 0}
    (row,) = await office.rows(extensions)
    assert made["id"] == row["id"]
    assert (
        row
        | {
            "number": "1000",
            "sign_in_name": "demo_ext",
            "a1_hash": a1_hash("demo_ext", DOMAIN, "Regpwd1011"),
            "display_name": "Terrell Smith",
            "email": "terrell@sample.com",
            "mobile": "15880987652",
            "mobile_prefix": "86",
            "internal_caller_id": "5503301",
            "voicemail_enabled": True,
            "voicemail_pin_required": True,
            "voicemail_mail": True,
            "voicemail_attach": True,
            "voicemail_delete_after_mail": True,
            "reject_ends_ringing": False,
            "international_calls_disabled": True,
            "outside_hours_calls_disabled": True,
            "outbound_calls_disabled": False,
            "department_id": 1,
            "dtmf_mode": "rfc4733",
            "tls_enabled": False,
        }
        == row
    )
    (made_class,) = await office.rows(classes_of_service)
    assert (made_class["id"], made_class["name"]) == (row["class_of_service_id"], "Outbound routes 69")


async def test_it_reads_as_it_was_written(program: Program) -> None:
    """All but its secrets, what is off included; what it does not say has its default."""
    made = await program.post("extension/create", SAMPLE)

    shown = await program.detail(made["id"])

    assert {name: value for name, value in shown.items() if name in SENT} == {
        name: value for name, value in SENT.items() if name not in SECRETS
    }
    assert {name: value for name, value in shown.items() if name not in SENT} == {
        "id": made["id"],
        "title": "",
        "vm_lang": "follow_system",
        "enb_qualify": 0,
        "enb_t38_support": 0,
        "enb_srtp": 0,
    }


async def test_what_was_read_can_be_written(office: Office, program: Program) -> None:
    """It changes nothing."""
    made = await program.post("extension/create", SAMPLE)
    shown = await program.detail(made["id"])
    before = await office.count_all()

    answer = await program.post("extension/update", shown)

    assert answer["errcode"] == 0
    assert await program.detail(made["id"]) == shown
    assert await office.count_all() == before


@pytest.mark.parametrize(
    ("caller", "status", "phone", "expected"),
    [
        pytest.param({"outside": OUTSIDE}, "available", "no_answer", '["ivr"]', id="no answer, outside: a menu"),
        pytest.param("1001", "available", "no_answer", "123123", id="no answer, inside: a number outside"),
        pytest.param("1001", "available", "busy", "mailbox of 1000", id="busy, inside: its mailbox"),
        pytest.param("1001", "away", "no_answer", '["ring_group"]', id="away, no answer: a ring group"),
        pytest.param(
            {"outside": OUTSIDE}, "away", "busy", "to greeting 1, 1 times", id="away, busy, outside: a greeting"
        ),
        pytest.param("1001", "do_not_disturb", "no_answer", "mailbox of 1000", id="always: its mailbox"),
    ],
)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_its_presence_shows_in_calls(
    office: Office, admin: httpx.AsyncClient, program: Program, *, caller: Any, status: str, phone: str, expected: str
) -> None:
    """A call goes where the sample says, by the status, by where it comes from, and by what the phone does."""
    await program.create(number="1001", reg_name="1001")
    made = await program.post("extension/create", SAMPLE)
    await program.post("extension/update", {"id": made["id"], "presence_status": status})
    await office.add(numbers, tenant_id=1, number=NUMBER)
    await admin.put(f"/numbers/{NUMBER}/destinations", json={"open": {"type": "extension", "extension": "1000"}})
    to = NUMBER if isinstance(caller, dict) else "1000"

    answer = await admin.post("/explain-call", json={"from": caller, "to": to, "phones": {"1000": phone}})

    assert answer.status_code == 200, answer.text
    assert expected in json.dumps(answer.json()["data"]["steps"]), answer.json()["data"]


async def test_no_secret_of_it_is_in_the_audit(office: Office, program: Program) -> None:
    """Nor in what is kept for the dialect: of the user's password there is a salted hash."""
    await program.post("extension/create", SAMPLE)

    (row,) = await office.rows(extensions)
    written = json.dumps([str(row), str(await office.rows(audit))])

    for secret in ("Userpwd1011", "Regpwd1011", "8573"):
        assert secret not in written
    assert row["vendor_values"]["yeastar"]["user_password"].startswith("scrypt$")
