"""Gateways: trunks that the platform opens, with a password that nobody is ever shown."""

from typing import Any

import httpx
import pytest

from management.app import services_of
from management.audit import Actor
from management.secrets import SecretUnreadable
from tests.management.office import DOMAIN, Office
from xmlcurl.store.model import Tag
from xmlcurl.store.tables import audit, gateways

PASSWORD = "a password of tests"
NEW = {"name": "Viettel", "host": "sip.carrier.test"}
REGISTERING = {**NEW, "registers": True, "username": "+84900000020", "password": PASSWORD}

REFUSED: dict[str, list[Any]] = {
    "name": ["", " x", "x" * 101, "${x}", "a\nb", None, 7],
    "status": ["gone", "", None],
    "host": ["", "a b", "sip_1", "192.0.2.1:5060", "[::1]", "fe80::1%eth0", "sip:a.test", "${x}", "a\n", None, 7],
    "port": [0, 65_536, -1, "5060", True],
    "transport": ["ws", "UDP", None],
    "registers": ["yes", 1, None],
    "username": ["a b", "a:b", 'a"', "${x}", "x-pre-process", "é", "x" * 129, "a\n", 7],
    "password": ["a\nb", "$${x}", "a<?b", "x-pre-process", "x" * 129, 7],
    "realm": ["a b", "a:b", "[::1]", 7],
    "expires_seconds": [59, 86_401, "3600", None],
    "codecs": [[], "PCMA", None],
    "addresses": ["192.0.2.1/32", None],
}
REFUSED_INSIDE: dict[str, list[tuple[list[Any], int, str]]] = {
    "codecs": [
        (["OPUS"], 0, "The selected codecs.0 is invalid."),
        (["PCMA", "pcmu"], 1, "The selected codecs.1 is invalid."),
        (["PCMA", "PCMA"], 1, "The codecs.1 field has a duplicate value."),
    ],
    "addresses": [
        ([each], 0, "The addresses.0 field must be a network in CIDR notation, without host bits and not too wide.")
        for each in (
            "0.0.0.0/0", "::/0", "0.0.0.0/1", "::/15", "192.0.2.1/24", "2001:db8::1/64", "192.0.2.1",
            "sip.carrier.test", "fe80::%eth0/64", "", "192.0.2.0/255.255.255.0x", "192.0.2.0/33",
        )
    ]
    + [(["192.0.2.0/24", "192.0.2.0/24"], 1, "The addresses.1 field has a duplicate value.")],
}  # fmt: skip


async def test_values_out_of_bounds_are_refused_by_name(office: Office, admin: httpx.AsyncClient) -> None:
    """And nothing is written, and no answer repeats a password."""
    made = await _created(admin, REGISTERING)
    before = await office.count_all()

    for name, values in REFUSED.items():
        for value in values:
            for answer in (
                await admin.post("/gateways", json={**REGISTERING, "name": "other", name: value}),
                await admin.put(f"/gateways/{made['id']}", json={name: value}),
            ):
                assert (answer.status_code, [*answer.json()["errors"]]) == (422, [name]), (name, value)
                assert PASSWORD not in answer.text

    assert before == await office.count_all()


@pytest.mark.parametrize("field", sorted(REFUSED_INSIDE))
async def test_what_is_wrong_inside_a_list_is_named_by_its_place(admin: httpx.AsyncClient, field: str) -> None:
    for values, index, sentence in REFUSED_INSIDE[field]:
        answer = await admin.post("/gateways", json={**NEW, field: values})

        assert (answer.status_code, answer.json()["errors"]) == (422, {f"{field}.{index}": [sentence]}), values


async def test_bounds_are_inside(admin: httpx.AsyncClient) -> None:
    """The first and the last value that is taken."""
    accepted: list[dict[str, Any]] = [
        {"host": "192.0.2.1", "port": 1, "expires_seconds": 60, "codecs": ["PCMU"], "addresses": ["10.0.0.0/8"]},
        {"host": "2001:db8::1", "port": 65_535, "expires_seconds": 86_400, "codecs": ["PCMU", "PCMA"]},
        {"host": "SIP.carrier.test", "transport": "tls", "realm": "192.0.2.1", "addresses": ["2001::/16"]},
        {"username": "a.b_c@carrier.test", "password": "p" * 128, "addresses": ["192.0.2.1/32", "2001:db8::1/128"]},
    ]
    for index, values in enumerate(accepted):
        made = await _created(admin, {**NEW, "name": f"n{index}", **values})
        assert {name: value for name, value in values.items() if name != "password"}.items() <= made.items()


@pytest.mark.parametrize(
    ("kept", "wanted", "missing"),
    [
        pytest.param({}, {"registers": True}, {"username", "password"}, id="both are missing"),
        pytest.param({}, {"registers": True, "username": "u"}, {"password"}, id="the password is missing"),
        pytest.param({"password": PASSWORD}, {"registers": True}, {"username"}, id="the username is missing"),
        pytest.param(REGISTERING, {"password": None}, {"password"}, id="the password is taken away"),
        pytest.param(REGISTERING, {"username": ""}, {"username"}, id="the username is taken away"),
        pytest.param(REGISTERING, {"password": None, "registers": False}, set(), id="it need not register any more"),
        pytest.param({"username": "u", "password": PASSWORD}, {"registers": True}, set(), id="it has had them before"),
    ],
)
async def test_who_registers_needs_a_username_and_a_password(
    admin: httpx.AsyncClient, kept: dict[str, Any], wanted: dict[str, Any], missing: set[str]
) -> None:
    made = await _created(admin, {**NEW, **kept})

    answer = await admin.put(f"/gateways/{made['id']}", json=wanted)

    assert answer.status_code == (422 if missing else 200)
    assert answer.json().get("errors", {}) == {name: [f"The {name} field is required."] for name in missing}


async def test_a_tenant_opens_no_gateway_itself(office: Office, admin: httpx.AsyncClient) -> None:
    """With its own token it may look, and no more."""
    made = await _created(admin, NEW)
    client = office.client(await office.add_token(1, "admin"))

    for refused in (
        await client.post("/gateways", json={**NEW, "name": "mine"}),
        await client.put(f"/gateways/{made['id']}", json={"host": "evil.test"}),
        await client.delete(f"/gateways/{made['id']}"),
    ):
        assert refused.status_code == 403
    assert (await client.get(f"/gateways/{made['id']}")).json()["data"] == made


async def test_its_password_is_stored_so_that_only_a_switch_is_told(office: Office, admin: httpx.AsyncClient) -> None:
    """No answer has it, no audit row, no outbox row, no column in the clear; that there is one, is said."""
    made = await _created(admin, REGISTERING)
    answers = [
        await admin.get(f"/gateways/{made['id']}"),
        await admin.put(f"/gateways/{made['id']}", json={"password": "another one"}),
        await admin.get("/gateways"),
    ]
    (row,) = await office.rows(gateways)
    audited = await office.rows(audit)

    assert office.backend.vault.decrypt(row["password_encrypted"]) == "another one"
    assert audited[-1]["after"] == {"password": "(changed)"}
    assert made["has_password"] is True
    for shown in (str(row), str(audited), str(await office.pending()), *(answer.text for answer in answers)):
        assert PASSWORD not in shown
        assert "another one" not in shown
        assert row["password_encrypted"] not in shown or shown == str(row)


async def test_a_password_that_is_the_same_is_no_change(office: Office, admin: httpx.AsyncClient) -> None:
    """The trunk stays up; with a lost key every password is a new one."""
    made = await _created(admin, REGISTERING)
    before = await office.rows(gateways), await office.pending()

    await admin.put(f"/gateways/{made['id']}", json={"password": PASSWORD})
    assert before == (await office.rows(gateways), await office.pending())

    await office.change(gateways, made["id"], password_encrypted="of another key")
    with pytest.raises(SecretUnreadable):
        office.backend.vault.decrypt("of another key")
    await admin.put(f"/gateways/{made['id']}", json={"password": PASSWORD})
    assert office.backend.vault.decrypt((await office.rows(gateways))[0]["password_encrypted"]) == PASSWORD


async def test_keys_that_are_turned_turn_its_password_too(office: Office, admin: httpx.AsyncClient) -> None:
    """And leave a gateway without one alone."""
    await _created(admin, REGISTERING)
    await _created(admin, {**NEW, "name": "without"})
    (before, _) = await office.rows(gateways)

    await services_of(office.backend).keys.rotate(actor=Actor("cli"))

    after, without = await office.rows(gateways)
    assert after["password_encrypted"] != before["password_encrypted"]
    assert office.backend.vault.decrypt(after["password_encrypted"]) == PASSWORD
    assert without["password_encrypted"] is None


NOTHING: dict[str, Any] = {"gateways": [], "rescan": False, "reloadacl": False}
DROPPED: dict[str, Any] = {"gateways": [1], "rescan": True, "reloadacl": False}


@pytest.mark.parametrize(
    ("kept", "wanted", "told"),
    [
        pytest.param({}, {"host": "192.0.2.1"}, DROPPED, id="another host"),
        pytest.param({}, {"codecs": ["PCMU", "PCMA"]}, DROPPED, id="codecs in another order"),
        pytest.param({}, {"password": PASSWORD}, DROPPED, id="a password"),
        pytest.param({}, {"status": "disabled"}, DROPPED, id="out of service"),
        pytest.param({"status": "disabled"}, {"host": "192.0.2.1"}, NOTHING, id="out of service already"),
        pytest.param({"status": "disabled"}, {"status": "active"}, {**NOTHING, "rescan": True}, id="in service"),
        pytest.param({}, {"name": "Renamed"}, NOTHING, id="a name that no switch knows"),
        pytest.param({}, {"addresses": ["192.0.2.0/24"]}, {**NOTHING, "reloadacl": True}, id="addresses"),
        pytest.param(
            {"addresses": ["192.0.2.0/24", "10.0.0.0/8"]},
            {"addresses": ["10.0.0.0/8", "192.0.2.0/24"]},
            NOTHING,
            id="the same addresses in another order",
        ),
        pytest.param(
            {"addresses": ["192.0.2.0/24"]},
            {"status": "disabled"},
            {**DROPPED, "reloadacl": True},
            id="nobody is let in any more",
        ),
    ],
)
async def test_what_the_switches_are_told_of_a_change(
    office: Office, admin: httpx.AsyncClient, kept: dict[str, Any], wanted: dict[str, Any], told: dict[str, Any]
) -> None:
    """Only what they would see; a trunk is not cut for anything else. Routes are dropped with any change."""
    made = await _created(admin, {**NEW, **kept})
    await office.add_switch("fs1")
    already = len(await office.pending())

    await admin.put(f"/gateways/{made['id']}", json=wanted)

    rows = (await office.pending())[already:]
    assert [{name: effects[name] for name in NOTHING} for effects in rows] == [told] * len(rows)
    assert len(rows) == (1 if told == NOTHING else 2)
    assert all((effects["tags"], effects["guards"]) == ([Tag.calls(1)], ["t1"]) for effects in rows)


async def test_a_new_gateway_is_read_and_a_deleted_one_dropped(office: Office, admin: httpx.AsyncClient) -> None:
    """With the addresses that are let in for it."""
    await office.add_switch("fs1")
    made = await _created(admin, {**NEW, "addresses": ["192.0.2.0/24"]})
    await admin.delete(f"/gateways/{made['id']}")

    of_switch = (await office.pending())[1::2]

    assert [{name: effects[name] for name in NOTHING} for effects in of_switch] == [
        {**NOTHING, "rescan": True, "reloadacl": True},
        {**DROPPED, "reloadacl": True},
    ]


async def test_a_suspended_tenants_gateways_go_and_come_back(
    office: Office, platform: httpx.AsyncClient, admin: httpx.AsyncClient
) -> None:
    """With what they let in; one that is out of service was not there."""
    await office.add_switch("fs1")
    made = await _created(admin, NEW)
    await _created(admin, {**NEW, "name": "Other", "status": "disabled"})
    await platform.post("/tenants", json={"domain": "other.test", "name": "Other"})
    already = len(await office.pending())

    await platform.put(f"/tenants/{DOMAIN}", json={"state": "suspended"})
    await platform.put(f"/tenants/{DOMAIN}", json={"state": "active"})
    await platform.put("/tenants/other.test", json={"state": "suspended"})

    of_switch = (await office.pending())[already + 1 :: 2]
    assert [{name: effects[name] for name in NOTHING} for effects in of_switch] == [
        {"rescan": True, "reloadacl": True, "gateways": [made["id"]]},
        {"rescan": True, "reloadacl": True, "gateways": []},
        NOTHING,
    ]


async def test_how_it_is_on_each_enabled_switch_is_shown(office: Office, admin: httpx.AsyncClient) -> None:
    """Of a switch that no worker has asked nothing is known; a disabled one is not shown."""
    for name in ("fs2", "fs1"):
        await office.add_switch(name)
    await office.add_switch("off", enabled=False)
    made = await _created(admin, NEW)
    states = [{"switch": name, "state": "UNKNOWN", "since": None, "seen_at": None} for name in ("fs1", "fs2")]

    assert made["switches"] == states
    assert (await admin.get(f"/gateways/{made['id']}")).json()["data"]["switches"] == states
    assert [each["switches"] for each in (await admin.get("/gateways")).json()["data"]] == [states]


async def _created(client: httpx.AsyncClient, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post("/gateways", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made
