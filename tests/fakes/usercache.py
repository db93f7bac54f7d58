"""FreeSWITCH's cache of merged users: its keys, its bounds and what `xml_flush_cache` drops."""

import re
import threading
import time
from collections.abc import Callable

from lxml import etree

LONGEST_MS = 2_147_483
"""Above it `cache_ms * 1000` overflows an int and the entry has expired before it is stored."""


class UserCache:
    """Source: FreeSWITCH v1.10.12, switch_xml.c:2028-2195, and what the running switch did."""

    def __init__(self, *, global_domain: str | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._global_domain = global_domain
        self._entries: dict[str, tuple[etree._Element, float | None]] = {}
        self._lock = threading.Lock()

    def find(self, key: str, user: str, domain: str) -> etree._Element | None:
        with self._lock:
            entry = self._entries.get(key + user + domain)
        if entry is None or (entry[1] is not None and entry[1] < self._clock()):
            return None
        return entry[0]

    def store(self, key: str, user: str, domain: str, element: etree._Element) -> None:
        """As the attribute `cacheable` says; the name as it was asked for, no separator between the three."""
        cacheable = element.get("cacheable", "")
        if not cacheable:
            return
        expires_at = None
        if re.fullmatch(r"[-+]?[0-9.]+", cacheable):
            milliseconds = int(float(cacheable))
            if not 0 < milliseconds <= LONGEST_MS:
                return
            expires_at = self._clock() + milliseconds / 1000
        with self._lock:
            self._entries[key + user + domain] = (element, expires_at)

    def flush(self, arguments: str) -> str:
        """`xml_flush_cache ARGUMENTS`: the reply."""
        words = arguments.split(" ", 2) if arguments else []
        if len(words) == 2 and self._global_domain is not None:
            words.append(self._global_domain)
        with self._lock:
            if len(words) == 3:
                cleared = int(self._entries.pop("".join(words), None) is not None)
            else:
                cleared = len(self._entries)
                self._entries.clear()
        return f"+OK cleared {cleared} entr{'y' if cleared == 1 else 'ies'}\n"
