"""Tenants: what they may be called, and that FreeSWITCH sees every change of one at once."""

from datetime import date
from typing import Any

import httpx
import pytest

from management.app import services_of
from management.audit import Actor
from management.auth import TenantScope
from management.errors import NotFound
from management.numbers.commands import NumberValues
from management.tenants.repository import TenantRepository
from tests.management.office import DOMAIN, Office
from tests.xmlcurl.asking import sip_auth, user
from tests.xmlcurl.service import Service
from xmlcurl.store.cache import Guard
from xmlcurl.store.model import Tag
from xmlcurl.store.tables import (
    classes_of_service,
    departments,
    gateways,
    greetings,
    group_mailboxes,
    holidays,
    hotlines,
    ivr_menus,
    metadata,
    numbers,
    outbound_routes,
    queues,
    ring_groups,
    teams,
    users,
)

REFUSED: dict[str, list[Any]] = {
    "domain": [
        "",
        "-a.test",
        "a-.test",
        "a..b",
        ".test",
        "a_b.test",
        "a b.test",
        "a.test\n",
        "ü.test",
        f"{'x' * 64}.test",
        ".".join(["a" * 60] * 5),
        "10.0.0.1",
        "1234",
        "public",
        "Peers",
        "global",
        "$${domain}",
        7,
        None,
    ],
    "name": ["", " x", "x ", "x" * 101, "${system(id)}", "<?xml", "a\nb", None, 7],
    "state": ["deleted", "", None],
    "time_zone": ["Mars/Base", "localtime", "../etc/passwd", "", "utc+7", None],
    "language": ["fr", "", "EN"],
    "cacheable_ms": [-1, 2_147_484, 1.5, "1", True, None],
    "default_number": ["0900000099", "x", "\0", 900000099],
    "home_switch_id": [0, -1, 404, 2**63, "1", True],
}


async def test_values_out_of_bounds_are_refused_by_name(office: Office, platform: httpx.AsyncClient) -> None:
    """And nothing is written."""
    before = await office.count_all()

    for name, values in REFUSED.items():
        for value in values:
            answer = await platform.post("/tenants", json={"domain": "new.test", "name": "New", name: value})
            assert (answer.status_code, [*answer.json()["errors"]]) == (422, [name]), (name, value)
            if name != "domain":
                answer = await platform.put(f"/tenants/{DOMAIN}", json={name: value})
                assert (answer.status_code, [*answer.json()["errors"]]) == (422, [name]), (name, value)

    assert before == await office.count_all()


async def test_bounds_themselves_are_allowed(platform: httpx.AsyncClient) -> None:
    """The longest name, the longest time, a domain of one word or with digits in front."""
    for domain in ("pbx", "1pbx.test", "a.b-c.test", ".".join(["a" * 49] * 5)):
        answer = await platform.post(
            "/tenants", json={"domain": domain, "name": "x" * 100, "cacheable_ms": 2_147_483, "time_zone": "UTC"}
        )
        assert answer.status_code == 201, domain


async def test_a_domain_is_one_whatever_its_case(platform: httpx.AsyncClient) -> None:
    """Kept in lower case, found in any, and never changed."""
    made = await platform.post("/tenants", json={"domain": "NEW.Test", "name": "New"})
    again = await platform.post("/tenants", json={"domain": "new.test", "name": "New"})
    moved = await platform.put("/tenants/new.test", json={"domain": "moved.test"})

    assert made.json()["data"]["domain"] == "new.test"
    assert (await platform.get("/tenants/NEW.TEST")).json() == made.json()
    assert (again.status_code, [*again.json()["errors"]]) == (409, ["domain"])
    assert (moved.status_code, [*moved.json()["errors"]]) == (422, ["domain"])


async def test_lists_can_be_narrowed_to_a_state(platform: httpx.AsyncClient) -> None:
    """Active and suspended ones."""
    await platform.post("/tenants", json={"domain": "new.test", "name": "New", "state": "suspended"})

    found = {
        state: [each["domain"] for each in (await platform.get("/tenants", params={"state": state})).json()["data"]]
        for state in ("active", "suspended")
    }

    assert found == {"active": [DOMAIN], "suspended": ["new.test"]}


async def test_a_tenant_that_has_anything_is_not_deleted(office: Office, admin: httpx.AsyncClient) -> None:
    """The answer says what it has."""
    number_id = await office.add(numbers, tenant_id=1, number="0900000020")
    await admin.post("/extensions", json={"extension_number": "1001"})
    await office.add(hotlines, tenant_id=1, name="Support", number_id=number_id)
    for table in (teams, departments, users, classes_of_service):
        await office.add(table, tenant_id=1, name=f"One of {table.name}")
    await office.add(gateways, tenant_id=1, name="Carrier", host="192.0.2.1", codecs=[], addresses=[])
    await office.add(outbound_routes, tenant_id=1, name="All", patterns=["0"])
    for table in (ring_groups, queues, ivr_menus, group_mailboxes):
        await office.add(table, tenant_id=1, name=f"One of {table.name}", number="600")
    await office.add(greetings, tenant_id=1, name="Hello", format="wav", size_bytes=1, sha256="0" * 64)
    await office.add(holidays, tenant_id=1, name="Tet", first_day=date(2027, 2, 6), last_day=date(2027, 2, 10))

    answer = await admin.delete(f"/tenants/{DOMAIN}")

    has = [
        "extension 1001",
        "number 0900000020",
        "hotline Support",
        "team One of teams",
        "department One of departments",
        "user One of users",
        "gateway Carrier",
        "outbound route All",
        "class of service One of classes_of_service",
        "ring group One of ring_groups",
        "queue One of queues",
        "ivr menu One of ivr_menus",
        "group mailbox One of group_mailboxes",
        "greeting Hello",
        "holiday Tet",
    ]
    assert answer.status_code == 409
    assert answer.json() == {
        "message": f"The tenant is in use by {', '.join(has)}.",
        "errors": {"tenant": [f"The tenant is in use by {', '.join(has)}."]},
        "used_by": has,
    }


GOES_WITH_ITS_OWNER = {
    *(
        "agent_statuses",
        "api_tokens",
        "call_settings",
        "destinations",
        "greeting_files",
        "presence_rules",
        "taken_names",
        "vendor_keys",
    ),
    *("class_of_service_routes", "emergency_gateways", "outbound_route_gateways", "queue_agents"),
    *("ring_group_members",),
}
"""Tables of a tenant whose rows nobody deletes by themselves."""
REMEMBERED = {"audit", "call_records", "changes"}
"""What happened outlives the tenant."""


def test_no_table_of_a_tenant_is_forgotten() -> None:
    """Whoever adds one says here, or in the links of tenants, what becomes of its rows when their tenant goes."""
    of_tenants = {name: table for name, table in metadata.tables.items() if "tenant_id" in table.c}
    living = {name for name, table in of_tenants.items() if "deleted_at" in table.c}

    assert {link.column.table.name for link in TenantRepository.LINKS} == living
    assert of_tenants.keys() - living == GOES_WITH_ITS_OWNER | REMEMBERED


async def test_messages_are_in_the_language_that_is_asked_for(platform: httpx.AsyncClient) -> None:
    """Every rule has its sentence in both."""
    answer = await platform.post(
        "/tenants", json={"domain": "x_x", "name": "", "time_zone": "Mars"}, headers={"Accept-Language": "vi"}
    )

    assert answer.json()["errors"] == {
        "domain": ["Trường domain phải là một tên miền hợp lệ."],
        "name": ["Trường name phải có tối thiểu 1 ký tự."],
        "time_zone": ["Trường time zone phải là một múi giờ hợp lệ."],
    }


async def test_what_follows_from_a_change(office: Office, platform: httpx.AsyncClient) -> None:
    """The domains when one comes or goes; every document and every user of a switch when it changes."""
    made = (await platform.post("/tenants", json={"domain": "new.test", "name": "New"})).json()["data"]
    where, tag, guard = "/tenants/new.test", Tag.tenant(made["id"]), Guard.of_tenant(made["id"])
    await platform.put(where, json={"name": "Nobody sees it", "language": "vi"})
    await platform.put(where, json={"cacheable_ms": 1})
    await platform.put(where, json={"state": "suspended"})
    await platform.put(where, json={"state": "active"})
    await platform.delete(where)

    made_, cacheable, suspended, activated, deleted = await office.pending()

    nothing = {"flush_users": [], "drop_registrations": [], "reset_pins": [], "reloadxml": False}
    for effects in (made_, cacheable, suspended, activated, deleted):
        assert nothing.items() <= effects.items()
    assert (made_["tags"], made_["guards"], made_["flush_all"]) == ([Tag.DOMAINS], [Guard.DOMAINS], False)
    assert [each["rescan"] for each in (made_, cacheable, suspended, activated, deleted)] == [True, *[False] * 4]
    for effects in (cacheable, suspended, activated):
        assert (effects["tags"], effects["guards"], effects["flush_all"]) == ([tag], [guard], True)
    assert [each["drop_domains"] for each in (cacheable, suspended, activated)] == [[], ["new.test"], []]
    assert deleted["tags"] == sorted([Tag.DOMAINS, tag])
    assert deleted["guards"] == sorted([Guard.DOMAINS, guard])
    assert (deleted["flush_all"], deleted["drop_domains"]) == (True, ["new.test"])


async def test_freeswitch_sees_a_tenant_come_and_go_at_once(
    office: Office, platform: httpx.AsyncClient, lookup: Service
) -> None:
    """Though it had asked before, and the answer was remembered."""
    assert (await lookup.post(sip_auth("1001", "new.test"))).shape == "not found"

    await platform.post("/tenants", json={"domain": "new.test", "name": "New"})
    admin = office.client(await office.add_token(None, "admin"), **{"X-Tenant": "new.test"})
    await admin.post("/extensions", json={"extension_number": "1001"})
    assert (await lookup.post(sip_auth("1001", "new.test"))).shape == "user 1001"

    await platform.put("/tenants/new.test", json={"state": "suspended"})
    assert (await lookup.post(sip_auth("1001", "new.test"))).shape == "not found"

    await platform.put("/tenants/new.test", json={"state": "active"})
    assert (await lookup.post(sip_auth("1001", "new.test"))).shape == "user 1001"

    await admin.delete("/extensions/1001")
    assert (await platform.delete("/tenants/new.test")).status_code == 200
    lookup.statements.clear()
    assert (await lookup.post(sip_auth("1001", "new.test"))).shape == "not found"


async def test_freeswitch_sees_other_values_at_once(admin: httpx.AsyncClient, lookup: Service) -> None:
    """How long it may keep a user, the time zone, and the number that calls show."""
    await admin.post("/extensions", json={"extension_number": "1001"})
    await admin.post("/numbers", json={"number": "0900000020", "display_name": "POC"})
    before = (await lookup.post(user("1001"))).body

    await admin.put(
        f"/tenants/{DOMAIN}",
        json={"cacheable_ms": 300_000, "time_zone": "Asia/Ho_Chi_Minh", "default_number": "0900000020"},
    )

    after = (await lookup.post(user("1001"))).body
    for text in (b'cacheable="300000"', b"Asia/Ho_Chi_Minh", b"0900000020"):
        assert text not in before
        assert text in after


async def test_tokens_of_a_tenant_that_may_not_are_refused(office: Office, platform: httpx.AsyncClient) -> None:
    """403 while it is suspended, 401 when it is gone."""
    token = await office.add_token(await office.add_tenant("new.test"), "admin")
    client = office.client(token)
    assert (await client.get("/extensions")).status_code == 200

    await platform.put("/tenants/new.test", json={"state": "suspended"})
    assert (await client.get("/extensions")).status_code == 403

    await platform.delete("/tenants/new.test")
    assert (await client.get("/extensions")).status_code == 401


async def test_nothing_is_made_in_a_tenant_that_is_gone_meanwhile(office: Office, platform: httpx.AsyncClient) -> None:
    """A request finds its tenant before its transaction begins: inside, it looks again."""
    services, found_before = services_of(office.backend), TenantScope(1, DOMAIN, "en")
    await platform.delete(f"/tenants/{DOMAIN}")
    before = await office.count_all()

    with pytest.raises(NotFound):
        await services.numbers.create(found_before, NumberValues(number="0900000020"), actor=Actor("cli"))

    assert before == await office.count_all()


async def test_another_home_is_another_route(office: Office, platform: httpx.AsyncClient) -> None:
    """Every document of the tenant is dropped."""
    home = await office.add_switch("home")

    answer = await platform.put(f"/tenants/{DOMAIN}", json={"home_switch_id": home})

    assert answer.json()["data"]["home_switch_id"] == home
    (caches, _) = await office.pending()
    assert [each for each in caches["tags"] if ":" not in each] == caches["tags"]
    assert len(caches["guards"]) == 1
