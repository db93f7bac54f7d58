"""The checker: it finds what is stale, all of it and nothing else."""

import random
from itertools import count

import pytest

from tests.coherence.history import History, Stale


def history(writes: list[tuple[float, float, int]], lookups: list[tuple[float, int]]) -> History:
    history = History()
    for started, ended, version in writes:
        history.written("1001", version, started=started, ended=ended)
    for started, version in lookups:
        history.seen("1001", version, started=started)
    return history


@pytest.mark.parametrize(
    "lookup",
    [
        pytest.param((0.5, 0), id="before any write"),
        pytest.param((1.5, 0), id="during the write, the old one"),
        pytest.param((1.5, 1), id="during the write, the new one"),
        pytest.param((2.0, 0), id="at the very moment of its end"),
        pytest.param((2.5, 1), id="after it"),
        pytest.param((3.5, 2), id="what is being written"),
        pytest.param((9.0, 3), id="what was written without an answer"),
    ],
)
def test_what_is_not_stale(lookup: tuple[float, int]) -> None:
    checked = history([(1.0, 2.0, 1), (3.0, 4.0, 2)], [lookup])
    checked.written("1001", 3, started=5.0)

    assert checked.stale() == []


@pytest.mark.parametrize(
    ("lookup", "at_least"),
    [
        pytest.param((2.5, 0), 1, id="the one before"),
        pytest.param((3.5, 0), 1, id="during the next write, the one before the last"),
        pytest.param((4.5, 1), 2, id="long ago answered"),
        pytest.param((9.0, 1), 2, id="an unanswered write binds nobody, but those before it do"),
    ],
)
def test_what_is_stale(lookup: tuple[float, int], at_least: int) -> None:
    checked = history([(1.0, 2.0, 1), (3.0, 4.0, 2)], [lookup])
    checked.written("1001", 3, started=5.0)

    assert checked.stale() == [Stale("1001", *lookup, at_least, "")]


def test_keys_are_told_apart() -> None:
    checked = history([(1.0, 2.0, 7)], [])
    checked.seen("1002", 0, started=3.0)

    assert checked.stale() == []


def test_it_finds_what_a_comparison_of_all_with_all_finds() -> None:
    """Also where ends are noted out of order, as threads do."""
    chance = random.Random(1)  # noqa: S311 - the same in each run, and no secret
    checked = History()
    writes = [(version + chance.random(), version) for version in range(1, 200)]
    chance.shuffle(writes)
    for ended, version in writes:
        checked.written("1001", version, started=ended - 0.1, ended=ended)
    lookups = [(chance.uniform(0, 210), chance.randrange(200)) for _ in range(500)]
    for started, version in lookups:
        checked.seen("1001", version, started=started)

    expected = [
        (started, version)
        for started, version in lookups
        if version < max((written for ended, written in writes if ended < started), default=0)
    ]

    assert [(each.started, each.version) for each in checked.stale()] == expected
    assert 0 < len(expected) < len(lookups)


@pytest.mark.timeout(20)
def test_a_hundred_thousand_events() -> None:
    """In well under a second; compared all with all, it would be minutes."""
    moments = count()
    checked = History()
    for version in range(1, 20_001):
        checked.written("1001", version, started=next(moments), ended=next(moments))
        for _ in range(4):
            checked.seen("1001", version, started=next(moments))
    checked.seen("1001", 1, started=next(moments))

    assert [each.version for each in checked.stale()] == [1]
    assert checked.lookup_count + checked.answered_count == 100_001
