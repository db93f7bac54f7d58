"""Keys of vendors' APIs, and partners: shown once, refused from the moment that they are revoked."""

from typing import Any

import httpx
import pytest

from management.secrets import token_hash
from tests.management.office import DOMAIN, Office
from xmlcurl.store.tables import audit, partners, vendor_keys

NEW = {"dialect": "sencloud", "name": "CRM"}


@pytest.mark.parametrize(
    ("body", "prefix"),
    [
        ({"dialect": "sencloud"}, "sck"),
        ({"dialect": "yeastar"}, ""),
        ({"dialect": "tencent", "sdk_app_id": 1_400_000_000}, "AKID"),
    ],
)
async def test_a_key_is_shown_once(office: Office, admin: httpx.AsyncClient, body: dict[str, Any], prefix: str) -> None:
    """The store has a hash, or what is encrypted; no other answer and no audit row has the secret."""
    answer = await admin.post("/vendor-keys", json={"name": "CRM", **body})

    made = answer.json()["data"]
    secret = made.pop("secret")
    assert (answer.status_code, made["name"], made["revoked_at"]) == (201, "CRM", None)
    assert made["public_id"].startswith(prefix)
    assert (await admin.get(f"/vendor-keys/{made['id']}")).json()["data"] == made
    (row,) = await office.rows(vendor_keys)
    assert (row["tenant_id"], row["partner_id"], row["sdk_app_id"]) == (1, None, body.get("sdk_app_id"))
    if body["dialect"] == "tencent":
        assert (office.backend.vault.decrypt(row["secret_encrypted"]), row["secret_hash"]) == (secret, None)
    else:
        assert (row["secret_encrypted"], row["secret_hash"]) == (None, token_hash(secret))
    for text in (str(row), str(await office.rows(audit)), (await admin.get("/vendor-keys")).text):
        assert secret not in text


async def test_a_revoked_key_stays_in_the_list(office: Office, admin: httpx.AsyncClient) -> None:
    """To revoke it again is no fault and no second entry."""
    made = (await admin.post("/vendor-keys", json=NEW)).json()["data"]
    await admin.post("/vendor-keys", json={**NEW, "name": "Shop"})

    answers = [await admin.delete(f"/vendor-keys/{made['id']}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    listed = (await admin.get("/vendor-keys", params={"search": "crm"})).json()["data"]
    assert [(each["id"], each["revoked_at"] is not None) for each in listed] == [(made["id"], True)]
    assert [each["name"] for each in (await admin.get("/vendor-keys")).json()["data"]] == ["Shop", "CRM"]
    actions = [row["action"] for row in await office.rows(audit)]
    assert actions == ["vendor_key.create", "vendor_key.create", "vendor_key.revoke"]


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_values_out_of_bounds_are_refused(office: Office, admin: httpx.AsyncClient) -> None:
    """By name; `sdk_app_id` is Tencent's alone, and must be there."""
    before = await office.count_all()
    wrong: list[tuple[str, dict[str, Any]]] = [
        ("name", {"name": ""}),
        ("name", {"name": "x" * 101}),
        ("dialect", {"dialect": "zorio"}),
        ("sdk_app_id", {"sdk_app_id": 1}),
        ("sdk_app_id", {"dialect": "tencent"}),
        ("sdk_app_id", {"dialect": "tencent", "sdk_app_id": 0}),
        ("sdk_app_id", {"dialect": "tencent", "sdk_app_id": "1"}),
        ("secret", {"secret": "mine"}),
    ]

    for field, body in wrong:
        answer = await admin.post("/vendor-keys", json={**NEW, **body})
        assert (answer.status_code, [*answer.json()["errors"]]) == (422, [field]), body

    assert before == await office.count_all()


async def test_keys_of_others_are_not_there(office: Office, admin: httpx.AsyncClient) -> None:
    """Nor for who may only write."""
    made = (await admin.post("/vendor-keys", json=NEW)).json()["data"]
    stranger = await office.tenant_client("other.test")
    writer = office.client(await office.add_token(1, "write"))

    assert (await stranger.get(f"/vendor-keys/{made['id']}")).status_code == 404
    assert (await stranger.delete(f"/vendor-keys/{made['id']}")).status_code == 404
    assert (await stranger.get("/vendor-keys")).json()["data"] == []
    for path in ("/vendor-keys", f"/vendor-keys/{made['id']}"):
        assert (await writer.get(path)).status_code == 403
    assert (await writer.post("/vendor-keys", json=NEW)).status_code == 403
    assert (await admin.get(f"/vendor-keys/{made['id']}")).json()["data"]["revoked_at"] is None


async def test_a_partner_and_its_keys(office: Office, platform: httpx.AsyncClient) -> None:
    """Made, named anew, listed, and deleted by the platform."""
    made = (await platform.post("/partners", json={"name": "Sales"})).json()["data"]
    path = f"/partners/{made['id']}"
    key = (await platform.post(f"{path}/keys", json={"name": "CRM"})).json()["data"]
    secret = key.pop("secret")

    assert (await platform.put(path, json={"name": "Sells"})).json()["data"]["name"] == "Sells"
    assert [each["name"] for each in (await platform.get("/partners")).json()["data"]] == ["Sells"]
    assert (await platform.get(path)).json()["data"]["name"] == "Sells"
    assert key["dialect"] == "sencloud"
    assert (await platform.get(f"{path}/keys")).json()["data"] == [key]
    (row,) = await office.rows(vendor_keys)
    assert (row["tenant_id"], row["partner_id"]) == (None, made["id"])
    assert secret not in str(await office.rows(audit))
    assert (await platform.delete(f"{path}/keys/{key['id']}")).status_code == 200
    assert (await platform.get(f"{path}/keys")).json()["data"][0]["revoked_at"] is not None
    assert (await platform.delete(path)).status_code == 200
    for method, asked in (("GET", path), ("GET", f"{path}/keys"), ("DELETE", f"{path}/keys/{key['id']}")):
        assert (await platform.request(method, asked)).status_code == 404
    assert (await platform.post(f"{path}/keys", json={"name": "CRM"})).status_code == 404
    actions = [row["action"] for row in await office.rows(audit)]
    assert actions == [
        "partner.create",
        "vendor_key.create",
        "partner.update",
        "vendor_key.revoke",
        "partner.delete",
    ]


async def test_a_partner_is_known_by_its_name(office: Office, platform: httpx.AsyncClient) -> None:
    """Which is one's, and within bounds."""
    await platform.post("/partners", json={"name": "Sales"})
    taken = await platform.post("/partners", json={"name": "Sales"})

    assert (taken.status_code, [*taken.json()["errors"]]) == (409, ["name"])
    for name in ("", " x", "x" * 101, "${x}", None, 7):
        answer = await platform.post("/partners", json={"name": name})
        assert (answer.status_code, [*answer.json()["errors"]]) == (422, ["name"]), name
    assert len(await office.rows(partners)) == 1


async def test_partners_are_the_platforms(office: Office, platform: httpx.AsyncClient) -> None:
    """No tenant sees or makes one."""
    made = (await platform.post("/partners", json={"name": "Sales"})).json()["data"]
    tenants_own = office.client(await office.add_token(1, "admin"), **{"X-Tenant": DOMAIN})

    for path in ("/partners", f"/partners/{made['id']}", f"/partners/{made['id']}/keys"):
        assert (await tenants_own.get(path)).status_code == 403
    assert (await tenants_own.post("/partners", json={"name": "x"})).status_code == 403
    assert (await tenants_own.post(f"/partners/{made['id']}/keys", json={"name": "x"})).status_code == 403
    assert (await tenants_own.delete(f"/partners/{made['id']}")).status_code == 403
