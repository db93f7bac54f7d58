"""`xmlcurl serve --workers`: several processes at one address that a client can't tell from one."""

import os
import re
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.servers import RedisServer
from tests.system.herd import DOMAIN
from tests.system.installation import Installation, Node
from tests.system.test_faults import version_at
from tests.waiting import wait_until

pytestmark = pytest.mark.timeout(600)
WORKERS = 2


@pytest.fixture(scope="module")
def product(tmp_path_factory: pytest.TempPathFactory, redis_executable: Path) -> Iterator[Installation]:
    """One lookup node of three processes."""
    folder = tmp_path_factory.mktemp("workers")
    redis = RedisServer(folder / "redis", executable=redis_executable)
    redis.start()
    product = Installation(folder, f"sqlite+aiosqlite:///{folder / 'test.sqlite'}", redis.url, DOMAIN, lookups=1)
    lookups = product.lookups[0]
    bind = lookups.url.removeprefix("http://")
    environment = {**product.environment, "XMLCURL_LOOKUP_BIND": bind}
    product.lookups = [Node(["xmlcurl", "serve", "--workers", str(WORKERS)], environment, folder, "lookups", bind)]
    with product.running():
        yield product
    redis.stop()


def processes(product: Installation) -> list[int]:
    """Those that answer."""
    parent = product.lookups[0].pid
    children = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in children if "spawn_main" in Path(f"/proc/{pid}/cmdline").read_text()]


def lookups_counted(product: Installation) -> float:
    text = httpx.get(f"{product.lookups[0].url}/metrics").text
    return sum(float(value) for value in re.findall(r"^xmlcurl_lookup_seconds_count\{.*\} (\S+)$", text, re.MULTILINE))


def test_a_write_is_seen_through_all_of_them(product: Installation) -> None:
    """Each has copies of its own, and each is waited for: no lookup, by whichever process, sees what was before."""
    url = product.lookups[0].url
    with product.client() as client:
        client.post("/extensions", json={"extension_number": "1001", "display_name": "v0"}).raise_for_status()
        for version in range(1, 6):
            client.put("/extensions/1001", json={"display_name": f"v{version}"}).raise_for_status()
            assert {version_at(url, "1001") for _ in range(10 * WORKERS)} == {version}


def test_a_scrape_tells_of_all_of_them(product: Installation) -> None:
    """Whichever process it reaches: a counter that jumped back would be taken for a restart."""
    before = lookups_counted(product)
    for _ in range(10 * WORKERS):
        assert version_at(product.lookups[0].url, "1001") is not None

    assert {lookups_counted(product) for _ in range(3 * WORKERS)} == {before + 10 * WORKERS}


def test_one_that_dies_is_replaced(product: Installation) -> None:
    """The others answer meanwhile, and what was counted stays counted."""
    before, counted = processes(product), lookups_counted(product)
    assert len(before) == WORKERS

    os.kill(before[0], signal.SIGKILL)

    wait_until(lambda: len(set(processes(product)) - {before[0]}) == WORKERS, 60)
    assert version_at(product.lookups[0].url, "1001") is not None
    assert lookups_counted(product) > counted


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_all_of_them_end_together(product: Installation, number: signal.Signals) -> None:
    """When they are told to, and when the process that started them is killed; the address is free then."""
    node, before = product.lookups[0], processes(product)

    os.kill(node.pid, number)

    wait_until(lambda: not any(_is_running(pid) for pid in before), 30)
    node.stop()
    node.start()
    assert version_at(node.url, "1001") is not None


def _is_running(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return False
