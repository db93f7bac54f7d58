"""What `freeswitch-conf` says by itself, before and without the backend."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.freeswitch.conftest import PREFIX
from tests.freeswitch.eventsocket import EventSocket
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.ua import Phone

NOBODY = "http://127.0.0.1:1/xmlcurl"
"""A backend that can't be reached."""


@pytest.fixture(scope="module")
def lonely(folder: Path, audio_ports: Iterator[int]) -> Iterator[Switch]:
    """A switch without a backend, and with an empty password for its event socket."""
    switch = Switch(Path(PREFIX), folder / "lonely", "lonely", next(audio_ports), NOBODY, "", event_socket_password="")
    switch.start()
    yield switch
    switch.kill()


def test_it_starts_without_a_complaint(lonely: Switch) -> None:
    """Nothing that was loaded misses anything but the backend."""
    complaints = re.findall(r"^.*\[(?:ERR|CRIT|ALERT)\] (.*)$", lonely.log_text(), re.MULTILINE)

    assert [each for each in complaints if NOBODY not in each] == []


@pytest.mark.parametrize("password", ["ClueCon", "", "unset"])
def test_without_a_password_nobody_commands_it(lonely: Switch, password: str) -> None:
    """FreeSWITCH falls back to a password that everybody knows where it gets none."""
    with pytest.raises(OSError, match="password"):
        EventSocket(lonely.event_socket_port, password)


@pytest.mark.parametrize("number", ["1000", "1001", "admin"])
async def test_without_the_backend_nobody_signs_in_or_calls(lonely: Switch, number: str) -> None:
    """There are no users on disk, and no routes."""
    for domain in ("127.0.0.1", "pbx.test"):
        async with Phone(number, "1234", domain, lonely.sip_port) as phone:
            assert await phone.register() == 403
            assert (await phone.call("9196")).status == 403


def test_passwords_are_no_global_variables(switch: Switch, product: Product) -> None:
    """A global is readable as ${name} by every route; these are gone once the configuration has been read."""
    for _ in range(2):
        shown = switch.api("global_getvar")
        assert "lookup_url=" in shown
        assert switch.event_socket_password not in shown
        assert product.lookup_credentials not in shown
        assert switch.api("reloadxml").strip() == "+OK [Success]"
