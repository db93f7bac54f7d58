"""A directive in a line: what FreeSWITCH takes for its command and its data.

Source:
    FreeSWITCH v1.10.12, switch_xml.c:1490-1640 (preprocess).
"""

import re
from typing import Final

START: Final = re.compile(r"x-pre-process", re.IGNORECASE | re.ASCII)
OLD_START: Final = "<!--#"

_CMD: Final = re.compile(r"cmd", re.IGNORECASE | re.ASCII)
_DATA: Final = re.compile(r"data", re.IGNORECASE | re.ASCII)
_OLD: Final = re.compile(r'([^ \r\n]*)(?: (?:[^"]*"([^"]*)"|([^\r\n]*)))?')


def words_of(text: str, start: int) -> tuple[str, str] | None:
    """Of the one that begins at `start`: double quotes only, cmd before data, whatever stands between."""
    end = text.find("/>", start)
    element = text[start:] if end < 0 else text[start:end]
    cmd, at = _quoted(element, _CMD, 0)
    data, _ = _quoted(element, _DATA, at)
    return None if cmd is None or data is None else (cmd, data)


def old_words_of(comment: str) -> tuple[str, str]:
    """Of what stands in `<!--#...-->`."""
    words = _OLD.match(comment)
    return (words[1], words[2] or words[3] or "") if words else ("", "")


def _quoted(text: str, name: re.Pattern[str], at: int) -> tuple[str | None, int]:
    """The value after `name`, from `at` on, and where it ends."""
    named = name.search(text, at)
    equals = text.find("=", named.end()) if named else -1
    quote = text.find('"', equals) if equals >= 0 else -1
    if quote < 0:
        return None, len(text)
    value, _, _ = text[quote + 1 :].partition('"')
    return value, quote + 1 + len(value) + 1
