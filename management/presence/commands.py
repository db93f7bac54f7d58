"""What happens to the calls of an extension while it has some presence status. Standard library only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import ClassVar, Final

from management.errors import Broken
from management.objects.commands import UNSET, Rule, Unset, Values, Within, between, one_of
from management.objects.destination import Destination, destination_of_extension
from xmlcurl.store.model import PRESENCE_STATUSES

SHORTEST_RING: Final = 5
LONGEST_RING: Final = 300
SLOTS: Final = ("in_always", "in_no_answer", "in_busy", "ex_always", "ex_no_answer", "ex_busy")
"""Where calls go on: those from inside, those from outside."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceRule:
    """The rule of one status. Without a destination voicemail answers where it is enabled, else the cause is told."""

    ring_seconds: int = 30
    ring_mobile: bool = False
    in_always: Destination | None = None
    in_no_answer: Destination | None = None
    in_busy: Destination | None = None
    ex_always: Destination | None = None
    ex_no_answer: Destination | None = None
    ex_busy: Destination | None = None

    def forwards(self) -> dict[str, Destination]:
        """Where calls go on, by slot."""
        values = ((slot, getattr(self, slot)) for slot in SLOTS)
        return {slot: value for slot, value in values if value is not None}

    def uses_of_mobile(self) -> list[str]:
        """The values that need the extension's mobile number."""
        forwards = [f"{slot}.type" for slot, each in self.forwards().items() if each.type == "mobile_number"]
        return ["ring_mobile", *forwards] if self.ring_mobile else forwards


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """The present status of an extension, and the rule of each."""

    status: str
    rules: Mapping[str, PresenceRule]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceRuleValues(Values):
    RULES: ClassVar[Mapping[str, Rule]] = {
        "ring_seconds": between(SHORTEST_RING, LONGEST_RING),
        **dict.fromkeys(SLOTS, destination_of_extension),
    }

    ring_seconds: int | Unset = UNSET
    ring_mobile: bool | Unset = UNSET
    in_always: Destination | Unset | None = UNSET
    in_no_answer: Destination | Unset | None = UNSET
    in_busy: Destination | Unset | None = UNSET
    ex_always: Destination | Unset | None = UNSET
    ex_no_answer: Destination | Unset | None = UNSET
    ex_busy: Destination | Unset | None = UNSET


def _rules(value: Mapping[str, PresenceRuleValues]) -> Iterator[Within]:
    for status, values in value.items():
        if status not in PRESENCE_STATUSES:
            yield Within(status, Broken("in"))
        for name, rules in values.broken().items():
            yield from (Within(f"{status}.{name}", broken) for broken in rules)


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceValues(Values):
    """`rules` has those of some statuses; the others stay."""

    RULES: ClassVar[Mapping[str, Rule]] = {"status": one_of(PRESENCE_STATUSES), "rules": _rules}

    status: str | Unset = UNSET
    rules: Mapping[str, PresenceRuleValues] | Unset = UNSET
