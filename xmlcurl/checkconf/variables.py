"""Global variables of the pre-processor: `$${name}`, and what is put in its place.

Values that only a running switch knows (an address of its own, what a command prints, what the
environment says) are UNKNOWN, and no rule says anything about them.
"""

import re
from collections.abc import Mapping
from typing import Final

LONGEST_LINE: Final = 1024 * 1024
"""Characters. Variables may hold one another, and grow without end."""

UNKNOWN: Final = "\ue000"
"""Stands in a text where the value is not known; a private character that no configuration uses."""

OF_THE_RUNNING_SWITCH: Final = frozenset({
    "base_dir", "cache_dir", "certs_dir", "core_uuid", "data_dir", "db_dir", "fonts_dir", "grammar_dir", "hostname",
    "htdocs_dir", "images_dir", "local_ip_v4", "local_ip_v6", "local_mask_v4", "localstate_dir", "log_dir", "mod_dir",
    "nat_private_addr", "nat_public_addr", "nat_type", "recordings_dir", "run_dir", "script_dir", "sounds_dir",
    "storage_dir", "switch_serial", "switchname", "temp_dir",
})  # fmt: skip

_BRACE: Final = re.compile(r"[{}]")


def is_known(value: str) -> bool:
    return UNKNOWN not in value


def expand(line: str, variables: Mapping[str, str]) -> tuple[str, str]:
    """The line with its variables replaced, and the part of it that FreeSWITCH still sees as it was.

    A variable that nobody has set is nothing. Cut at the end of the first name: FreeSWITCH ends the name
    in the line itself, and what stands behind it is no longer searched for `<include>`, `<?` and `-->`.
    What becomes longer than LONGEST_LINE is given up where it does.

    Source:
        FreeSWITCH v1.10.12, switch_xml.c:1267 (expand_vars) and :1470.
    """
    if "$${" not in line:
        return line, line
    ends = _ends_of_braces(line)
    expanded: list[str] = []
    at, length, seen = 0, 0, line
    while (start := line.find("$${", at)) >= 0 and length <= LONGEST_LINE:
        end = ends.get(start + 2)
        stop = start + 1 if end is None else start
        value = "" if end is None else variables.get(line[start + 3 : end], "")
        expanded += (line[at:stop], value)
        length += stop - at + len(value)
        if end is not None and seen is line:
            seen = line[:end]
        at = stop if end is None else end + 1
    return "".join(expanded) + line[at:], seen


def _ends_of_braces(line: str) -> dict[int, int]:
    opened: list[int] = []
    ends: dict[int, int] = {}
    for brace in _BRACE.finditer(line):
        if brace[0] == "{":
            opened.append(brace.start())
        elif opened:
            ends[opened.pop()] = brace.start()
    return ends
