"""What our own phones show, shown by phones that we did not write: SIPp."""

import asyncio
from pathlib import Path
from socket import AF_INET, SOCK_DGRAM, socket

import pytest

from tests.freeswitch.administrator import Account
from tests.freeswitch.office import Office
from tests.freeswitch.sipp import Sipp, needs_sipp
from tests.freeswitch.switch import Switch
from tests.services import free_port
from tests.waiting import until

pytestmark = needs_sipp


async def test_a_phone_of_another_maker_signs_in(either: Office, switch: Switch, tmp_path: Path) -> None:
    """200 with the password that the API gave, 403 with another: digests are as others compute them."""
    account, port = await either.account(), free_port()
    wrong = Account(account.number, "not the password", account.domain)

    await _done(Sipp("register", [_row(account, str(port))], switch, tmp_path / "right"))
    with pytest.raises(AssertionError, match="403"):
        await _done(Sipp("register", [_row(wrong, str(port))], switch, tmp_path / "wrong"))

    assert f":{port}" in switch.contact(account.address)


async def test_a_phone_of_another_maker_sees_who_calls(either: Office, switch: Switch, tmp_path: Path) -> None:
    """The called one notes number and display name, in From and Remote-Party-ID: not what the caller wrote."""
    caller, callee, port = await either.account(display_name="Anna B"), await either.account(), free_port()
    answering = Sipp("answer", [("mailbox",), ("call",)], switch, tmp_path / "answer", port=port)
    await until(lambda: _is_taken(port))
    await _done(Sipp("register", [_row(callee, str(port))], switch, tmp_path / "register"))

    calling = Sipp("call", [_row(caller, callee.number)], switch, tmp_path / "call")
    await asyncio.gather(_done(calling), _done(answering))

    from_, identity = answering.log().splitlines()
    for shown in (from_, identity):
        assert shown.strip().startswith(f'"Anna B" <sip:{caller.number}@{caller.domain}>')


def _row(account: Account, last: str) -> tuple[str, ...]:
    digest = f"[authentication username={account.number} password={account.password}]"
    return account.number, account.domain, digest, last


def _is_taken(port: int) -> bool:
    """Whether somebody listens there."""
    with socket(AF_INET, SOCK_DGRAM) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


async def _done(sipp: Sipp) -> None:
    await asyncio.to_thread(sipp.wait)
