"""Presence settings as this dialect writes them: for each status six forwards of five fields.

A forward that is off keeps what was filled in: it is kept for this dialect's clients alone.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final, Literal

from pydantic import Field, create_model

from management.errors import Broken, Invalid
from management.objects.destination import MOST_TIMES, Destination
from management.presence.commands import LONGEST_RING, SHORTEST_RING, SLOTS, PresenceRule, PresenceRuleValues
from management.web.strict import StrictModel

PresenceStatus = Literal["available", "away", "business_trip", "do_not_disturb", "lunch", "off_work"]
DestinationType = Literal[
    "",
    "extension",
    "ext_vm",
    "ivr",
    "ring_group",
    "queue",
    "group_vm",
    "mobile_number",
    "external_num",
    "play_greeting",
    "end_call",
]

BY_ID: Final = frozenset({"ivr", "ring_group", "queue", "group_vm"})
_NEEDED: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(("extension", "play_greeting", *BY_ID), frozenset({"value"})),
    "external_num": frozenset({"num"}),
}
_POSSIBLE: Final[Mapping[str, frozenset[str]]] = {
    "ext_vm": frozenset({"value"}),
    **dict.fromkeys(("mobile_number", "external_num", "play_greeting"), frozenset({"prefix"})),
}
"""What a type may have besides what it needs."""
_PARTS: Final = ("dest", "prefix", "value", "num")
_ID: Final = re.compile(r"[0-9]{1,18}", re.ASCII)
_TIMES: Final = re.compile(f"[1-{MOST_TIMES}]")

_Switch = Annotated[int, Field(ge=0, le=1)]
_Text = Annotated[str, Field(max_length=100)]


def _fields() -> Iterator[tuple[str, Any]]:
    for slot in SLOTS:
        yield f"enb_{slot}_forward", (_Switch, 0)
        yield f"{slot}_forward_dest", (DestinationType, "")
        for part in ("prefix", "value", "num"):
            yield f"{slot}_forward_{part}", (_Text, "")


_Forwards: Any = create_model("Forwards", __base__=StrictModel, **dict(_fields()))


class PresenceSetting(_Forwards):
    """The rule of one status. `in_` counts for calls from inside, `ex_` for those from outside. `value`: an id, or the
    name of a greeting; `prefix`: dialled before a number, or how often a greeting is played; `num`: a number outside.
    """

    status: PresenceStatus
    ring_timeout: Annotated[int, Field(ge=SHORTEST_RING, le=LONGEST_RING)]
    enb_ring_mobile: _Switch = 0

    def forwards(self) -> dict[str, "Forward"]:
        """What is filled in, by slot."""
        found = {
            slot: Forward(
                is_on=getattr(self, f"enb_{slot}_forward") == 1,
                **{part: getattr(self, f"{slot}_forward_{part}") for part in _PARTS},
            )
            for slot in SLOTS
        }
        return {slot: each for slot, each in found.items() if each.is_on or each.filled()}


@dataclass(frozen=True, slots=True)
class Forward:
    """The five fields of one forward."""

    is_on: bool = False
    dest: str = ""
    prefix: str = ""
    value: str = ""
    num: str = ""

    def filled(self) -> dict[str, str]:
        return {part: text for part in _PARTS if (text := getattr(self, part))}

    def broken(self) -> Iterator[tuple[str, Broken]]:
        """What a forward that is on breaks by itself, by part."""
        if not self.dest:
            yield "dest", Broken("required")
            return
        needed, given = _NEEDED.get(self.dest, frozenset()), self.filled().keys() - {"dest"}
        yield from ((part, Broken("required")) for part in needed - given)
        yield from ((part, Broken("prohibited")) for part in given - needed - _POSSIBLE.get(self.dest, frozenset()))
        if self.dest == "play_greeting" and self.prefix and not _TIMES.fullmatch(self.prefix):
            yield "prefix", Broken("between.numeric", {"min": 1, "max": MOST_TIMES})
        if self.dest in {"extension", "ext_vm", *BY_ID} and self.value and not _ID.fullmatch(self.value):
            yield "value", Broken("exists")


@dataclass(frozen=True, slots=True)
class Named:
    """What forwards name, and the store knows by something else."""

    own_number: str
    numbers: Mapping[int, str] = field(default_factory=dict)
    """Of extensions, by id."""
    greetings: Mapping[str, int] = field(default_factory=dict)
    """Ids, by name."""


def check(settings: Sequence[PresenceSetting]) -> None:
    """Raises Invalid, with all that forwards which are on break by themselves."""
    _raise(
        (setting.status, slot, part, broken)
        for setting in settings
        for slot, forward in setting.forwards().items()
        if forward.is_on
        for part, broken in forward.broken()
    )


def named_ids(settings: Sequence[PresenceSetting]) -> set[int]:
    """The extensions that forwards name."""
    return {int(each.value) for each in _on(settings) if each.dest in {"extension", "ext_vm"} and each.value}


def named_greetings(settings: Sequence[PresenceSetting]) -> set[str]:
    return {each.value for each in _on(settings) if each.dest == "play_greeting"}


def rules(settings: Sequence[PresenceSetting], named: Named) -> dict[str, PresenceRuleValues]:
    """The rules of these statuses; settings were checked.

    Raises:
        Invalid: one names an extension or a greeting that is not there.
    """
    found: dict[str, PresenceRuleValues] = {}
    missing = []
    for setting in settings:
        slots: dict[str, Destination | None] = dict.fromkeys(SLOTS)
        for slot, forward in setting.forwards().items():
            if forward.is_on:
                try:
                    slots[slot] = _destination(forward, named)
                except KeyError:
                    missing.append((setting.status, slot, "value", Broken("exists")))
        found[setting.status] = PresenceRuleValues(
            ring_seconds=setting.ring_timeout, ring_mobile=setting.enb_ring_mobile == 1, **slots
        )
    _raise(missing)
    return found


def off(settings: Sequence[PresenceSetting]) -> dict[str, dict[str, dict[str, str]]]:
    """What is filled in and off, by status and slot."""
    return {
        setting.status: {slot: each.filled() for slot, each in setting.forwards().items() if not each.is_on}
        for setting in settings
    }


def shown(
    status: Any,
    rule: PresenceRule,
    kept_off: Mapping[str, Mapping[str, str]],
    named: Named,
) -> PresenceSetting:
    """A rule as a client would have written it; `kept_off` is what `off` gave for its status."""
    fields: dict[str, Any] = {}
    for slot in SLOTS:
        destination: Destination | None = getattr(rule, slot)
        if destination is None:
            filled: Mapping[str, Any] = kept_off.get(slot, {})
        else:
            filled = _filled(destination, named)
            fields[f"enb_{slot}_forward"] = 1
        fields |= {f"{slot}_forward_{part}": filled.get(part, "") for part in _PARTS}
        fields.setdefault(f"enb_{slot}_forward", 0)
    return PresenceSetting(
        status=status, ring_timeout=rule.ring_seconds, enb_ring_mobile=int(rule.ring_mobile), **fields
    )


def _destination(forward: Forward, named: Named) -> Destination:
    """Raises KeyError when what it names is not there."""
    extension = object_id = times = None
    match forward.dest:
        case "extension" | "ext_vm":
            extension = named.numbers[int(forward.value)] if forward.value else named.own_number
        case "play_greeting":
            object_id, times = named.greetings[forward.value], int(forward.prefix) if forward.prefix else None
        case kind if kind in BY_ID:
            object_id = int(forward.value)
    return Destination(
        type=forward.dest,
        extension=extension,
        id=object_id,
        number=forward.num or None,
        prefix=None if forward.dest == "play_greeting" else forward.prefix or None,
        times=times,
    )


def _filled(destination: Destination, named: Named) -> dict[str, str]:
    value, prefix = str(destination.id or ""), destination.prefix or ""
    match destination.type:
        case "play_greeting":
            value = next((name for name, each in named.greetings.items() if each == destination.id), "")
            prefix = str(destination.times or "")
        case "extension" | "ext_vm" if destination.type == "extension" or destination.extension != named.own_number:
            value = next((str(each) for each, number in named.numbers.items() if number == destination.extension), "")
    return {"dest": destination.type, "prefix": prefix, "value": value, "num": destination.number or ""}


def _on(settings: Sequence[PresenceSetting]) -> Iterator[Forward]:
    return (each for setting in settings for each in setting.forwards().values() if each.is_on)


def _raise(broken: Iterable[tuple[str, str, str, Broken]]) -> None:
    found: dict[str, list[Broken]] = {}
    for status, slot, part, rule in broken:
        found.setdefault(f"presence_list.{status}.{slot}_forward_{part}", []).append(rule)
    if found:
        raise Invalid(found)
