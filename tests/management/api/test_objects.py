"""What is the same for every small noun: its life, who may touch it, what is refused, what is written down."""

from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest

from tests.management.office import DOMAIN, Office
from xmlcurl.store.tables import audit

OTHER = "other.test"


@dataclass(frozen=True)
class Noun:
    """How a kind of object is made and changed, by a token of the platform that names the tenant."""

    path: str
    new: dict[str, Any]
    change: dict[str, Any]
    kind: str
    key: str = "id"
    is_tenants: bool = True
    defaults: dict[str, Any] = field(default_factory=dict)


NOUNS = [
    Noun("teams", {"name": "Sales"}, {"name": "Sales & Co"}, "team"),
    Noun("departments", {"name": "Bán hàng"}, {"name": "Kế toán"}, "department"),
    Noun(
        "users",
        {"name": "Nguyễn Văn A"},
        {"email": "a@example.test", "mobile": "+84900000000", "role": "supervisor"},
        "user",
        defaults={"email": None, "mobile": None, "role": "agent"},
    ),
    Noun(
        "numbers",
        {"number": "0900000020"},
        {"display_name": "POC", "carrier": "viettel", "cli_type": "brandname", "status": "disabled"},
        "number",
        key="number",
        defaults={"display_name": None, "carrier": "other", "cli_type": "mobile", "status": "active"},
    ),
    Noun("hotlines", {"name": "Support", "number": "0900000099"}, {"name": "Hỗ trợ"}, "hotline"),
    Noun(
        "gateways",
        {"name": "Viettel", "host": "sip.carrier.test", "username": "u", "password": "not ClueCon"},
        {
            "status": "disabled",
            "host": "192.0.2.1",
            "port": 5061,
            "transport": "tls",
            "registers": True,
            "username": "v",
            "realm": "carrier.test",
            "expires_seconds": 600,
            "codecs": ["PCMU"],
            "addresses": ["192.0.2.0/24"],
        },
        "gateway",
        defaults={
            "status": "active",
            "port": None,
            "transport": "udp",
            "registers": False,
            "has_password": True,
            "realm": None,
            "expires_seconds": 3_600,
            "codecs": ["PCMA", "PCMU"],
            "addresses": [],
        },
    ),
    Noun(
        "outbound-routes",
        {"name": "Out", "patterns": ["0."], "gateway_ids": [1]},
        {
            "status": "disabled",
            "priority": 7,
            "patterns": ["84", "00!"],
            "strip": 2,
            "prepend": "0",
            "is_international": True,
        },
        "outbound_route",
        defaults={"status": "active", "priority": 100, "strip": 0, "prepend": None, "is_international": False},
    ),
    Noun(
        "classes-of-service",
        {"name": "Staff"},
        {
            "outbound_calls_disabled": True,
            "outside_hours_calls_disabled": True,
            "international_calls_disabled": True,
            "all_routes": False,
            "route_ids": [1],
        },
        "class_of_service",
        defaults={
            "outbound_calls_disabled": False,
            "outside_hours_calls_disabled": False,
            "international_calls_disabled": False,
            "all_routes": True,
            "route_ids": [],
        },
    ),
    Noun(
        "holidays",
        {"name": "Tết", "first_day": "2027-02-05"},
        {"first_day": "2027-02-04", "last_day": "2027-02-10", "is_yearly": True},
        "holiday",
        defaults={"last_day": "2027-02-05", "is_yearly": False},
    ),
    Noun(
        "ring-groups",
        {"name": "Sales", "number": "600"},
        {
            "number": "6001",
            "strategy": "sequence",
            "ring_seconds": 20,
            "members": ["1002", "1001"],
            "no_answer": {"type": "external_num", "number": "0900000001", "prefix": "9"},
        },
        "ring_group",
        defaults={"strategy": "simultaneous", "ring_seconds": 30, "members": [], "no_answer": None},
    ),
    Noun(
        "queues",
        {"name": "Support", "number": "700"},
        {
            "strategy": "ring-all",
            "max_wait_seconds": 600,
            "ring_seconds": 15,
            "wrap_up_seconds": 0,
            "agents": [{"extension": "1002", "level": 2}, {"extension": "1001", "level": 1}],
            "timeout": {"type": "ext_vm", "extension": "1001"},
        },
        "queue",
        defaults={
            "strategy": "longest-idle-agent",
            "max_wait_seconds": 0,
            "ring_seconds": 20,
            "wrap_up_seconds": 10,
            "greeting_id": None,
            "agents": [],
            "timeout": None,
        },
    ),
    Noun(
        "ivr-menus",
        {"name": "Main", "number": "800"},
        {
            "timeout_seconds": 3,
            "tries": 1,
            "direct_dial": True,
            "options": {"1": {"type": "extension", "extension": "1001"}, "#": {"type": "end_call"}},
            "no_choice": {"type": "end_call"},
        },
        "ivr_menu",
        defaults={
            "greeting_id": None,
            "timeout_seconds": 5,
            "tries": 3,
            "direct_dial": False,
            "options": {},
            "no_choice": None,
        },
    ),
    Noun(
        "group-mailboxes",
        {"name": "Messages", "number": "900"},
        {"name": "Mail", "email": "a@pbx.test", "voicemail_mail": True, "voicemail_attach": True},
        "group_mailbox",
        defaults={
            "email": None,
            "voicemail_mail": False,
            "voicemail_attach": False,
            "voicemail_delete_after_mail": False,
        },
    ),
    Noun(
        "tenants",
        {"domain": "new.test", "name": "New"},
        {"name": "Newer", "time_zone": "Asia/Ho_Chi_Minh", "language": "vi", "cacheable_ms": 300_000},
        "tenant",
        key="domain",
        is_tenants=False,
        defaults={
            "state": "active",
            "time_zone": "UTC",
            "language": "en",
            "cacheable_ms": 0,
            "default_number": None,
        },
    ),
    Noun(
        "switches",
        {"name": "fs1", "host": "127.0.0.1", "password": "not ClueCon"},
        {"host": "fs1.example.test", "port": 8022, "sofia_profiles": ["internal", "phones"], "enabled": False},
        "switch",
        is_tenants=False,
        defaults={"port": 8021, "sofia_profiles": ["internal", "external"], "enabled": True},
    ),
]
TENANTS_NOUNS = [noun for noun in NOUNS if noun.is_tenants]


@pytest.fixture
async def platform(office: Office) -> httpx.AsyncClient:
    """A token of the platform, meaning the tenant pbx.test, which has a number, two extensions and a way outside."""
    await office.add_tenant()
    client = office.client(await office.add_token(None, "admin"), **{"X-Tenant": DOMAIN})
    await _created(client, "numbers", {"number": "0900000099"})
    for number in ("1001", "1002"):
        await _created(client, "extensions", {"extension_number": number})
    await _created(client, "gateways", {"name": "Trunk", "host": "trunk.test"})
    await _created(client, "outbound-routes", {"name": "Trunk", "patterns": ["1."], "gateway_ids": [1]})
    return client


async def test_its_life(platform: httpx.AsyncClient) -> None:
    """Created with defaults, read, found, changed, deleted, gone, and created anew."""
    for noun in NOUNS:
        made = await _created(platform, noun.path, noun.new)
        where = f"/{noun.path}/{made[noun.key]}"
        shown = {name: value for name, value in noun.new.items() if name != "password"}
        assert {**noun.defaults, **shown}.items() <= made.items()
        assert (await platform.get(where)).json()["data"] == made
        assert made in (await platform.get(f"/{noun.path}")).json()["data"]

        changed = (await platform.put(where, json=noun.change)).json()["data"]
        assert noun.change.items() <= changed.items()
        assert (await platform.get(where)).json()["data"] == changed

        gone = await platform.delete(where)
        assert (gone.status_code, gone.json()) == (200, {"data": {"deleted": True}})
        assert (await platform.get(where)).status_code == 404
        assert (await platform.put(where, json=noun.change)).status_code == 404
        assert (await platform.delete(where)).status_code == 404
        assert (await _created(platform, noun.path, noun.new))["id"] != made["id"]


async def test_every_change_is_audited(office: Office, platform: httpx.AsyncClient) -> None:
    """Who did what; of a change only what differs; of a secret only that it has changed."""
    for noun in NOUNS:
        made = await _created(platform, noun.path, noun.new)
        where = f"/{noun.path}/{made[noun.key]}"
        await platform.put(where, json=noun.change)
        await platform.put(where, json=noun.change)
        await platform.delete(where)

        rows = [row for row in await office.rows(audit) if row["object_type"] == noun.kind][-3:]

        assert [row["action"] for row in rows] == [f"{noun.kind}.{verb}" for verb in ("create", "update", "delete")]
        assert {row["actor"] for row in rows} == {"token:1"}
        assert {row["object_id"] for row in rows} == {str(made["id"])}
        assert rows[0]["before"] is None
        assert rows[2]["after"] is None
        assert rows[1]["after"].keys() == noun.change.keys()
        assert "not ClueCon" not in str(rows)


async def test_the_same_values_again_change_nothing(office: Office, platform: httpx.AsyncClient) -> None:
    """No row, no flush, not even a later updated_at."""
    for noun in NOUNS:
        made = await _created(platform, noun.path, noun.new)
        where = f"/{noun.path}/{made[noun.key]}"
        await platform.put(where, json=noun.change)
        before = await office.count_all(), (await platform.get(where)).json()

        await platform.put(where, json=noun.change)

        assert before == (await office.count_all(), (await platform.get(where)).json())


async def test_unknown_keys_are_not_found(platform: httpx.AsyncClient) -> None:
    """Also those that no id, no number and no domain can be."""
    for noun in NOUNS:
        for key in ("404", "0900000404", "0", "-1", "x", str(2**63), "9" * 40, "%00", "a.b"):
            assert (await platform.get(f"/{noun.path}/{key}")).status_code == 404
            assert (await platform.delete(f"/{noun.path}/{key}")).status_code == 404


async def test_only_an_administrator_changes_it(office: Office, platform: httpx.AsyncClient) -> None:
    """A token that reads and writes extensions may look."""
    writer = office.client(await office.add_token(None, "write"), **{"X-Tenant": DOMAIN})
    for noun in NOUNS:
        made = await _created(platform, noun.path, noun.new)
        where = f"/{noun.path}/{made[noun.key]}"

        assert (await writer.get(where)).status_code == 200
        assert (await writer.get(f"/{noun.path}")).status_code == 200
        for refused in (
            await writer.post(f"/{noun.path}", json=noun.new),
            await writer.put(where, json=noun.change),
            await writer.delete(where),
        ):
            assert refused.status_code == 403
        assert (await platform.get(where)).json()["data"] == made


async def test_another_tenants_object_is_not_there(office: Office, platform: httpx.AsyncClient) -> None:
    """Read, changed and deleted like one that does not exist, and not listed."""
    stranger = await office.tenant_client(OTHER)
    guest = office.client(await office.add_token(None, "admin"), **{"X-Tenant": OTHER})
    for noun in TENANTS_NOUNS:
        made = await _created(platform, noun.path, noun.new)
        where = f"/{noun.path}/{made[noun.key]}"
        for client in (stranger, guest):
            assert (await client.get(where)).status_code == 404
            assert (await client.get(f"/{noun.path}")).json()["total"] == 0
        assert (await guest.put(where, json=noun.change)).status_code == 404
        assert (await guest.delete(where)).status_code == 404
        # A tenant's own token may not change numbers at all.
        assert (await stranger.put(where, json=noun.change)).status_code in {403, 404}
        assert (await stranger.delete(where)).status_code in {403, 404}
        assert (await platform.get(where)).json()["data"] == made


@pytest.mark.parametrize("path", ["tenants", "switches", "changes"])
async def test_a_tenants_token_is_no_token_of_the_platform(
    office: Office, platform: httpx.AsyncClient, path: str
) -> None:
    """Whatever it may do in its tenant."""
    tenant_admin = await office.tenant_client(OTHER)

    assert (await tenant_admin.get(f"/{path}")).status_code == 403
    assert (await tenant_admin.get(f"/{path}/{DOMAIN}")).status_code in {403, 404}
    assert (await tenant_admin.post(f"/{path}", json={"domain": "mine.test", "name": "Mine"})).status_code in {403, 405}
    assert (await tenant_admin.put(f"/{path}/{OTHER}", json={"cacheable_ms": 1})).status_code in {403, 404, 405}


@pytest.mark.parametrize(
    ("body", "status", "fields"),
    [
        pytest.param([], 400, None, id="no object"),
        pytest.param({}, 422, None, id="nothing"),
        pytest.param({"surprise": 1}, 422, {"surprise"}, id="an unknown field"),
        pytest.param({"name": 7}, 422, {"name"}, id="a number for a text"),
    ],
)
async def test_bodies_are_taken_strictly(
    platform: httpx.AsyncClient, body: Any, status: int, fields: set[str] | None
) -> None:
    """Nothing is guessed, nothing ignored."""
    for noun in NOUNS:
        answer = await platform.post(f"/{noun.path}", json=body)

        assert answer.status_code == status
        if fields is not None:
            assert fields <= answer.json()["errors"].keys()


async def test_lists_are_paged_and_searched(platform: httpx.AsyncClient) -> None:
    """The envelope of the document; what is searched for is literal."""
    for noun in NOUNS:
        await _created(platform, noun.path, noun.new)

        everything = (await platform.get(f"/{noun.path}", params={"per_page": 1})).json()
        nothing = (await platform.get(f"/{noun.path}", params={"search": "%_"})).json()

        assert everything.keys() == {"current_page", "data", "last_page", "per_page", "total"}
        assert (everything["current_page"], everything["per_page"], len(everything["data"])) == (1, 1, 1)
        assert everything["last_page"] == everything["total"]
        assert (nothing["total"], nothing["last_page"]) == (0, 1)
        assert (await platform.get(f"/{noun.path}", params={"page": 0})).status_code == 422


async def _created(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> dict[str, Any]:
    answer = await client.post(f"/{path}", json=body)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made
