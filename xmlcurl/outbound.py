"""Patterns of numbers outside: which of them an outbound route is for. Pure.

| in a pattern | stands for |
|---|---|
| a digit, a `+` at the beginning | itself; what was dialled with a `+` needs one |
| `X`, `Z`, `N` | a digit: any, 1 to 9, 2 to 9 |
| `.` at the end | one digit or more |
| `!` at the end | digits, or nothing |

A pattern of digits alone is a prefix: whatever follows it, it matches. Any other one matches whole numbers only.
No regular expressions: of those a single one could stop every lookup, and here a match is one look at each digit.
"""

import re
from typing import Final

LONGEST_PATTERN: Final = 32
PATTERN: Final = r"^(?=.)\+?[0-9XZN]*[.!]?$"
"""Its form, for those who describe it; `is_pattern` decides."""

_PATTERN: Final = re.compile(r"(?=.)\+?[0-9XZN]*[.!]?", re.ASCII)
_DIALLED: Final = re.compile(r"\+?[0-9]*", re.ASCII)
_CLASSES: Final = {"X": "0123456789", "Z": "123456789", "N": "23456789"}


def is_pattern(text: str) -> bool:
    """Whether `text` is a pattern, of at most LONGEST_PATTERN characters."""
    return len(text) <= LONGEST_PATTERN and _PATTERN.fullmatch(text) is not None


def matches(pattern: str, digits: str) -> bool:
    """Whether the pattern is for the number that was dialled; never for one with more in it than digits and a `+`."""
    if not _DIALLED.fullmatch(digits) or (digits[:1] == "+") != (pattern[:1] == "+"):
        return False
    head, end = (pattern[:-1], pattern[-1]) if pattern.endswith((".", "!")) else (pattern, "")
    rest = len(digits) - len(head)
    if not all(one in _CLASSES.get(wanted, wanted) for wanted, one in zip(head, digits, strict=False)):
        return False
    if end == ".":
        return rest > 0
    return rest == 0 or (rest > 0 and (end == "!" or _is_prefix(head)))


def _is_prefix(head: str) -> bool:
    return _CLASSES.keys().isdisjoint(head)
