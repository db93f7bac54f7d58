"""Reads a dialplan document as FreeSWITCH's mod_dialplan_xml does: which actions does this call get?

For those who explain calls, and for tests. It knows what our documents say, and refuses the rest: nested conditions
and `regex` are not among it.

Source: FreeSWITCH v1.10.12, mod_dialplan_xml.c (parse_exten, dialplan_hunt), switch_xml.c:3138 (times),
switch_utils.c:3972 (days of the week, numbers, times of day).
"""

import re
from collections.abc import Callable, Iterator, MutableMapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from lxml import etree

from xmlcurl.render.dialplan import ANY_CONTEXT
from xmlcurl.routing import Action

Variables = MutableMapping[str, str]
"""Of the channel, by name."""

SOME_DAY: Final = "YYYY/MM/DD"
"""Stands for the day on which a file is named."""

_TIMES: Final = frozenset({"year", "mon", "mday", "wday", "time-of-day"})
_KNOWN: Final = _TIMES | {"field", "expression", "break"}


class NotUnderstood(Exception):
    """The document says what none of ours says."""


@dataclass(slots=True)
class Reading:
    """What the call is to do, and the names of the rules that held, in order."""

    actions: list[Action] = field(default_factory=list)
    rules: list[str] = field(default_factory=list)


def section_of(document: bytes) -> Any:
    """The section of a document of ours."""
    return etree.fromstring(document, etree.XMLParser(resolve_entities=False)).find("section")


def read(section: Any, context: str, variables: Variables, now: datetime) -> Reading:
    """What the call gets in this section, after the inline actions were done to `variables`.

    Raises:
        NotUnderstood: nothing here is for it, or something that we don't know.
    """
    contexts = {each.get("name"): each for each in section.findall("context")}
    found = contexts.get(context, contexts.get(ANY_CONTEXT))
    reading = Reading()
    for rule in () if found is None else found.findall("extension"):
        if _holds(rule, reading.actions, variables, now):
            reading.rules.append(rule.get("name"))
            if rule.get("continue") != "true":
                break
    if not reading.actions:
        raise NotUnderstood("no action is for this call")
    return reading


def expanded(text: str, variables: Variables) -> str:
    """`${name}` as the variable's value, or nothing. Functions: only the one that can do no harm."""

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name.startswith("strftime("):
            return SOME_DAY
        if not re.fullmatch(r"\w+", name):
            raise NotUnderstood(f"${{{name}}} would be carried out")
        return variables.get(name, "")

    return re.sub(r"\$\{([^}]*)\}", value, text)


def set_variable(data: str, variables: Variables) -> None:
    """What the application `set` does."""
    name, _, value = data.partition("=")
    variables[name] = expanded(value, variables)


def _holds(rule: Any, actions: list[Action], variables: Variables, now: datetime) -> bool:
    proceed = False
    for condition in rule.findall("condition"):
        if not _KNOWN.issuperset(condition.attrib) or {child.tag for child in condition} - {"action", "anti-action"}:
            raise NotUnderstood(f"a condition in {rule.get('name')}")
        in_time = _is_in_time(condition, variables, now)
        is_met = in_time is True
        proceed = in_time is True
        tested = condition.get("field")
        if tested is not None:
            # Whatever the field says: where a time holds, the actions happen.
            proceed = re.search(condition.get("expression", ""), expanded(tested, variables)) is not None
            is_met = is_met or proceed
        elif in_time is None:
            is_met = proceed = True
        for action in condition.findall("action" if is_met else "anti-action"):
            _take(action, actions, variables)
            proceed = proceed or not is_met
        stops_on = condition.get("break", "on-false")
        if stops_on in {"always", "on-true" if is_met else "on-false"}:
            break
    return proceed


def _take(action: Any, actions: list[Action], variables: Variables) -> None:
    application, data = action.get("application"), action.get("data", "")
    if action.get("inline") != "true":
        actions.append((application, data))
    elif application == "set":
        set_variable(data, variables)
    else:
        raise NotUnderstood(f"{application} is not done inline")


def _is_in_time(condition: Any, variables: Variables, now: datetime) -> bool | None:
    """None: the condition has no time."""
    asked = _TIMES & set(condition.attrib)
    if not asked:
        return None
    local = now.astimezone(ZoneInfo(variables["timezone"]))
    values: dict[str, tuple[Callable[[str, int], bool], int]] = {
        "year": (_in_numbers, local.year),
        "mon": (_in_numbers, local.month),
        "mday": (_in_numbers, local.day),
        "wday": (_in_numbers, local.isoweekday() % 7 + 1),
        "time-of-day": (_in_times, local.hour * 3600 + local.minute * 60 + local.second),
    }
    return all(values[name][0](condition.get(name), values[name][1]) for name in asked)


def _in_numbers(expression: str, value: int) -> bool:
    return any(_between(first, value, last) for first, last in _ranges(expression, int))


def _in_times(expression: str, value: int) -> bool:
    return any(_between(first, value, last) for first, last in _ranges(expression, _seconds))


def _ranges(expression: str, read_one: Callable[[str], int]) -> Iterator[tuple[int, int]]:
    for part in expression.split(","):
        first, _, last = part.partition("-")
        yield read_one(first), read_one(last or first)


def _between(first: int, value: int, last: int) -> bool:
    return first <= value <= last if first <= last else value >= first or value <= last


def _seconds(time: str) -> int:
    hours, minutes, seconds = (*time.split(":"), "0")[:3]
    return int(hours) * 3600 + int(minutes) * 60 + int(seconds)
