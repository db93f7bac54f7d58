"""The rows of the table: what is asked of whom, and which ratio is wanted."""

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Protocol, TypeAlias

from redis import Redis

from tests.bench import store
from tests.bench.load import Clients, answer, request
from tests.bench.measure import Rounds, compare, middle, ratio
from tests.bench.others import CREDENTIALS
from tests.bench.served import Served, served
from tests.services import COMMANDS

ASKED: Final = 500
"""So many phones ask in turn where documents are remembered."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """One comparison. `bound`: at least, or at most, that much is wanted."""

    row: str
    what: str
    value: float
    bound: float
    is_at_least: bool
    middle: tuple[float, float] | None = None
    """Where it was taken in rounds: between which two of them half of the rounds lie."""

    @property
    def holds(self) -> bool:
        return self.value >= self.bound if self.is_at_least else self.value <= self.bound


@dataclass(frozen=True, slots=True)
class Place:
    """Where rows are measured: the servers behind, the clients, the processors (None: wherever), for how long."""

    folder: Path
    database_url: str
    redis_url: str
    clients: Clients
    cpu: int | None
    rounds: int
    number: int
    sizes: Sequence[int] = (1_000, 100_000)
    """How many extensions the stores of row e have, the smallest first."""
    bulk: int = 10_000
    """How many extensions row g creates."""
    seconds: float = 20.0
    """How long row f writes, at each rate."""

    def ours(self, name: str = "ours", **settings: str) -> AbstractContextManager[Served]:
        """`xmlcurl serve`, as it is by default but for credentials."""
        return self._served(name, [str(COMMANDS / "xmlcurl"), "serve"], self._environment | settings)

    def counted(self, statements: Path, **settings: str) -> AbstractContextManager[Served]:
        """The same, that writes down each of its SQL statements."""
        return self._served("counted", ["-m", "tests.bench.counted", str(statements)], self._environment | settings)

    def hello(self, size: int) -> AbstractContextManager[Served]:
        return self._served("hello", ["-m", "tests.bench.hello", "BIND", str(size)])

    def stub(self, documents: Path) -> AbstractContextManager[Served]:
        return self._served("stub", ["-m", "tests.bench.stub", "BIND", str(documents)])

    def other(self, kind: str, url: str) -> AbstractContextManager[Served]:
        return self._served(kind, ["-m", "tests.bench.others", kind, "BIND", url])

    def compared(
        self, requests: Sequence[bytes], *servers: Served, before_each: Callable[[], object] = lambda: None
    ) -> dict[str, Rounds]:
        asked = dict.fromkeys(servers, requests)
        return compare(self.clients, asked, rounds=self.rounds, number=self.number, before_each=before_each)

    @property
    def _environment(self) -> dict[str, str]:
        return {
            "XMLCURL_DATA_DIR": str(self.folder),
            "XMLCURL_DATABASE_URL": self.database_url,
            "XMLCURL_REDIS_URL": self.redis_url,
            "XMLCURL_LOOKUP_CREDENTIALS": CREDENTIALS,
            "XMLCURL_LOOKUP_BIND": "BIND",
        }

    def _served(
        self, name: str, words: list[str], environment: dict[str, str] | None = None
    ) -> AbstractContextManager[Served]:
        first = request("/xmlcurl", store.sign_in(store.number(0)), CREDENTIALS)
        return served(name, words, first=first, folder=self.folder, environment=environment, cpu=self.cpu)


class Skipped(Exception):
    """A row can't be measured here; the message says why."""


class Shown(Protocol):
    """What the JSON says of one of those that were compared."""

    def figures(self) -> Mapping[str, float]: ...


Result: TypeAlias = tuple[Mapping[str, Shown], list[Ratio]]
Row: TypeAlias = Callable[[Place], Result]


def sign_in(place: Place) -> Result:
    """A hot sign-in against hello."""
    return _against_hello(place, "a", "sign-in", store.sign_in, least=0.85, most=1.25)


def call(place: Place) -> Result:
    """A hot call, whose body has 7 kB, against hello; of that only the throughput is bounded."""
    return _against_hello(place, "b", "call", store.call, least=0.75, most=math.inf)


def simpler_ways(place: Place) -> Result:
    """A hot sign-in against one GET, and against a plain application."""
    requests = list(_requests(store.sign_in))
    with ExitStack() as running, Redis.from_url(place.redis_url) as redis:
        ours = running.enter_context(place.ours())
        document = answer(ours.port, requests[0])
        for n in range(ASKED):
            redis.set(f"{store.number(n)}@{store.DOMAIN}", document)
        one_get = running.enter_context(place.other("get", place.redis_url))
        plain = running.enter_context(place.other("plain", place.database_url))
        results = place.compared(requests, ours, one_get, plain)
    return results, [
        _faster("c", "throughput, against one GET", results, "get", 2.0),
        _faster("c", "throughput, against Starlette, SQLAlchemy and lxml", results, "plain", 5.0),
    ]


def only_redis(place: Place) -> Result:
    """A sign-in that no process has a copy of, against hello."""
    requests = list(_requests(store.sign_in))
    with ExitStack() as running:
        ours = running.enter_context(place.ours(XMLCURL_LOCAL_COPIES_MB="0"))
        hello = running.enter_context(place.hello(len(answer(ours.port, requests[0]))))
        results = place.compared(requests, ours, hello)
    what = "p50 of what only Redis holds, against hello"
    return results, [_most("d", what, results["ours"].p50_us, results["hello"].p50_us, 3.0)]


ROWS: Final[dict[str, Row]] = {"a": sign_in, "b": call, "d": only_redis, "c": simpler_ways}


def _requests(made: Callable[[str], bytes]) -> Iterator[bytes]:
    return (request("/xmlcurl", made(store.number(n)), CREDENTIALS) for n in range(2, ASKED))


def _against_hello(
    place: Place, row: str, what: str, made: Callable[[str], bytes], *, least: float, most: float
) -> Result:
    requests = list(_requests(made))
    with ExitStack() as running:
        ours = running.enter_context(place.ours())
        hello = running.enter_context(place.hello(len(answer(ours.port, requests[0]))))
        results = place.compared(requests, ours, hello)
    one, other = results["ours"], results["hello"]
    ratios = [
        _least(row, f"{what}: throughput", one.a_second, other.a_second, least),
        _most(row, f"{what}: CPU per request", one.cpu_us, other.cpu_us, most),
        _most(row, f"{what}: p50 at one client", one.p50_us, other.p50_us, most),
    ]
    return results, ratios


def _faster(row: str, what: str, results: dict[str, Rounds], other: str, bound: float) -> Ratio:
    return _least(row, what, results["ours"].a_second, results[other].a_second, bound)


def _least(row: str, what: str, ours: Sequence[float], others: Sequence[float], bound: float) -> Ratio:
    return Ratio(row, what, ratio(ours, others), bound, True, middle(ours, others))


def _most(row: str, what: str, ours: Sequence[float], others: Sequence[float], bound: float) -> Ratio:
    return Ratio(row, what, ratio(ours, others), bound, False, middle(ours, others))
