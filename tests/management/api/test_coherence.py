"""Read your writes: a lookup that starts after a 2xx never sees what was before."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from management.secrets import a1_hash
from management.settings import ManagementSettings
from tests.management.office import DOMAIN, Office
from xmlcurl.app import create_app as create_lookup_app
from xmlcurl.settings import Settings
from xmlcurl.store.tables import numbers

MOST_TRIES = 20


@pytest.fixture
async def lookups(management_settings: ManagementSettings) -> AsyncIterator[httpx.AsyncClient]:
    """The lookup service on the same database and Redis, asked as FreeSWITCH asks."""
    settings = Settings(
        data_dir=management_settings.data_dir,
        database_url=management_settings.database_url,
        redis_url=management_settings.redis_url,
        lookup_deadline_ms=900,
    )
    app = create_lookup_app(settings)
    transport = httpx.ASGITransport(app)
    async with app.lifespan_context(app), httpx.AsyncClient(transport=transport, base_url="http://x") as client:
        yield client


async def document(lookups: httpx.AsyncClient, user: str, **fields: str) -> str:
    """What FreeSWITCH gets for a user of pbx.test."""
    asked = {
        "section": "directory",
        "tag_name": "domain",
        "key_name": "name",
        "key_value": DOMAIN,
        "user": user,
        "domain": DOMAIN,
        "key": "id",
        "action": "user_call",
    }
    tries = 1
    # 503 is a machine that is too busy: no answer at all. FreeSWITCH would ask its next node.
    while (answer := await lookups.post("/xmlcurl/directory", data=asked | fields)).status_code == 503:
        assert tries < MOST_TRIES, answer.text
        tries += 1
    assert answer.status_code == 200, answer.text
    return answer.text


def is_found(text: str) -> bool:
    return "<user " in text


CHANGES: list[Any] = [
    pytest.param({"display_name": "Renamed"}, "Renamed", id="display name"),
    pytest.param({"outbound_caller_id": "0900000020"}, "0900000020", id="caller ID"),
    pytest.param({"recording_mode": "inbound"}, "inbound", id="recording mode"),
    pytest.param({"max_concurrent": 7}, 'value="7"', id="limit of calls"),
    pytest.param({"voicemail_enabled": True}, '"vm-enabled" value="true"', id="voicemail"),
    pytest.param({"concurrent_registrations": 3}, "max-registrations-per-extension", id="registrations"),
    pytest.param({"aliases": ["bob"]}, "bob", id="alias"),
    pytest.param({"sign_in_name": "bob"}, "1-2", id="sign-in name"),
    pytest.param({"email": "bob@pbx.test", "voicemail_mail": True}, "bob@pbx.test", id="voicemail by mail"),
]


@pytest.mark.parametrize(("change", "seen"), CHANGES)
async def test_every_change_is_in_the_next_lookup(
    office: Office, api: httpx.AsyncClient, lookups: httpx.AsyncClient, change: dict[str, Any], seen: str
) -> None:
    """Of a document that was remembered a moment ago."""
    await office.add(numbers, tenant_id=1, number="0900000020")
    await api.post("/extensions", json={"extension_number": "1001"})
    before = [await document(lookups, "1001"), await document(lookups, "1001")]

    assert (await api.put("/extensions/1001", json=change)).status_code == 200
    after = await document(lookups, "1001")

    assert before[0] == before[1]
    assert seen not in before[0]
    assert seen in after


async def test_a_password_change_is_in_the_next_lookup(api: httpx.AsyncClient, lookups: httpx.AsyncClient) -> None:
    """As a1-hash, with another revision."""
    await api.post("/extensions", json={"extension_number": "1001"})
    await document(lookups, "1001")

    password = (await api.post("/extensions/1001/change-password")).json()["data"]["sip_password"]

    after = await document(lookups, "1001")
    assert a1_hash("1001", DOMAIN, password) in after
    assert "1-2" in after


async def test_absence_ends_with_creation_and_begins_with_deletion(
    api: httpx.AsyncClient, lookups: httpx.AsyncClient
) -> None:
    """Under every name that it has; over and over."""
    names = ("1001", "bob", "sales")
    for _ in range(2):
        assert not [name for name in names if is_found(await document(lookups, name))]
        await api.post("/extensions", json={"extension_number": "1001", "aliases": ["bob"], "sign_in_name": "sales"})
        assert [is_found(await document(lookups, name)) for name in names] == [True] * 3
        await api.put("/extensions/1001", json={"status": "disabled"})
        assert not [name for name in names if is_found(await document(lookups, name))]
        await api.put("/extensions/1001", json={"status": "active", "aliases": []})
        assert [is_found(await document(lookups, name)) for name in names] == [True, False, True]
        await api.delete("/extensions/1001")


async def test_a_batch_ends_the_absence_of_all(api: httpx.AsyncClient, lookups: httpx.AsyncClient) -> None:
    """A scanner that asked before does not keep anybody out."""
    before = [is_found(await document(lookups, str(1_000 + n))) for n in range(5)]

    await api.post("/extensions/batch", json={"extensions": [{"extension_number": str(1_000 + n)} for n in range(5)]})

    assert before == [False] * 5
    assert [is_found(await document(lookups, str(1_000 + n))) for n in range(5)] == [True] * 5


async def test_another_tenant_s_documents_stay_remembered(
    office: Office, api: httpx.AsyncClient, lookups: httpx.AsyncClient
) -> None:
    """A busy tenant does not empty everybody's cache."""
    other = await office.tenant_client("other.test")
    await other.post("/extensions", json={"extension_number": "1001"})
    asked = {"key_value": "other.test", "domain": "other.test"}
    await document(lookups, "1001", **asked)

    await api.post("/extensions", json={"extension_number": "1001"})
    with office.statements() as statements:
        again = await document(lookups, "1001", **asked)

    assert is_found(again)
    assert statements == []


async def test_the_preview_is_what_freeswitch_gets(api: httpx.AsyncClient, lookups: httpx.AsyncClient) -> None:
    """Byte for byte but for the hashes; of a disabled extension: not found."""
    body = {"extension_number": "1001", "display_name": "Bob & Søn", "voicemail_pin": "1234", "aliases": ["bob"]}
    password = (await api.post("/extensions", json=body)).json()["data"]["sip_password"]

    preview = await api.get("/extensions/1001/xml")
    served = await document(lookups, "1001")
    await api.put("/extensions/1001", json={"status": "disabled"})
    disabled = await api.get("/extensions/1001/xml")

    assert preview.headers["Content-Type"].startswith("text/xml")
    assert a1_hash("1001", DOMAIN, password) in served
    hashes = [line for line in served.splitlines() if "a1-hash" in line]
    shown = [line for line in preview.text.splitlines() if "a1-hash" in line]
    assert len(hashes) == len(shown) == 2
    assert [line for line in preview.text.splitlines() if line not in shown] == [
        line for line in served.splitlines() if line not in hashes
    ]
    assert "********" in shown[0]
    assert disabled.text == await document(lookups, "1001")
    assert not is_found(disabled.text)
