"""What a change of an extension leaves behind: the outbox, the audit log, the revision of the credentials."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from cryptography.fernet import Fernet

from management.secrets import Vault
from tests.management.office import Office
from xmlcurl.store.tables import audit, changes, extensions, utc_now

PASSWORD = "a-password-in-clear"
PIN = "73735963"


async def revision(office: Office) -> int:
    return int((await office.rows(extensions))[0]["credentials_revision"])


@pytest.mark.parametrize(
    ("change", "grows"),
    [
        pytest.param({"sign_in_name": "bob"}, True, id="another sign-in name"),
        pytest.param({"status": "disabled"}, True, id="disabled"),
        pytest.param({"display_name": "Bob"}, False, id="a display name"),
        pytest.param({"voicemail_pin": "4321"}, False, id="a PIN is not for signing in"),
        pytest.param({"aliases": ["bob"]}, False, id="an alias"),
    ],
)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_the_revision_grows_with_the_credentials(
    office: Office, api: httpx.AsyncClient, change: dict[str, Any], grows: bool
) -> None:
    """A registration with an older one is dropped by the worker, whenever it was granted."""
    await api.post("/extensions", json={"extension_number": "1001"})

    assert (await api.put("/extensions/1001", json=change)).status_code == 200

    assert await revision(office) == (2 if grows else 1)


async def test_to_enable_again_is_no_new_credential(office: Office, api: httpx.AsyncClient) -> None:
    """What was granted before the disabling stays outdated."""
    await api.post("/extensions", json={"extension_number": "1001"})
    await api.put("/extensions/1001", json={"status": "disabled"})

    await api.put("/extensions/1001", json={"status": "active"})

    assert await revision(office) == 2


async def test_what_no_document_shows_is_audited_only(office: Office, api: httpx.AsyncClient) -> None:
    """Nothing is stale for a first name."""
    await api.post("/extensions", json={"extension_number": "1001"})
    before = len(await office.rows(changes))

    answer = await api.put("/extensions/1001", json={"first_name": "Bob", "last_name": "B"})

    assert answer.headers["X-Switch-Sync"] == "acked=0 pending=0 failed=0"
    assert len(await office.rows(changes)) == before
    last = (await office.rows(audit))[-1]
    assert (last["action"], last["before"], last["after"]) == (
        "extension.update",
        {"first_name": None, "last_name": None},
        {"first_name": "Bob", "last_name": "B"},
    )


async def test_every_change_says_who_did_it(office: Office, api: httpx.AsyncClient) -> None:
    """Token and address, in the order of events."""
    await api.post("/extensions", json={"extension_number": "1001"})
    await api.put("/extensions/1001", json={"max_concurrent": 3})
    await api.post("/extensions/1001/change-password")
    await api.delete("/extensions/1001")

    entries = await office.rows(audit)

    assert [entry["action"] for entry in entries] == [
        "extension.create",
        "extension.update",
        "extension.change_password",
        "extension.delete",
    ]
    assert {(entry["actor"], entry["address"], entry["object_id"], entry["tenant_id"]) for entry in entries} == {
        ("token:1", "127.0.0.1", "1", 1)
    }
    assert (entries[1]["before"], entries[1]["after"]) == ({"max_concurrent": 2}, {"max_concurrent": 3})
    assert entries[2]["after"] == {"credentials_revision": 2, "sip_password": "(changed)"}


async def test_no_secret_is_in_the_audit_log_or_the_outbox(
    office: Office, api: httpx.AsyncClient, capfd: pytest.CaptureFixture[str]
) -> None:
    """Nor on the way there: not in an answer but the one that shows it, not in the log of the process."""
    body = {"extension_number": "1001", "sip_password": PASSWORD, "voicemail_pin": PIN}
    shown = await api.post("/extensions", json=body)
    others = [
        await api.put("/extensions/1001", json={"voicemail_pin": PIN, "sign_in_name": "bob"}),
        await api.get("/extensions/1001", params={"fields": "all"}),
        await api.get("/extensions", params={"fields": "all"}),
        await api.get("/extensions/1001/xml"),
        await api.post("/extensions", json=body),
        await api.post("/extensions", json={**body, "extension_number": "x", "sip_password": PASSWORD + "\n"}),
        await api.delete("/extensions/1001"),
    ]
    (row,) = await office.rows(extensions)
    secrets = [PASSWORD, PIN, row["a1_hash"], row["vm_a1_hash"], row["password_encrypted"]]

    said = [answer.text for answer in others]
    said += [json.dumps(each, default=str) for table in (audit, changes) for each in await office.rows(table)]
    said += capfd.readouterr()

    assert shown.json()["data"]["sip_password"] == PASSWORD
    assert [secret for secret in secrets for text in said if secret in text] == []


async def test_a_password_change_tells_the_switch_what_to_forget(office: Office, api: httpx.AsyncClient) -> None:
    """The copies under every name, and the registration under the number."""
    body = {"extension_number": "1001", "sign_in_name": "bob", "aliases": ["200"]}
    await api.post("/extensions", json=body)

    await api.post("/extensions/1001/change-password")

    effects = (await office.pending())[-1]
    assert effects["flush_users"] == [["1001", "pbx.test"], ["200", "pbx.test"], ["bob", "pbx.test"]]
    assert effects["drop_registrations"] == [["1001", "pbx.test"]]
    assert effects["reset_pins"] == []


async def test_a_pin_tells_the_switch_to_forget_its_own(office: Office, api: httpx.AsyncClient) -> None:
    """Also when the PIN is taken away."""
    await api.post("/extensions", json={"extension_number": "1001"})

    await api.put("/extensions/1001", json={"voicemail_pin": "4321"})
    await api.put("/extensions/1001", json={"voicemail_pin": None})

    assert [effects["reset_pins"] for effects in await office.pending()] == [[], *[[["1001", "pbx.test"]]] * 2]


async def test_a_term_has_a_row_that_falls_due_at_its_end(office: Office, api: httpx.AsyncClient) -> None:
    """Once for each new end that lies ahead; a term that is over takes effect now."""
    ends_at = utc_now() + timedelta(days=30)
    await api.post("/extensions", json={"extension_number": "1001", "expires_at": ends_at.isoformat()})
    await api.put("/extensions/1001", json={"expires_at": ends_at.isoformat(), "display_name": "Mac"})

    await api.put("/extensions/1001", json={"expires_at": "2020-01-01T00:00:00+07:00"})

    rows = await office.rows(changes)
    expiries = [(row["due_at"], row["effects"]["extension_id"]) for row in rows if row["kind"] == "expiry"]
    assert expiries == [(ends_at, 1)]
    assert rows[-1]["effects"]["drop_registrations"] == [["1001", "pbx.test"]]


async def test_without_the_key_a_password_stays_what_it_is(office: Office, api: httpx.AsyncClient) -> None:
    """A lost key is the operator's to mend: 503, not a hash of nonsense; a new password needs no old one."""
    await api.post("/extensions", json={"extension_number": "1001"})
    await office.change(extensions, 1, password_encrypted=Vault([Fernet.generate_key().decode()]).encrypt("lost"))
    before = await office.count_all()

    renamed = await api.put("/extensions/1001", json={"sign_in_name": "bob"})

    assert (renamed.status_code, renamed.json()["committed"]) == (503, False)
    assert await office.count_all() == before
    assert (await api.post("/extensions/1001/change-password")).status_code == 200
    assert (await api.put("/extensions/1001", json={"sign_in_name": "bob"})).status_code == 200
