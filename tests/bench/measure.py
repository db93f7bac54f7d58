"""The same requests to several servers, in turn and in short rounds: other load of the machine meets all of them.

Ratios are taken within a round, and their median over the rounds: a round that something disturbed changes nothing.
"""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from tests.bench.load import Clients
from tests.bench.served import Served

WARM_UP: Final = 300


@dataclass(slots=True)
class Rounds:
    """What one server showed, a figure for each round."""

    a_second: list[float] = field(default_factory=list)
    """Requests, with all clients at once."""
    cpu_us: list[float] = field(default_factory=list)
    """Of its processor for each request, in microseconds, with all clients at once."""
    busy: list[float] = field(default_factory=list)
    """Which part of the time it was on its processor: near 1 says that it was not waiting for the clients."""
    p50_us: list[float] = field(default_factory=list)
    """Of a request at one client."""
    p99_us: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        return {
            "per second": round(statistics.median(self.a_second)),
            "cpu us": round(statistics.median(self.cpu_us), 1),
            "busy": round(statistics.median(self.busy), 2),
            "p50 us": round(statistics.median(self.p50_us), 1),
            "p99 us": round(statistics.median(self.p99_us), 1),
        }


def compare(
    clients: Clients,
    asked: Mapping[Served, Sequence[bytes]],
    *,
    rounds: int,
    number: int,
    before_each: Callable[[], object] = lambda: None,
) -> dict[str, Rounds]:
    """Each server's rounds by its name. `number` requests by all clients, and a half of that by one, in each round.

    `before_each` is called before anything is asked, and what it does is not measured.
    """
    for server, requests in asked.items():
        clients.ask(server.port, requests, max(WARM_UP, len(requests)))
    results = {server.name: Rounds() for server in asked}
    for n in range(rounds):
        # Whoever is first in a round isn't always the same one.
        order = list(asked.items())[:: -1 if n % 2 else 1]
        for server, requests in order:
            result = results[server.name]
            before_each()
            before = server.cpu_seconds()
            times = clients.ask(server.port, requests, number)
            cpu = server.cpu_seconds() - before
            result.a_second.append(times.a_second)
            result.cpu_us.append(cpu / number * 1e6)
            result.busy.append(cpu / times.seconds)
        for server, requests in order:
            before_each()
            latencies = sorted(clients.ask(server.port, requests, number // 2, clients=1).latencies)
            results[server.name].p50_us.append(percentile(latencies, 50) * 1e6)
            results[server.name].p99_us.append(percentile(latencies, 99) * 1e6)
    return results


@dataclass(frozen=True, slots=True)
class Figures:
    """What was measured without rounds."""

    values: Mapping[str, float]

    def figures(self) -> Mapping[str, float]:
        return {name: round(value, 2) for name, value in self.values.items()}


def ratio(ours: Sequence[float], others: Sequence[float]) -> float:
    """The median over the rounds."""
    return statistics.median(one / other for one, other in zip(ours, others, strict=True))


def middle(ours: Sequence[float], others: Sequence[float]) -> tuple[float, float]:
    """Between which two ratios those of half of the rounds lie: how far `ratio` is to be believed."""
    ratios = sorted(one / other for one, other in zip(ours, others, strict=True))
    return percentile(ratios, 25), percentile(ratios, 75)


def percentile(ordered: Sequence[float], percent: int) -> float:
    return ordered[min(len(ordered) - 1, len(ordered) * percent // 100)]
