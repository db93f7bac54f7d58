"""Row f: how long a write takes until every later lookup sees it, and until the switches have dropped their copies."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Final

import httpx

from tests.bench import store
from tests.bench.databases import own_redis
from tests.bench.load import answer, request
from tests.bench.measure import Figures, percentile
from tests.bench.rows import Place, Result, Shown
from tests.fakes.freeswitch import FreeSwitch
from tests.system.installation import CREDENTIALS, Installation
from tests.waiting import wait_until

RATES: Final = (1, 10)
"""Writes a second."""
AT_ONCE: Final = 32
EXTENSIONS: Final = 100
NODES: Final = 2
SWITCHES: Final = 2
START_SECONDS: Final = 60.0


class Stale(Exception):
    """A lookup that began after a write was answered did not see it, or a switch was not told."""


def writes(place: Place) -> Result:
    """With two lookup processes and two switches, at each rate; Prefer says what an answer waits for."""
    shown: dict[str, Shown] = {}
    with _running(place) as (product, client):
        for rate in RATES:
            for what, wait_seconds, check in (
                ("until every later lookup sees it", 0, _seen_everywhere),
                ("until both switches have acknowledged", 30, _acknowledged),
            ):

                def write(n: int, prefer: str = f"wait={wait_seconds}", check: Check = check) -> float:
                    number, name = store.number(n % EXTENSIONS), f"write {time.monotonic_ns()}"
                    begun = time.perf_counter()
                    put = client.put(f"/extensions/{number}", json={"display_name": name}, headers={"Prefer": prefer})
                    taken = time.perf_counter() - begun
                    check(product, number, name, put.raise_for_status())
                    return taken

                taken = sorted(_paced(write, rate, place.seconds))
                figures = {"writes": len(taken), **{f"p{of} ms": percentile(taken, of) * 1e3 for of in (50, 99)}}
                shown[f"{rate} a second, {what}"] = Figures(figures)
        _check_nothing_is_left(product)
    return shown, []


Check = Callable[[Installation, str, str, httpx.Response], None]


def _seen_everywhere(product: Installation, number: str, name: str, _answered: httpx.Response) -> None:
    """The answer is the moment from which it holds: so every process is asked then."""
    sent = request("/xmlcurl", store.sign_in(number), CREDENTIALS)
    for node in product.lookups:
        if name.encode() not in answer(node.port, sent):
            raise Stale(f"{number} at {node.url}")


def _acknowledged(_product: Installation, number: str, _name: str, answered: httpx.Response) -> None:
    """What the API says, which looks at the rows of its changes every 5 to 50 ms."""
    if answered.headers["X-Switch-Sync"] != f"acked={SWITCHES} pending=0 failed=0":
        raise Stale(f"{number}: {answered.headers['X-Switch-Sync']}")


def _paced(write: Callable[[int], float], rate: int, seconds: float) -> Iterator[float]:
    """So many each second, whether or not the former ones have been answered; how long each took, in seconds."""
    begun = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as threads:
        pending = []
        for n in range(max(2, int(rate * seconds))):
            time.sleep(max(0.0, begun + n / rate - time.monotonic()))
            pending.append(threads.submit(write, n))
        for each in pending:
            yield each.result()


@contextmanager
def _running(place: Place) -> Iterator[tuple[Installation, httpx.Client]]:
    """The whole product on SQLite, with two switches that are connected, and its extensions remembered everywhere."""
    folder = place.folder / "writes"
    folder.mkdir()
    with ExitStack() as running:
        redis_url = running.enter_context(own_redis(folder / "redis"))
        product = Installation(folder, f"sqlite+aiosqlite:///{folder / 'writes.sqlite'}", redis_url, lookups=NODES)
        switches = [running.enter_context(FreeSwitch(password="of-the-bench")) for _ in range(SWITCHES)]
        running.enter_context(product.running())
        client = running.enter_context(product.client())
        for n, switch in enumerate(switches):
            port = str(switch.port)
            product.command("switch", "add", f"fs{n}", "--port", port, "--password-stdin", stdin="of-the-bench")
        rows = [{"extension_number": store.number(n)} for n in range(EXTENSIONS)]
        client.post("/extensions/batch", json={"mode": "all", "extensions": rows}).raise_for_status()
        for switch in switches:
            switch.esl.wait_until(lambda esl: "show registrations as json" in esl.commands, START_SECONDS)
        yield product, client


def _check_nothing_is_left(product: Installation) -> None:
    """By the API's own record of changes: each switch was told of each write."""
    with httpx.Client(base_url=f"{product.api.url}/api/pbx") as client:
        client.headers["Authorization"] = f"Bearer {product.command('token', 'add')['token']}"

        def none(state: str) -> bool:
            return bool(client.get("/changes", params={"state": state}).raise_for_status().json()["total"] == 0)

        wait_until(lambda: none("pending"), START_SECONDS)
        if not none("failed"):
            raise Stale("a switch was not told of a write")
