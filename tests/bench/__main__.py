"""`python -m tests.bench [--rows ab] [--rounds N] [--number N] [--json FILE]`: the table, and the same as JSON."""

import argparse
import json
import math
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tests.bench import rows as lookups
from tests.bench import store
from tests.bench.bulk import bulk
from tests.bench.cold import cold
from tests.bench.databases import own_redis
from tests.bench.load import clients
from tests.bench.registrations import registrations
from tests.bench.rows import Place, Ratio, Row, Skipped
from tests.bench.sizes import sizes
from tests.bench.starts import starts
from tests.bench.writes import writes

CLIENTS = 4
EXTENSIONS = 1_000
ROWS: Mapping[str, Sequence[Row]] = {
    **{name: [row] for name, row in lookups.ROWS.items()},
    "d": [lookups.only_redis, cold],
    "e": [sizes],
    "f": [writes],
    "g": [bulk],
    "h": [registrations],
    "s": [starts],
}


def measured(rows: str, **how: Any) -> dict[str, Any]:
    """What a run showed; `how` much of it: `rounds` and so on of Place."""
    server_cpu, client_cpu = processors()
    shown: dict[str, Any] = {"machine": machine(), "figures": {}, "ratios": [], "skipped": {}}
    with ExitStack() as running:
        folder = Path(running.enter_context(TemporaryDirectory()))
        redis_url = running.enter_context(own_redis(folder / "redis"))
        url = f"sqlite+aiosqlite:///{folder / 'bench.sqlite'}"
        store.fill(url, EXTENSIONS)
        asking = running.enter_context(clients(CLIENTS, client_cpu))
        place = Place(folder, url, redis_url, asking, server_cpu, **how)
        for name in rows:
            for row in ROWS[name]:
                try:
                    results, ratios = row(place)
                except Skipped as exc:
                    shown["skipped"][name] = str(exc)
                    continue
                figures = {each: result.figures() for each, result in results.items()}
                shown["figures"].setdefault(name, {}).update(figures)
                shown["ratios"] += ratios
    shown["load at the end"] = os.getloadavg()[0]
    return shown


def processors() -> tuple[int | None, int | None]:
    """One for the server, another for all that asks it; None where the machine has only one, or doesn't say."""
    free = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
    return (free[0], free[1]) if len(free) > 1 else (None, None)


def machine() -> dict[str, Any]:
    """What it was measured on, and what else went on there."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    model = next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
    return {
        "processor": model or platform.processor(),
        "processors": os.cpu_count(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "load before": os.getloadavg()[0],
    }


def table(ratios: Sequence[Ratio]) -> str:
    """As Markdown."""
    lines = ["| row | ratio | measured | half of the rounds | wanted | |", "|---|---|---|---|---|---|"]
    for each in ratios:
        wanted = f"{'>=' if each.is_at_least else '<='} {each.bound:g}" if math.isfinite(each.bound) else ""
        rounds = "{:.2f} to {:.2f}".format(*each.middle) if each.middle else ""
        missed = "" if each.holds else "missed"
        lines.append(f"| {each.row} | {each.what} | {each.value:.2f} | {rounds} | {wanted} | {missed} |")
    return "\n".join(lines)


def as_json(shown: dict[str, Any]) -> str:
    ratios = [
        {
            "row": each.row,
            "what": each.what,
            "value": round(each.value, 3),
            "half of the rounds": each.middle and [round(value, 3) for value in each.middle],
            "bound": bound_of(each),
            "holds": each.holds,
        }
        for each in shown["ratios"]
    ]
    return json.dumps(shown | {"ratios": ratios}, indent=1)


def bound_of(ratio: Ratio) -> float | None:
    return ratio.bound if math.isfinite(ratio.bound) else None


def main() -> None:
    words = argparse.ArgumentParser(prog="python -m tests.bench")
    words.add_argument("--rows", default="".join(ROWS), help=f"which of {''.join(ROWS)}")
    words.add_argument("--rounds", type=int, default=9)
    words.add_argument("--number", type=int, default=2_000, help="requests of each server in a round")
    words.add_argument("--sizes", type=int, nargs="+", default=[1_000, 100_000], help="extensions of row e's stores")
    words.add_argument("--bulk", type=int, default=10_000, help="extensions that row g creates")
    words.add_argument("--seconds", type=float, default=20.0, help="how long row f writes, at each rate")
    words.add_argument("--json", type=Path, help="where to write everything")
    given = words.parse_args()
    shown = measured(**{name: value for name, value in vars(given).items() if name != "json"})
    sys.stdout.write(f"{table(shown['ratios'])}\n\n{as_json(shown)}\n")
    if given.json:
        given.json.write_text(as_json(shown) + "\n")


if __name__ == "__main__":
    main()
