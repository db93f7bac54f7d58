"""What the lookup service counts. docs/lookups.md says what to do when a figure moves."""

import asyncio
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

# Seconds. Registrations per second of a switch are 1 / latency, so the low end is what matters.
_BUCKETS: Final = (0.0005, 0.001, 0.002, 0.003, 0.005, 0.0075, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 0.9)


COUNT_SECONDS: Final = 0.1
MOST_UNCOUNTED: Final = 250


class LookupMetrics:
    """Metrics of one process, in a registry of their own; with `--workers`, each process tells the sum of all."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.seconds = Histogram(
            "xmlcurl_lookup_seconds",
            "From the request's last byte to the answer, by kind of request, result (found, not_found, "
            "failed) and source (cache, sql, none)",
            ["kind", "result", "source"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._children: dict[tuple[str, str, str], Histogram] = {}
        self._uncounted: list[tuple[tuple[str, str, str], float]] = []
        # With `--workers` another process may be asked for the sum before this one has counted.
        self._most_uncounted = 1 if values.ValueClass._multiprocess else MOST_UNCOUNTED  # noqa: SLF001 - as below
        self.refused = Counter(
            "xmlcurl_refused",
            "Requests that were not looked at, by HTTP status (401, 403, 405, 408, 413)",
            ["status"],
            registry=self._registry,
        )

        self.overloaded = Counter(
            "xmlcurl_overloaded",
            "Lookups that were refused with 503 at once, because LOADS_AT_ONCE were under way",
            registry=self._registry,
        )

    def answered(self, kind: str, result: str, source: str, seconds: float) -> None:
        """One lookup. It is counted within `COUNT_SECONDS`, with others: many at once cost less.

        For one thread with an event loop.
        """
        self._uncounted.append(((kind, result, source), seconds))
        waiting = len(self._uncounted)
        if waiting >= self._most_uncounted:
            self._count()
        elif waiting == 1:
            asyncio.get_running_loop().call_later(COUNT_SECONDS, self._count)

    def _count(self) -> None:
        uncounted, self._uncounted = self._uncounted, []
        for labels, seconds in uncounted:
            child = self._children.get(labels)
            if child is None:
                # What `labels` finds is kept: it costs as much as the rest.
                child = self._children[labels] = self.seconds.labels(*labels)
            child.observe(seconds)

    def text(self) -> bytes:
        """All of them in Prometheus's text format."""
        self._count()
        if not values.ValueClass._multiprocess:  # noqa: SLF001 - as the package itself asks
            return generate_latest(self._registry)
        of_all = CollectorRegistry()
        MultiProcessCollector(of_all)  # type: ignore[no-untyped-call]
        return generate_latest(of_all)
