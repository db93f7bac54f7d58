"""Where a call goes on: what an administrator can wish for. Standard library only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Final

from management.errors import Broken
from management.objects.commands import NUMBER, PlainRule, Rule, Within, between, matching, one_of
from xmlcurl.store.model import DESTINATION_TYPES

MOST_TIMES: Final = 5
DIGITS: Final = r"^[0-9*#+]{1,31}$"
PREFIX: Final = r"^[0-9*#+]{1,20}$"

_NEEDED: Final[Mapping[str, frozenset[str]]] = {
    "extension": frozenset({"extension"}),
    "ext_vm": frozenset({"extension"}),
    "ring_group": frozenset({"id"}),
    "queue": frozenset({"id"}),
    "ivr": frozenset({"id"}),
    "group_vm": frozenset({"id"}),
    "mobile_number": frozenset(),
    "external_num": frozenset({"number"}),
    "play_greeting": frozenset({"id"}),
    "end_call": frozenset(),
}
_POSSIBLE: Final[Mapping[str, frozenset[str]]] = {
    "mobile_number": frozenset({"prefix"}),
    "external_num": frozenset({"prefix"}),
    "play_greeting": frozenset({"times"}),
}
"""What a type may have besides what it needs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Destination:
    """`type`, one of DESTINATION_TYPES, says which of the others it has.

    Args:
        extension: a number, of `extension` and `ext_vm` (its mailbox).
        id: of a `ring_group`, `queue`, `ivr`, `group_vm` or, of `play_greeting`, a greeting.
        number: outside, of `external_num`; a `mobile_number` is the extension's own.
        prefix: dialled before a number outside.
        times: how often a greeting is played (1 to 5) before the call ends; None is once.
    """

    type: str
    extension: str | None = None
    id: int | None = None
    number: str | None = None
    prefix: str | None = None
    times: int | None = None

    def given(self) -> dict[str, str | int]:
        """What it has besides its type."""
        values = {each.name: getattr(self, each.name) for each in fields(self) if each.name != "type"}
        return {name: value for name, value in values.items() if value is not None}


_is_type: Final = one_of(DESTINATION_TYPES)
_RULES: Final[Mapping[str, PlainRule]] = {
    "extension": matching(NUMBER, Broken("exists")),
    "number": matching(DIGITS, Broken("regex")),
    "prefix": matching(PREFIX, Broken("regex")),
    "times": between(1, MOST_TIMES),
}


def destination_of_extension(value: Destination) -> Iterator[Within]:
    """The rules of one destination; whether what it names is there, the store says."""
    if wrong := [*_is_type(value.type)]:
        yield from (Within("type", each) for each in wrong)
        return
    needed, given = _NEEDED[value.type], value.given()
    for name in sorted(needed - given.keys()):
        yield Within(name, Broken("required"))
    for name in sorted(given.keys() - needed - _POSSIBLE.get(value.type, frozenset())):
        yield Within(name, Broken("prohibited"))
    for name in sorted(given.keys() & _RULES.keys()):
        yield from (Within(name, each) for each in _RULES[name](given[name]))


def destination(value: Destination) -> Iterator[Within]:
    """The same for what belongs to no extension, whose mobile number it could be."""
    if value.type == "mobile_number":
        yield Within("type", Broken("in"))
    else:
        yield from destination_of_extension(value)


def destinations(slots: frozenset[str]) -> Rule:
    """Destinations by slot, such as the digits of a menu."""

    def rules(value: Mapping[str, Destination]) -> Iterator[Within]:
        for slot, each in value.items():
            if slot not in slots:
                yield Within(slot, Broken("in"))
            yield from (Within(f"{slot}.{wrong.name}", wrong.broken) for wrong in destination(each))

    return rules
