"""The audit log, read: who did what, when, from where, from what to what."""

from datetime import timedelta
from typing import Any

import httpx

from tests.management.office import DOMAIN, Office
from xmlcurl.store.tables import audit, utc_now


async def _listed(client: httpx.AsyncClient, **wanted: Any) -> list[dict[str, Any]]:
    answer = await client.get("/audit", params=wanted)
    assert answer.status_code == 200, answer.text
    data: list[dict[str, Any]] = answer.json()["data"]
    return data


async def test_a_change_can_be_read(admin: httpx.AsyncClient) -> None:
    """The newest first; of a change only what differs; of a password that it has changed."""
    await admin.post("/extensions", json={"extension_number": "1001", "display_name": "Anna"})
    await admin.put("/extensions/1001", json={"display_name": "Bob"})
    changed = (await admin.post("/extensions/1001/change-password")).json()["data"]

    password, name, created = await _listed(admin)

    assert [each["action"] for each in (created, name, password)] == [
        "extension.create",
        "extension.update",
        "extension.change_password",
    ]
    assert (name["before"], name["after"]) == ({"display_name": "Anna"}, {"display_name": "Bob"})
    assert password["after"]["sip_password"] == "(changed)"
    assert changed["sip_password"] not in str((password, name, created))
    for each in (created, name, password):
        assert (each["tenant"], each["actor"], each["address"]) == (DOMAIN, "token:2", "127.0.0.1")
        assert each["object_type"] == "extension"


async def test_lists_can_be_narrowed(office: Office, admin: httpx.AsyncClient) -> None:
    """By who, what, to which object, and when; combined, and by literal text."""
    now = utc_now()
    for minutes, (actor, action, kind, object_id) in enumerate(
        [
            ("cli", "team.create", "team", "7"),
            ("token:9", "team.delete", "team", "7"),
            ("cli", "user.create", "user", "7"),
        ]
    ):
        await office.add(
            audit,
            at=now - timedelta(minutes=minutes),
            tenant_id=1,
            actor=actor,
            action=action,
            object_type=kind,
            object_id=object_id,
        )

    async def actions(**wanted: Any) -> list[str]:
        return [each["action"] for each in await _listed(admin, **wanted)]

    assert await actions(actor="cli") == ["user.create", "team.create"]
    assert await actions(action="team.delete") == ["team.delete"]
    assert await actions(object_type="team", object_id="7") == ["team.delete", "team.create"]
    assert await actions(since=(now - timedelta(seconds=90)).isoformat(), actor="token:9") == ["team.delete"]
    assert await actions(until=(now - timedelta(seconds=90)).isoformat()) == ["user.create"]
    assert await actions(search="delete") == ["team.delete"]
    assert await actions(search="%") == []
    for wrong in ({"since": "yesterday"}, {"until": "2026-01-01T00:00:00"}, {"actor": "a\nb"}):
        answer = await admin.get("/audit", params=wrong)
        assert (answer.status_code, [*answer.json()["errors"]]) == (422, [*wrong])


async def test_a_tenant_reads_its_own_entries(
    office: Office, admin: httpx.AsyncClient, platform: httpx.AsyncClient
) -> None:
    """The platform reads all of them, or one tenant's."""
    await office.add_tenant("other.test")
    other = office.client(await office.add_token(None, "admin"), **{"X-Tenant": "other.test"})
    for client in (admin, other):
        await client.post("/teams", json={"name": "Sales"})
    await platform.post("/switches", json={"name": "fs1", "host": "127.0.0.1", "password": "not ClueCon"})
    own = office.client(await office.add_token(1, "admin"))

    assert [each["tenant"] for each in await _listed(own)] == [DOMAIN]
    assert [each["tenant"] for each in await _listed(other)] == ["other.test"]
    assert [each["tenant"] for each in await _listed(platform)] == [None, "other.test", DOMAIN]
    assert (await own.get("/audit", headers={"X-Tenant": "other.test"})).status_code == 404


async def test_it_can_only_be_read(admin: httpx.AsyncClient) -> None:
    """By nobody can it be changed through the API."""
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await admin.request(method, "/audit")).status_code == 405
        assert (await admin.request(method, "/audit/1")).status_code == 404
