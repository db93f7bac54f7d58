"""Queues on a switch: read when they are made, changed with them, without who left."""

from tests.freeswitch.office import Office
from tests.freeswitch.switch import Switch
from tests.waiting import until


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


async def test_an_agent_logs_in_and_out_by_phone(office: Office, switch: Switch) -> None:
    """Logged in, the queue rings it; logged out, it does not. A switch that comes back is told again."""
    caller, agent = await office.new_phone(), await office.registered_phone()
    queue = await office.administrator.post(
        "/queues", name=agent.number, number=office.number(), agents=[{"extension": agent.number}]
    )

    def status() -> str:
        try:
            found = rows(switch, f"agent list {agent.address}")
        except OSError:
            found = []
        return found[0]["status"] if found else "cut off"

    async def dialled(code: str) -> int:
        call = await agent.call(code)
        await call.wait_for_end()
        return call.status

    assert await dialled("*22") == 200
    await until(lambda: status() == "Available")
    call = await caller.dial(queue["number"])
    (await agent.rings()).answer()
    await call.final.wait()
    assert await call.audio.hears(agent.hertz)
    await call.hang_up()

    switch.api(f"callcenter_config agent set status {agent.address} 'Logged Out'")
    switch.cut_off_event_sockets()
    await until(lambda: status() == "Available", 60)

    assert await dialled("*23") == 200
    await until(lambda: status() == "Logged Out")
    await office.administrator.put(f"/queues/{queue['id']}", max_wait_seconds=2)
    call = await caller.call(queue["number"])
    await call.wait_for_end()
    assert not agent.was_called


async def test_who_serves_no_queue_logs_in_nowhere(office: Office) -> None:
    """Heard as a failure."""
    phone = await office.new_phone()

    assert (await phone.call("*22")).status >= 400
