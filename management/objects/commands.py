"""New values of an object, and the rules that a value can break by itself. Standard library only.

A kind is a subclass that says which values there are:

    class TeamValues(Values):
        REQUIRED = frozenset({"name"})
        RULES = {"name": label(100)}

        name: str | Unset = UNSET

What needs the store (does that number exist, is that name free) is asked in the transaction of the change.
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields
from enum import Enum
from ipaddress import ip_address
from typing import Any, ClassVar, Final

from management.errors import Broken, Invalid
from xmlcurl.store.text import is_domain, is_mail_address, is_safe_text


@dataclass(frozen=True, slots=True)
class Within:
    """A rule that something inside a value breaks: "2" of a list, "extension" of a destination."""

    name: str
    broken: Broken


Rule = Callable[[Any], Iterator[Broken | Within]]
"""A value -> what it breaks, as a whole or inside."""
PlainRule = Callable[[Any], Iterator[Broken]]
"""A value that has no inside -> what it breaks."""


class Unset(Enum):
    """The type of UNSET, which says that a wish leaves a value as it is."""

    UNSET = "unset"


UNSET: Final = Unset.UNSET


@dataclass(frozen=True, slots=True, kw_only=True)
class Values:
    """New values; what is UNSET stays, or takes its default. None takes a value away, where that is possible."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset()
    """What a new object must have."""
    FIXED: ClassVar[frozenset[str]] = frozenset()
    """What never changes once the object is there."""
    SECRETS: ClassVar[frozenset[str]] = frozenset()
    """What no log may show."""
    RULES: ClassVar[Mapping[str, Rule]] = {}

    def given(self) -> dict[str, Any]:
        """The values that are set, by name."""
        values = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value for name, value in values if value is not UNSET}

    def broken(self) -> dict[str, list[Broken]]:
        """Every rule that a value breaks by itself."""
        found: dict[str, list[Broken]] = {}
        for name, value in self.given().items():
            if value is None or name not in self.RULES:
                continue
            for each in self.RULES[name](value):
                where, broken = (f"{name}.{each.name}", each.broken) if isinstance(each, Within) else (name, each)
                found.setdefault(where, []).append(broken)
        return found

    def check(self, *, is_new: bool) -> None:
        """Raises Invalid, with every rule that is broken."""
        given = self.given().keys()
        found = {name: [Broken("required")] for name in sorted(self.REQUIRED - given)} if is_new else {}
        found |= {} if is_new else {name: [Broken("prohibited")] for name in sorted(self.FIXED & given)}
        if found := {**self.broken(), **found}:
            raise Invalid(found)


NUMBER: Final = r"^[0-9]{3,10}$"
"""What is dialled inside a tenant: an extension, a group, a queue, a menu, a mailbox."""

PIN: Final = r"^[0-9]{4,20}$"
"""What opens a mailbox by phone."""

# A spreadsheet computes what begins so, and may start programs by it; of a telephone number it makes a number.
_FORMULA: Final = re.compile(r"[=@]|[+-](?![0-9 ()./-]*$)")


def text(longest: int) -> PlainRule:
    """Text that means what it says, to FreeSWITCH and to the spreadsheet that somebody pastes a list into."""

    def rules(value: str) -> Iterator[Broken]:
        if len(value) > longest:
            yield Broken("max.string", {"max": longest})
        if not is_safe_text(value) or _FORMULA.match(value.lstrip()):
            yield Broken("safe_text")

    return rules


def label(longest: int) -> PlainRule:
    """Text that a person can tell from another: not empty, and no blanks around it that nobody sees."""
    safe = text(longest)

    def rules(value: str) -> Iterator[Broken]:
        if not value:
            yield Broken("min.string", {"min": 1})
        elif value != value.strip():
            yield Broken("regex")
        yield from safe(value)

    return rules


def password(shortest: int, longest: int) -> PlainRule:
    """What can be typed."""

    def rules(value: str) -> Iterator[Broken]:
        if len(value) < shortest:
            yield Broken("min.string", {"min": shortest})
        if len(value) > longest:
            yield Broken("max.string", {"max": longest})
        if not value.isprintable():
            yield Broken("printable")

    return rules


def matching(pattern: str, broken: Broken) -> PlainRule:
    """The whole value matches; `broken` otherwise."""
    # `$` would let a line feed follow.
    whole = re.compile(pattern.removesuffix("$"), re.ASCII)

    def rules(value: str) -> Iterator[Broken]:
        if not whole.fullmatch(value):
            yield broken

    return rules


pin: Final = matching(PIN, Broken("digits_between", {"min": 4, "max": 20}))
"""The rule of PINs."""
dialled_number: Final = matching(NUMBER, Broken("regex"))
"""A number of one's own inside a tenant; whether it is an emergency number of that tenant, the store says."""


def between(least: int, most: int) -> PlainRule:
    """A number within bounds, both included."""

    def rules(value: int) -> Iterator[Broken]:
        if not least <= value <= most:
            yield Broken("between.numeric", {"min": least, "max": most})

    return rules


def each_once(rule: PlainRule, most: int, *, least: int = 0) -> Rule:
    """A list of at most (and at least) so many different values, each of which follows the rule."""

    def rules(values: Sequence[Any]) -> Iterator[Broken | Within]:
        if len(values) < least:
            yield Broken("min.array", {"min": least})
        if len(values) > most:
            yield Broken("max.array", {"max": most})
            return
        for index, value in enumerate(values):
            yield from (Within(str(index), broken) for broken in rule(value))
            if value in values[:index]:
                yield Within(str(index), Broken("distinct"))

    return rules


def one_of(values: Sequence[str]) -> PlainRule:
    """One of the listed words."""

    def rules(value: str) -> Iterator[Broken]:
        if value not in values:
            yield Broken("in")

    return rules


def host(value: str) -> Iterator[Broken]:
    """A host name, or an address without a scope; no port."""
    if not (is_domain(value.lower()) or _is_address(value)):
        yield Broken("domain")


def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return "%" not in value


def existing_id(value: int) -> Iterator[Broken]:
    """What an id can be; whether there is such an object, the store says."""
    if value <= 0:
        yield Broken("exists")


def mail_address(value: str) -> Iterator[Broken]:
    """An address that programs which FreeSWITCH starts may be given."""
    if not is_mail_address(value):
        yield Broken("email")
