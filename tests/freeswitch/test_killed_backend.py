"""The product is killed and started again while two hundred phones sign in."""

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import httpx
import pytest

from tests.freeswitch.conftest import PREFIX
from tests.freeswitch.sipp import Sipp, needs_sipp
from tests.freeswitch.switch import Switch
from tests.servers import PostgresServer, RedisServer
from tests.services import Service
from tests.system.installation import CREDENTIALS, Installation
from tests.waiting import wait_until

PHONES, GUESSERS = 200, 20
BEFORE = 50
"""Phones that are registered when the kill comes."""
REFUSED = 5
"""Lookups that fail before the product is started again."""
DOMAIN = "pbx.test"
PASSWORD = "a-password-of-phones"
WITHIN_SECONDS = 30.0

pytestmark = needs_sipp


@pytest.fixture(scope="module")
def installation(folder: Path, postgres_server: PostgresServer, redis_executable: Path) -> Iterator[Installation]:
    """Two lookup nodes, the API and the worker, each a process of its own, on PostgreSQL."""
    redis = RedisServer(folder / "killed-redis", executable=redis_executable)
    database = postgres_server.create_database()
    (folder / "killed").mkdir()
    redis.start()
    try:
        with Installation(folder / "killed", postgres_server.url(database), redis.url).running() as installation:
            yield installation
    finally:
        redis.stop()


@pytest.fixture(scope="module")
def crowded(installation: Installation, folder: Path, audio_ports: Iterator[int]) -> Iterator[Switch]:
    """A switch that asks both nodes."""
    first, second = (f"{node.url}/xmlcurl" for node in installation.lookups)
    ports = next(audio_ports)
    switch = Switch(
        Path(PREFIX), folder / "crowded", "crowded", ports, first, CREDENTIALS, settings={"SECOND_LOOKUP_URL": second}
    )
    switch.start()
    port = str(switch.event_socket_port)
    installation.command(
        "switch", "add", switch.name, "--port", port, "--password-stdin", stdin=switch.event_socket_password
    )
    yield switch
    # Killed: it would wait for an answer to each NOTIFY of messages waiting, and the phones are gone.
    switch.kill()


@pytest.mark.parametrize(
    ("first_number", "victims"),
    [
        pytest.param(3_001, lambda product: product.lookups, id="the lookups"),
        pytest.param(4_001, lambda product: [*product.lookups, product.api, product.worker], id="everything"),
    ],
)
def test_the_backend_is_killed_during_two_hundred_registrations(
    installation: Installation,
    crowded: Switch,
    tmp_path: Path,
    first_number: int,
    victims: Callable[[Installation], Sequence[Service]],
) -> None:
    """In the end all are registered, no guesser ever was, and every single REGISTER was answered."""
    numbers = [str(first_number + index) for index in range(PHONES)]
    guessed = [str(first_number + PHONES + index) for index in range(GUESSERS)]
    with installation.client() as client:
        rows = [{"extension_number": each, "sip_password": PASSWORD} for each in (*numbers, *guessed)]
        client.post("/extensions/batch", json={"extensions": rows}).raise_for_status()
    failures = _failed_lookups(crowded)

    guessers = Sipp("guess", _rows(guessed, "not-the-password"), crowded, tmp_path / "guessers")
    phones = Sipp("sign_in", _rows(numbers, PASSWORD), crowded, tmp_path / "phones")
    wait_until(lambda: len(_registered(crowded) & set(numbers)) >= BEFORE, WITHIN_SECONDS)
    for service in victims(installation):
        service.kill()
    wait_until(lambda: _failed_lookups(crowded) > failures + REFUSED, WITHIN_SECONDS)
    during = _registered(crowded)
    for service in victims(installation):
        service.start()
    phones.wait()
    guessers.wait()

    assert not set(numbers) <= during
    assert _registered(crowded) & {*numbers, *guessed} == set(numbers)
    with installation.client() as client:
        wait_until(lambda: all(_state(client, each) == "registered" for each in numbers), WITHIN_SECONDS)
        assert {_state(client, each) for each in guessed} == {"unregistered"}


def _rows(numbers: Sequence[str], password: str) -> list[list[str]]:
    return [[each, DOMAIN, f"[authentication username={each} password={password}]"] for each in numbers]


def _registered(switch: Switch) -> set[str]:
    """Numbers that the switch has in its table of the profile."""
    return set(re.findall(rf"User: +\t?(\d+)@{re.escape(DOMAIN)}", switch.api("sofia status profile internal reg")))


def _failed_lookups(switch: Switch) -> int:
    """How many the switch has complained about."""
    return len(re.findall(r"mod_xml_curl\.c:\d+ CURL returned error", switch.log_text()))


def _state(client: httpx.Client, number: str) -> str:
    """What the API says of it."""
    return str(client.get(f"/extensions/{number}").raise_for_status().json()["data"]["sip_registration"])
