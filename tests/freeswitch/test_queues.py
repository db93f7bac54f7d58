"""Queues on a switch: read when they are made, changed with them, without who left."""

from tests.freeswitch.office import Office
from tests.freeswitch.switch import Switch


def rows(switch: Switch, what: str) -> list[dict[str, str]]:
    """What `callcenter_config ... list` says."""
    head, *lines = [line for line in switch.api(f"callcenter_config {what}").splitlines() if "|" in line] or [""]
    return [dict(zip(head.split("|"), line.split("|"), strict=False)) for line in lines]


async def test_a_caller_who_waits_reaches_an_agent_that_is_logged_in(office: Office, switch: Switch) -> None:
    """Nobody is, until somebody says so on the switch; and a change of the queue logs nobody out."""
    caller, one, other = await office.new_phone(), await office.registered_phone(), await office.account()
    agents = [{"extension": one.number}, {"extension": other.number, "level": 2}]
    queue = await office.administrator.post("/queues", name=caller.number, number=office.number(), agents=agents)
    name = f"{queue['id']}@{office.domain}"
    tiers = [(each["agent"], each["level"]) for each in rows(switch, f"queue list tiers {name}")]
    assert tiers == [(one.address, "1"), (other.address, "2")]
    assert {each["status"] for each in rows(switch, f"queue list agents {name}")} == {"Logged Out"}

    assert switch.api(f"callcenter_config agent set status {one.address} Available").strip() == "+OK"
    await office.administrator.put(f"/queues/{queue['id']}", agents=agents[:1], ring_seconds=30)
    assert [each["agent"] for each in rows(switch, f"queue list tiers {name}")] == [one.address]
    call = await caller.dial(queue["number"])
    (await one.rings()).answer()
    await call.final.wait()
    assert await call.audio.hears(one.hertz)
    await call.hang_up()

    await office.administrator.remove(f"/queues/{queue['id']}")
    assert rows(switch, f"queue list tiers {name}") == []
    await office.administrator.delete(one.number)
    assert rows(switch, f"agent list {one.address}") == []
