"""The parts of the bench measure what they say; how fast anything is decides nothing here."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench import store
from tests.bench.__main__ import as_json, measured, table
from tests.bench.load import NotAnswered, another, answer, clients, request
from tests.bench.measure import middle, percentile, ratio
from tests.bench.rows import Ratio
from tests.bench.served import served
from tests.seed import a1_hash
from xmlcurl.query import fields_of, parse
from xmlcurl.store.queries import find_extension, find_tenant_id
from xmlcurl.store.reader import Reader

CREDENTIALS = "freeswitch:a-password-of-the-bench"
STARTS_MANY = pytest.mark.timeout(240)
"""Ten processes and more, on a machine that may be busy."""


def test_a_row_is_measured() -> None:
    """All requests are answered 200 by both, or nothing comes out."""
    shown = measured("a", rounds=1, number=40)

    assert shown["figures"]["a"].keys() == {"ours", "hello"}
    for figures in shown["figures"]["a"].values():
        assert all(figures[name] > 0 for name in ("per second", "cpu us", "p50 us", "p99 us"))
    assert [each.what for each in shown["ratios"]] == [
        "sign-in: throughput",
        "sign-in: CPU per request",
        "sign-in: p50 at one client",
    ]
    assert json.loads(as_json(shown))["ratios"][0]["value"] == round(shown["ratios"][0].value, 3)


def test_cold_lookups_are_measured() -> None:
    """On both databases; the first one reads the set of domains too, and no other one takes more than one statement."""
    shown = measured("d", rounds=1, number=40)

    for database in ("SQLite", "PostgreSQL"):
        assert shown["figures"]["d"][f"statements, {database}"] == {"first": 2, "next": 1}
        assert shown["figures"]["d"][f"ours, cold, {database}"]["p50 us"] > 0
    assert [each.what for each in shown["ratios"] if not each.holds and "statements" in each.what] == []


@STARTS_MANY
def test_sizes_are_measured() -> None:
    """Each database, hot and cold, against the smallest store; with a start, and memory."""
    shown = measured("e", rounds=1, number=10, sizes=(20, 40))

    assert [each.what for each in shown["ratios"]] == [
        f"{kind}, {database}: p50 with 40 extensions, against 20"
        for database in ("SQLite", "PostgreSQL")
        for kind in ("hot", "cold")
    ]
    for size in (20, 40):
        figures = shown["figures"]["e"][f"PostgreSQL, {size}, hot"]
        assert figures["start seconds"] > 0
        assert figures["memory MiB"] > 10


@STARTS_MANY
def test_writes_are_measured() -> None:
    """At each rate: until they are seen, and until both switches have acknowledged; nothing stale was seen."""
    shown = measured("f", rounds=1, number=1, seconds=0.5)

    assert [figures["writes"] for figures in shown["figures"]["f"].values()] == [2, 2, 5, 5]
    assert all(figures["p99 ms"] >= figures["p50 ms"] > 0 for figures in shown["figures"]["f"].values())


@STARTS_MANY
def test_bulk_creation_is_measured() -> None:
    """On both databases."""
    shown = measured("g", rounds=1, number=1, bulk=20)

    assert shown["figures"]["g"].keys() == {"SQLite", "PostgreSQL"}
    for figures in shown["figures"]["g"].values():
        assert figures["rows a second"] > 0
        assert figures["MiB at most"] >= figures["MiB before"] > 10


def test_a_start_is_measured() -> None:
    shown = measured("s", rounds=1, number=1)

    assert shown["figures"]["s"]["ours"]["median seconds"] > 0


def test_a_row_that_can_not_be_measured_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    """A real FreeSWITCH isn't everywhere; tests/freeswitch measures with one."""
    monkeypatch.delenv("FREESWITCH_PREFIX", raising=False)

    shown = measured("h", rounds=1, number=1)

    assert shown["skipped"] == {"h": "FREESWITCH_PREFIX does not name an installed FreeSWITCH"}
    assert shown["figures"] == {}


async def test_a_store_is_as_management_would_have_filled_it(database_url: str) -> None:
    """Every phone is found by its number in its tenant, and signs in with the password."""
    store.fill(database_url, 2_010)
    reader = Reader.open(database_url)

    async with reader.connection() as connection:
        for n in (0, 1, 1_000, 2_009):
            number, domain = store.phone(n, 2_010)
            tenant_id = await find_tenant_id(connection, domain)
            assert tenant_id is not None
            found = await find_extension(connection, tenant_id, number)
            assert found is not None
            assert found.a1_hash == a1_hash(number, domain, store.PASSWORD)
    await reader.close()


def test_each_request_is_answered(tmp_path: Path) -> None:
    """With as many bytes as were wanted, on a connection of its own."""
    sent = request("/xmlcurl", store.sign_in("1001"), CREDENTIALS)
    with served("hello", ["-m", "tests.bench.hello", "BIND", "5"], first=sent, folder=tmp_path) as hello:
        with clients(2, None) as asking:
            times = asking.ask(hello.port, [sent], 11)

        assert answer(hello.port, sent) == b"xxxxx"
        assert len(times.latencies) == 11
        assert hello.cpu_seconds() > 0
        assert hello.memory_mb() > 1


def test_what_does_not_serve_is_named(tmp_path: Path) -> None:
    """With what it said: a bench of servers that refuse would be fast."""
    with (
        pytest.raises(TimeoutError, match="no such thing"),
        served("broken", ["-c", "raise SystemExit('no such thing')"], first=b"", folder=tmp_path),
    ):
        pass


def test_a_refusal_is_no_answer(tmp_path: Path) -> None:
    """As the plain application's, to somebody whose credentials are wrong."""
    words = ["-m", "tests.bench.others", "plain", "BIND", f"sqlite+aiosqlite:///{tmp_path / 'store.sqlite'}"]
    store.fill(f"sqlite+aiosqlite:///{tmp_path / 'store.sqlite'}", 3)
    body = store.sign_in(store.number(2))
    known = request("/xmlcurl", body, CREDENTIALS)
    with served("plain", words, first=known, folder=tmp_path) as plain:
        document = answer(plain.port, known)

        with pytest.raises(NotAnswered):
            answer(plain.port, request("/xmlcurl", store.sign_in("9"), CREDENTIALS))

    assert f'id="{store.number(2)}"'.encode() in document


def test_what_is_asked_is_what_was_captured() -> None:
    """For other extensions."""
    assert parse(store.sign_in("1000007")).user == parse(store.sign_in("1000007")).sip_to_user == "1000007"
    assert (parse(store.call("1000007")).caller, parse(store.call("1000007")).destination) == ("1000007", store.CALLED)
    assert len(store.call("1000007")) > 6_500


@pytest.mark.parametrize("made", [store.sign_in, store.call])
def test_nothing_is_sent_twice(made: Callable[[str], bytes]) -> None:
    """Other bytes each time, as many, that ask the same."""
    once = request("/xmlcurl", made("1000007"), CREDENTIALS)

    again = [another(once, n) for n in range(50)]

    assert len(set(again)) == 50
    assert {len(each) for each in again} == {len(once)}
    assert {fields_of(each) for each in again} == {fields_of(once)}


def test_ratios_are_of_rounds() -> None:
    """One round that was disturbed changes nothing."""
    assert ratio([10, 20, 1], [5, 10, 10]) == 2
    assert middle([10, 20, 30, 40], [10, 10, 10, 10]) == (2, 4)
    assert percentile(list(range(100)), 99) == 99
    assert percentile([7], 50) == 7


def test_the_table_says_what_is_missed() -> None:
    """And how far apart the rounds were."""
    missed, held = Ratio("a", "one", 0.8, 0.85, True, (0.75, 0.9)), Ratio("b", "two", 1.2, 1.25, is_at_least=False)

    assert [line.endswith("| missed |") for line in table([missed, held]).splitlines()[2:]] == [True, False]
    assert "| 0.80 | 0.75 to 0.90 | >= 0.85 |" in table([missed, held])
