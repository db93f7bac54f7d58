"""Routes of which only a switch knows the end: rules for busy phones, loops, groups, and the tenant's clock."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest

from tests.freeswitch.audio import is_recorded
from tests.freeswitch.conftest import UNCACHED
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.ua import Phone
from tests.waiting import until

_PUBLIC_NUMBERS = itertools.count(842_870_000_001)
_WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")


async def rules(office: Office, number: str, **slots: str) -> None:
    """Forwards of an extension while it is available, by slot to another extension."""
    forwards = {slot: {"type": "extension", "extension": target} for slot, target in slots.items()}
    await office.administrator.put(f"/extensions/{number}/presence", rules={"available": forwards})


@pytest.mark.parametrize("said", [486, 603])
async def test_a_busy_phone_forwards(office: Office, said: int) -> None:
    """The switch asks again, and says why; whoever is forwarded to sees who calls."""
    caller, callee, third = await office.new_phone(), await office.registered_phone(), await office.registered_phone()
    await rules(office, callee.number, in_busy=third.number)

    call = await caller.dial(callee.number)
    (await callee.rings()).reject(said, "No")
    incoming = await third.rings()
    incoming.answer()
    await call.final.wait()

    assert incoming.caller_number == caller.number
    assert await call.audio.hears(third.hertz)
    await call.hang_up()


async def test_who_is_at_the_limit_forwards(office: Office) -> None:
    """Without ringing; the forward does not count as the callee's call."""
    callee, third = await office.registered_phone(max_concurrent=1), await office.registered_phone()
    first, second = await office.new_phone(), await office.new_phone()
    await rules(office, callee.number, in_busy=third.number)

    await first.dial(callee.number)
    (await callee.rings()).answer()
    await second.dial(callee.number)

    assert (await third.rings()).caller_number == second.number


async def test_who_is_not_registered_forwards(office: Office) -> None:
    """By the rule for no answer."""
    caller, absent, third = await office.new_phone(), await office.account(), await office.registered_phone()
    await rules(office, absent.number, in_no_answer=third.number)

    await caller.dial(absent.number)

    assert (await third.rings()).caller_number == caller.number


async def test_a_loop_of_forwards_ends_at_once(office: Office) -> None:
    """Two that forward to each other: a cause, and no phone rings."""
    caller, one, two = await office.new_phone(), await office.registered_phone(), await office.registered_phone()
    await rules(office, one.number, in_always=two.number)
    await rules(office, two.number, in_always=one.number)

    call = await caller.call(one.number)

    assert "EXCHANGE_ROUTING_ERROR" in call.reason
    assert not any(phone.was_called for phone in (one, two))


@pytest.mark.parametrize("strategy", ["simultaneous", "sequence"])
@pytest.mark.parametrize("answers", ["one that records", "one that does not"])
async def test_a_member_of_a_group_is_recorded_by_its_own_wish(
    office: Office, switch: Switch, strategy: str, answers: str
) -> None:
    """With both voices, and only when that member answers."""
    caller, plain = await office.new_phone(), await office.registered_phone()
    recording = await office.registered_phone(recording_mode="inbound")
    first, second = (plain, recording) if answers == "one that records" else (recording, plain)
    group = await office.administrator.post(
        "/ring-groups",
        name=f"group {caller.number}",
        number=office.number(),
        strategy=strategy,
        members=[first.number, second.number],
    )
    before = set(switch.recordings.rglob("*.wav"))

    call = await caller.dial(group["number"])
    (await first.rings()).reject()
    (await second.rings()).answer()
    await call.final.wait()
    assert await call.audio.hears(second.hertz)
    await call.hang_up()
    await until(lambda: switch.calls() == 0)

    new = set(switch.recordings.rglob("*.wav")) - before
    assert len(new) == (answers == "one that records")
    for file in new:
        assert file.relative_to(switch.recordings).parts[0] == office.domain
        assert is_recorded(file, second.hertz)
        assert is_recorded(file, caller.hertz)


async def test_a_group_at_once_keeps_the_limits_of_its_members(office: Office, switch: Switch) -> None:
    """Who is in as many calls as allowed does not ring; who answers has one more; with nobody left it is as busy."""
    one, two = [await office.registered_phone(max_concurrent=1) for _ in range(2)]
    first, second, third = [await office.new_phone() for _ in range(3)]
    group = await office.administrator.post(
        "/ring-groups", name=f"group {one.number}", number=office.number(), members=[one.number, two.number]
    )

    earlier = await first.dial(one.number)
    (await one.rings()).answer()
    await earlier.final.wait()
    call = await second.dial(group["number"])
    (await two.rings()).answer()
    await call.final.wait()
    assert await call.audio.hears(two.hertz)
    assert not one.was_called

    assert (await third.call(two.number)).status == 486
    assert (await third.call(group["number"])).status >= 400
    assert not any(phone.was_called for phone in (one, two))

    for each in (earlier, call):
        await each.hang_up()
    await until(lambda: switch.calls() == 0)
    await third.dial(two.number)
    assert (await two.rings()).caller_number == third.number


@pytest.fixture
async def three(office: Office) -> tuple[Phone, Phone, Phone]:
    """Phones for calls while it is open, while it is closed, and on holidays."""
    return await office.registered_phone(), await office.registered_phone(), await office.registered_phone()


async def test_the_clock_decides(office: Office, product: Product, three: tuple[Phone, Phone, Phone]) -> None:
    """Hours and holidays are conditions that FreeSWITCH itself tests."""
    number, caller = str(next(_PUBLIC_NUMBERS)), await office.new_phone()
    product.command("number", "add", number, "--tenant", UNCACHED)
    slots = zip(("open", "closed", "holiday"), three, strict=True)
    forwards = {slot: {"type": "extension", "extension": phone.number} for slot, phone in slots}
    await office.administrator.put(f"/numbers/{number}/destinations", **forwards)
    # Both sides of midnight, should it strike meanwhile.
    days = [(datetime.now(UTC) + timedelta(minutes=ahead)) for ahead in (0, 5)]
    today = [
        {"weekday": day, "opens": "00:00", "closes": "24:00"} for day in {_WEEKDAYS[each.weekday()] for each in days}
    ]
    others = [
        {"weekday": day, "opens": "00:00", "closes": "24:00"}
        for day in _WEEKDAYS
        if day not in {each["weekday"] for each in today}
    ]

    async def reached() -> int:
        call = await caller.dial(number)
        await until(lambda: any(phone.was_called for phone in three))
        place = next(place for place, phone in enumerate(three) if phone.was_called)
        await three[place].rings()
        await call.hang_up()
        return place

    await office.administrator.put("/call-settings", business_hours=today)
    assert await reached() == 0
    await office.administrator.put("/call-settings", business_hours=others)
    assert await reached() == 1
    holiday = {"first_day": str(days[0].date()), "last_day": str(days[1].date())}
    created = await office.administrator.post("/holidays", name="today", **holiday)
    assert await reached() == 2
    await office.administrator.remove(f"/holidays/{created['id']}")
    await office.administrator.put("/call-settings", business_hours=[])
