"""Two switches of one tenant: a phone is on the one, the call on the other; mailboxes are at home."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from management.calls.record import record_of
from tests.freeswitch.calls import OutgoingCall
from tests.freeswitch.conftest import UNCACHED
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.test_extension_media import take_srtp
from tests.freeswitch.test_routes import rules
from tests.freeswitch.test_transfers import BLIND, connected, press
from tests.freeswitch.test_voicemail import BEEP_HERTZ, SOME_SECONDS_BYTES
from tests.freeswitch.ua import Phone
from tests.freeswitch.wire import Wire
from tests.services import free_port
from tests.waiting import until, until_async
from tests.xmlcurl import asking

HOST, STRANGER = "127.0.0.1", "127.0.0.2"
PIN = "471147"
SHORTEST_RING_SECONDS = 5


@pytest.fixture(scope="module")
def pair(product: Product, switch: Switch, second_switch: Switch) -> Iterator[tuple[Switch, Switch]]:
    """They send one another calls, and the second is the tenant's home, while this module lasts."""
    both = switch, second_switch
    token = product.command("token", "add")["token"]
    with httpx.Client(
        base_url=f"{product.management_url}/api/pbx", headers={"Authorization": f"Bearer {token}"}, timeout=30.0
    ) as owner:
        ids = {each["name"]: each["id"] for each in owner.get("/switches").json()["data"]}

        def change(path: str, **values: Any) -> None:
            owner.put(path, json=values).raise_for_status()

        for each in both:
            change(f"/switches/{ids[each.name]}", peer_host=HOST, peer_port=each.peer_sip_port)
        change(f"/tenants/{UNCACHED}", home_switch_id=ids[second_switch.name])
        yield both
        change(f"/tenants/{UNCACHED}", home_switch_id=None)
        for each in both:
            change(f"/switches/{ids[each.name]}", peer_host=None)


@pytest.fixture
async def lookups(product: Product) -> AsyncIterator[httpx.AsyncClient]:
    user, _, password = product.lookup_credentials.partition(":")
    async with httpx.AsyncClient(auth=(user, password)) as client:
        yield client


@pytest.fixture
async def here_and_there(
    office: Office, pair: tuple[Switch, Switch], lookups: httpx.AsyncClient
) -> tuple[Switch, Switch]:
    """The first switch, where calls are made, and the other one; lookups know of both, and each lets the other in."""
    here, there = pair
    seen = await office.registered_phone()
    await until_async(partial(_rings_at, lookups, seen, there, here))
    await until(lambda: all(each.api(f"acl {HOST} switches").strip() == "true" for each in pair))
    return pair


async def _rings_at(lookups: httpx.AsyncClient, phone: Phone, asking_switch: Switch, other: Switch) -> bool:
    """Whether the one would ring it on the other."""
    core_uuid = asking_switch.api("global_getvar core_uuid").strip()
    body = asking.user(phone.number, phone.domain).replace(asking.EVENT["Core-UUID"].encode(), core_uuid.encode())
    answer = await lookups.post(asking_switch.lookup_url, content=body)
    return f"fs_path=sip:{HOST}:{other.peer_sip_port}" in answer.text


async def _on(office: Office, switch: Switch, lookups: httpx.AsyncClient, other: Switch, **values: Any) -> Phone:
    """A phone that has signed in there, as the other switch knows by now."""
    phone = await office.phone(await office.account(**values), at=switch)
    assert await phone.register() == 200
    await until_async(partial(_rings_at, lookups, phone, other, switch))
    return phone


async def test_a_phone_on_the_other_switch_is_called(
    office: Office, here_and_there: tuple[Switch, Switch], lookups: httpx.AsyncClient
) -> None:
    """It sees who calls; both hear one another; who hangs up ends both switches' calls."""
    here, there = here_and_there
    caller, callee = await office.new_phone(display_name="Alice"), await _on(office, there, lookups, here)

    call = await caller.dial(callee.number)
    incoming = await callee.rings()
    incoming.answer()
    await call.final.wait()

    assert call.status == 200
    assert (incoming.caller_number, incoming.caller_name) == (caller.number, "Alice")
    assert await call.audio.hears(callee.hertz)
    assert await incoming.audio.hears(caller.hertz)
    await incoming.hang_up()
    await call.wait_for_end()
    await until(lambda: here.calls() == there.calls() == 0)


async def test_a_phone_that_moves_is_called_where_it_is(
    office: Office, here_and_there: tuple[Switch, Switch], lookups: httpx.AsyncClient
) -> None:
    """From the one switch to the other, and back."""
    here, there = here_and_there
    caller, account = await office.new_phone(), await office.account()
    before, after = await office.phone(account), await office.phone(account, at=there)

    assert await before.register() == 200
    await _called(caller, before)
    assert (await before.unregister(), await after.register()) == (200, 200)
    await until_async(partial(_rings_at, lookups, after, here, there))
    await _called(caller, after)
    assert (await after.unregister(), await before.register()) == (200, 200)
    await _called(caller, before)


async def test_a_phone_on_each_switch_rings_on_both(
    office: Office, here_and_there: tuple[Switch, Switch], lookups: httpx.AsyncClient
) -> None:
    """Who answers first has the call; the other one rings no more."""
    here, there = here_and_there
    caller, account = await office.new_phone(), await office.account(concurrent_registrations=2)
    one, other = await office.phone(account), await office.phone(account, at=there)
    assert (await one.register(), await other.register()) == (200, 200)
    await until_async(partial(_rings_at, lookups, other, here, there))

    call = await caller.dial(account.number)
    rings, answers = await one.rings(), await other.rings()
    answers.answer()

    await rings.wait_for_end()
    await call.final.wait()
    assert await call.audio.hears(other.hertz)
    await call.hang_up()


@pytest.mark.parametrize("reject_ends_ringing", [False, True])
@pytest.mark.parametrize("said", [486, 603])
async def test_a_busy_phone_on_the_other_switch_forwards(
    office: Office,
    here_and_there: tuple[Switch, Switch],
    lookups: httpx.AsyncClient,
    said: int,
    reject_ends_ringing: bool,
) -> None:
    """The cause comes back, and the rule for busy counts."""
    here, there = here_and_there
    caller, third = await office.new_phone(), await office.registered_phone()
    callee = await _on(office, there, lookups, here, reject_ends_ringing=reject_ends_ringing)
    await rules(office, callee.number, in_busy=third.number)

    await caller.dial(callee.number)
    (await callee.rings()).reject(said, "No")

    assert (await third.rings()).caller_number == caller.number


@pytest.mark.parametrize("mode", ["rfc4733", "inband"])
async def test_keys_of_a_phone_on_the_other_switch(
    office: Office, here_and_there: tuple[Switch, Switch], lookups: httpx.AsyncClient, mode: str
) -> None:
    """The switches tell one another keys as ever, however the phone does: it hands the caller on."""
    here, there = here_and_there
    caller, third = await office.new_phone(), await office.registered_phone()
    callee = await _on(office, there, lookups, here, dtmf_mode=mode)
    call, incoming = await connected(caller, callee)
    incoming.audio.knows_events = mode != "inband"

    await press(incoming, BLIND, third.number)

    (await third.rings()).answer()
    assert await call.audio.hears(third.hertz)


async def test_an_encrypted_phone_on_the_other_switch(
    office: Office, here_and_there: tuple[Switch, Switch], lookups: httpx.AsyncClient
) -> None:
    """The way between the switches is encrypted, too; the caller's phone does what it does."""
    here, there = here_and_there
    caller, callee = await office.new_phone(), await _on(office, there, lookups, here, srtp_enabled=True)

    call = await caller.dial(callee.number)
    take_srtp(await callee.rings())
    await call.final.wait()

    assert call.status == 200
    await until(lambda: _secure_in(there) == ["srtp:sdes:AEAD_AES_256_GCM"])


async def test_a_group_rings_on_both(
    office: Office, here_and_there: tuple[Switch, Switch], lookups: httpx.AsyncClient
) -> None:
    """In turn: the member on this switch, then the one on the other."""
    here, there = here_and_there
    caller, one = await office.new_phone(), await office.registered_phone()
    other = await _on(office, there, lookups, here)
    members = [one.number, other.number]
    group = await office.administrator.post(
        "/ring-groups", name=caller.number, number=office.number(), strategy="sequence", members=members
    )

    call = await caller.dial(group["number"])
    (await one.rings()).reject()
    (await other.rings()).answer()
    await call.final.wait()

    assert await call.audio.hears(other.hertz)
    await call.hang_up()


async def test_a_message_is_left_at_home_and_heard_from_elsewhere(
    office: Office, here_and_there: tuple[Switch, Switch], lookups: httpx.AsyncClient
) -> None:
    """Nobody answers on the other switch; whoever owns the mailbox hears it from a phone on this one, with the PIN."""
    here, there = here_and_there
    caller, account = await office.new_phone(), await office.account(voicemail_enabled=True, voicemail_pin=PIN)
    away, desk = await office.phone(account, at=there), await office.phone(account)
    assert await away.register() == 200
    await until_async(partial(_rings_at, lookups, away, here, there))
    briefly = {"available": {"ring_seconds": SHORTEST_RING_SECONDS}}
    await office.administrator.put(f"/extensions/{account.number}/presence", rules=briefly)

    call = await caller.dial(account.number)
    await (await away.rings()).wait_for_end()
    await _leave_message(call, there, away)
    mailbox = await desk.call("*97")
    await mailbox.audio.dial(f"{PIN}#")

    assert await mailbox.audio.hears(caller.hertz)
    await mailbox.hang_up()
    assert here.api(f"vm_boxcount {away.address}").strip() == "0"


async def test_who_is_registered_nowhere_has_the_mailbox_at_home(
    office: Office, here_and_there: tuple[Switch, Switch]
) -> None:
    """At once."""
    _, there = here_and_there
    caller, owner = await office.new_phone(), await office.new_phone(voicemail_enabled=True)

    await _leave_message(await caller.dial(owner.number), there, owner)


async def test_a_queue_at_home_finds_its_agent_on_the_other_switch(
    office: Office, here_and_there: tuple[Switch, Switch], lookups: httpx.AsyncClient
) -> None:
    """The caller is on this switch, waits at home, and is served from here."""
    here, there = here_and_there
    caller, agent = await office.new_phone(), await _on(office, here, lookups, there)
    agents = [{"extension": agent.number}]
    queue = await office.administrator.post("/queues", name=caller.number, number=office.number(), agents=agents)
    assert there.api(f"callcenter_config agent set status {agent.address} Available").strip() == "+OK"

    call = await caller.dial(queue["number"])
    incoming = await agent.rings()
    incoming.answer()
    await call.final.wait()

    assert incoming.caller_number == caller.number
    assert await call.audio.hears(agent.hertz)
    await call.hang_up()


async def test_who_waits_at_home_hands_on(
    office: Office, here_and_there: tuple[Switch, Switch], lookups: httpx.AsyncClient
) -> None:
    """By keys, as after any other call: the agent talks to the third, and the caller is free."""
    here, there = here_and_there
    caller, third = await office.new_phone(), await office.registered_phone()
    agent = await _on(office, there, lookups, here)
    agents = [{"extension": agent.number}]
    queue = await office.administrator.post("/queues", name=caller.number, number=office.number(), agents=agents)
    assert there.api(f"callcenter_config agent set status {agent.address} Available").strip() == "+OK"
    call, incoming = await connected(caller, agent, queue["number"])

    await press(call, BLIND, third.number)
    onward = await third.rings()
    await call.wait_for_end()
    onward.answer()

    assert await onward.audio.hears(agent.hertz)
    await onward.hang_up()
    await incoming.wait_for_end()


async def test_a_call_to_the_other_switch_is_one_record(
    office: Office, here_and_there: tuple[Switch, Switch], lookups: httpx.AsyncClient
) -> None:
    """Of the switch that the caller is on; answered by an extension, whatever the switches call it among themselves."""
    here, there = here_and_there
    caller, callee = await office.new_phone(), await _on(office, there, lookups, here)
    await until(lambda: here.calls() == there.calls() == 0)
    before, before_there = set(_records_of(here)), set(_records_of(there))

    await _called(caller, callee)
    await until(lambda: len(_records_of(here)) > len(before))

    (file,) = set(_records_of(here)) - before
    found = record_of(file.read_bytes())
    assert (found.signed_in_as, found.destination, found.answered_by) == (caller.number, callee.number, callee.number)
    await until(lambda: there.calls() == 0)
    assert set(_records_of(there)) == before_there


def _records_of(switch: Switch) -> list[Path]:
    """Nobody takes them, so they are on its disk; those that are written to their end."""
    files = (switch.folder / "log" / "json_cdr").glob("*.cdr.json")
    return [each for each in files if each.read_bytes().endswith(b"\n")]


@pytest.mark.parametrize("restarted", [0, 1], ids=["where the caller is", "home"])
async def test_a_switch_that_was_restarted_leaves_messages_at_home(
    office: Office, here_and_there: tuple[Switch, Switch], restarted: int
) -> None:
    """Before the worker has reached it: it calls itself a new name, which nobody knows."""
    switch, home = here_and_there[restarted], here_and_there[1]
    port = switch.event_socket_port
    owner = await office.new_phone(voicemail_enabled=True)
    caller = await office.phone(await office.account(), at=switch)

    switch.stop()
    switch.event_socket_port = free_port()
    try:
        switch.start()
        await _leave_message(await caller.dial(owner.number), home, owner)
        assert here_and_there[0].api(f"vm_boxcount {owner.address}").strip() == "0"
    finally:
        switch.stop()
        switch.event_socket_port = port
        switch.start()


async def test_nobody_but_a_switch_asks_as_one(office: Office, here_and_there: tuple[Switch, Switch]) -> None:
    """From an address of none of them: 403. What a phone dials, or says in headers, is none of it."""
    _, there = here_and_there
    owner = await office.new_phone(voicemail_enabled=True)
    asked = f"leave.{owner.number}"

    assert await _status_of(owner, there.peer_sip_port, asked, STRANGER) == 403
    assert await _status_of(owner, there.peer_sip_port, asked, HOST) == 200
    call = await owner.dial(asked, headers=[("X-Context", "peers"), ("sofia_profile_name", "peers")])
    await call.final.wait()
    assert call.status == 404


async def _status_of(owner: Phone, port: int, asked: str, address: str) -> int:
    """What somebody at that address hears who calls that port."""

    class Elsewhere(Wire):
        async def open(self) -> None:
            loop = asyncio.get_running_loop()
            self._socket, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=(address, 0))
            self.port = int(self._socket.get_extra_info("sockname")[1])

    async with Phone("1", "", owner.domain, port, wire=Elsewhere) as phone:
        call = await phone.call(asked)
        return call.status


async def _called(caller: Phone, callee: Phone) -> None:
    call = await caller.dial(callee.number)
    (await callee.rings()).answer()
    await call.final.wait()
    assert await call.audio.hears(callee.hertz)
    await call.hang_up()


async def _leave_message(call: OutgoingCall, home: Switch, owner: Phone) -> None:
    """Talk after the beep until there are some seconds of it on home's disk, then hang up."""
    messages = home.voicemail / owner.domain / owner.number
    await call.final.wait()
    assert call.status == 200
    assert await call.audio.hears(BEEP_HERTZ)
    await until(lambda: any(each.stat().st_size > SOME_SECONDS_BYTES for each in messages.glob("msg_*.wav")))
    await call.hang_up()
    await until(lambda: home.api(f"vm_boxcount {owner.address}").strip() == "1")


def _secure_in(switch: Switch) -> list[str]:
    """How the sound of calls that came in is encrypted."""
    return [each["secure"] for each in switch.channels() if each["direction"] == "inbound"]
