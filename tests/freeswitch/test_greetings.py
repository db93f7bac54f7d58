"""Greetings on a switch: fetched, heard, exchanged, and missed."""

import math
import struct
import wave
from base64 import b64encode
from io import BytesIO
from pathlib import Path
from typing import Final

import pytest

from tests.freeswitch.audio import AMPLITUDE, SAMPLES_PER_SECOND
from tests.freeswitch.office import Office
from tests.freeswitch.switch import Switch
from tests.freeswitch.tap import Tap
from tests.freeswitch.ua import Phone
from tests.waiting import until

MP3: Final = (Path(__file__).parents[1] / "samples" / "tone-1000hz.mp3").read_bytes()
SECOND_TONE: Final = 620


def a_tone(hertz: int, seconds: float = 2.0) -> bytes:
    """A WAV file of it."""
    step = 2 * math.pi * hertz / SAMPLES_PER_SECOND
    samples = (round(AMPLITUDE * math.sin(step * n)) for n in range(int(seconds * SAMPLES_PER_SECOND)))
    file = BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setparams((1, 2, SAMPLES_PER_SECOND, 0, "NONE", ""))
        writer.writeframes(b"".join(struct.pack("<h", sample) for sample in samples))
    return file.getvalue()


async def greeting(office: Office, sound: bytes) -> int:
    made = await office.administrator.send("POST", "/greetings", sound, name=f"greeting {office.number()}")
    return int(made["id"])


async def greeter(office: Office, greeting_id: int, times: int = 1) -> str:
    """The number of an extension whose callers hear it."""
    account = await office.account()
    plays = {"type": "play_greeting", "id": greeting_id, "times": times}
    await office.administrator.put(f"/extensions/{account.number}/presence", rules={"available": {"in_always": plays}})
    return account.number


@pytest.fixture
async def caller(office: Office) -> Phone:
    return await office.new_phone()


@pytest.mark.parametrize(
    ("sound", "hertz"), [pytest.param(a_tone(770), 770, id="wav"), pytest.param(MP3, 1_000, id="mp3")]
)
async def test_a_greeting_is_heard(office: Office, caller: Phone, sound: bytes, hertz: int) -> None:
    """Then the call ends, as it should."""
    number = await greeter(office, await greeting(office, sound))

    call = await caller.call(number)

    assert await call.audio.hears(hertz)
    await call.ended.wait()
    assert 'text="NORMAL_CLEARING"' in call.reason


async def test_a_greeting_is_heard_as_often_as_was_said(office: Office, caller: Phone, tap: Tap) -> None:
    """And fetched once."""
    number = await greeter(office, greeting_id := await greeting(office, a_tone(770, seconds=1)), times=3)

    call = await caller.call(number)
    await call.ended.wait()

    assert 2.2 < call.audio.seconds_of(770) < 3.7
    assert len([path for path in tap.fetched if f"/{greeting_id}-" in path]) == 1


async def test_another_file_is_heard_at_once(office: Office, caller: Phone) -> None:
    """The next call hears nothing of the old one."""
    greeting_id = await greeting(office, a_tone(770))
    number = await greeter(office, greeting_id)
    call = await caller.call(number)
    assert await call.audio.hears(770)
    await call.hang_up()

    await office.administrator.send("PUT", f"/greetings/{greeting_id}/content", a_tone(SECOND_TONE))
    call = await caller.call(number)

    assert await call.audio.hears(SECOND_TONE)
    assert not call.audio.has_heard(770)
    await call.hang_up()


async def test_a_menu_says_its_greeting(office: Office, caller: Phone) -> None:
    """While it waits for a key, which counts at once."""
    callee = await office.registered_phone()
    menu = await office.administrator.post(
        "/ivr-menus",
        name=caller.number,
        number=office.number(),
        greeting_id=await greeting(office, a_tone(770, seconds=8)),
        options={"1": {"type": "extension", "extension": callee.number}},
    )

    call = await caller.call(menu["number"])
    assert await call.audio.hears(770)
    await call.audio.dial("1")

    assert (await callee.rings()).caller_number == caller.number


async def test_a_queue_plays_its_greeting(office: Office, caller: Phone) -> None:
    """Again and again; another one from the next call on, though the switch was told nothing."""
    greeting_id = await greeting(office, a_tone(770, seconds=1))
    queue = await office.administrator.post(
        "/queues", name=caller.number, number=office.number(), greeting_id=greeting_id
    )
    call = await caller.call(queue["number"])
    assert await call.audio.hears(770)
    await call.hang_up()

    await office.administrator.send("PUT", f"/greetings/{greeting_id}/content", a_tone(SECOND_TONE))
    call = await caller.call(queue["number"])

    assert await call.audio.hears(SECOND_TONE)
    await call.hang_up()


async def test_a_greeting_that_can_t_be_fetched_ends_the_call(office: Office, caller: Phone, tap: Tap) -> None:
    """Before it is answered, with a cause; the next call tries anew."""
    number = await greeter(office, await greeting(office, a_tone(770)))

    with tap.without_greetings():
        refused = await caller.call(number)
    call = await caller.call(number)

    assert refused.status >= 400
    assert 'text="NORMAL_TEMPORARY_FAILURE"' in refused.reason
    assert await call.audio.hears(770)
    await call.hang_up()


async def test_no_call_knows_the_credentials(office: Office, caller: Phone, switch: Switch) -> None:
    """They are no part of what is played, which every call record has."""
    number = await greeter(office, greeting_id := await greeting(office, a_tone(770)))

    call = await caller.call(number)
    assert await call.audio.hears(770)
    await call.hang_up()

    def records() -> list[str]:
        return [each.read_text() for each in (switch.folder / "log" / "json_cdr").glob("*.json")]

    # Of this call among them.
    await until(lambda: any(f"/{greeting_id}-" in each for each in records()))
    said = [switch.log_text(), switch.api("global_getvar"), *records()]
    in_header = b64encode(switch.lookup_credentials.encode()).decode()
    for secret in (switch.lookup_credentials.partition(":")[2], in_header):
        assert not any(secret in each for each in said)
