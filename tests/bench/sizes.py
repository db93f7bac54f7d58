"""Row e: what the size of the store costs. The same phones ask at stores of a thousand extensions and of many more."""

import statistics
from contextlib import ExitStack
from dataclasses import replace
from typing import Final

from redis import Redis

from tests.bench import store
from tests.bench.cold import ALONE
from tests.bench.databases import own_redis, stores
from tests.bench.load import request
from tests.bench.measure import Figures, Rounds, compare, ratio
from tests.bench.others import CREDENTIALS
from tests.bench.rows import ASKED, Place, Ratio, Result, Shown

MOST_STARTS: Final = 3


def sizes(place: Place) -> Result:
    """Hot and cold sign-ins at each size, and what a process takes to start, and of memory."""
    smallest, *others = place.sizes
    shown: dict[str, Shown] = {}
    ratios: list[Ratio] = []
    with ExitStack() as running:
        urls = running.enter_context(stores(place.folder / "sizes", *place.sizes))
        for database, of_sizes in urls.items():
            places = {
                size: replace(
                    place,
                    database_url=url,
                    redis_url=running.enter_context(own_redis(place.folder / f"redis {database} {size}")),
                )
                for size, url in zip(place.sizes, of_sizes, strict=True)
            }
            for kind, bound, compared in (("hot", 1.1, _hot), ("cold", 1.5, _cold)):
                results = compared(place, places)
                for size, (rounds, figures) in results.items():
                    shown[f"{database}, {size:,}, {kind}"] = Figures({**rounds.figures(), **figures})
                for size in others:
                    value = ratio(results[size][0].p50_us, results[smallest][0].p50_us)
                    what = f"{kind}, {database}: p50 with {size:,} extensions, against {smallest:,}"
                    ratios.append(Ratio("e", what, value, bound, is_at_least=False))
    return shown, ratios


Measured = dict[int, tuple[Rounds, dict[str, float]]]


def _hot(place: Place, places: dict[int, Place]) -> Measured:
    """As it is by default, of phones all over the store; with the time of a start, and the memory after all that."""
    with ExitStack() as running:
        starts: dict[int, list[float]] = {size: [] for size in places}
        for size, there in places.items():
            for n in range(min(MOST_STARTS, place.rounds)):
                with there.ours(f"start {size} {n}") as ours:
                    starts[size].append(ours.started_seconds)
        servers = {size: running.enter_context(there.ours(f"ours {size}")) for size, there in places.items()}
        asked = {server: _requests(size, ASKED) for size, server in servers.items()}
        results = compare(place.clients, asked, rounds=place.rounds, number=place.number)
        return {
            size: (
                results[server.name],
                {"start seconds": statistics.median(starts[size]), "memory MiB": server.memory_mb()},
            )
            for size, server in servers.items()
        }


def _requests(size: int, asked: int) -> list[bytes]:
    """Of so many phones all over the store."""
    phones = (store.phone(n, size) for n in range(0, size, max(1, size // asked)))
    return [request("/xmlcurl", store.sign_in(*each), CREDENTIALS) for each in phones]


def _cold(place: Place, places: dict[int, Place]) -> Measured:
    def forget() -> None:
        for there in places.values():
            with Redis.from_url(there.redis_url) as redis:
                redis.flushall()

    with ExitStack() as running:
        servers = {size: running.enter_context(there.ours(f"cold {size}", **ALONE)) for size, there in places.items()}
        # Nobody is asked for twice between two emptyings.
        number = min(place.number, *place.sizes)
        asked = {server: _requests(size, number) for size, server in servers.items()}
        results = compare(place.clients, asked, rounds=place.rounds, number=number, before_each=forget)
    return {size: (results[server.name], {}) for size, server in servers.items()}
