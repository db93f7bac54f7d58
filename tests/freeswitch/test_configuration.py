"""What `freeswitch-conf` says by itself, before and without the backend."""

import json
import re
from collections.abc import Iterator
from datetime import datetime
from hashlib import md5
from pathlib import Path

import pytest

from management import timezones
from tests.clocks import FIRST_YEAR, instants, true_clock
from tests.freeswitch import sip
from tests.freeswitch.conftest import CACHED, PREFIX
from tests.freeswitch.eventsocket import EventSocket
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.tap import Tap
from tests.freeswitch.ua import Phone
from tests.waiting import until, wait_until

NOBODY = "http://127.0.0.1:1/xmlcurl"
"""A backend that can't be reached."""


@pytest.fixture(scope="module")
def lonely(folder: Path, audio_ports: Iterator[int]) -> Iterator[Switch]:
    """A switch without a backend, and with an empty password for its event socket."""
    switch = Switch(Path(PREFIX), folder / "lonely", "lonely", next(audio_ports), NOBODY, "", event_socket_password="")
    switch.start()
    yield switch
    switch.kill()


@pytest.fixture(scope="module")
def open_to_carriers(tap: Tap, product: Product, folder: Path, audio_ports: Iterator[int]) -> Iterator[Switch]:
    """A switch with the backend, that takes calls on its external profile from all of loopback."""
    settings = {"CARRIERS": "192.0.2.0/24,127.0.0.0/8"}
    where = Path(PREFIX), folder / "carriers", "carriers", next(audio_ports)
    switch = Switch(*where, tap.url, product.lookup_credentials, settings=settings)
    switch.start()
    yield switch
    switch.kill()


def test_it_starts_without_a_complaint(lonely: Switch) -> None:
    """Nothing that was loaded misses anything but the backend."""
    assert [each for each in _complaints(lonely) if NOBODY not in each] == []


def test_with_the_backend_there_is_no_complaint_at_all(open_to_carriers: Switch, tap: Tap) -> None:
    """Every module's configuration is asked for, is not found, and is read from disk; so again with reloadxml."""
    zones = {"key_value": "timezones.conf", "hostname": open_to_carriers.name}
    asked = len(tap.asked(**zones))

    assert open_to_carriers.api("reloadxml").strip() == "+OK [Success]"
    wait_until(lambda: len(tap.asked(**zones)) > asked, 10)

    for name in ("sofia", "voicemail", "callcenter", "json_cdr", "hash", "acl", "event_socket"):
        assert tap.asked(section="configuration", key_value=f"{name}.conf", hostname=open_to_carriers.name)
    # Gateways may be those of tests before, whose carriers are gone.
    assert [each for each in _complaints(open_to_carriers) if "Failed Registration" not in each] == []


def test_nothing_in_it_can_start_a_program(open_to_carriers: Switch) -> None:
    """Whoever's text gets FreeSWITCH to try: the commands and the applications are not there."""
    tried = [open_to_carriers.api(f"{command} true") for command in ("system", "bg_system", "spawn", "bg_spawn")]
    applications = re.findall(r"^(\w+),", open_to_carriers.api("show application"), re.MULTILINE)

    assert all("Command not found" in reply for reply in tried)
    assert open_to_carriers.api("expand eval [${system(echo hello)}]").strip() != "[hello]"
    assert "answer" in applications
    assert {"system", "bgsystem"}.isdisjoint(applications)


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


@pytest.mark.parametrize("number", ["1001", "+4930123456"])
async def test_a_stranger_calls_nobody(switch: Switch, tap: Tap, number: str) -> None:
    """On the carriers' port whoever is no carrier is refused, and the backend is not asked about him."""
    async with Phone("1001", "1234", CACHED, switch.gateway_sip_port) as stranger:
        call = await stranger.call(number, domain="127.0.0.1")

    assert call.status == 403
    assert tap.asked(**{"Caller-Destination-Number": number, "Hunt-Context": "public"}) == []


@pytest.mark.parametrize("which", ["switch", "open_to_carriers"])
async def test_nobody_signs_in_at_the_carriers_port(
    which: str, product: Product, tap: Tap, request: pytest.FixtureRequest
) -> None:
    """Not even with a right password, and not a carrier either."""
    switch: Switch = request.getfixturevalue(which)
    printed = product.demo["extensions"][1]
    asked = len(tap.asked(action="sip_auth"))
    async with Phone(printed["number"], printed["password"], CACHED, switch.gateway_sip_port) as phone:
        assert await phone.register() == 405
    assert len(tap.asked(action="sip_auth")) == asked


async def test_a_carriers_call_comes_into_the_context_public(open_to_carriers: Switch, tap: Tap) -> None:
    """Where the backend knows no number yet: 404, also for a number that a tenant has inside."""
    async with Phone("anonymous", "", "carrier.example", open_to_carriers.gateway_sip_port) as carrier:
        call = await carrier.call("1001", domain=CACHED)

    assert call.status == 404
    (lookup,) = tap.asked(section="dialplan", **{"Hunt-Destination-Number": "1001", "Hunt-Context": "public"})
    assert "UNALLOCATED_NUMBER" in lookup.answer


async def test_an_outside_peer_does_not_transfer_our_call(open_to_carriers: Switch) -> None:
    """In the middle of a call it may not send the other end to a number of ours (REFER)."""
    async with Phone("carrier", "", "carrier.example", open_to_carriers.gateway_sip_port) as carrier:
        address = sip.uri(carrier.contact)
        open_to_carriers.api(f"bgapi originate sofia/external/{address} &park")
        call = await carrier.rings()
        call.answer()
        await until(lambda: open_to_carriers.calls() == 1)

        refused = await carrier.ask("REFER", call, headers=(("Refer-To", f"<sip:1001@{CACHED}>"),))

        assert refused.status == 405


def test_a_domain_is_a_name_of_the_phones_profile_whoever_rescans(open_to_carriers: Switch) -> None:
    """The carriers' profile looks for gateways in the same domains, and takes none of them away."""
    for profile in ("external", "internal", "external"):
        assert "+OK scan complete" in open_to_carriers.api(f"sofia profile {profile} rescan")

    aliases = re.findall(r"^\s*(\S+)\s+alias\s+(\S+)", open_to_carriers.api("sofia status"), re.MULTILINE)

    assert (CACHED, "internal") in aliases
    assert {profile for _, profile in aliases} == {"internal"}


async def test_a_call_leaves_one_record_without_a_secret(office: Office, switch: Switch) -> None:
    """Who called whom, when; neither what was dialled (a PIN and a digit) nor what a phone proves itself with."""
    pin = "97531864"
    account = await office.account(voicemail_enabled=True, voicemail_pin=pin)
    owner = await office.phone(account)
    before = set(_records(switch))
    call = await owner.call("*97")
    for _ in range(3):
        await call.audio.dial(f"{pin}0#")
    await call.wait_for_end()
    await until(lambda: len(set(_records(switch)) - before) == 1)

    (record,) = set(_records(switch)) - before
    text = record.read_text()
    variables = json.loads(text)["variables"]

    assert variables["sip_auth_username"] == owner.number
    assert variables["digits_dialed"] == "X" * len(3 * f"{pin}0#")
    a1_hash = md5(f"{owner.number}:{owner.domain}:{owner.password}".encode()).hexdigest()  # noqa: S324 - as phones do
    for secret in (pin, owner.password, a1_hash, "sip_auth_response", "sip_auth_nonce"):
        assert secret not in text


def test_queues_can_be_made(lonely: Switch) -> None:
    """mod_callcenter keeps agents in a file of its own."""
    assert lonely.api("callcenter_config agent add 1001@pbx.test callback").strip() == "+OK"

    assert "1001@pbx.test" in lonely.api("callcenter_config agent list")
    assert (lonely.folder / "db" / "callcenter.db").exists()


def test_every_time_zone_tells_the_same_time_as_pythons(lonely: Switch) -> None:
    """Of each zone that a tenant may have: around each change of the clock in two years, and at their ends."""
    wrong, asked = set(), 0
    connection = lonely.connect()
    for zone in sorted(timezones.zones()):
        clock = true_clock(zone)
        for instant in instants(clock, last_year=FIRST_YEAR + 1):
            said = connection.api(f"strftime_tz {zone} {instant}|%Y-%m-%d %H:%M:%S")
            asked += 1
            if said != datetime.fromtimestamp(instant, clock).strftime("%Y-%m-%d %H:%M:%S"):
                wrong.add(zone)
    connection.close()

    assert asked > 2 * len(timezones.zones())
    assert wrong <= set(timezones.ROUGH)


def _complaints(switch: Switch) -> list[str]:
    return re.findall(r"^.*\[(?:ERR|CRIT|ALERT)\] (.*)$", switch.log_text(), re.MULTILINE)


def _records(switch: Switch) -> list[Path]:
    return list((switch.folder / "log" / "json_cdr").glob("*.cdr.json"))
