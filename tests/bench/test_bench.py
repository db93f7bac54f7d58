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
from xmlcurl.query import fields_of, parse

CREDENTIALS = "freeswitch:a-password-of-the-bench"


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
