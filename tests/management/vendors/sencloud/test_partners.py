"""Partners: their tenants, and their hotlines on the way from the pool to a tenant and back."""

import asyncio
import re
from typing import Any

import httpx
import pytest

from management.app import services_of
from management.errors import Invalid
from management.vendors.sencloud.tenants import SHOP_KEY
from tests.management.office import DOMAIN, Office
from tests.management.vendors.sencloud.conftest import SUFFIX
from tests.management.vendors.sencloud.program import ACTOR, Program
from tests.xmlcurl.asking import call, user
from tests.xmlcurl.service import Service
from xmlcurl.store.cache import Guard
from xmlcurl.store.model import Tag
from xmlcurl.store.tables import audit, destinations, hotlines, numbers, tenants

NUMBER = "842812345678"
ONLY_SQLITE = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
P = "partner.Etelecom"
NOBODYS = "route unallocated_number in public"


async def customer(office: Office, partner: Program) -> tuple[dict[str, Any], Program]:
    """A new tenant of the partner, and a program with its key."""
    made = await partner.done("CreateTenant", P)
    return made, Program.of(office, made["shop_key"])


async def hotline(partner: Program, number: str = NUMBER, name: str = "Support") -> str:
    made: str = (await partner.done("PartnerAddHotline", P, hotline=number, name=name))["id"]
    return made


async def test_a_partner_makes_a_tenant(office: Office, partner: Program) -> None:
    """With a domain of its own, a key that works at once, and the fields of the vendor's answer."""
    made = await partner.done("CreateTenant", P)
    named = await partner.done("CreateTenant", P, name="Shop two")

    assert re.fullmatch(rf"t[a-z0-9]{{10}}\.{re.escape(SUFFIX)}", made["domain"])
    assert made["domain"] != named["domain"]
    fixed = {"owner_id": "1", "status": "Z", "connection_id": "1", "connection_method": "direct"}
    assert {name: made[name] for name in fixed} == fixed
    assert (made["name"], named["name"]) == (made["domain"], "Shop two")
    shop = Program.of(office, made.pop("shop_key"))
    assert (await shop.done("CreateExtension"))["tenant_domain"] == made["domain"]
    assert await shop.done("GetTenant", P) == made
    assert await partner.done("GetTenant", P, tenant_id=made["id"]) == made
    rows = {row["domain"]: row for row in await office.rows(tenants)}
    assert (rows[made["domain"]]["state"], rows[made["domain"]]["partner_id"]) == ("active", 1)


@ONLY_SQLITE
async def test_without_a_domain_nobody_makes_tenants(office: Office, partner: Program) -> None:
    """The answer says which setting is missing."""
    settings = office.settings.model_copy(update={"tenant_domain_suffix": None})
    before = await office.count_all()

    async with Office.opened(settings) as unset:
        answer = await Program.of(unset, partner.key).ask("CreateTenant", P)

    assert (answer.status_code, answer.json()["code"]) == (412, "failed_precondition")
    assert "XMLCURL_TENANT_DOMAIN_SUFFIX" in answer.json()["msg"]
    assert before == await office.count_all()


async def test_a_partner_lists_its_tenants(office: Office, partner: Program) -> None:
    """Its own, page by page, with a status each; neither the pool nor anybody else's."""
    other = await Program.of_partner(office, "Other")
    await customer(office, other)
    first, _ = await customer(office, partner)
    second = await partner.done("CreateTenant", P, name="Second")
    await partner.done("AddHotlineToTenant", P, hotline_id=await hotline(partner), tenant_id=first["id"])
    await office.change(tenants, int(second["id"]), state="suspended")

    page = await partner.done("GetPartnerTenantList", P, paging={"limit": 1})
    rest = await partner.done("ListTenants", P, paging={"after": page["paging"]["next"]})
    named = await partner.done("GetPartnerTenantList", P, filter={"name": "Second", "owner_id": "1"})
    nobodys = await partner.done("GetPartnerTenantList", P, filter={"owner_id": "2"})

    shown = [(each["id"], each["status"]) for each in (*page["tenants"], *rest["tenants"])]
    assert shown == [(first["id"], "P"), (second["id"], "N")]
    assert rest["paging"]["next"] == ""
    assert [each["id"] for each in named["tenants"]] == [second["id"]]
    assert nobodys["tenants"] == []
    for tenant_id in (first["id"], "999"):
        await other.refused("GetTenant", "not_found", tenant_id=tenant_id)


async def test_the_kind_of_key_says_what_it_may_do(office: Office, shop: Program, partner: Program) -> None:
    """A shop's does no partner's business, nor the other way round; nothing is written."""
    before = await office.count_all()

    for method in ("CreateTenant", "GetPartnerTenantList", "GetPartnerHotlineList"):
        await shop.refused(method, "permission_denied")
    for method in ("PartnerActivateTenant", "AddHotlineToTenant", "RemoveHotlineFromTenant", "RemoveHotline"):
        await shop.refused(method, "permission_denied", hotline_id="1")
    await shop.refused("PartnerAddHotline", "permission_denied", hotline=NUMBER, name="x")
    for method in ("CreateExtension", "GetExtensions", "GetHotlines", "GetAccountUsers", "ListCallLogs"):
        await partner.refused(method, "permission_denied")
    await partner.refused("CreateAccountUser", "permission_denied", full_name="Anna")
    await shop.refused("GetTenant", "not_found", tenant_id="99")

    assert before == await office.count_all()


async def test_a_partner_acts_for_the_tenant_that_it_names(office: Office, shop: Program, partner: Program) -> None:
    """One of its own, in service; a shop's key names no other one than its own."""
    made = await partner.done("CreateTenant")
    theirs = Program(office.client(partner.key, at="/v1", **{"X-Tenant": made["domain"].upper()}), partner.key)
    strangers = Program(office.client(partner.key, at="/v1", **{"X-Tenant": DOMAIN}), partner.key)
    before = await office.count_all()

    await strangers.refused("CreateExtension", "not_found")
    elsewhere = Program(office.client(shop.key, at="/v1", **{"X-Tenant": made["domain"]}), shop.key)
    await elsewhere.refused("CreateExtension", "not_found")
    assert before == await office.count_all()
    created = await theirs.done("CreateExtension", extension_number="0101")
    assert (created["tenant_id"], created["tenant_domain"]) == (made["id"], made["domain"])
    of_shop = Program.of(office, made["shop_key"])
    assert (await of_shop.done("GetExtensionInfo", extension_number="0101"))["tenant_domain"] == made["domain"]

    await office.change(tenants, int(made["id"]), state="suspended")
    await theirs.refused("GetExtensions", "permission_denied")


async def test_a_hotline_waits_in_the_pool(office: Office, partner: Program, platform: httpx.AsyncClient) -> None:
    """With the fields of the vendor's answer; the pool is made once, and no list of tenants has it."""
    made = await asyncio.gather(
        partner.done(
            "PartnerAddHotline", P, hotline=NUMBER, name="Support", description="Days only", network="viettel"
        ),
        partner.done("AddHotline", P, hotline="842812345679", name="Sales", is_free_charge=True, owner_id="1"),
    )
    listed = (await partner.done("GetPartnerHotlineList", P))["hotlines"]

    assert sorted(listed, key=lambda each: each["hotline"]) == list(made)
    first = made[0]
    assert {name: first[name] for name in first.keys() - {"id", "created_at", "updated_at"}} == {
        "name": "Support",
        "hotline": NUMBER,
        "description": "Days only",
        "network": "viettel",
        "is_free_charge": True,
        "owner_id": "1",
        "status": "Z",
        "connection_id": "1",
        "connection_method": "direct",
    }
    assert made[1]["network"] == "other"
    pools = [row for row in await office.rows(tenants) if row["is_pool"]]
    assert [(row["domain"], row["state"], row["partner_id"]) for row in pools] == [
        ("partner-1.invalid", "suspended", 1)
    ]
    assert [each["domain"] for each in (await platform.get("/tenants")).json()["data"]] == [DOMAIN]
    assert (await partner.done("GetPartnerTenantList", P))["tenants"] == []


async def test_nobody_reaches_into_a_pool(
    office: Office, partner: Program, platform: httpx.AsyncClient, lookup: Service
) -> None:
    """It can't be read, changed, named or made by hand, and switches hear nothing of it."""
    await hotline(partner)
    pool = "partner-1.invalid"
    named = office.client(await office.add_token(None, "admin"), **{"X-Tenant": pool})

    assert (await platform.get(f"/tenants/{pool}")).status_code == 404
    assert (await platform.put(f"/tenants/{pool}", json={"state": "active"})).status_code == 404
    assert (await platform.delete(f"/tenants/{pool}")).status_code == 404
    assert (await named.get("/numbers")).status_code == 404
    refused = await platform.post("/tenants", json={"domain": "Partner-7.invalid", "name": "x"})
    assert (refused.status_code, [*refused.json()["errors"]]) == (422, ["domain"])
    await partner.refused("GetTenant", "not_found", tenant_id="2")
    await partner.refused("AddHotlineToTenant", "not_found", hotline_id="1", tenant_id="2")
    assert (await lookup.post(user("1001", pool))).shape == (await lookup.post(user("1001", "nobody.test"))).shape
    assert (
        await lookup.post(call(NUMBER, caller="", context="public", sofia_profile_name="external"))
    ).shape == NOBODYS


async def test_a_hotline_goes_to_a_tenant_and_back(office: Office, partner: Program) -> None:
    """It and its number keep their ids; whoever has it lists it; the audit log has each move."""
    tenant, shop = await customer(office, partner)
    hotline_id = await hotline(partner)
    rows = [await office.rows(numbers), await office.rows(hotlines)]

    async def seen() -> tuple[list[str], str]:
        own = (await shop.done("GetHotlines"))["hotlines"]
        (listed,) = (await partner.done("GetPartnerHotlineList", P))["hotlines"]
        return [each["id"] for each in own], listed["status"]

    assert await seen() == ([], "Z")
    to_tenant = {"hotline_id": hotline_id, "tenant_id": tenant["id"]}
    for _ in range(2):
        assert await partner.done("PartnerActivateTenant", P, connection_id="1", owner_id="1", **to_tenant) == {
            "updated": 1
        }
    assert await seen() == ([hotline_id], "P")
    moved = [await office.rows(numbers), await office.rows(hotlines)]
    assert [[row["id"] for row in table] for table in moved] == [[row["id"] for row in table] for table in rows]
    assert {row["tenant_id"] for table in moved for row in table} == {int(tenant["id"])}
    assert (await partner.done("GetTenant", P, tenant_id=tenant["id"]))["status"] == "P"

    assert await partner.done("RemoveHotlineFromTenant", P, **to_tenant) == {"removed": 1}
    assert await seen() == ([], "Z")
    await partner.refused("RemoveHotlineFromTenant", "not_found", **to_tenant)
    assert await partner.done("RemoveHotline", P, hotline_id=hotline_id) == {"removed": 1}
    assert (await partner.done("GetPartnerHotlineList", P))["hotlines"] == []
    assert await hotline(partner) != hotline_id

    moves = [row for row in await office.rows(audit) if row["action"] == "hotline.move"]
    ids = [(row["before"]["tenant_id"], row["after"]["tenant_id"]) for row in moves]
    assert ids == [(ids[0][0], int(tenant["id"])), (int(tenant["id"]), ids[0][0])]
    assert {row["actor"] for row in moves} == {"key:1"}


async def test_lookups_follow_a_hotline(office: Office, partner: Program, lookup: Service) -> None:
    """A call to the number, and what extensions show, are never those of before a move."""
    tenant, shop = await customer(office, partner)
    domain, hotline_id = tenant["domain"], await hotline(partner)
    made = await shop.done("CreateExtension", extension_number=101)
    destinations_of = office.client(await office.add_token(int(tenant["id"]), "admin"))
    at = f"/numbers/{NUMBER}/destinations"
    inbound = call(NUMBER, caller="", context="public", sofia_profile_name="external")

    async def shown() -> bool:
        return NUMBER.encode() in (await lookup.post(user("101", domain))).body

    assert ((await lookup.post(inbound)).shape, await shown()) == (NOBODYS, False)
    await partner.done("AddHotlineToTenant", P, hotline_id=hotline_id, tenant_id=tenant["id"])
    assert (await lookup.post(inbound)).shape == "route number in public"
    await destinations_of.put(at, json={"open": {"type": "extension", "extension": "101"}})
    assert domain.encode() in (await lookup.post(inbound)).body
    of_extension = {"extension_id": made["id"], "hotline_id": hotline_id}
    await shop.done("UpdateHotlineForExtension", **of_extension)
    assert await shown()
    await shop.done("UpdateHotlineForExtension", **{**of_extension, "hotline_id": "0"})
    await destinations_of.put(at, json={"open": None})
    await partner.done("RemoveHotlineFromTenant", P, hotline_id=hotline_id)
    assert ((await lookup.post(inbound)).shape, await shown()) == (NOBODYS, False)


async def test_a_move_drops_what_both_have(office: Office, partner: Program) -> None:
    """The tags and guards of the pool and of the tenant, and what switches keep of users."""
    tenant, _ = await customer(office, partner)
    hotline_id = await hotline(partner)
    await office.add_switch("fs1")

    await partner.done("AddHotlineToTenant", P, hotline_id=hotline_id, tenant_id=tenant["id"])

    ids = [row["id"] for row in await office.rows(tenants)]
    effects = (await office.pending())[-1]
    assert effects["tags"] == sorted(Tag.tenant(each) for each in ids)
    assert effects["guards"] == sorted(Guard.of_tenant(each) for each in ids)
    assert effects["flush_all"] is True


async def test_what_is_in_use_stays(office: Office, partner: Program) -> None:
    """While an extension, a destination or the tenant itself needs a hotline or its number it does not go; the answer
    says what does.
    """
    tenant, shop = await customer(office, partner)
    hotline_id, tenant_id = await hotline(partner), int(tenant["id"])
    await partner.done("AddHotlineToTenant", P, hotline_id=hotline_id, tenant_id=tenant["id"])
    extension_id = (await shop.done("CreateExtension", hotline_id=hotline_id))["id"]
    pbx = office.client(await office.add_token(tenant_id, "admin"))

    async def why_not() -> str:
        said = await partner.refused("RemoveHotlineFromTenant", "failed_precondition", hotline_id=hotline_id)
        return said["hotline"]

    assert await why_not() == "The hotline is in use by extension 101."
    await shop.done("UpdateHotlineForExtension", extension_id=extension_id, hotline_id="0")
    await pbx.put("/extensions/101", json={"outbound_caller_id": NUMBER})
    assert await why_not() == "The hotline is in use by extension 101."
    await pbx.put("/extensions/101", json={"outbound_caller_id": None})
    await pbx.put(f"/numbers/{NUMBER}/destinations", json={"open": {"type": "extension", "extension": "101"}})
    assert await why_not() == "The hotline is in use by destination open."
    await pbx.put(f"/numbers/{NUMBER}/destinations", json={"open": None})
    await pbx.put("/call-settings", json={"emergency_caller_id": NUMBER})
    assert await why_not() == "The hotline is in use by call settings."
    await pbx.put("/call-settings", json={"emergency_caller_id": None})
    await pbx.post("/hotlines", json={"name": "Support", "number": NUMBER})
    assert await why_not() == "The hotline is in use by hotline Support."
    await pbx.delete("/hotlines/2")
    await partner.refused("RemoveHotline", "failed_precondition", hotline_id=hotline_id)

    await partner.done("RemoveHotlineFromTenant", P, hotline_id=hotline_id)
    assert [row for row in await office.rows(destinations) if row["owner_kind"] == "number"] == []


async def test_a_hotline_is_one_tenants(office: Office, partner: Program) -> None:
    """Neither two tenants have it, nor a suspended one gets it, nor another partner touches it."""
    other = await Program.of_partner(office, "Other")
    first, _ = await customer(office, partner)
    second, _ = await customer(office, partner)
    stranger, _ = await customer(office, other)
    hotline_id = await hotline(partner)
    own = {"hotline_id": hotline_id}
    before = await office.rows(hotlines)

    await other.refused("AddHotlineToTenant", "not_found", **own, tenant_id=stranger["id"])
    await other.refused("RemoveHotline", "not_found", **own)
    await partner.refused("AddHotlineToTenant", "not_found", **own, tenant_id=stranger["id"])
    await partner.refused("AddHotlineToTenant", "not_found", **own, tenant_id=first["id"], owner_id="2")
    await partner.refused("PartnerActivateTenant", "not_found", **own, tenant_id=first["id"], connection_id="7")
    await partner.refused("AddHotlineToTenant", "not_found", hotline_id="99", tenant_id=first["id"])
    assert [*await partner.refused("AddHotlineToTenant", "invalid_argument", **own)] == ["tenant_id"]
    assert [*await partner.refused("AddHotlineToTenant", "invalid_argument", tenant_id="0")] == ["hotline_id"]
    await office.change(tenants, int(second["id"]), state="suspended")
    await partner.refused("AddHotlineToTenant", "permission_denied", **own, tenant_id=second["id"])
    assert before == await office.rows(hotlines)

    await office.change(tenants, int(second["id"]), state="active")
    await partner.done("AddHotlineToTenant", P, **own, tenant_id=first["id"])
    await partner.refused("AddHotlineToTenant", "failed_precondition", **own, tenant_id=second["id"])
    await other.refused("RemoveHotlineFromTenant", "not_found", **own)


async def test_two_tenants_at_once_do_not_both_get_it(office: Office, partner: Program) -> None:
    """One does; the other hears that the hotline has gone."""
    tenants_ = [(await customer(office, partner))[0]["id"] for _ in range(2)]
    hotline_id = await hotline(partner)

    answers = await asyncio.gather(
        *(partner.ask("AddHotlineToTenant", P, hotline_id=hotline_id, tenant_id=each) for each in tenants_)
    )

    assert sorted(answer.status_code for answer in answers) == [200, 412]
    won = tenants_[[answer.status_code for answer in answers].index(200)]
    assert {row["tenant_id"] for row in (*await office.rows(hotlines), *await office.rows(numbers))} == {int(won)}


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"hotline": "123"}, "hotline"),
        ({"hotline": 842812345678}, "hotline"),
        ({"hotline": "+842812345678"}, "hotline"),
        ({"name": ""}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "${x}"}, "name"),
        ({"description": "x" * 201}, "description"),
        ({"network": "vodafone"}, "network"),
        ({"is_free_charge": False}, "is_free_charge"),
        ({"is_free_charge": 1}, "is_free_charge"),
        ({"price": 1}, "price"),
    ],
)
async def test_a_hotline_that_is_wrong_is_refused(
    office: Office, partner: Program, body: dict[str, Any], field: str
) -> None:
    """By the name that the client knows; no number is left behind."""
    said = await partner.refused("PartnerAddHotline", "invalid_argument", **{"hotline": NUMBER, "name": "x", **body})

    assert [*said] == [field]
    assert (await office.rows(numbers), await office.rows(hotlines)) == ([], [])


async def test_a_number_has_one_owner(office: Office, shop: Program, partner: Program) -> None:
    """Among all tenants and pools."""
    await office.add(numbers, tenant_id=1, number=NUMBER)

    said = await partner.refused("PartnerAddHotline", "already_exists", hotline=NUMBER, name="x")

    assert said == {"hotline": "The hotline has already been taken."}


async def test_a_partner_goes_when_nothing_is_its(
    office: Office, partner: Program, platform: httpx.AsyncClient
) -> None:
    """Not with a tenant, nor with a hotline in its pool; then its keys are refused, and its pool is gone."""
    hotline_id = await hotline(partner)
    tenant, _ = await customer(office, partner)

    used = (await platform.delete("/partners/1")).json()["used_by"]
    await partner.done("RemoveHotline", P, hotline_id=hotline_id)
    await platform.delete(f"/tenants/{tenant['domain']}")
    answer = await platform.delete("/partners/1")

    assert used == [f"tenant {tenant['domain']}", "hotline Support"]
    assert answer.status_code == 200
    assert [row["domain"] for row in await office.rows(tenants) if row["deleted_at"] is None] == [DOMAIN]
    await partner.refused("GetPartnerTenantList", "unauthenticated")


async def test_a_tenant_changes_its_partner(office: Office, partner: Program, platform: httpx.AsyncClient) -> None:
    """The platform gives one that is there, and takes it away."""
    assert (await partner.done("ListTenants", P))["tenants"] == []

    given = await platform.put(f"/tenants/{DOMAIN}", json={"partner_id": 1})
    assert (given.status_code, given.json()["data"]["partner_id"]) == (200, 1)
    assert [each["domain"] for each in (await partner.done("ListTenants", P))["tenants"]] == [DOMAIN]
    for partner_id in (2, 2**63):
        refused = await platform.put(f"/tenants/{DOMAIN}", json={"partner_id": partner_id})
        assert (refused.status_code, [*refused.json()["errors"]]) == (422, ["partner_id"])
    await platform.put(f"/tenants/{DOMAIN}", json={"partner_id": None})
    assert (await partner.done("ListTenants", P))["tenants"] == []


async def test_a_tenant_of_a_deleted_partner_is_not_made(office: Office, partner: Program) -> None:
    """A key that was proven a moment before the partner went makes nothing."""
    services = services_of(office.backend)
    await office.client(await office.add_token(None, "admin")).delete("/partners/1")

    with pytest.raises(Invalid, match="partner_id"):
        await services.partner_tenants.create(1, None, SHOP_KEY, actor=ACTOR)
