"""What a greeting is, and what can be wished for one. Standard library only."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar, Final

from management.errors import Broken
from management.greetings.sound import format_of
from management.objects.commands import UNSET, Rule, Unset, Values, label

LONGEST_NAME: Final = 100
LARGEST_KILOBYTES: Final = 10 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Greeting:
    """A sound that callers hear. `format` is "wav", or "mp3" for one that was stored before sounds were converted;
    `sha256` in lower-case hex, of the whole file.
    """

    id: int
    name: str
    format: str
    size_bytes: int
    sha256: str
    created_at: datetime
    updated_at: datetime


def _sound(value: bytes) -> Iterator[Broken]:
    if not value:
        yield Broken("required")
    elif len(value) > LARGEST_KILOBYTES * 1024:
        yield Broken("max.file", {"max": LARGEST_KILOBYTES})
    elif not format_of(value):
        yield Broken("sound")


@dataclass(frozen=True, slots=True, kw_only=True)
class GreetingValues(Values):
    """`content` is the whole file as it was sent."""

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "content"})
    RULES: ClassVar[Mapping[str, Rule]] = {"name": label(LONGEST_NAME), "content": _sound}

    name: str | Unset = UNSET
    content: bytes | Unset = field(default=UNSET, repr=False)
