"""Row g: extensions created by /extensions/batch, and what that takes of the API's memory."""

import time
from pathlib import Path
from typing import Final

from tests.bench import store
from tests.bench.databases import empty_databases, own_redis
from tests.bench.measure import Figures
from tests.bench.rows import Place, Ratio, Result, Shown
from tests.system.installation import Installation

IN_A_REQUEST: Final = 1_000
"""The API takes no more."""


def bulk(place: Place) -> Result:
    """One request after another, for one tenant, on each database; the last tenth is to be as fast as the first."""
    shown: dict[str, Shown] = {}
    ratios: list[Ratio] = []
    with empty_databases(place.folder / "bulk") as urls:
        for name, (url,) in urls.items():
            folder = place.folder / f"bulk {name}"
            folder.mkdir()
            with own_redis(folder / "redis") as redis_url:
                product = Installation(folder, url, redis_url, lookups=1)
                with product.running():
                    before = _peak_memory_mb(product.api.pid)
                    seconds = _create(product, place.bulk)
                    after = _peak_memory_mb(product.api.pid)
            tenth = max(1, len(seconds) // 10)
            slower = sum(seconds[-tenth:]) / sum(seconds[:tenth])
            figures = {"rows a second": place.bulk / sum(seconds), "MiB before": before, "MiB at most": after}
            shown[name] = Figures(figures)
            ratios.append(Ratio("g", f"the last tenth's time, {name}, against the first's", slower, 1.5, False))
    return shown, ratios


def _create(product: Installation, count: int) -> list[float]:
    """How long each request took, in seconds."""
    seconds = []
    with product.client() as client:
        for first in range(0, count, IN_A_REQUEST):
            numbers = map(store.number, range(first, min(first + IN_A_REQUEST, count)))
            body = {"mode": "all", "extensions": [{"extension_number": number} for number in numbers]}
            begun = time.perf_counter()
            client.post("/extensions/batch", json=body).raise_for_status()
            seconds.append(time.perf_counter() - begun)
    return seconds


def _peak_memory_mb(pid: int) -> float:
    """The most that the process has held so far, in MiB. Source: proc_pid_status(5), VmHWM."""
    status = Path(f"/proc/{pid}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024
