"""Explanations over HTTP: bodies, bounds, whose tenant, and what Redis has."""

import json
from datetime import datetime
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from management.settings import ManagementSettings
from tests.management.office import DOMAIN, Office
from tests.xmlcurl import asking
from tests.xmlcurl.service import Service
from xmlcurl.render.directory import masked
from xmlcurl.store.registrations import alive_key, table_key
from xmlcurl.store.tables import extensions, tenants, utc_now

OTHER = "other.test"
CALL = {"from": "1001", "to": "1002"}


@pytest.fixture
async def people(api: httpx.AsyncClient) -> None:
    """Two extensions of pbx.test; the second one has an alias, and phones that sign in as bob."""
    bob = {"extension_number": "1002", "sign_in_name": "bob", "aliases": ["bobby"], "voicemail_enabled": True}
    for values in ({"extension_number": "1001"}, bob):
        assert (await api.post("/extensions", json=values)).status_code == 201


async def explained(client: httpx.AsyncClient, what: str, **body: Any) -> Any:
    answer = await client.post(f"/explain-{what}", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()["data"]


async def test_a_call(office: Office, api: httpx.AsyncClient, people: None) -> None:
    """Steps with reasons and documents, an outcome, the time in the tenant's zone; nothing is written."""
    before = await office.count_all()

    found = await explained(api, "call", **CALL, at="2026-03-10T09:00:00Z", phones={"1002": "busy"})

    (step,) = found["steps"]
    assert (step["dialled"], step["destination"], step["rules"]) == ("1002", "extension", ["extension"])
    assert step["why"][0] == "1002 is extension 1002, and its status is available"
    assert step["happens"][-1] == "the mailbox of 1002 takes a message"
    assert step["document"].startswith('<document type="freeswitch/xml">')
    assert found["outcome"] == {
        "rang": ["1002"],
        "answered_by": None,
        "shown": None,
        "shown_name": None,
        "mailbox": "1002",
        "listens": False,
        "is_recorded": False,
        "cause": None,
    }
    assert found["at"] == "2026-03-10T09:00:00+00:00"
    assert await office.count_all() == before


async def test_on_which_switch_a_phone_is(office: Office, api: httpx.AsyncClient, people: None, redis_url: str) -> None:
    """Where there are several; what the worker does not know is said, too."""

    async def why() -> list[str]:
        (step,) = (await explained(api, "call", **CALL))["steps"]
        return [each for each in step["why"] if "registered on" in each]

    await office.add_switch("fs1")
    assert await why() == []
    other = await office.add_switch("fs2")
    assert await why() == ["1002 is registered on no switch that could be asked"]

    phone = {"profile": "internal", "contact": "", "address": "", "user_agent": "", "expires_at": 0}
    async with Redis.from_url(redis_url) as redis:
        await redis.hset(table_key(other), mapping={"": "r1", f"1002@{DOMAIN}": json.dumps([phone])})
        await redis.set(alive_key(other), "r1")
    assert await why() == ["1002 is registered on fs2"]


async def test_a_call_by_its_sign_in_name(api: httpx.AsyncClient, people: None) -> None:
    """Whoever answers sees the number."""
    found = await explained(api, "call", **{"from": "bob", "to": "1001"})

    assert found["outcome"]["shown"] == "1002"


async def test_who_shows_no_number(office: Office, api: httpx.AsyncClient, people: None) -> None:
    """A carrier brings the call; the name is the carrier's to say."""
    platform = office.client(await office.add_token(None, "admin"), **{"X-Tenant": DOMAIN})
    assert (await platform.post("/numbers", json={"number": "842871110001"})).status_code == 201
    to_bob = {"open": {"type": "extension", "extension": "1002"}}
    assert (await api.put("/numbers/842871110001/destinations", json=to_bob)).status_code == 200

    found = await explained(api, "call", **{"from": {"outside": "anonymous"}, "to": "842871110001"})

    outcome = found["outcome"]
    assert (outcome["answered_by"], outcome["shown"], outcome["shown_name"]) == ("1002", "anonymous", None)


async def test_who_listens_leaves_no_message(api: httpx.AsyncClient, people: None) -> None:
    """Both are a mailbox."""
    found = await explained(api, "call", **{"from": "1002", "to": "*97"})

    assert (found["outcome"]["mailbox"], found["outcome"]["listens"]) == ("1002", True)


async def test_a_choice_in_a_menu(api: httpx.AsyncClient, people: None) -> None:
    """Its destination is where the call goes on; what is no choice ends as if nothing was chosen."""
    option = {"type": "extension", "extension": "1002"}
    menu = {"name": "Menu", "number": "800", "options": {"1": option}}
    assert (await api.post("/ivr-menus", json=menu)).status_code == 201
    to_menu = {"from": "1001", "to": "800"}

    chosen = await explained(api, "call", **to_menu, choices={"800": "1"})
    wrong = await explained(api, "call", **to_menu, choices={"800": "2"})

    assert [step["dialled"] for step in chosen["steps"]] == ["800", "800", "1002"]
    assert chosen["steps"][1]["why"] == ["800 is a menu; 1 in it is extension 1002"]
    assert chosen["outcome"]["answered_by"] == "1002"
    assert wrong["steps"][1]["why"][0] == "2 is no choice in it"
    assert wrong["outcome"]["cause"] == "NORMAL_CLEARING"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        pytest.param({"from": "carol"}, "from", id="nobody"),
        pytest.param({"at": "2026-03-10T09:00:00"}, "at", id="no offset"),
        pytest.param({"at": "0001-01-01T00:00:00Z"}, "at", id="before all clocks"),
        pytest.param({"to": "1002 XML public"}, "to", id="more than a number"),
        pytest.param({"phones": {"1002": "dead"}}, "phones.1002", id="an unknown state"),
        pytest.param({"gateways": {"01": "down"}}, "gateways.01.[key]", id="no id"),
        pytest.param({"dry": True}, "dry", id="an unknown field"),
    ],
)
async def test_refused(api: httpx.AsyncClient, people: None, change: dict[str, Any], field: str) -> None:
    """422 by the field's name."""
    answer = await api.post("/explain-call", json=CALL | change)

    assert answer.status_code == 422
    assert list(answer.json()["errors"]) == [field]


async def test_another_tenants_number_is_nobodys(office: Office, api: httpx.AsyncClient) -> None:
    """A call from outside to it says nothing of whose it is."""
    stranger = await office.tenant_client(OTHER)
    platform = office.client(await office.add_token(None, "admin"), **{"X-Tenant": DOMAIN})
    assert (await platform.post("/numbers", json={"number": "842871110001"})).status_code == 201
    from_outside = {"from": {"outside": "+4915550001"}, "to": "842871110001"}

    own, foreign = await explained(api, "call", **from_outside), await explained(stranger, "call", **from_outside)

    assert own["steps"][0]["destination"] == "own_number"
    assert foreign["steps"][0]["destination"] == "none"
    assert foreign["steps"][0]["why"] == [
        "842871110001 is no active number of the tenant, and calls from outside reach only those"
    ]


@pytest.mark.parametrize(
    ("asked", "is_found", "why"),
    [
        ({"user": "1001"}, True, "1001 is the number of extension 1001, which is in service"),
        ({"user": "bobby"}, True, "bobby is an alias of extension 1002, which is in service"),
        ({"user": "1003"}, False, "no extension is called 1003"),
        ({"user": "1001", "domain": "nowhere.test"}, False, "no tenant has the domain nowhere.test"),
        ({"user": "10 01"}, False, "no user, or no domain, is spelled so"),
        ({"user": "1001", "key": "number-alias"}, False, "1001 is a number, and was asked for as another name of one"),
        (
            {"user": "bobby", "action": "sip_auth"},
            False,
            "bobby is an alias of 1002, whose phones sign in as bob",
        ),
        ({"user": "bob", "action": "sip_auth"}, True, "bob is the sign-in name of extension 1002, which is in service"),
    ],
)
async def test_a_lookup(
    api: httpx.AsyncClient, people: None, lookup: Service, asked: dict[str, str], *, is_found: bool, why: str
) -> None:
    """Found or not as the switch finds it, and why."""
    found = await explained(api, "lookup", **{"domain": DOMAIN} | asked)

    assert (found["is_found"], found["why"]) == (is_found, [why])
    domain = asked.get("domain", DOMAIN)
    if asked.get("action") == "sip_auth":
        reply = await lookup.post(asking.sip_auth(asked["user"], domain, method="INVITE"))
    else:
        reply = await lookup.post(asking.user(asked["user"], domain, key=asked.get("key", "id")))
    assert (reply.shape != "not found") is is_found


async def test_a_mailbox_of_a_group(api: httpx.AsyncClient) -> None:
    """Found by the switch, and by no phone."""
    assert (await api.post("/group-mailboxes", json={"name": "office", "number": "900"})).status_code == 201
    asked = {"user": "900", "domain": DOMAIN}

    found = await explained(api, "lookup", **asked)
    signing_in = await explained(api, "lookup", **asked, action="sip_auth")

    assert (found["is_found"], found["why"]) == (True, ["900 is a mailbox of a group, which nobody signs in as"])
    assert signing_in["is_found"] is False


async def test_who_is_out_of_service(api: httpx.AsyncClient, people: None) -> None:
    """Disabled, or expired at a time that is said."""
    await api.put("/extensions/1001", json={"status": "disabled"})
    await api.put("/extensions/1002", json={"expires_at": "2026-01-01T00:00:00Z"})

    disabled = await explained(api, "lookup", user="1001", domain=DOMAIN)
    expired = await explained(api, "lookup", user="1002", domain=DOMAIN)

    assert disabled["why"] == ["1001 is disabled"]
    assert expired["why"] == ["1002 has expired: 2026-01-01 00:00:00 UTC"]


async def test_who_has_no_document(office: Office, api: httpx.AsyncClient, people: None) -> None:
    """A row that can't be said safely, and a tenant that is suspended."""
    platform = office.client(await office.add_token(None, "read"))
    asked = {"user": "1001", "domain": DOMAIN}

    await office.change(extensions, 1, a1_hash="?")
    unsafe = await explained(platform, "lookup", **asked)
    await office.change(tenants, 1, state="suspended")
    suspended = await explained(platform, "lookup", **asked)

    assert unsafe["why"][0].startswith("no document can be made, and the switch gets an error")
    assert suspended["why"] == [f"{DOMAIN} is suspended"]
    assert [each["is_found"] for each in (unsafe, suspended)] == [False, False]


async def test_what_redis_has(
    api: httpx.AsyncClient, people: None, lookup: Service, management_settings: ManagementSettings
) -> None:
    """From the lookup on until a change drops it; hashes are masked, and to explain remembers nothing."""
    body = {"user": "1001", "domain": DOMAIN}
    begin = utc_now().replace(microsecond=0)
    before = [await explained(api, "lookup", **body) for _ in range(2)]

    served = (await lookup.post(asking.user("1001", DOMAIN))).body
    between = await explained(api, "lookup", **body)
    await api.put("/extensions/1001", json={"display_name": "Alice"})
    after = await explained(api, "lookup", **body)

    assert [each["cached"] for each in (*before, between, after)] == ["no", "no", "yes", "no"]
    assert begin <= datetime.fromisoformat(between["cached_at"]) <= utc_now()
    assert 0 < between["cached_for_ms"] <= management_settings.cache_ttl_seconds * 1_000
    assert between["document"].encode() == masked(served) != served


async def test_absence_is_remembered_too(api: httpx.AsyncClient, people: None, lookup: Service) -> None:
    """Somebody who was asked for in vain."""
    await lookup.post(asking.user("1009", DOMAIN))

    found = await explained(api, "lookup", user="1009", domain=DOMAIN)

    assert (found["is_found"], found["cached"]) == (False, "yes")


async def test_whose_domain(office: Office, api: httpx.AsyncClient, people: None) -> None:
    """A tenant's token asks for its own, one of the platform for any, or for that of the tenant it names."""
    token = await office.add_token(None, "read")
    stranger = await office.tenant_client(OTHER, "read")
    platform, as_other = office.client(token), office.client(token, **{"X-Tenant": OTHER})
    body = {"user": "1001", "domain": DOMAIN}

    answers = [await explained(client, "lookup", **body) for client in (api, platform, as_other, stranger)]

    assert [each["tenant"] for each in answers] == [DOMAIN, DOMAIN, None, None]
    assert answers[-1]["why"] == [f"no tenant has the domain {DOMAIN}"]
