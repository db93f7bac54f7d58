"""A message is left and listened to; the PIN is the mailbox's only key."""

from pathlib import Path

import pytest

from tests.freeswitch.calls import OutgoingCall
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.tap import Tap
from tests.freeswitch.ua import Phone
from tests.waiting import until

BEEP_HERTZ = 640
"""tone-spec of the mailbox profile."""
PIN, OTHER_PIN, SHORT_PIN = "471147", "081508", "815"
LONGEST_RING_SECONDS = 35.0
SOME_SECONDS_BYTES = 32_000
"""Two seconds of WAV."""


async def test_a_message_left_for_a_busy_phone_is_heard_with_the_pin(office: Office, switch: Switch) -> None:
    """What the caller said is what the owner hears at `*97`, after the PIN."""
    caller = await office.new_phone()
    owner = await office.registered_phone(voicemail_enabled=True, voicemail_pin=PIN)

    call = await caller.dial(owner.number)
    (await owner.rings()).reject(486)
    await _leave_message(call, switch, owner)
    mailbox = await owner.call("*97")
    await mailbox.audio.dial(f"{PIN}#")

    assert await mailbox.audio.hears(caller.hertz)


async def test_a_phone_that_is_not_registered_has_its_mailbox(office: Office, switch: Switch) -> None:
    """The message lies under DOMAIN/NUMBER, also when an alias was dialled."""
    alias = office.number()
    caller, owner = await office.new_phone(), await office.new_phone(voicemail_enabled=True, aliases=[alias])

    await _leave_message(await caller.dial(alias), switch, owner)


async def test_a_call_that_nobody_takes_goes_to_the_mailbox_or_ends(office: Office, switch: Switch) -> None:
    """After 30 seconds of ringing; where there is no mailbox the caller gets NO_ANSWER."""
    caller, owner = await office.new_phone(), await office.registered_phone(voicemail_enabled=True)
    other_caller, other = await office.new_phone(), await office.registered_phone()

    call, other_call = await caller.dial(owner.number), await other_caller.dial(other.number)
    for phone in (owner, other):
        await (await phone.rings()).wait_for_end(LONGEST_RING_SECONDS)

    await _leave_message(call, switch, owner)
    await other_call.final.wait()
    assert other_call.status == 480
    assert "NO_ANSWER" in other_call.reason


@pytest.mark.parametrize("wrong", [pytest.param("000000", id="another"), pytest.param("", id="none")])
async def test_a_wrong_pin_opens_nothing(office: Office, switch: Switch, wrong: str) -> None:
    """Three times wrong and the call is over, without a word of the message."""
    caller, owner = await office.new_phone(), await office.new_phone(voicemail_enabled=True, voicemail_pin=PIN)
    await _leave_message(await caller.dial(owner.number), switch, owner)

    mailbox = await owner.call("*97")
    for _ in range(3):
        await mailbox.audio.dial(f"{wrong}#")

    await mailbox.wait_for_end()
    assert not mailbox.audio.has_heard(caller.hertz)


async def test_a_changed_pin_is_the_only_one(either: Office, switch: Switch) -> None:
    """From the moment of the change on the old PIN is refused and the new one opens."""
    caller, owner = await either.new_phone(), await either.new_phone(voicemail_enabled=True, voicemail_pin=PIN)
    await _leave_message(await caller.dial(owner.number), switch, owner)
    first = await owner.call("*97")
    await first.audio.dial(f"{PIN}#")
    assert await first.audio.hears(caller.hertz)
    await first.hang_up()

    await either.administrator.update(owner.number, voicemail_pin=OTHER_PIN)
    mailbox = await owner.call("*97")
    await mailbox.audio.dial(f"{PIN}#{OTHER_PIN}#")

    assert await mailbox.audio.hears(caller.hertz)


async def test_a_pin_changed_by_phone_is_the_only_one(office: Office, switch: Switch, tap: Tap) -> None:
    """The store has it, and the old one opens nothing any more."""
    caller, owner = await office.new_phone(), await office.new_phone(voicemail_enabled=True, voicemail_pin=PIN)
    (answer,) = await _change_pin(owner, tap, OTHER_PIN)
    assert 'success="true"' in answer

    await _check_that_only_one_opens(OTHER_PIN, wrong=PIN, caller=caller, owner=owner, switch=switch)


async def test_a_pin_that_is_refused_opens_nothing(office: Office, switch: Switch, tap: Tap) -> None:
    """Too short for the store: the old one stays."""
    caller, owner = await office.new_phone(), await office.new_phone(voicemail_enabled=True, voicemail_pin=PIN)
    (answer,) = await _change_pin(owner, tap, SHORT_PIN)
    assert 'success="false"' in answer

    await _check_that_only_one_opens(PIN, wrong=SHORT_PIN, caller=caller, owner=owner, switch=switch)


async def test_a_pin_that_nobody_could_store_opens_nothing(
    office: Office, switch: Switch, tap: Tap, product: Product
) -> None:
    """While the management side is away the phone is told that the PIN was not taken, and the old one stays."""
    caller, owner = await office.new_phone(), await office.new_phone(voicemail_enabled=True, voicemail_pin=PIN)
    product.by_phone.close()
    try:
        (answer,) = await _change_pin(owner, tap, OTHER_PIN)
    finally:
        product.by_phone.open()
    assert 'success="false"' in answer

    await _check_that_only_one_opens(PIN, wrong=OTHER_PIN, caller=caller, owner=owner, switch=switch)


async def _check_that_only_one_opens(pin: str, *, wrong: str, caller: Phone, owner: Phone, switch: Switch) -> None:
    """The caller's message is heard with the PIN, and not with the wrong one."""
    await _leave_message(await caller.dial(owner.number), switch, owner)
    mailbox = await owner.call("*97")
    await mailbox.audio.dial(f"{wrong}#")
    assert not await mailbox.audio.hears(caller.hertz, timeout_seconds=2)
    await mailbox.audio.dial(f"{pin}#")
    assert await mailbox.audio.hears(caller.hertz)


async def _change_pin(owner: Phone, tap: Tap, pin: str) -> list[str]:
    """What the switch was answered."""
    settings = await owner.call("*97")
    await settings.audio.dial(f"{PIN}#")
    # The menu of settings, then a new PIN.
    await settings.audio.dial(f"56{pin}#")
    asked = {"VM-Action": "change-password", "VM-User": owner.number}
    await until(lambda: bool(tap.asked(**asked)))
    await settings.hang_up()
    return [each.answer for each in tap.asked(**asked)]


async def _leave_message(call: OutgoingCall, switch: Switch, owner: Phone) -> None:
    """Talk after the beep until there are some seconds of it on disk, then hang up."""
    await call.final.wait()
    assert call.status == 200
    assert await call.audio.hears(BEEP_HERTZ)
    await until(lambda: any(each.stat().st_size > SOME_SECONDS_BYTES for each in _messages(switch, owner)))
    await call.hang_up()
    await until(lambda: switch.api(f"vm_boxcount {owner.address}").strip() == "1")


def _messages(switch: Switch, owner: Phone) -> list[Path]:
    return list((switch.voicemail / owner.domain / owner.number).glob("msg_*.wav"))
