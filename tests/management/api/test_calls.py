"""Call records: posted by switches with their own credentials, kept once, listed for their tenant alone."""

import asyncio
import csv
import io
import itertools
from typing import Any

import httpx
import pytest

from management.settings import ManagementSettings
from tests.management.calls.records import (
    BEGAN_US,
    NOT_ANSWERED,
    NOT_SIGNED_IN,
    SECRETS,
    body,
    from_outside,
    new_uuid,
    profile,
    record,
    to_outside,
)
from tests.management.office import Office
from tests.servers import PostgresServer, RedisServer
from xmlcurl.store.tables import call_records, changes

CREDENTIALS = "freeswitch:a-secret-of-tests"
URL = "http://api.test/cdr"


@pytest.fixture
def management_settings(management_settings: ManagementSettings) -> ManagementSettings:
    """With credentials for switches."""
    given = {**management_settings.model_dump(), "cdr_credentials": CREDENTIALS}
    return ManagementSettings(**given)


@pytest.fixture
def switch(office: Office) -> httpx.AsyncClient:
    """A switch that posts."""
    client = office.client(None)
    client.auth = httpx.BasicAuth(*CREDENTIALS.split(":"))
    return client


async def post(switch: httpx.AsyncClient, *records: Any) -> None:
    for said in records:
        answer = await switch.post(URL, content=body(said), params={"uuid": said["variables"]["uuid"]})
        assert answer.status_code == 200, answer.text


async def attempt(client: httpx.AsyncClient, **headers: str) -> int:
    """The status of one post with the right credentials."""
    auth = httpx.BasicAuth(*CREDENTIALS.split(":"))
    return (await client.post(URL, content=body(record()), auth=auth, headers=headers)).status_code


async def listed(client: httpx.AsyncClient, **wanted: Any) -> list[dict[str, Any]]:
    answer = await client.get("/calls", params=wanted)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["data"])


def later(seconds: int, **changes: Any) -> dict[str, Any]:
    """A call that began so much later than the others."""
    said = {"start_uepoch": str(BEGAN_US + seconds * 1_000_000), **changes.pop("variables", {})}
    return record(variables=said, **changes)


async def test_a_call_is_shown_to_its_tenant(api: httpx.AsyncClient, switch: httpx.AsyncClient) -> None:
    """By the extensions that it was made and taken with; nothing else of the record is there."""
    await api.post("/extensions", json={"extension_number": "1001", "display_name": "Anna"})
    await api.post("/extensions", json={"extension_number": "1002"})
    said = record()
    uuid = said["variables"]["uuid"]

    await post(switch, said)

    (call,) = await listed(api)
    assert call == {
        "uuid": uuid,
        "tenant": "pbx.test",
        "direction": "internal",
        "caller_number": "1001",
        "caller_name": "Anna",
        "caller_extension": "1001",
        "destination": "1002",
        "answered_by": "1002",
        "callee_extension": "1002",
        "started_at": "2026-11-22T12:21:47+00:00",
        "answered_at": "2026-11-22T12:21:48+00:00",
        "ended_at": "2026-11-22T12:21:56+00:00",
        "duration_seconds": 9,
        "billed_seconds": 8,
        "hangup_cause": "NORMAL_CLEARING",
        "gateway_id": None,
        "recording": None,
        "recording_file": None,
        "switch": "first",
        "bridge_uuid": uuid.replace("05f932e3", "10e48fe5"),
    }
    assert (await api.get(f"/calls/{uuid}")).json() == {"data": call}


async def test_a_sign_in_name_is_its_extension(api: httpx.AsyncClient, switch: httpx.AsyncClient) -> None:
    """Shown by its number; whoever is called under an alias, too."""
    await api.post("/extensions", json={"extension_number": "1001", "sign_in_name": "anna"})
    await api.post("/extensions", json={"extension_number": "1002", "aliases": ["desk"]})

    await post(
        switch,
        record(variables={"user_name": "anna", **NOT_ANSWERED}, callflow=[profile("desk", "pbx.test")]),
    )

    (call,) = await listed(api)
    assert (call["caller_number"], call["destination"]) == ("1001", "desk")
    assert (call["caller_extension"], call["callee_extension"]) == ("1001", "1002")


async def test_a_call_is_taken_once(office: Office, api: httpx.AsyncClient, switch: httpx.AsyncClient) -> None:
    """The second post of a call is answered alike and changes nothing, whatever it says."""
    uuid = new_uuid()
    await post(switch, record(uuid))
    before = await office.rows(call_records)

    await post(switch, record(uuid, variables={"billsec": "99"}))

    assert await office.rows(call_records) == before


async def test_two_posts_at_once(office: Office, api: httpx.AsyncClient, switch: httpx.AsyncClient) -> None:
    """One row; both are told that it is kept."""
    said = record()

    await asyncio.gather(*(post(switch, said) for _ in range(5)))

    assert len(await office.rows(call_records)) == 1


async def test_nothing_is_told_to_switches(office: Office, api: httpx.AsyncClient, switch: httpx.AsyncClient) -> None:
    """A call is no change."""
    await office.add_switch("first")

    await post(switch, record())

    assert await office.rows(changes) == []


async def test_no_secret_of_a_call_is_stored(office: Office, switch: httpx.AsyncClient) -> None:
    """Of all that is in a record only the columns are kept."""
    await post(switch, record())

    stored = str(await office.rows(call_records))
    assert not [value for value in SECRETS.values() if value in stored]


async def test_another_tenants_calls_are_not_there(office: Office, switch: httpx.AsyncClient) -> None:
    """Neither in the list, nor by name, nor by the number of an extension that both have."""
    mine, theirs = await office.tenant_client(), await office.tenant_client("other.test")
    for client in (mine, theirs):
        await client.post("/extensions", json={"extension_number": "1001"})
    said = record(variables={"domain_name": "other.test"})
    await post(switch, said)

    assert await listed(mine) == await listed(mine, extension="1001") == []
    assert (await mine.get(f"/calls/{said['variables']['uuid']}")).status_code == 404
    assert len(await listed(theirs, extension="1001")) == 1


async def test_nobodys_calls_are_the_platforms(
    office: Office, platform: httpx.AsyncClient, admin: httpx.AsyncClient, switch: httpx.AsyncClient
) -> None:
    """A call from outside that no number took; and one of a domain that is no tenant's."""
    lost = record(variables=NOT_SIGNED_IN, callflow=[profile("842800000000", "public")])
    await post(switch, record(), lost, record(variables={"domain_name": "gone.test"}))

    assert [each["tenant"] for each in await listed(platform)] == [None, None, "pbx.test"]
    assert [each["tenant"] for each in await listed(admin)] == ["pbx.test"]
    assert (await platform.get(f"/calls/{lost['variables']['uuid']}")).status_code == 200


async def test_a_gateway_of_the_tenant(admin: httpx.AsyncClient, switch: httpx.AsyncClient) -> None:
    """A number that is no gateway's of this tenant is not kept."""
    created = await admin.post("/gateways", json={"name": "Carrier", "host": "192.0.2.1"})
    assert created.json()["data"]["id"] == 1

    await post(switch, to_outside(), from_outside(variables={"sip_gateway": "g99"}))

    found = {each["direction"]: each["gateway_id"] for each in await listed(admin)}
    assert found == {"outbound": 1, "inbound": None}


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"from": "2026-11-22T12:21:48Z"}, ["late", "outside"]),
        ({"to": "2026-11-22T12:21:48+00:00"}, ["missed", "first"]),
        ({"extension": "1001"}, ["late", "missed", "first"]),
        ({"extension": "1002"}, ["outside", "missed", "first"]),
        ({"extension": "1009"}, []),
        ({"direction": "inbound"}, ["outside"]),
        ({"number": "+84901234567"}, ["outside"]),
        ({"number": "+8490"}, []),
        ({"number": "1003"}, ["late"]),
        ({"answered": "false"}, ["missed"]),
        ({"answered": "true", "extension": "1002"}, ["outside", "first"]),
    ],
    ids=str,
)
async def test_lists_can_be_narrowed(
    api: httpx.AsyncClient, switch: httpx.AsyncClient, wanted: dict[str, str], expected: list[str]
) -> None:
    """By time, extension, direction, number and success, combined; the newest first."""
    for number in ("1001", "1002"):
        await api.post("/extensions", json={"extension_number": number})
    records = {
        "first": record(),
        "missed": record(variables=NOT_ANSWERED),
        "outside": from_outside(variables={"start_uepoch": str(BEGAN_US + 60_000_000)}),
        "late": later(90, callflow=[profile("1003", "pbx.test")]),
    }
    await post(switch, *records.values())
    names = {said["variables"]["uuid"]: name for name, said in records.items()}

    assert [names[each["uuid"]] for each in await listed(api, **wanted)] == expected


async def test_pages_hold_still(api: httpx.AsyncClient, switch: httpx.AsyncClient) -> None:
    """Each call is on one page, also when calls come in meanwhile and many begin in the same moment."""
    records = [later(second // 3) for second in range(7)]
    await post(switch, *records)
    seen: list[str] = []
    after: dict[str, str] = {}

    for number in itertools.count():
        page = (await api.get("/calls", params={"limit": 3, **after})).json()
        seen += [each["uuid"] for each in page["data"]]
        await post(switch, later(100 + number))
        if page["next"] is None:
            break
        after = {"after": page["next"]}

    assert seen == [said["variables"]["uuid"] for said in reversed(records)]


@pytest.mark.parametrize(
    "wanted",
    [
        {"limit": 201},
        {"limit": 0},
        {"from": "2026-11-22T12:21:48"},
        {"extension": "1001'--"},
        {"direction": "up"},
        {"answered": "perhaps"},
        {"after": "nothing"},
        {"after": "1-1-1"},
        {"number": "1\x00"},
        {"format": "xml"},
    ],
    ids=str,
)
async def test_what_is_no_filter_is_refused(api: httpx.AsyncClient, wanted: dict[str, Any]) -> None:
    """With the name of the field."""
    answer = await api.get("/calls", params=wanted)

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == list(wanted)


@pytest.mark.parametrize(("headers", "wanted"), [({"Accept": "text/csv"}, {}), ({}, {"format": "csv"})])
async def test_csv(
    api: httpx.AsyncClient, switch: httpx.AsyncClient, headers: dict[str, str], wanted: dict[str, str]
) -> None:
    """All calls in one file with the fields of the JSON; a limit does not count."""
    await post(switch, record(), from_outside())

    answer = await api.get("/calls", params={"limit": 1, **wanted}, headers=headers)

    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    shown = [{name: "" if value is None else str(value) for name, value in each.items()} for each in await listed(api)]
    assert rows == shown


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
async def test_no_cell_is_a_formula(api: httpx.AsyncClient, switch: httpx.AsyncClient, start: str) -> None:
    """A carrier writes the caller's name; a spreadsheet doesn't execute it."""
    text = f"{start}cmd|' /C calc'!A0\t"
    flow = [profile("1002", "public", caller="1", caller_id_name=text)]
    await post(switch, from_outside(callflow=flow))

    answer = await api.get("/calls", params={"format": "csv"})

    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert row["caller_name"] == f"'{text.strip()}"


async def test_more_calls_than_are_read_at_once(
    office: Office, api: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file has all of them, in order."""
    monkeypatch.setattr("management.calls.service.ROWS_AT_ONCE", 2)
    switch = office.client(None)
    switch.auth = httpx.BasicAuth(*CREDENTIALS.split(":"))
    await post(switch, *(later(second) for second in range(5)))

    answer = await api.get("/calls", params={"format": "csv"})

    assert [row["uuid"] for row in csv.DictReader(io.StringIO(answer.text))] == [
        each["uuid"] for each in await listed(api)
    ]


@pytest.mark.parametrize(
    "credentials", [None, ("freeswitch", "another"), ("other", "a-secret-of-tests")], ids=["none", "password", "name"]
)
async def test_nobody_posts_without_credentials(office: Office, credentials: tuple[str, str] | None) -> None:
    """Nothing is kept; a token of the API is none either."""
    await office.add_tenant()
    client = office.client(None if credentials else await office.add_token(None, "admin"))

    answer = await client.post(URL, content=body(record()), auth=credentials or httpx.USE_CLIENT_DEFAULT)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"] == 'Basic realm="cdr"'
    assert await office.rows(call_records) == []


@pytest.mark.parametrize(
    ("said", "status"),
    [
        pytest.param(b"{", 422, id="no JSON"),
        pytest.param(body({**record(), "variables": {}}), 422, id="no uuid"),
        pytest.param(b" " * (1024 * 1024 + 1), 413, id="too long"),
    ],
)
async def test_what_is_no_record_is_refused(
    office: Office, switch: httpx.AsyncClient, said: bytes, status: int
) -> None:
    """The switch keeps it, for somebody to look at."""
    assert (await switch.post(URL, content=said)).status_code == status
    assert await office.rows(call_records) == []


async def test_a_record_of_a_mebibyte(switch: httpx.AsyncClient, office: Office) -> None:
    """Just as long as it may be."""
    said = body(record())

    answer = await switch.post(URL, content=said + b" " * (1024 * 1024 - len(said)))

    assert answer.status_code == 200
    assert len(await office.rows(call_records)) == 1


async def test_only_posts(switch: httpx.AsyncClient) -> None:
    """There is nothing to read there."""
    assert (await switch.get(URL)).status_code == 405


async def test_only_from_addresses_that_may(management_settings: ManagementSettings) -> None:
    """Whoever else it is gets 403, with the right credentials too."""
    given = {**management_settings.model_dump(), "cdr_allow": "192.0.2.0/24", "trusted_proxies": "127.0.0.1/32"}
    async with Office.opened(ManagementSettings(**given)) as office:
        client = office.client(None)

        assert await attempt(client) == 403
        assert await office.rows(call_records) == []
        assert await attempt(client, **{"X-Forwarded-For": "192.0.2.7"}) == 200


async def test_without_credentials_there_is_no_such_page(management_settings: ManagementSettings) -> None:
    """Until an operator sets them."""
    given = {**management_settings.model_dump(), "cdr_credentials": None}
    async with Office.opened(ManagementSettings(**given)) as office:
        assert (await office.client(None).post(URL, content=body(record()))).status_code == 404


async def test_without_redis_calls_are_kept(management_settings: ManagementSettings, own_redis: RedisServer) -> None:
    """They concern no cache."""
    given = {**management_settings.model_dump(), "redis_url": own_redis.url}
    async with Office.opened(ManagementSettings(**given)) as office:
        own_redis.stop()

        assert await attempt(office.client(None)) == 200
        assert len(await office.rows(call_records)) == 1


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_without_the_database_a_switch_keeps_its_record(
    management_settings: ManagementSettings, own_postgres: PostgresServer, own_postgres_url: str
) -> None:
    """503, and 200 when it is back."""
    given = {**management_settings.model_dump(), "database_url": own_postgres_url}
    async with Office.opened(ManagementSettings(**given)) as office:
        client = office.client(None)
        own_postgres.stop()
        assert await attempt(client) == 503

        own_postgres.start()

        assert await attempt(client) == 200
        assert len(await office.rows(call_records)) == 1
