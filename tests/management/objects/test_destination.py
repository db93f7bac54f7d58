"""What a destination needs, may have and must not have."""

from collections.abc import Iterable
from typing import Any

import pytest

from management.objects.commands import Within
from management.objects.destination import Destination, destination, destination_of_extension, destinations
from xmlcurl.store.model import DESTINATION_TYPES

GOOD: dict[str, dict[str, Any]] = {
    "extension": {"extension": "1001"},
    "ext_vm": {"extension": "1001"},
    "ring_group": {"id": 1},
    "queue": {"id": 1},
    "ivr": {"id": 1},
    "group_vm": {"id": 1},
    "mobile_number": {"prefix": "9"},
    "external_num": {"number": "+84900000000", "prefix": "*9#"},
    "play_greeting": {"id": 1, "times": 5},
    "end_call": {},
}
EVERYTHING: dict[str, Any] = {"extension": "1001", "id": 1, "number": "0900000000", "prefix": "9", "times": 2}
OPTIONAL = {"mobile_number": {"prefix"}, "external_num": {"prefix"}, "play_greeting": {"times"}}


def broken(rules: Iterable[object]) -> dict[str, str]:
    """Where -> the rule that is broken there."""
    found = [each for each in rules if isinstance(each, Within)]
    return {each.name: each.broken.rule for each in found}


def test_every_type_is_told_here() -> None:
    """A new one needs its rules."""
    assert GOOD.keys() == {*DESTINATION_TYPES}


@pytest.mark.parametrize("kind", DESTINATION_TYPES)
def test_a_destination_has_what_its_type_has(kind: str) -> None:
    """All it needs, whatever is possible, and nothing else."""
    assert broken(destination_of_extension(Destination(type=kind, **GOOD[kind]))) == {}

    needed = GOOD[kind].keys() - OPTIONAL.get(kind, set())
    bare = broken(destination_of_extension(Destination(type=kind)))
    full = broken(destination_of_extension(Destination(type=kind, **EVERYTHING)))

    assert bare == dict.fromkeys(needed, "required")
    assert full == dict.fromkeys(EVERYTHING.keys() - GOOD[kind].keys(), "prohibited")


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        pytest.param(Destination(type="moon"), {"type": "in"}, id="no type"),
        pytest.param(Destination(type="extension", extension="12"), {"extension": "exists"}, id="too short a number"),
        pytest.param(Destination(type="ext_vm", extension="10\x0001"), {"extension": "exists"}, id="a control"),
        pytest.param(Destination(type="external_num", number="0900 1"), {"number": "regex"}, id="a blank"),
        pytest.param(Destination(type="external_num", number="1" * 32), {"number": "regex"}, id="a long number"),
        pytest.param(Destination(type="external_num", number="1\n"), {"number": "regex"}, id="a line feed"),
        pytest.param(Destination(type="external_num", number="${x}"), {"number": "regex"}, id="a variable"),
        pytest.param(Destination(type="external_num", number="1", prefix=""), {"prefix": "regex"}, id="empty prefix"),
        pytest.param(Destination(type="mobile_number", prefix="1" * 21), {"prefix": "regex"}, id="a long prefix"),
        pytest.param(Destination(type="play_greeting", id=1, times=0), {"times": "between.numeric"}, id="never"),
        pytest.param(Destination(type="play_greeting", id=1, times=6), {"times": "between.numeric"}, id="six times"),
    ],
)
def test_values_have_bounds(value: Destination, wrong: dict[str, str]) -> None:
    """Each is refused by its name."""
    assert broken(destination_of_extension(value)) == wrong


def test_only_an_extension_has_a_mobile_number() -> None:
    """A group's calls can't go on to one."""
    assert broken(destination(Destination(type="mobile_number"))) == {"type": "in"}
    assert broken(destination(Destination(type="end_call"))) == {}


def test_destinations_by_slot() -> None:
    """Errors name the slot; one that is not there is refused, also when it is a part of the list of them."""
    rules = destinations(frozenset("0123456789*#"))
    value = {
        "1": Destination(type="end_call"),
        "12": Destination(type="end_call"),
        "#": Destination(type="extension"),
    }

    assert broken(rules(value)) == {"12": "in", "#.extension": "required"}
