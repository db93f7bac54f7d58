"""What an extension's own values do to calls: the number shown, keys, encryption, fax, pings, rejections, the PIN."""

import asyncio
import base64
import re
from typing import Any
from urllib.parse import unquote

import pytest

from tests.freeswitch.calls import IncomingCall, fax_at
from tests.freeswitch.office import Office
from tests.freeswitch.sip import Message
from tests.freeswitch.switch import Switch
from tests.freeswitch.test_routes import rules
from tests.freeswitch.test_transfers import BLIND, Carrier, carrier, connected, press
from tests.freeswitch.test_voicemail import PIN
from tests.freeswitch.ua import Phone
from tests.services import free_port
from tests.waiting import until

__all__ = ["carrier"]  # a fixture

SHOWN = "A(84).28+1*2-3#4"
SRTP_KEY = base64.b64encode(bytes(range(30))).decode()
PING_TIMEOUT_SECONDS = 60.0
"""ping-mean-interval is 20 s, and the first one comes anywhere in it."""


async def test_colleagues_see_another_number(office: Office) -> None:
    """Every character that the API takes; its phone is called by its own number all the same."""
    one, other = await office.registered_phone(internal_caller_id=SHOWN), await office.registered_phone()

    _, incoming = await connected(one, other)
    await connected(other, one)

    assert (unquote(incoming.caller_number), incoming.caller_name) == (SHOWN, SHOWN)


async def test_keys_by_info(office: Office) -> None:
    """Those of the other side come as INFO; its own INFO does something: *1 asks for a number."""
    caller, callee = await office.new_phone(), await office.registered_phone(dtmf_mode="info")
    call, incoming = await connected(caller, callee)

    await call.audio.dial("5")
    await until(lambda: "INFO" in [each.method for each in incoming.asked_inside])
    for key in BLIND:
        content = (("Content-Type", "application/dtmf-relay"),)
        assert (await callee.ask("INFO", incoming, content, f"Signal={key}\r\nDuration=160\r\n")).status == 200

    assert "telephone-event" not in incoming.invite.body
    assert await incoming.audio.hears(425)


@pytest.mark.parametrize("side", ["the caller", "the called"])
async def test_keys_by_tones(office: Office, side: str) -> None:
    """A phone without events or INFO hands the other side on."""
    modes = ({"dtmf_mode": "inband"}, {}) if side == "the caller" else ({}, {"dtmf_mode": "inband"})
    caller, callee = await office.new_phone(**modes[0]), await office.registered_phone(**modes[1])
    third = await office.registered_phone()
    call, incoming = await connected(caller, callee)
    pressing = call if side == "the caller" else incoming
    pressing.audio.knows_events = False

    await press(pressing, BLIND, third.number)

    await third.rings()


async def test_keys_are_tones_to_who_called(office: Office) -> None:
    """As for a door that calls a desk and is opened by a key there."""
    door, desk = await office.new_phone(dtmf_mode="inband"), await office.registered_phone()
    call, incoming = await connected(door, desk)

    await incoming.audio.dial("5555")

    await until(lambda: all(call.audio.seconds_of(each) > 0 for each in (770, 1336)))


async def test_sound_is_encrypted_or_there_is_no_call(office: Office) -> None:
    """Either way; a phone that does not offer it, or does not take it, is refused."""
    secret, plain = await office.registered_phone(srtp_enabled=True), await office.registered_phone()

    refused = await secret.call(plain.number)
    to_secret = await plain.dial(secret.number)
    (await secret.rings()).answer()
    await to_secret.final.wait()
    again = await plain.dial(secret.number)
    incoming = await secret.rings()
    take_srtp(incoming)
    await again.final.wait()
    out = await secret.dial(plain.number, srtp_key=SRTP_KEY)
    (await plain.rings()).answer()
    await out.final.wait()

    assert (refused.status, to_secret.status) == (488, 488)
    assert (again.status, out.status) == (200, 200)
    assert "RTP/SAVP" in out.agreed
    assert "NULL_AUTH" not in incoming.invite.body


def take_srtp(call: IncomingCall) -> None:
    """Answer with encrypted sound; it stays plain all the same, so nobody is heard."""
    offer = re.search(r"a=crypto:(\d+) AES_CM_128_HMAC_SHA1_80 ", call.invite.body)
    assert offer
    call.srtp_key, call.srtp_tag = SRTP_KEY, int(offer[1])
    call.answer()


@pytest.mark.parametrize("is_enabled", [False, True])
async def test_fax(office: Office, is_enabled: bool) -> None:
    """The called phone asks for T.38; the caller's is asked for it, too, or nobody's."""
    caller, callee = await office.new_phone(t38_enabled=is_enabled), await office.registered_phone()
    call, incoming = await connected(caller, callee)
    call.fax_port, incoming.fax_port = free_port(), free_port()

    answer = await _asks_for_fax(callee, incoming)

    asked = [each.body for each in call.asked_inside if each.method == "INVITE"]
    assert ("m=image" in answer.body) == is_enabled
    assert (answer.status, ["m=image" in each for each in asked]) == ((200, [True]) if is_enabled else (488, []))


async def test_a_fax_from_outside(office: Office, carrier: Carrier) -> None:
    """The carrier's call is asked for T.38, too."""
    machine = await office.registered_phone(t38_enabled=True)
    call, incoming = await carrier.calls(machine)
    call.fax_port, incoming.fax_port = free_port(), free_port()

    answer = await _asks_for_fax(machine, incoming)

    assert (answer.status, "m=image" in answer.body) == (200, True)


async def test_a_fax_to_a_number_outside(office: Office, carrier: Carrier) -> None:
    """The carrier asks for T.38, as machines do that are called."""
    machine = await office.new_phone(t38_enabled=True)
    call = await machine.dial("0977123456")
    incoming = await carrier.phone.rings()
    incoming.answer()
    await call.final.wait()
    call.fax_port, incoming.fax_port = free_port(), free_port()

    answer = await _asks_for_fax(carrier.phone, incoming)

    assert (answer.status, "m=image" in answer.body) == (200, True)


async def _asks_for_fax(phone: Phone, call: IncomingCall) -> Message:
    content = (("Contact", phone.contact), ("Content-Type", "application/sdp"))
    return await phone.ask("INVITE", call, content, fax_at(call.fax_port))


async def test_some_phones_are_asked_whether_they_are_there(office: Office) -> None:
    """OPTIONS within the interval; a phone without it, and without a router before it, gets none."""
    asked, other = await office.registered_phone(qualify_enabled=True), await office.registered_phone()

    async with asyncio.timeout(PING_TIMEOUT_SECONDS):
        await asked.was_pinged.wait()

    assert not other.was_pinged.is_set()


@pytest.mark.parametrize(("status", "ends"), [(486, True), (603, True), (480, False)])
async def test_who_declines_ends_the_ringing(office: Office, status: int, ends: bool) -> None:
    """And the rule for busy counts. A phone that has gone away ends nothing."""
    caller, busy = await office.new_phone(), await office.registered_phone()
    first, second = await _two_phones(office, reject_ends_ringing=True)
    await rules(office, first.number, in_busy=busy.number)

    call = await caller.dial(first.number)
    declining, waiting = await first.rings(), await second.rings()
    declining.reject(status, "No")

    if ends:
        await waiting.wait_for_end()
        await busy.rings()
    else:
        waiting.answer()
        await call.final.wait()
        assert call.status == 200


async def test_by_itself_who_declines_ends_only_its_own_ringing(office: Office) -> None:
    caller = await office.new_phone()
    first, second = await _two_phones(office)

    call = await caller.dial(first.number)
    declining, waiting = await first.rings(), await second.rings()
    declining.reject()
    waiting.answer()
    await call.final.wait()

    assert call.status == 200


async def _two_phones(office: Office, **values: Any) -> tuple[Phone, Phone]:
    account = await office.account(concurrent_registrations=2, **values)
    phones = await office.phone(account), await office.phone(account)
    for each in phones:
        assert await each.register() == 200
    return phones


async def test_the_own_mailbox_opens_without_the_pin(office: Office, switch: Switch) -> None:
    """By its own phone; from any other it takes the PIN."""
    account = await office.account(voicemail_enabled=True, voicemail_pin=PIN, voicemail_pin_required=False)
    owner, other = await office.phone(account), await office.new_phone()

    def said() -> list[str]:
        return [each["application_data"] for each in switch.channels() if each["application"] == "voicemail"]

    call = await owner.call("*97")
    await until(lambda: said() == [f"check auth default {owner.domain} {owner.number}"])
    await call.hang_up()
    await until(lambda: said() == [])
    await other.call("*98")

    await until(lambda: said() == [f"check default {owner.domain}"])
