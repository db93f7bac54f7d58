"""The whole product, written to and asked over HTTP while all sorts of faults befall it: no lookup sees the past.

Longer: `make test-coherence SECONDS=600`. The same faults again: `--coherence-seed`, as it was printed.
"""

import json
import random
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.coherence.faults import TOGETHER, Clocks, Faults
from tests.coherence.stepped_clock import SteppedClock
from tests.coherence.traffic import WRITERS, Traffic, by_source
from tests.servers import PostgresServer, RedisServer
from tests.system.installation import Installation

LOOKUP_PROCESSES = 4
RECOVERED_WITHIN_SECONDS = 40.0


@pytest.fixture
def clocks(tmp_path: Path) -> Clocks | None:
    """None where libfaketime is not installed: then nobody's clock is set."""
    (tmp_path / "of-redis").mkdir()
    (tmp_path / "of-lookup").mkdir()
    redis = SteppedClock.where_it_can_be(tmp_path / "of-redis" / "clock")
    lookup = SteppedClock.where_it_can_be(tmp_path / "of-lookup" / "clock")
    return Clocks(redis, lookup) if redis and lookup else None


@pytest.fixture
def redis(redis_executable: Path, tmp_path: Path, clocks: Clocks | None) -> Iterator[RedisServer]:
    executable = clocks.redis.program(redis_executable) if clocks else redis_executable
    server = RedisServer(tmp_path / "redis", executable=executable)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def product(
    tmp_path: Path, redis: RedisServer, postgres_server: PostgresServer, clocks: Clocks | None
) -> Iterator[Installation]:
    name = postgres_server.create_database()
    of_lookup = clocks.lookup.environment if clocks else {}
    product = Installation(
        tmp_path, postgres_server.url(name), redis.url, lookups=LOOKUP_PROCESSES, of_lookup=of_lookup
    )
    with product.running():
        yield product
    postgres_server.drop_database(name)


@pytest.mark.unmeasured
# The time is that of `--coherence-seconds`, and what starting and recovering take.
@pytest.mark.timeout(0)
def test_no_lookup_sees_what_was_before_an_answered_write(
    product: Installation, redis: RedisServer, clocks: Clocks | None, pytestconfig: pytest.Config
) -> None:
    """After each fault lookups and writes are answered again; at the end every node shows the last of everything."""
    seconds = float(pytestconfig.getoption("coherence_seconds"))
    seed = pytestconfig.getoption("coherence_seed") or random.randrange(2**32)  # noqa: S311 - no secret
    print(f"\n--coherence-seed={seed}")  # noqa: T201 - to have the same faults again
    chance = random.Random(seed)  # noqa: S311 - the same again for the same seed
    faults = Faults(product, redis, chance, clocks)
    traffic = Traffic(product, chance)
    with traffic.running():
        begun = time.monotonic()
        while time.monotonic() - begun < seconds or len(faults.happened) < len(faults.all()):
            fault = faults.next()
            print(f"{time.monotonic() - begun:7.1f} s  {fault}")  # noqa: T201 - to read beside a violation
            if chance.random() >= TOGETHER:
                traffic.wait_until_all_answer(RECOVERED_WITHIN_SECONDS)
        faults.end()
        traffic.wait_until_all_answer(RECOVERED_WITHIN_SECONDS)
    lasted = time.monotonic() - begun
    shown = traffic.seen_at_last()
    stale = traffic.history.stale()
    sources = sum((by_source(httpx.get(f"{node.url}/metrics").text) for node in product.lookups), start=by_source(""))
    print(  # noqa: T201 - the figures are what it is run for
        json.dumps(
            {
                "seed": seed,
                "seconds": round(lasted),
                "writes answered": traffic.history.answered_count,
                "writes not answered": traffic.history.unanswered_count,
                "lookups answered": traffic.history.lookup_count,
                "lookups not answered": dict(traffic.unanswered),
                "by source, since each process's last start": dict(sources),
                "faults": dict(faults.happened),
                "violations": len(stale),
            },
            indent=2,
        )
    )

    assert stale == []
    assert shown == {}
    # How many there were is the machine's; that there were any of each is what makes it a proof.
    assert min(sources["local"], sources["cache"], sources["sql"]) > 0
    assert min(traffic.history.lookup_count, traffic.history.answered_count) > WRITERS
