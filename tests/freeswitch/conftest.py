"""One product, one tap, two FreeSWITCH for all tests of a worker; each test makes its own extensions."""

import itertools
import os
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from tests.freeswitch.administrator import Administrator
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import PORTS_OF_AUDIO, Switch
from tests.freeswitch.tap import Tap
from tests.freeswitch.witness import Witness

PREFIX = os.environ.get("FREESWITCH_PREFIX", "")
FIRST_AUDIO_PORT = 20_000
SWITCHES_A_WORKER = 8
AUDIO_PORTS_A_SWITCH = 2 * PORTS_OF_AUDIO
TEST_TIMEOUT_SECONDS = 240
HERE = Path(__file__).parent

CACHED, UNCACHED, OTHER = "pbx.test", "plain.test", "other.test"
"""Tenants: FreeSWITCH keeps users of the first for five minutes, of the others not at all."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here needs FreeSWITCH, and more time than a unit test."""
    if PREFIX and not (Path(PREFIX) / "bin" / "freeswitch").exists():
        raise pytest.UsageError(f"FREESWITCH_PREFIX={PREFIX}: there is no bin/freeswitch below it")
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.freeswitch)
            item.add_marker(pytest.mark.timeout(TEST_TIMEOUT_SECONDS))
            if not PREFIX:
                item.add_marker(pytest.mark.skip(reason="FREESWITCH_PREFIX does not name an installed FreeSWITCH"))


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """For everything that the processes write; nobody else may read it."""
    folder = tmp_path_factory.mktemp("freeswitch")
    folder.chmod(0o700)
    return folder


@pytest.fixture(scope="session")
def product(folder: Path) -> Iterator[Product]:
    """The whole product, with three tenants."""
    product = Product(folder / "product")
    product.start()
    try:
        for domain in (UNCACHED, OTHER):
            product.add_tenant(domain)
        yield product
    finally:
        product.stop()


@pytest.fixture(scope="session")
def tap(product: Product) -> Iterator[Tap]:
    tap = Tap(product.lookup_url)
    yield tap
    tap.close()


@pytest.fixture(scope="session")
def audio_ports() -> Iterator[int]:
    """Where the RTP ports of the next switch begin; no two have one in common."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    first = FIRST_AUDIO_PORT + worker * SWITCHES_A_WORKER * AUDIO_PORTS_A_SWITCH
    return itertools.count(first, AUDIO_PORTS_A_SWITCH)


@pytest.fixture(scope="session")
def make_switch(
    product: Product, tap: Tap, folder: Path, audio_ports: Iterator[int]
) -> Iterator[Callable[[str], Switch]]:
    """Starts a FreeSWITCH and tells the product of it; stops it at the end."""
    made: list[Switch] = []

    def make(name: str) -> Switch:
        switch = Switch(
            Path(PREFIX),
            folder / name,
            name,
            next(audio_ports),
            tap.url,
            product.lookup_credentials,
            # Or no trick would have anything to run, and the witness nothing to see.
            settings={"PROGRAMS_DISABLED": "false"},
        )
        made.append(switch)
        switch.start()
        product.add_switch(switch)
        return switch

    yield make
    for switch in made:
        switch.stop()


@pytest.fixture(scope="session")
def switch(make_switch: Callable[[str], Switch]) -> Switch:
    """The switch that phones use."""
    return make_switch("first")


@pytest.fixture(scope="session")
def second_switch(make_switch: Callable[[str], Switch]) -> Switch:
    """Joins the first one, for the rest of the run."""
    return make_switch("second")


@pytest.fixture(scope="session")
def numbers() -> Iterator[str]:
    """Numbers that no other test uses, whichever the tenant."""
    return map(str, itertools.count(2_001))


@pytest.fixture
async def offices(product: Product, switch: Switch, numbers: Iterator[str]) -> AsyncIterator[dict[str, Office]]:
    """The tenants by domain; their phones are put away at the end."""
    if not switch.is_running:  # a test that stopped it has failed; the others shall not
        switch.start()
    async with AsyncExitStack() as stack:
        found = {}
        for domain, token in product.tokens.items():
            administrator = Administrator(product.management_url, token, domain)
            found[domain] = await stack.enter_async_context(Office(administrator, switch, numbers))
        yield found


@pytest.fixture
def office(offices: dict[str, Office]) -> Office:
    """The tenant whose users FreeSWITCH does not keep."""
    return offices[UNCACHED]


@pytest.fixture
def cached_office(offices: dict[str, Office]) -> Office:
    """The tenant whose users FreeSWITCH keeps."""
    return offices[CACHED]


@pytest.fixture(params=[pytest.param(UNCACHED, id="cacheable off"), pytest.param(CACHED, id="cacheable on")])
def either(request: pytest.FixtureRequest, offices: dict[str, Office]) -> Office:
    """The one, then the other: what is promised with a copy in FreeSWITCH and without."""
    return offices[request.param]


@pytest.fixture
def witness(switch: Switch) -> Iterator[Witness]:
    """Its folder has a short path, so that a command with it fits into a name."""
    with tempfile.TemporaryDirectory() as folder:
        yield Witness(switch, Path(folder))
