"""Transfers by keys during a call: who is handed on, where it may go, and what is left when it could not."""

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from tests.freeswitch.audio import is_recorded
from tests.freeswitch.calls import Call, IncomingCall, OutgoingCall
from tests.freeswitch.conftest import UNCACHED
from tests.freeswitch.landlord import Landlord
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.ua import Phone
from tests.waiting import until

BLIND, ATTENDED = "*1", "*2"
DIAL_TONE_HERTZ, ERROR_HERTZ, ON_HOLD_HERTZ = 425, 480, 440
_DIALLED, _CALLED = "0977123456", itertools.count(842_880_000_001)


async def connected(caller: Phone, callee: Phone, number: str = "") -> tuple[OutgoingCall, IncomingCall]:
    """They hear each other."""
    call = await caller.dial(number or callee.number)
    incoming = await callee.rings()
    incoming.answer()
    await call.final.wait()
    assert await call.audio.hears(callee.hertz)
    assert await incoming.audio.hears(caller.hertz)
    return call, incoming


async def press(call: Call, keys: str, number: str) -> None:
    """The keys, and at the tone the number."""
    await call.audio.dial(keys)
    assert await call.audio.hears(DIAL_TONE_HERTZ)
    await call.audio.dial(f"{number}#")


@dataclass
class Carrier:
    """Somebody else's SIP server, for numbers that begin with 0977, and for one number of the tenant."""

    phone: Phone
    number: str
    office: Office

    async def calls(self, callee: Phone) -> tuple[OutgoingCall, IncomingCall]:
        """An outside caller talks to `callee`."""
        to = {"type": "extension", "extension": callee.number}
        await self.office.administrator.put(f"/numbers/{self.number}/destinations", open=to)
        return await connected(self.phone, callee, self.number)


@pytest.fixture
async def carrier(product: Product, switch: Switch, office: Office) -> AsyncIterator[Carrier]:
    number = str(next(_CALLED))
    product.command("number", "add", number, "--tenant", UNCACHED)
    async with (
        Landlord.of(product, UNCACHED) as landlord,
        Phone("carrier", "unused", "127.0.0.1", switch.gateway_sip_port, hertz=2_000) as phone,
    ):
        made = await landlord.post(
            "/gateways", name=f"carrier {number}", host="127.0.0.1", port=phone.port, addresses=["127.0.0.1/32"]
        )
        route = {"name": number, "patterns": ["0977."], "priority": 1, "gateway_ids": [made["id"]]}
        route_id = (await landlord.post("/outbound-routes", **route))["id"]
        yield Carrier(phone, number, office)
        await landlord.remove(f"/outbound-routes/{route_id}")
        await landlord.remove(f"/gateways/{made['id']}")


async def test_the_called_phone_hands_on(office: Office) -> None:
    """The caller reaches the third, who sees the caller; the phone that handed on is free."""
    caller, callee, third = await office.new_phone(), await office.registered_phone(), await office.registered_phone()
    call, incoming = await connected(caller, callee)

    await press(incoming, BLIND, third.number)
    onward = await third.rings()
    await incoming.wait_for_end()
    onward.answer()

    assert onward.caller_number == caller.number
    assert await call.audio.hears(third.hertz)
    assert await onward.audio.hears(caller.hertz)


async def test_the_calling_phone_hands_on(office: Office) -> None:
    """The called one goes to the third, and can itself hand on again."""
    caller, callee, third = await office.new_phone(), await office.registered_phone(), await office.registered_phone()
    call, incoming = await connected(caller, callee)

    await press(call, BLIND, third.number)
    onward = await third.rings()
    await call.wait_for_end()
    onward.answer()

    assert onward.caller_number == callee.number
    assert await incoming.audio.hears(third.hertz)
    assert await caller.register() == 200
    await press(incoming, BLIND, caller.number)
    assert (await caller.rings()).caller_number == third.number


@pytest.mark.parametrize("asks", ["the caller", "the called"])
async def test_a_phone_asks_first(office: Office, asks: str) -> None:
    """The other side waits, and is connected when the phone that asked hangs up."""
    caller, callee, third = await office.new_phone(), await office.registered_phone(), await office.registered_phone()
    call, incoming = await connected(caller, callee)
    asking, other, phone, left = (
        (call, incoming, caller, callee) if asks == "the caller" else (incoming, call, callee, caller)
    )

    await press(asking, ATTENDED, third.number)
    asked = await third.rings()
    asked.answer()
    assert asked.caller_number == phone.number
    assert await asked.audio.hears(phone.hertz)
    assert await other.audio.hears(ON_HOLD_HERTZ)
    await asking.hang_up()

    assert await other.audio.hears(third.hertz)
    assert await asked.audio.hears(left.hertz)


async def test_who_asked_in_vain_is_back_in_the_call(office: Office) -> None:
    """The third declines, hangs up, is given up with #, does not exist; the call went on and ends as ever."""
    caller, callee, third = await office.new_phone(), await office.registered_phone(), await office.registered_phone()
    call, incoming = await connected(caller, callee)

    async def both_are_back() -> None:
        assert await call.audio.hears(callee.hertz)
        assert await incoming.audio.hears(caller.hertz)

    await press(incoming, ATTENDED, third.number)
    (await third.rings()).reject()
    await both_are_back()
    for is_given_up in (True, False):
        await press(call, ATTENDED, third.number)
        asked = await third.rings()
        asked.answer()
        assert await asked.audio.hears(caller.hertz)
        await (call.audio.dial("#") if is_given_up else asked.hang_up())
        await asked.wait_for_end()
        await both_are_back()
    for keys in (BLIND, ATTENDED):
        await press(incoming, keys, "99999")
        assert await incoming.audio.hears(ERROR_HERTZ)
        await both_are_back()
    await call.hang_up()
    await incoming.wait_for_end()


@pytest.mark.parametrize("asks", ["the caller", "the called"])
async def test_who_asks_need_not_wait_for_the_answer(office: Office, switch: Switch, asks: str) -> None:
    """The other side waits while it rings, and is connected then; nobody is left on a line of his own."""
    caller, callee, third = await office.new_phone(), await office.registered_phone(), await office.registered_phone()
    call, incoming = await connected(caller, callee)

    asking, other, left = (call, incoming, callee) if asks == "the caller" else (incoming, call, caller)

    await press(asking, ATTENDED, third.number)
    asked = await third.rings()
    await asking.hang_up()
    asked.answer()

    assert await other.audio.hears(third.hertz)
    assert await asked.audio.hears(left.hertz)
    await other.hang_up()
    await asked.wait_for_end()
    await until(lambda: switch.calls() == 0)


async def test_an_outside_caller_is_handed_on_inside(office: Office, carrier: Carrier) -> None:
    callee, third = await office.registered_phone(), await office.registered_phone()
    call, incoming = await carrier.calls(callee)

    await press(incoming, BLIND, third.number)
    onward = await third.rings()
    onward.answer()

    assert await call.audio.hears(third.hertz)
    assert await onward.audio.hears(carrier.phone.hertz)


@pytest.mark.parametrize("number", [_DIALLED, "112", "911"])
async def test_an_outside_caller_is_not_handed_on_to_a_number_that_costs(
    office: Office, carrier: Carrier, number: str
) -> None:
    """On nobody's permissions: its call ends, and no gateway is called."""
    callee = await office.registered_phone()
    call, incoming = await carrier.calls(callee)

    await press(incoming, BLIND, number)

    await call.wait_for_end()
    await incoming.wait_for_end()
    assert not carrier.phone.was_called


async def test_who_was_called_is_not_handed_on_to_a_number_that_costs(office: Office, carrier: Carrier) -> None:
    """Though it might call there itself: not by the word of who called it."""
    caller, callee = await office.new_phone(), await office.registered_phone()
    call, incoming = await connected(caller, callee)

    await press(call, BLIND, _DIALLED)

    await incoming.wait_for_end()
    assert not carrier.phone.was_called


@pytest.mark.parametrize("is_disabled", [False, True])
async def test_a_caller_is_handed_on_by_its_own_permissions(
    office: Office, carrier: Carrier, is_disabled: bool
) -> None:
    """Not by those of who hands it on."""
    caller = await office.new_phone(outbound_calls_disabled=is_disabled)
    callee = await office.registered_phone(outbound_calls_disabled=not is_disabled)
    call, incoming = await connected(caller, callee)

    await press(incoming, BLIND, _DIALLED)

    if is_disabled:
        await call.wait_for_end()
        assert not carrier.phone.was_called
    else:
        (await carrier.phone.rings()).answer()
        assert await call.audio.hears(carrier.phone.hertz)


async def test_who_asks_first_calls_by_its_own_permissions(office: Office, carrier: Carrier) -> None:
    """It is its call, and may be given to an outside caller; who may not make it hears so."""
    callee = await office.registered_phone()
    call, incoming = await carrier.calls(callee)

    await press(incoming, ATTENDED, _DIALLED)
    asked = await carrier.phone.rings()
    asked.answer()
    assert await asked.audio.hears(callee.hertz)
    await incoming.hang_up()
    assert await call.audio.hears(carrier.phone.hertz)
    assert await asked.audio.hears(carrier.phone.hertz)
    await call.hang_up()
    await asked.wait_for_end()

    other = await office.registered_phone(outbound_calls_disabled=True)
    call, incoming = await carrier.calls(other)
    await press(incoming, ATTENDED, _DIALLED)
    assert await incoming.audio.hears(ERROR_HERTZ)
    assert await call.audio.hears(other.hertz)
    assert not carrier.phone.was_called


async def test_keys_of_who_is_outside_are_only_keys(office: Office, carrier: Carrier) -> None:
    """In a call that came in, and in one that went out."""
    callee = await office.registered_phone()
    coming, incoming = await carrier.calls(callee)
    going = await callee.dial(_DIALLED)
    taken = await carrier.phone.rings()
    taken.answer()
    await going.final.wait()

    for call, other in ((coming, callee), (taken, callee)):
        for keys in (BLIND, ATTENDED):
            await call.audio.dial(f"{keys}{_DIALLED}#")
        assert not call.audio.has_heard(DIAL_TONE_HERTZ)
        assert await call.audio.hears(other.hertz)
    assert incoming.is_answered
    assert going.is_answered
    assert not carrier.phone.was_called


async def test_no_other_tenant_and_no_code_is_reached(offices: dict[str, Office], office: Office) -> None:
    """Another tenant's number is none, and codes are not handed on to: the phone is back in its call."""
    stranger = await offices["other.test"].registered_phone()
    caller, callee = await office.new_phone(), await office.registered_phone()
    call, incoming = await connected(caller, callee)

    for number in (stranger.number, "*72" + stranger.number, "*97"):
        for keys in (BLIND, ATTENDED):
            await press(incoming, keys, number)
            assert await incoming.audio.hears(ERROR_HERTZ)
            assert await call.audio.hears(callee.hertz)
    assert not stranger.was_called


async def test_nobody_dials_what_keys_ask_for(office: Office) -> None:
    """Without a call there is nothing to hand on, and nobody rings."""
    caller, third = await office.new_phone(), await office.registered_phone()

    for asked in ("transfer.blind", f"transfer.blind.{third.number}", f"transfer.attended.{third.number}"):
        call = await caller.dial(asked)
        await call.ended.wait()

    assert not third.was_called


async def test_counts_stay_right(office: Office) -> None:
    """Who handed on may be called again, and who was handed on is in one call still."""
    caller = await office.registered_phone(max_concurrent=1)
    callee, third = await office.registered_phone(max_concurrent=1), await office.registered_phone(max_concurrent=1)
    another = await office.new_phone()
    call, incoming = await connected(caller, callee)

    await press(call, BLIND, third.number)
    onward = await third.rings()
    onward.answer()
    assert await incoming.audio.hears(third.hertz)

    for busy in (callee, third):
        assert "USER_BUSY" in (await another.call(busy.number)).reason
    await another.dial(caller.number)
    await caller.rings()
    await onward.hang_up()
    await incoming.wait_for_end()
    await another.dial(callee.number)
    await callee.rings()


@pytest.mark.parametrize("number", ["inside", "outside"])
async def test_who_asks_first_is_recorded_by_its_own_wish(
    office: Office, switch: Switch, carrier: Carrier, number: str
) -> None:
    """Once, until the two others are connected, where FreeSWITCH ends it; the call that waits is not."""
    caller, third = await office.new_phone(), await office.registered_phone()
    callee = await office.registered_phone(recording_mode="outbound")
    asked_phone, dialled = (third, third.number) if number == "inside" else (carrier.phone, _DIALLED)
    before = set(switch.recordings.rglob("*.wav"))
    call, incoming = await connected(caller, callee)

    await press(incoming, ATTENDED, dialled)
    asked = await asked_phone.rings()
    asked.answer()
    assert await asked.audio.hears(callee.hertz)
    assert await incoming.audio.hears(asked_phone.hertz)
    await incoming.hang_up()
    assert await asked.audio.hears(caller.hertz)
    assert await call.audio.hears(asked_phone.hertz)
    await call.hang_up()
    await until(lambda: switch.calls() == 0)

    (file,) = set(switch.recordings.rglob("*.wav")) - before
    domain, *date, _ = file.relative_to(switch.recordings).parts
    assert (domain, len(date)) == (office.domain, 3)
    assert all(is_recorded(file, phone.hertz) for phone in (asked_phone, callee))


@pytest.mark.parametrize("strategy", ["simultaneous", "sequence"])
async def test_a_group_is_asked_as_it_is_called(office: Office, strategy: str) -> None:
    """Not the phone that asks, not who is in as many calls as allowed; in turn where the group rings so."""
    caller, callee, other = await office.new_phone(), await office.registered_phone(), await office.new_phone()
    busy = await office.registered_phone(max_concurrent=1)
    one, two = await office.registered_phone(), await office.registered_phone()
    group = await office.administrator.post(
        "/ring-groups",
        name=f"group {caller.number}",
        number=office.number(),
        strategy=strategy,
        members=[each.number for each in (callee, busy, one, two)],
    )
    await connected(other, busy)
    call, incoming = await connected(caller, callee)

    await press(incoming, ATTENDED, group["number"])
    ringing = await one.rings()
    if strategy == "sequence":
        assert not two.was_called
    ringing.reject()
    asked = await two.rings()
    asked.answer()
    assert await asked.audio.hears(callee.hertz)
    await incoming.hang_up()

    assert await call.audio.hears(two.hertz)
    assert not any(phone.was_called for phone in (callee, busy))


async def test_who_was_forwarded_is_handed_back(office: Office) -> None:
    """By a person, to the group that nobody answered at; that nobody does so again is no loop."""
    caller, member, desk = await office.new_phone(), await office.registered_phone(), await office.registered_phone()
    group = await office.administrator.post(
        "/ring-groups",
        name=f"group {caller.number}",
        number=office.number(),
        members=[member.number],
        no_answer={"type": "extension", "extension": desk.number},
    )
    call = await caller.dial(group["number"])
    (await member.rings()).reject()
    incoming = await desk.rings()
    incoming.answer()
    await call.final.wait()
    assert await call.audio.hears(desk.hertz)

    await press(incoming, BLIND, group["number"])
    (await member.rings()).reject()
    again = await desk.rings()
    again.answer()

    assert await again.audio.hears(caller.hertz)
    assert not call.ended.is_set()


async def test_nobody_is_handed_on_to_who_is_out_of_service(office: Office) -> None:
    """The phone hears so, and the call goes on."""
    caller, callee = await office.new_phone(), await office.registered_phone()
    gone = await office.new_phone(status="disabled")
    call, incoming = await connected(caller, callee)

    for keys in (BLIND, ATTENDED):
        await press(incoming, keys, gone.number)
        assert await incoming.audio.hears(ERROR_HERTZ)
        assert await call.audio.hears(callee.hertz)
