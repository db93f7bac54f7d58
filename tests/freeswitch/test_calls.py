"""Who reaches whom, as whom, and what becomes of a call that nobody takes."""

import pytest

from tests.freeswitch.administrator import Account
from tests.freeswitch.audio import is_recorded
from tests.freeswitch.conftest import OTHER, UNCACHED
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.waiting import until


async def test_1001_calls_1002(product: Product, cached_office: Office, switch: Switch) -> None:
    """With the two extensions of `make run`: the called one sees who it is, both are heard there and on disk."""
    accounts = [Account(each["number"], each["password"], cached_office.domain) for each in product.demo["extensions"]]
    one, two = [await cached_office.phone(account) for account in accounts]
    assert (one.number, two.number) == ("1001", "1002")
    await cached_office.administrator.update("1001", display_name="Anna B", recording_mode="outbound")
    assert [await one.register(), await two.register()] == [200, 200]
    before = set(switch.recordings.rglob("*.wav"))

    call = await one.dial("1002")
    incoming = await two.rings()
    incoming.answer()
    await call.final.wait()

    assert (call.status, incoming.caller_number, incoming.caller_name) == (200, "1001", "Anna B")
    assert await call.audio.hears(two.hertz)
    assert await incoming.audio.hears(one.hertz)
    await call.hang_up()
    await incoming.wait_for_end()
    await until(lambda: switch.calls() == 0)
    (recording,) = set(switch.recordings.rglob("*.wav")) - before
    assert all(is_recorded(recording, phone.hertz) for phone in (one, two))


@pytest.mark.parametrize("name", ["Anna B", "Nguyễn Văn A, O'Neil & Co. (2)"])
async def test_the_far_end_sees_who_calls(either: Office, name: str) -> None:
    """Number and display name of the caller's extension, to the letter."""
    caller, callee = await either.new_phone(display_name=name), await either.registered_phone()

    await caller.dial(callee.number)
    incoming = await callee.rings()

    assert (incoming.caller_number, incoming.caller_name) == (caller.number, name)


async def test_without_a_name_the_far_end_sees_the_number(office: Office) -> None:
    """And not the name that the phone writes, when nothing of the display name can be shown."""
    caller, callee = await office.new_phone(display_name='"<>"'), await office.registered_phone()

    await caller.dial(callee.number, from_=f'"The Boss" <sip:{caller.address}>')
    incoming = await callee.rings()

    assert (incoming.caller_number, incoming.caller_name) == (caller.number, caller.number)


async def test_a_caller_can_not_pass_for_somebody_else(either: Office) -> None:
    """From and P-Asserted-Identity are what a phone writes; the far end sees who signed in."""
    caller, callee, boss = await either.new_phone(), await either.registered_phone(), await either.account()
    claimed = f'"The Boss" <sip:{boss.address}>'

    await caller.dial(callee.number, from_=claimed, headers=[("P-Asserted-Identity", claimed)])
    incoming = await callee.rings()

    assert (incoming.caller_number, incoming.caller_name) == (caller.number, caller.number)


async def test_an_alias_can_be_called(either: Office) -> None:
    """It rings the phone that is registered under the number."""
    alias = either.number()
    caller, callee = await either.new_phone(), await either.registered_phone(aliases=[alias])

    await caller.dial(alias)

    assert (await callee.rings()).caller_number == caller.number


async def test_a_sign_in_name_calls_as_its_number(either: Office) -> None:
    """FreeSWITCH knows the caller by the digest user; the far end sees the extension."""
    name = f"soft-{either.number()}"
    caller = await either.phone(await either.account(sign_in_name=name), sign_in_name=name)
    callee = await either.registered_phone()

    await caller.dial(callee.number)

    assert (await callee.rings()).caller_number == caller.number


async def test_a_call_stays_in_its_tenant(offices: dict[str, Office]) -> None:
    """Two tenants have a 1001: each caller reaches its own, and nobody rings the other's."""
    callees = {domain: await offices[domain].registered_phone("1001") for domain in (UNCACHED, OTHER)}

    for domain, callee in callees.items():
        caller = await offices[domain].new_phone()
        call = await caller.dial("1001")
        assert (await callee.rings()).caller_number == caller.number
        await call.hang_up()

    assert not any(callee.was_called for callee in callees.values())


async def test_another_tenants_extension_is_no_number_here(office: Office, offices: dict[str, Office]) -> None:
    """Neither by its short number nor by its full address."""
    caller, theirs = await office.new_phone(), await offices[OTHER].registered_phone()

    assert (await caller.call(theirs.number)).status == 404
    assert (await caller.call(theirs.number, domain=OTHER)).status == 404
    assert not theirs.was_called


async def test_an_unallocated_number_gets_404(either: Office) -> None:
    """With its cause, so that a phone can say so."""
    call = await (await either.new_phone()).call("9999999999")

    assert call.status == 404
    assert "UNALLOCATED_NUMBER" in call.reason


async def test_who_can_not_sign_in_can_not_call(either: Office) -> None:
    """A wrong password makes no call, whatever the destination."""
    account, callee = await either.account(), await either.registered_phone()
    caller = await either.phone(Account(account.number, "not the password", account.domain))

    assert (await caller.call(callee.number)).status == 403
    assert not callee.was_called


async def test_a_disabled_caller_can_not_call(either: Office) -> None:
    """From the moment of the change on, with a copy in FreeSWITCH or without."""
    caller, callee = await either.new_phone(), await either.registered_phone()
    call = await caller.dial(callee.number)
    await callee.rings()
    await call.hang_up()

    await either.administrator.update(caller.number, status="disabled")

    assert (await caller.call(callee.number)).status == 403
    assert not callee.was_called


@pytest.mark.parametrize(
    ("said", "cause"),
    [
        pytest.param(486, "USER_BUSY", id="busy"),
        pytest.param(480, "NO_USER_RESPONSE", id="temporarily unavailable"),
        pytest.param(603, "CALL_REJECTED", id="declined"),
    ],
)
async def test_without_voicemail_the_caller_gets_the_cause(office: Office, said: int, cause: str) -> None:
    """What the callee's phone said."""
    caller, callee = await office.new_phone(), await office.registered_phone()

    call = await caller.dial(callee.number)
    (await callee.rings()).reject(said, "No")
    await call.final.wait()

    assert call.status == said
    assert cause in call.reason


async def test_a_phone_that_is_not_registered_is_unavailable(office: Office) -> None:
    """At once, not after the time of ringing."""
    caller, absent = await office.new_phone(), await office.account()

    call = await caller.call(absent.number)

    assert call.status == 480
    assert "USER_NOT_REGISTERED" in call.reason


async def test_an_extension_that_may_have_one_call_is_busy_for_a_second(either: Office) -> None:
    """`max_concurrent` counts both directions, and counts down when a call ends."""
    callee = await either.registered_phone(max_concurrent=1)
    first, second = await either.registered_phone(), await either.registered_phone()

    call = await first.dial(callee.number)
    incoming = await callee.rings()
    incoming.answer()
    await call.final.wait()
    assert (await second.call(callee.number)).status == 486
    assert (await callee.call(second.number)).status == 486
    await call.hang_up()
    await incoming.wait_for_end()

    await second.dial(callee.number)
    assert (await callee.rings()).caller_number == second.number


@pytest.mark.parametrize(
    ("caller_mode", "callee_mode", "files"),
    [
        pytest.param("none", "none", 0, id="nobody asks"),
        pytest.param("outbound", "none", 1, id="the caller's outbound"),
        pytest.param("none", "inbound", 1, id="the callee's inbound"),
        pytest.param("inbound", "outbound", 0, id="each the other direction"),
        pytest.param("all", "all", 1, id="both, once"),
    ],
)
async def test_a_call_is_recorded_when_either_asks_for_it(
    office: Office, switch: Switch, caller_mode: str, callee_mode: str, files: int
) -> None:
    """One file under RECORDINGS/DOMAIN/YYYY/MM/DD with both voices; none where nobody asks."""
    caller = await office.new_phone(recording_mode=caller_mode)
    callee = await office.registered_phone(recording_mode=callee_mode)
    before = set(switch.recordings.rglob("*.wav"))

    call = await caller.dial(callee.number)
    incoming = await callee.rings()
    incoming.answer()
    await call.final.wait()
    assert await call.audio.hears(callee.hertz)
    assert await incoming.audio.hears(caller.hertz)
    await call.hang_up()
    await until(lambda: switch.calls() == 0)

    new = set(switch.recordings.rglob("*.wav")) - before
    assert len(new) == files
    for file in new:
        domain, *date, _ = file.relative_to(switch.recordings).parts
        assert (domain, len(date)) == (office.domain, 3)
        assert is_recorded(file, caller.hertz)
        assert is_recorded(file, callee.hertz)
