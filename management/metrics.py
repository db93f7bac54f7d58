"""What the management API counts, and what it looks up when it is asked. docs/api.md says what to do about it."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, Histogram, generate_latest

CONTENT_TYPE: Final = CONTENT_TYPE_LATEST

_BUCKETS: Final = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 30.0)
_CACHES: Final = "caches"
"""The label of rows that are about no switch: they complete the purge of the caches."""


class ManagementMetrics:
    """Metrics of one process, in a registry of their own."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.seconds = Histogram(
            "management_request_seconds",
            "From the request's head to the end of the answer, by dialect, method, route and status",
            ["dialect", "method", "route", "status"],
            buckets=_BUCKETS,
            registry=self._registry,
        )
        self._oldest = Gauge(
            "management_oldest_change_seconds",
            "Age of the oldest change that a switch (or the caches) has not been told yet",
            ["switch"],
            registry=self._registry,
        )
        self._connected = Gauge(
            "management_switch_connected",
            "1 while the worker is connected to the switch; 0 while it is not, or does not run",
            ["switch"],
            registry=self._registry,
        )
        self._errors = Gauge(
            "management_switch_errors",
            "Errors of the worker with a switch since Redis started, by class",
            ["switch", "error"],
            registry=self._registry,
        )

    def text(
        self,
        oldest: Mapping[int | None, datetime],
        connected: Mapping[int, bool],
        errors: Mapping[tuple[int, str], int],
        now: datetime,
    ) -> bytes:
        """All of them in Prometheus's text format. `oldest`: by switch id; None is the caches."""
        self._oldest.clear()
        for switch_id, written_at in oldest.items():
            label = _CACHES if switch_id is None else str(switch_id)
            self._oldest.labels(label).set((now - written_at).total_seconds())
        self._connected.clear()
        for switch_id, is_connected in connected.items():
            self._connected.labels(str(switch_id)).set(is_connected)
        self._errors.clear()
        for (switch_id, error), count in errors.items():
            self._errors.labels(str(switch_id), error).set(count)
        return generate_latest(self._registry)
