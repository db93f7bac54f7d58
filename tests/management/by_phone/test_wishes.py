"""What a wish changes: the same as the API would, and no more."""

from typing import Any

import httpx
import pytest

from management.secrets import vm_a1_hash
from tests.management.office import Office
from xmlcurl.store.model import Tag
from xmlcurl.store.tables import audit, extensions, group_mailboxes, tenants

PIN = "471108"


async def wish(door: httpx.AsyncClient, kind: str, digits: str = "", *, number: str = "1001", domain: str = "") -> int:
    body = {"domain": domain or "pbx.test", "kind": kind, "number": number, "digits": digits}
    return (await door.post("/by-phone", json=body)).status_code


async def always(api: httpx.AsyncClient, status: str = "available") -> tuple[Any, Any]:
    """Where calls from inside and from outside go at once."""
    rule = (await api.get("/extensions/1001/presence")).json()["data"]["rules"][status]
    return rule["in_always"], rule["ex_always"]


@pytest.fixture(autouse=True)
async def _people(people: None) -> None:
    """In every office."""


@pytest.mark.parametrize(
    ("digits", "destination"),
    [
        pytest.param("1002", {"type": "extension", "extension": "1002"}, id="an extension"),
        pytest.param("2002", {"type": "extension", "extension": "1002"}, id="its alias"),
        pytest.param("0901234567", {"type": "external_num", "number": "0901234567"}, id="outside"),
    ],
)
async def test_calls_go_where_they_shall(
    api: httpx.AsyncClient, door: httpx.AsyncClient, digits: str, destination: dict[str, Any]
) -> None:
    """Those from inside and those from outside, and back."""
    await wish(door, "dnd_off")

    assert await wish(door, "forward_always_on", digits) == 204
    assert await always(api) == (destination, destination)
    assert await wish(door, "forward_always_off") == 204
    assert await always(api) == (None, None)


@pytest.mark.parametrize(
    ("noun", "kind", "more"),
    [
        ("ring-groups", "ring_group", {"members": ["1002"]}),
        ("queues", "queue", {}),
        ("group-mailboxes", "group_vm", {}),
    ],
)
async def test_calls_go_to_a_group_by_its_number(
    api: httpx.AsyncClient, door: httpx.AsyncClient, noun: str, kind: str, more: dict[str, Any]
) -> None:
    made = await api.post(f"/{noun}", json={"name": "Sales", "number": "3000", **more})

    assert await wish(door, "forward_always_on", "3000") == 204
    assert await always(api) == ({"type": kind, "id": made.json()["data"]["id"]},) * 2


async def test_the_rule_of_the_present_status_is_changed(api: httpx.AsyncClient, door: httpx.AsyncClient) -> None:
    """What happens in other statuses stays, and so does what else this one says."""
    mailbox = {"type": "ext_vm", "extension": "1002"}
    rules = {"lunch": {"ring_seconds": 7, "in_busy": mailbox}, "away": {"in_always": mailbox}}
    await api.put("/extensions/1001/presence", json={"status": "lunch", "rules": rules})

    assert await wish(door, "forward_always_on", "1002") == 204

    assert await always(api, "available") == (None, None)
    assert await always(api, "away") == (mailbox, None)
    assert await always(api, "lunch") == ({"type": "extension", "extension": "1002"},) * 2
    lunch = (await api.get("/extensions/1001/presence")).json()["data"]["rules"]["lunch"]
    assert (lunch["ring_seconds"], lunch["in_busy"]) == (7, mailbox)


async def test_do_not_disturb_and_back(api: httpx.AsyncClient, door: httpx.AsyncClient) -> None:
    async def status() -> str:
        return str((await api.get("/extensions/1001/presence")).json()["data"]["status"])

    assert (await wish(door, "dnd_on"), await status()) == (204, "do_not_disturb")
    assert (await wish(door, "dnd_off"), await status()) == (204, "available")


async def test_an_agent_logs_in_and_out(office: Office, api: httpx.AsyncClient, door: httpx.AsyncClient) -> None:
    """In all queues; who serves none can't, and hears so."""
    await office.add_switch("fs1")
    await api.post("/queues", json={"name": "Support", "number": "3000", "agents": [{"extension": "1001"}]})
    already = len(await office.pending())

    async def status() -> str:
        return str((await api.get("/extensions/1001/agent")).json()["data"]["status"])

    assert (await wish(door, "agent_login"), await status()) == (204, "available")
    assert (await wish(door, "agent_logout"), await status()) == (204, "logged_out")
    assert await wish(door, "agent_login", number="1002") == 422

    assert [each["tell_agents"] for each in (await office.pending())[already:]] == [[["1001", "pbx.test"]]] * 4
    assert [row["actor"] for row in await office.rows(audit)][-2:] == ["phone:1001"] * 2


@pytest.mark.parametrize("number", ["1002", "2002"])
async def test_a_new_pin_is_stored_and_every_switch_is_told(
    office: Office, door: httpx.AsyncClient, number: str
) -> None:
    """As by the API: the other switches must forget theirs. A switch asks for the mailbox under any of its names."""
    await office.add_switch("fs1")

    assert await wish(door, "voicemail_pin", PIN, number=number) == 204

    hashes = {row["number"]: row["vm_a1_hash"] for row in await office.rows(extensions)}
    assert hashes == {"1001": None, "1002": vm_a1_hash("1002", "pbx.test", PIN)}
    assert [["1002", "pbx.test"]] in [each["reset_pins"] for each in await office.pending()]


async def test_a_group_mailbox_has_a_pin_too(office: Office, api: httpx.AsyncClient, door: httpx.AsyncClient) -> None:
    """And nothing else that could be changed by phone."""
    await api.post("/group-mailboxes", json={"name": "Sales", "number": "3000", "pin": "0000"})

    assert await wish(door, "voicemail_pin", PIN, number="3000") == 204
    assert await wish(door, "dnd_on", number="3000") == 422

    (row,) = await office.rows(group_mailboxes)
    assert row["vm_a1_hash"] == vm_a1_hash("3000", "pbx.test", PIN)


@pytest.mark.parametrize(
    "refused",
    [
        pytest.param({"kind": "forward_always_on", "digits": ""}, id="to nowhere"),
        pytest.param({"kind": "forward_always_on", "digits": "9" * 32}, id="a number that is too long"),
        pytest.param({"kind": "forward_always_on", "digits": "${x}"}, id="no number"),
        pytest.param({"kind": "voicemail_pin", "digits": "123"}, id="a short PIN"),
        pytest.param({"kind": "voicemail_pin", "digits": "1" * 21}, id="a long PIN"),
        pytest.param({"kind": "voicemail_pin", "digits": ""}, id="no PIN"),
        pytest.param({"kind": "voicemail_pin", "digits": "12*4"}, id="a PIN of more than digits"),
        pytest.param({"kind": "dnd_on", "number": "4242"}, id="nobody's phone"),
        pytest.param({"kind": "dnd_on", "domain": "other.test"}, id="another tenant"),
    ],
)
async def test_what_the_api_would_refuse_is_refused(
    office: Office, door: httpx.AsyncClient, refused: dict[str, str]
) -> None:
    """And nothing is written."""
    before = await office.count_all()

    assert await wish(door, **refused) == 422
    assert await office.count_all() == before


async def test_a_suspended_tenant_changes_nothing(office: Office, door: httpx.AsyncClient) -> None:
    (tenant,) = await office.rows(tenants)
    await office.change(tenants, tenant["id"], state="suspended")

    assert await wish(door, "dnd_on") == 422


async def test_the_same_wish_again_is_done_again(office: Office, door: httpx.AsyncClient) -> None:
    """A switch asks twice when the first answer was late; the second time nothing changes."""
    statuses = [await wish(door, "forward_always_on", "1002")]
    before = await office.count_all()
    statuses.append(await wish(door, "forward_always_on", "1002"))

    assert statuses == [204, 204]
    assert await office.count_all() == before


async def test_it_is_audited_and_drops_what_is_stale(office: Office, door: httpx.AsyncClient) -> None:
    """As what it is: a change by that phone. The PIN itself is nowhere."""
    (tenant,) = await office.rows(tenants)
    await wish(door, "dnd_on")
    await wish(door, "voicemail_pin", PIN)

    status, pin = (await office.rows(audit))[-2:]
    assert (status["actor"], status["action"]) == ("phone:1001", "presence.update")
    assert (status["before"], status["after"]) == ({"status": "available"}, {"status": "do_not_disturb"})
    assert (pin["actor"], pin["action"]) == ("phone:1001", "extension.update")
    assert pin["after"] == {"voicemail_pin": "(changed)"}
    assert Tag.calls(tenant["id"]) in {tag for each in await office.pending() for tag in each["tags"]}


async def test_no_pin_is_logged(door: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]) -> None:
    """Whether it is taken or not."""
    await wish(door, "voicemail_pin", PIN)
    await wish(door, "voicemail_pin", "123123" * 6)

    output = "".join(capsys.readouterr())
    assert output.count("voicemail_pin") >= 2
    assert PIN not in output
    assert "123123" not in output
