"""The other half of row d: what nobody remembers, neither a process nor Redis, so that the database is asked."""

from contextlib import ExitStack
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Final

from redis import Redis

from tests.bench import store
from tests.bench.databases import own_redis, stores
from tests.bench.load import answer, request
from tests.bench.measure import Figures, ratio
from tests.bench.others import CREDENTIALS
from tests.bench.rows import Place, Ratio, Result, Shown

COUNTED: Final = 20
"""So many lookups are asked one by one to see how many statements each takes."""

ALONE: Final = {"XMLCURL_LOCAL_COPIES_MB": "0", "XMLCURL_LOOKUP_DEADLINE_MS": "900"}
"""Without copies; on a busy machine a lookup that takes long is to be measured, not refused."""


def cold(place: Place) -> Result:
    """A sign-in against hello, and how many statements it takes."""
    shown: dict[str, Shown] = {}
    ratios: list[Ratio] = []
    # Redis is emptied before each part of a round, and nobody is asked for twice within one.
    count = max(place.number, COUNTED)
    phones = [store.phone(n, count) for n in range(count)]
    requests = [request("/xmlcurl", store.sign_in(*each), CREDENTIALS) for each in phones]
    with (
        stores(place.folder / "cold", count) as urls,
        own_redis(place.folder / "cold redis") as redis_url,
        Redis.from_url(redis_url) as redis,
    ):
        for name, (url,) in urls.items():
            there = replace(place, database_url=url, redis_url=redis_url)
            redis.flushall()
            with ExitStack() as running:
                ours = running.enter_context(there.ours(f"ours, cold, {name}", **ALONE))
                hello = running.enter_context(there.hello(len(answer(ours.port, requests[0]))))
                results = there.compared(requests, ours, hello, before_each=redis.flushall)
            ours_p50, hello_p50 = (results[each.name].p50_us for each in (ours, hello))
            shown |= {ours.name: results[ours.name], f"hello, beside {name}": results["hello"]}
            what = f"p50 of what nobody remembers, {name}, against hello"
            ratios.append(Ratio("d", what, ratio(ours_p50, hello_p50), 8.0, is_at_least=False))
            redis.flushall()
            statements = _statements(there, requests[:COUNTED])
            shown[f"statements, {name}"] = Figures({"first": statements[0], "next": max(statements[1:])})
            what = f"statements of what nobody remembers, {name}, at most"
            ratios.append(Ratio("d", what, max(statements), 2.0, is_at_least=False))
    return shown, ratios


def _statements(place: Place, requests: list[bytes]) -> list[int]:
    """How many each of these took; the first one is asked when nothing at all is remembered."""
    file = place.folder / "statements"
    file.write_text("")
    counts = []
    with place.counted(file, **ALONE) as ours:
        for each in requests:
            answer(ours.port, each)
            counts.append(_lines(file))
    # The first one was asked twice: to see whether the server was there, and again.
    return [counts[0], *(after - before for before, after in pairwise(counts))]


def _lines(file: Path) -> int:
    return len(file.read_text().splitlines())
