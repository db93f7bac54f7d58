"""Row h: registrations that a real FreeSWITCH sustains against us, and against a stub that costs nothing."""

import asyncio
import json
import os
import statistics
import time
from contextlib import AsyncExitStack, ExitStack, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

from tests.bench import store
from tests.bench.databases import own_redis
from tests.bench.load import answer, request
from tests.bench.measure import percentile, ratio
from tests.bench.others import CREDENTIALS
from tests.bench.rows import Place, Ratio, Result, Shown, Skipped
from tests.freeswitch.switch import PORTS_OF_AUDIO, Switch
from tests.freeswitch.ua import Phone
from tests.seed import Seed

PHONES: Final = 16
"""So many sign in at the same time, each again as soon as it was let in."""
SECONDS: Final = 3.0
"""How long one side is measured in a round."""
FIRST_AUDIO_PORT: Final = 30_000
KEPT, NOT_KEPT = store.DOMAIN, "plain.test"
"""Tenants: FreeSWITCH keeps users of the first one for five minutes, of the other not at all."""


class Refused(Exception):
    """FreeSWITCH did not let a phone in."""


@dataclass(slots=True)
class Registered:
    """What one side showed, a figure for each round."""

    a_second: list[float] = field(default_factory=list)
    p50_ms: list[float] = field(default_factory=list)
    """From a phone's first REGISTER, which is challenged, until it was let in."""

    def figures(self) -> dict[str, float]:
        return {
            "registrations a second": round(statistics.median(self.a_second)),
            "p50 ms": round(statistics.median(self.p50_ms), 1),
        }


def registrations(place: Place) -> Result:
    """Both sides in each round, with `cacheable` and without.

    Raises:
        Skipped: FREESWITCH_PREFIX names no FreeSWITCH.
    """
    prefix = Path(os.environ.get("FREESWITCH_PREFIX", ""))
    if not (prefix / "bin" / "freeswitch").exists():
        raise Skipped("FREESWITCH_PREFIX does not name an installed FreeSWITCH")
    folder = place.folder / "registrations"
    folder.mkdir()
    url = f"sqlite+aiosqlite:///{folder / 'store.sqlite'}"
    _fill(url)
    with ExitStack() as running:
        place = replace(place, database_url=url, redis_url=running.enter_context(own_redis(folder / "redis")))
        ours = running.enter_context(place.ours("ours for switches"))
        documents = folder / "documents.json"
        documents.write_text(json.dumps(_documents(ours.port)))
        stub = running.enter_context(place.stub(documents))
        switches = {}
        for n, server in enumerate((ours, stub)):
            lookups = f"http://127.0.0.1:{server.port}/xmlcurl"
            name, first_port = ("ours", "stub")[n], FIRST_AUDIO_PORT + n * (PORTS_OF_AUDIO + 2)
            switch = Switch(prefix, folder / name, name, first_port, lookups, CREDENTIALS)
            running.callback(switch.stop)
            switch.start()
            switches[name] = switch
        return _compared(place, switches)


def _compared(place: Place, switches: dict[str, Switch]) -> Result:
    shown: dict[str, Shown] = {}
    ratios: list[Ratio] = []
    for domain, cacheable in ((NOT_KEPT, "off"), (KEPT, "on")):
        results = {name: Registered() for name in switches}
        for n in range(place.rounds + 1):
            # Whoever is first in a round isn't always the same one; the first round warms up.
            for name, switch in list(switches.items())[:: -1 if n % 2 else 1]:
                latencies = sorted(asyncio.run(_sign_in(switch, domain)))
                if n:
                    results[name].a_second.append(len(latencies) / SECONDS)
                    results[name].p50_ms.append(percentile(latencies, 50) * 1e3)
        shown |= {f"{name}, cacheable {cacheable}": result for name, result in results.items()}
        value = ratio(results["ours"].a_second, results["stub"].a_second)
        ratios.append(Ratio("h", f"registrations a second, cacheable {cacheable}, against a stub", value, 0.95, True))
    return shown, ratios


async def _sign_in(switch: Switch, domain: str) -> list[float]:
    """All phones, again and again: how long each registration took that was answered in time, in seconds."""
    latencies: list[float] = []

    async def again_and_again(phone: Phone) -> None:
        while True:
            begun = time.perf_counter()
            if (status := await phone.register()) != 200:
                raise Refused(f"{phone.address}: {status}")
            latencies.append(time.perf_counter() - begun)

    async with AsyncExitStack() as stack:
        phones = [Phone(store.number(n), store.PASSWORD, domain, switch.sip_port) for n in range(PHONES)]
        for phone in phones:
            await stack.enter_async_context(phone)
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS):
                await asyncio.gather(*map(again_and_again, phones))
    return latencies


def _fill(url: str) -> None:
    """Both tenants have the same phones."""
    store.fill(url, PHONES)
    seed = Seed(url)
    try:
        tenant_id = seed.tenant(NOT_KEPT, cacheable_ms=0)
        for n in range(PHONES):
            seed.extension(tenant_id, store.number(n), password=store.PASSWORD)
    finally:
        seed.close()


def _documents(port: int) -> dict[str, str]:
    """What the stub answers: the same as ours, byte for byte."""
    names = [store.number(n) for n in range(PHONES)]
    wanted = {f"{name}@{domain}": store.sign_in(name, domain) for name in names for domain in (KEPT, NOT_KEPT)}
    wanted[""] = store.sign_in("nobody")
    return {who: answer(port, request("/xmlcurl", body, CREDENTIALS)).decode() for who, body in wanted.items()}
