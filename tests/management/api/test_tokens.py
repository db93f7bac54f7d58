"""API tokens: shown once, kept as hashes, refused from the moment that they are revoked."""

from typing import Any

import httpx
import pytest

from management.secrets import token_hash
from tests.management.office import DOMAIN, Office
from xmlcurl.store.tables import api_tokens, audit

NEW = {"name": "CRM", "scopes": ["read", "write"]}


async def test_a_token_works_and_is_shown_once(office: Office, admin: httpx.AsyncClient) -> None:
    """Its owner is the tenant; the store has a hash; no other answer and no audit row has it."""
    answer = await admin.post("/tokens", json=NEW)

    made = answer.json()["data"]
    assert answer.status_code == 201
    token = made.pop("token")
    assert (made["name"], made["scopes"], made["revoked_at"]) == ("CRM", ["read", "write"], None)
    client = office.client(token)
    assert (await client.post("/extensions", json={"extension_number": "1001"})).status_code == 201
    assert (await client.get("/tokens")).status_code == 403

    shown = (await admin.get(f"/tokens/{made['id']}")).json()["data"]
    assert shown["last_used_at"] is not None
    (row,) = [row for row in await office.rows(api_tokens) if row["id"] == made["id"]]
    secret = token.partition("|")[2]
    assert (row["tenant_id"], row["secret_hash"]) == (1, token_hash(secret))
    for text in (str(shown), str(row), str(await office.rows(audit)), (await admin.get("/tokens")).text):
        assert secret not in text


async def test_a_revoked_token_is_refused_at_once(office: Office, admin: httpx.AsyncClient) -> None:
    """It stays in the list; to revoke it again is no fault and no second entry."""
    made = (await admin.post("/tokens", json=NEW)).json()["data"]
    client = office.client(made["token"])
    assert (await client.get("/extensions")).status_code == 200

    answers = [await admin.delete(f"/tokens/{made['id']}") for _ in range(2)]

    assert [answer.status_code for answer in answers] == [200, 200]
    assert (await client.get("/extensions")).status_code == 401
    (listed,) = [each for each in (await admin.get("/tokens")).json()["data"] if each["id"] == made["id"]]
    assert listed["revoked_at"] is not None
    entries = [(row["action"], row["object_id"]) for row in await office.rows(audit)]
    assert entries == [("token.create", str(made["id"])), ("token.revoke", str(made["id"]))]


async def test_an_administrator_can_revoke_the_token_it_uses(office: Office, admin: httpx.AsyncClient) -> None:
    """A thief's, too."""
    made = (await admin.post("/tokens", json={"name": "own", "scopes": ["admin"]})).json()["data"]
    client = office.client(made["token"])

    assert (await client.delete(f"/tokens/{made['id']}")).status_code == 200
    assert (await client.get("/tokens")).status_code == 401


@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param("name", ["", " x", "x" * 101, "${x}", None, 7], id="name"),
        pytest.param("scopes", [[], ["root"], ["read", "read"], "read", None, [None]], id="scopes"),
    ],
)
async def test_values_out_of_bounds_are_refused(admin: httpx.AsyncClient, name: str, values: list[Any]) -> None:
    """By name."""
    for value in values:
        answer = await admin.post("/tokens", json={**NEW, name: value})
        assert answer.status_code == 422, value
        assert {field.partition(".")[0] for field in answer.json()["errors"]} == {name}, value


async def test_tokens_of_others_are_not_there(
    office: Office, admin: httpx.AsyncClient, platform: httpx.AsyncClient
) -> None:
    """Another tenant's, and the platform's: not listed, not read, not revoked."""
    theirs = (await admin.post("/tokens", json=NEW)).json()["data"]
    platforms = (await platform.post("/tokens", json={"name": "root", "scopes": ["admin"]})).json()["data"]
    stranger = await office.tenant_client("other.test")

    for made in (theirs, platforms):
        assert (await stranger.get(f"/tokens/{made['id']}")).status_code == 404
        assert (await stranger.delete(f"/tokens/{made['id']}")).status_code == 404
    assert [each["name"] for each in (await stranger.get("/tokens")).json()["data"]] == ["test"]
    assert (await admin.get(f"/tokens/{platforms['id']}")).status_code == 404
    assert (await platform.get(f"/tokens/{theirs['id']}")).status_code == 404
    assert (await office.client(theirs["token"]).get("/extensions")).status_code == 200
    assert (await office.client(platforms["token"]).get("/tenants")).status_code == 200


async def test_a_tenants_administrator_makes_tokens_of_its_tenant_only(
    office: Office, platform: httpx.AsyncClient
) -> None:
    """Whatever header it sends."""
    await office.add_tenant("other.test")
    client = office.client(await office.add_token(1, "admin"))

    assert (await client.post("/tokens", json=NEW, headers={"X-Tenant": "other.test"})).status_code == 404
    made = (await client.post("/tokens", json=NEW, headers={"X-Tenant": DOMAIN})).json()["data"]

    (row,) = [row for row in await office.rows(api_tokens) if row["id"] == made["id"]]
    assert row["tenant_id"] == 1
    assert (await office.client(made["token"]).get("/tenants")).status_code == 403


async def test_a_writer_makes_no_tokens(office: Office, platform: httpx.AsyncClient) -> None:
    """Nor sees them, nor the audit log."""
    client = office.client(await office.add_token(1, "write"))

    for path in ("/tokens", "/audit"):
        assert (await client.get(path)).status_code == 403
    assert (await client.post("/tokens", json=NEW)).status_code == 403
    assert (await client.delete("/tokens/1")).status_code == 403
