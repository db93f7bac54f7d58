"""Switches: where the worker goes, with a password that nobody is ever shown."""

import asyncio
from typing import Any

import httpx
import pytest
from redis.asyncio import Redis

from management import outbox
from management.app import services_of
from management.audit import Actor
from management.switches.commands import SwitchValues
from tests.management.office import Office
from xmlcurl.store.tables import audit, switches

PASSWORD = "a password of tests"
NEW = {"name": "fs1", "host": "127.0.0.1", "password": PASSWORD}

REFUSED: dict[str, list[Any]] = {
    "name": ["", "a b", "-a", "a" * 64, "a\n", "${x}", "é", None, 7],
    "host": ["", "a b", "fs_1", "127.0.0.1:8021", "fe80::1%eth0", "-a", "[::1]", f"{'a.' * 127}a", None, 7],
    "port": [0, 65_536, -1, "8021", 1.5, True, None],
    "password": ["", "a\nb", "a\0b", "x" * 101, None, 7],
    "sofia_profiles": [[], ["a b"], ["internal", "internal"], ["-a"], ["a\nb"], ["${x}"], ["p"] * 17, "internal", None],
    "peer_host": ["fs2.example.test", "::1", "192.0.2.1/32", "192.0.2.1:5070", "192.0.2", "[", "192.0.2.1\n", 7],
    "peer_port": [0, 65_536, -1, "5070", 1.5, True, None],
    "enabled": ["yes", 1, None],
}


async def test_values_out_of_bounds_are_refused_by_name(office: Office, platform: httpx.AsyncClient) -> None:
    """And nothing is written, and no answer repeats a password."""
    made = (await platform.post("/switches", json=NEW)).json()["data"]
    before = await office.count_all()

    for name, values in REFUSED.items():
        for value in values:
            for answer in (
                await platform.post("/switches", json={**NEW, "name": "fs2", name: value}),
                await platform.put(f"/switches/{made['id']}", json={name: value}),
            ):
                assert (answer.status_code, [*answer.json()["errors"]]) == (422, [name]), (name, value)
                assert PASSWORD not in answer.text

    assert before == await office.count_all()


async def test_what_is_not_given(platform: httpx.AsyncClient) -> None:
    """Name, host and password must be."""
    answer = await platform.post("/switches", json={})

    assert answer.json()["errors"].keys() == {"name", "host", "password"}


async def test_its_password_is_stored_so_that_only_the_worker_can_use_it(
    office: Office, platform: httpx.AsyncClient
) -> None:
    """No answer has it, no audit row, no column in the clear."""
    made = (await platform.post("/switches", json=NEW)).json()["data"]
    answers = [
        await platform.get(f"/switches/{made['id']}"),
        await platform.put(f"/switches/{made['id']}", json={"password": "another one"}),
        await platform.get("/switches"),
    ]
    (row,) = await office.rows(switches)
    audited = await office.rows(audit)

    assert office.backend.vault.decrypt(row["password_encrypted"]) == "another one"
    assert [each["after"] for each in audited][-1] == {"password": "(changed)"}
    for shown in (str(row), str(audited), *(answer.text for answer in answers)):
        assert PASSWORD not in shown
        assert "another one" not in shown
    assert all("password" not in answer.text for answer in answers)


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1", "fs1.example.test", "127.0.0.1.example.test"])
async def test_the_default_password_is_refused_beyond_loopback(platform: httpx.AsyncClient, host: str) -> None:
    """At creation, for a switch that gets it, and for one that moves."""
    refused = await platform.post("/switches", json={**NEW, "host": host, "password": "ClueCon"})
    allowed = await platform.post("/switches", json={**NEW, "host": "::1", "password": "ClueCon"})
    where = f"/switches/{allowed.json()['data']['id']}"
    moved = await platform.put(where, json={"host": host})
    moved_with_another = await platform.put(where, json={"host": host, "password": PASSWORD})
    changed_back = await platform.put(where, json={"password": "ClueCon"})

    for answer in (refused, moved, changed_back):
        assert answer.status_code == 422
        assert answer.json()["errors"] == {
            "password": ["The password must not be the default one on a switch that others can reach."]
        }
    assert (allowed.status_code, moved_with_another.status_code) == (201, 200)


async def test_a_password_that_is_the_same_is_no_change(office: Office, platform: httpx.AsyncClient) -> None:
    """The worker keeps its connection, and the audit log is silent; with a lost key every password is a new one."""
    made = (await platform.post("/switches", json=NEW)).json()["data"]
    (before,) = await office.rows(switches)

    await platform.put(f"/switches/{made['id']}", json={"password": PASSWORD})

    assert await office.rows(switches) == [before]
    assert [each["action"] for each in await office.rows(audit)] == ["switch.create"]
    await office.change(switches, made["id"], password_encrypted="of another key")
    await platform.put(f"/switches/{made['id']}", json={"password": PASSWORD})
    assert office.backend.vault.decrypt((await office.rows(switches))[0]["password_encrypted"]) == PASSWORD


async def test_a_switch_that_is_kept_is_made_once(office: Office) -> None:
    """By two who wish for it at once, too; what is left out stays."""
    service = services_of(office.backend).switches
    wished = SwitchValues(name="fs1", host="127.0.0.1", password=PASSWORD, port=8022)

    first, second = await asyncio.gather(*(service.keep(wished, actor=Actor("cli")) for _ in range(2)))
    moved = await service.keep(SwitchValues(name="fs1", host="::1", password=PASSWORD), actor=Actor("cli"))

    assert first.result == second.result
    assert (moved.result.id, moved.result.host, moved.result.port) == (first.result.id, "::1", 8022)
    assert [each["action"] for each in await office.rows(audit)] == ["switch.create", "switch.update"]


async def test_a_name_is_one_switchs(platform: httpx.AsyncClient) -> None:
    """At creation and by a change."""
    await platform.post("/switches", json=NEW)
    other = (await platform.post("/switches", json={**NEW, "name": "fs2"})).json()["data"]

    for answer in (
        await platform.post("/switches", json=NEW),
        await platform.put(f"/switches/{other['id']}", json={"name": "fs1"}),
    ):
        assert (answer.status_code, [*answer.json()["errors"]]) == (409, ["name"])


async def test_the_worker_is_woken_by_every_change(office: Office, platform: httpx.AsyncClient, redis_url: str) -> None:
    """It need not find out by itself that there is a switch to go to, or one less."""
    async with Redis.from_url(redis_url) as client, client.pubsub(ignore_subscribe_messages=True) as channel:
        await channel.subscribe(outbox.WAKE_CHANNEL)
        await channel.get_message(timeout=5)

        made = (await platform.post("/switches", json=NEW)).json()["data"]
        await platform.put(f"/switches/{made['id']}", json={"enabled": False})
        await platform.delete(f"/switches/{made['id']}")

        async with asyncio.timeout(10):
            for _ in range(3):
                while await channel.get_message(timeout=1) is None:
                    pass
    assert await office.pending() == []


async def test_where_a_switch_takes_calls_is_told_to_all(office: Office, platform: httpx.AsyncClient) -> None:
    """From whom calls are let in, and that none may keep users; another port of the event socket is no news."""
    made = (await platform.post("/switches", json=NEW)).json()["data"]
    where = f"/switches/{made['id']}"
    assert (made["peer_host"], made["peer_port"]) == (None, 5070)
    told = []

    for values in ({"port": 8022}, {"peer_host": "192.0.2.1"}, {"peer_port": 5071}, {"enabled": False}):
        before = len(await office.pending())
        shown = (await platform.put(where, json=values)).json()["data"]
        assert shown.items() >= values.items()
        told.append([(each["reloadacl"], each["flush_all"]) for each in (await office.pending())[before:]])

    # One row for the caches, one for the switch while it is enabled.
    assert told == [[], [(True, True)] * 2, [(True, True)] * 2, [(True, True)]]


async def test_a_tenants_home_is_not_deleted(office: Office, platform: httpx.AsyncClient) -> None:
    """Until it is somewhere else."""
    made = (await platform.post("/switches", json=NEW)).json()["data"]
    await platform.put("/tenants/pbx.test", json={"home_switch_id": made["id"]})

    refused = await platform.delete(f"/switches/{made['id']}")
    await platform.put("/tenants/pbx.test", json={"home_switch_id": None})
    deleted = await platform.delete(f"/switches/{made['id']}")

    assert (refused.status_code, deleted.status_code) == (409, 200)
    assert "tenant pbx.test" in refused.text
