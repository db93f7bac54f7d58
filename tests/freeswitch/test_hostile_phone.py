"""A phone that writes commands wherever it may write: whoever signs in runs nothing on the switch."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence

import pytest

from tests.freeswitch.administrator import Account
from tests.freeswitch.office import Office
from tests.freeswitch.sip import Message
from tests.freeswitch.ua import Header, Phone
from tests.freeswitch.witness import Witness

TEXTS = (
    "${system(touch %s)}",
    "$${base_dir}",
    "${base_dir}",
    "${expand(system touch %s)}",
    "<X-PRE-PROCESS cmd='exec' data='touch %s'/>",
    "a,[execute_on_originate='system touch %s']sofia/internal/sip:b@127.0.0.1",
    "a|[api_on_originate=global_setvar:hostile=1]error/user_busy",
    "a:_:{api_on_originate=system:touch_%s}user/1001",
    "'; touch %s; #",
    "`touch %s`|$(touch %s)",
    "%24%7Bsystem(touch %s)%7D%0d%0aX-Hostile:1",
    "&user=1001&action=user_call&section=dialplan",
)
"""`%s` is the file that whoever executes it makes."""
PATIENCE_SECONDS = 1.0
"""What is no SIP gets no answer."""
REFUSED = range(400, 700)

Place = Callable[[Phone, str], Sequence[Header]]


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _contact(of: str) -> Place:
    """A Contact with the text in it, and the phone's address around it."""
    return lambda phone, text: [("Contact", of.replace("HOST", f"127.0.0.1:{phone.port}").replace("TEXT", text))]


HEADERS: dict[str, Place] = {
    "User-Agent": lambda _, text: [("User-Agent", text)],
    "display name": lambda phone, text: [("From", f"{_quoted(text)} <sip:{phone.address}>;tag=1")],
    "display name, not quoted": lambda phone, text: [("From", f"{text} <sip:{phone.address}>;tag=1")],
    "user of From": lambda phone, text: [("From", f"<sip:{text}@{phone.domain}>;tag=1")],
    "tag": lambda phone, text: [("From", f"<sip:{phone.address}>;tag={text}")],
    "Contact, display name": lambda phone, text: [("Contact", f"{_quoted(text)} <sip:a@127.0.0.1:{phone.port}>")],
    "Contact, user": _contact("<sip:TEXT@HOST>"),
    "Contact, parameter": _contact("<sip:a@HOST;x=TEXT>"),
    "Contact, path": _contact("<sip:a@HOST;fs_path=TEXT>"),
    "Contact, header": _contact("<sip:a@HOST?x=TEXT>"),
    "Contact, parameter of the header": _contact("<sip:a@HOST>;x=TEXT"),
    "Contact, without brackets": _contact("sip:TEXT@HOST"),
    "Contact, an address in its display name": _contact('"a\\" <sip:TEXT>" <sip:a@HOST>'),
    "Contact, host": _contact("<sip:a@TEXT>"),
    "Path": lambda phone, text: [("Path", f"<sip:{text}@127.0.0.1:{phone.port};lr>"), ("Supported", "path")],
    "identities": lambda phone, text: [
        (name, f"{_quoted(text)} <sip:{text}@{phone.domain}>")
        for name in ("P-Asserted-Identity", "P-Preferred-Identity", "Remote-Party-ID", "Diversion", "Referred-By")
    ],
    "headers of its own": lambda _, text: [(name, text) for name in ("X-FS-Support", "X-Hostile", "X-api_on_answer")],
    "names of fields": lambda _, text: [(name, text) for name in ("action", "user", "variable_user_name", "domain")],
    "names of variables": lambda _, text: [(name, text) for name in ("execute_on_answer", "sip_h_X-a", "presence_id")],
    "calls": lambda _, text: [(name, f"<sip:{text}>") for name in ("Alert-Info", "Call-Info", "Subject", "Session-ID")],
}
"""Where a phone may write, in a REGISTER and in an INVITE."""


@pytest.mark.parametrize("place", [pytest.param(place, id=name) for name, place in HEADERS.items()])
async def test_what_a_phone_writes_is_not_executed(office: Office, witness: Witness, place: Place) -> None:
    """When it registers, when it calls, and when it is called there; then it signs in as ever and is called."""
    caller, desk = await office.new_phone(), await office.new_phone()

    for text in TEXTS:
        hostile = place(desk, text.replace("%s", str(witness.probe)))
        await _answer(desk.register(headers=hostile))
        # Whatever was registered is what a call to it goes to.
        await _attempt(caller, desk.number, desk)
        await _attempt(desk, caller.number, caller, hostile)
    assert witness.deeds() == []

    assert await desk.register() == 200
    await caller.dial(desk.number)
    incoming = await desk.rings()
    assert incoming.caller_number == caller.number
    assert not witness.leaked(str(incoming.invite))


async def test_what_a_phone_dials_is_not_executed(office: Office, witness: Witness) -> None:
    """The number of a call is looked up as it is; there is none of these."""
    caller = await office.new_phone()

    for text in TEXTS:
        await _attempt(caller, text.replace("%s", str(witness.probe)), caller)

    assert witness.deeds() == []
    assert (await caller.call("9999999999")).status == 404


async def test_what_a_phone_signs_in_with_is_not_executed(office: Office, witness: Witness) -> None:
    """The digest's user name and realm, the number in To and the Call-ID: let in is only who is somebody."""
    desk = await office.new_phone()

    for text in (each.replace("%s", str(witness.probe)) for each in TEXTS):
        stranger = await office.phone(Account(desk.number, desk.password, desk.domain), sign_in_name=text)
        for sign_in in (
            stranger.register(),
            desk.register(realm=text),
            desk.register(to=f"{text}@{desk.domain}"),
        ):
            assert await _answer(sign_in) != 200
        # A host that is nobody's domain may be an address of the switch: not refused, but looked at and dropped.
        await _answer(desk.register(to=f"{desk.number}@{text}"))
        stranger = await office.phone(Account(desk.number, desk.password, desk.domain))
        stranger.call_id = text
        await _answer(stranger.register())

    assert witness.deeds() == []
    assert await desk.register() == 200


async def test_what_the_called_phone_answers_is_not_executed(office: Office, witness: Witness) -> None:
    """Reasons, names and, in a 302, where the call is to go: it ends."""
    caller, desk = await office.new_phone(), await office.registered_phone()

    for text in (each.replace("%s", str(witness.probe)) for each in TEXTS):
        for status, contact in (
            (302, f"<sip:{text}@127.0.0.1>"),
            (302, f"<sip:{text}@{desk.domain}>"),
            (486, desk.contact),
        ):
            call = await caller.dial(desk.number)
            headers = [("Contact", contact), ("Server", text), ("Reason", f'SIP;text="{text}"'), ("Warning", text)]
            (await desk.rings()).reject(status, text, headers)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await call.final.wait()
            await call.hang_up()

    assert witness.deeds() == []
    await caller.dial(desk.number)
    assert (await desk.rings()).caller_number == caller.number


async def test_what_a_phone_sends_in_a_call_is_not_executed(office: Office, witness: Witness) -> None:
    """INFO with a command in it, a transfer to a dial string of the phone's own making, a message: the call goes on."""
    caller, desk = await office.new_phone(), await office.registered_phone()
    call = await caller.dial(desk.number)
    incoming = await desk.rings()
    incoming.answer()
    await call.final.wait()

    for text in (each.replace("%s", str(witness.probe)) for each in TEXTS):
        nobodys = "?Replaces=a%3Bto-tag%3Db%3Bfrom-tag%3Dc"
        # Between two :_: it would be a dial string of its own, whatever stands around it.
        for replaced in ("", nobodys, f"{nobodys}&x=:_:sofia/internal/sip:b@127.0.0.1:{desk.port}:_:{text}"):
            refer = [("Refer-To", f"<sip:a@127.0.0.1:{desk.port};a=b,{text},c=d{replaced}>"), ("Referred-By", text)]
            assert await _answer(caller.ask("REFER", call, refer)) in {*REFUSED, 0}
            assert await _answer(desk.ask("REFER", incoming, refer)) in {*REFUSED, 0}
        for kind in ("api-request", "session-event", "data"):
            content = [("Content-Type", f"freeswitch/{kind}"), ("Record", text)]
            await _answer(caller.ask("INFO", call, content, f"system:touch {witness.probe}"))
        await _answer(caller.ask("MESSAGE", call, [("Content-Type", "text/plain")], text))

    assert witness.deeds() == []
    assert not desk.was_called
    assert await incoming.audio.hears(caller.hertz)


async def _answer(asked: Awaitable[Message | int]) -> int:
    """Its status; 0 where there is none because it is no SIP."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE_SECONDS):
            answer = await asked
            return answer if isinstance(answer, int) else answer.status
    return 0


async def _attempt(caller: Phone, number: str, callee: Phone, headers: Sequence[Header] = ()) -> None:
    """A call that may ring, be refused, or be no SIP at all."""
    call = await caller.dial(number, headers=headers)
    ringing, final = asyncio.create_task(callee.rings()), asyncio.create_task(call.final.wait())
    await asyncio.wait([ringing, final], timeout=PATIENCE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    final.cancel()
    if ringing.done():
        await ringing.result().hang_up()
    ringing.cancel()
