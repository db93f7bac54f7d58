"""Copies of documents in one process, served without asking anybody while a lease runs. No I/O.

A copy notes when what it was made of was read (`mark`), and every purge notes when it came. So a copy that was
read before a purge of one of its tags is never served, whichever of the two arrived here first.
"""

import time
from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, NamedTuple

from xmlcurl.store.model import Document

COPY_BYTES: Final = 1_024
"""What a copy takes beside its document's bytes, in bytes: names, tags and the places that hold them."""

SHARE_OF_ABSENCE: Final = 1 / 16
"""Absences have a shelf of their own: a scanner that invents names can't push documents out."""

MOST_PURGED: Final = 100_000
"""So many purged tags are kept in mind. Beyond that everything is forgotten, which is right, and seldom."""

NS_PER_MS: Final = 1_000_000


def boot_ns() -> int:
    """Nanoseconds of a clock that nobody sets and that counts while the machine is suspended."""
    return time.clock_gettime_ns(_CLOCK)


_CLOCK: Final = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Mark(NamedTuple):
    """A moment of one process: after how many purges, and when by its clock."""

    purges: int
    ns: int


@dataclass(frozen=True, slots=True)
class Copy:
    """A document, or None for its absence."""

    document: Document | None
    tags: tuple[str, ...]
    purges: int
    """How many were heard of before it was read."""
    ends_ns: int


class LocalCopies:
    """The copies of one process. For one thread."""

    def __init__(self, *, max_bytes: int, clock: Callable[[], int] = boot_ns) -> None:
        """At most about `max_bytes` of memory, the least used go first. 0: none is kept."""
        self._clock = clock
        self._documents = _Shelf(int(max_bytes * (1 - SHARE_OF_ABSENCE)))
        self._absences = _Shelf(int(max_bytes * SHARE_OF_ABSENCE))
        self._now = 0
        self._purged: dict[str, int] = {}
        self._forgotten = 0
        self._leased_until_ns = 0

    def mark(self) -> Mark:
        """To be noted before that is read of which a copy will be made."""
        return Mark(self._now, self._clock())

    def get(self, key: str) -> Copy | None:
        """The copy of `key`, if it may be served now."""
        now_ns = self._clock()
        if now_ns >= self._leased_until_ns:
            return None
        shelf = self._documents
        copy = shelf.copies.get(key)
        if copy is None:
            shelf = self._absences
            copy = shelf.copies.get(key)
            if copy is None:
                return None
        if now_ns >= copy.ends_ns or not self._stands(copy):
            shelf.take(key)
            return None
        shelf.copies.move_to_end(key)
        return copy

    def put(self, key: str, document: Document | None, *, tags: Collection[str], ttl_ms: int, mark: Mark) -> None:
        """Keep it until `ttl_ms` after `mark`, at most."""
        copy = Copy(document, tuple(tags), mark.purges, mark.ns + ttl_ms * NS_PER_MS)
        (self._absences if document else self._documents).take(key)
        if self._stands(copy):
            (self._documents if document else self._absences).put(key, copy)

    def drop(self, tags: Collection[str]) -> None:
        """These tags were purged: no copy that carries one of them, and was read before, is served from now on."""
        if len(self._purged) + len(tags) > MOST_PURGED:
            self._forget()
        self._now += 1
        for tag in tags:
            self._purged[tag] = self._now

    def is_leased(self) -> bool:
        """Whether what is held may be served now."""
        return self._clock() < self._leased_until_ns

    def serve_until(self, ends_ns: int) -> None:
        """Purges are heard; by the clock of this object, none can have been missed that ended before this moment."""
        self._leased_until_ns = ends_ns

    def forget(self) -> None:
        """Purges may have been missed: no copy is served before `serve_until`, and none of those of now ever."""
        self._leased_until_ns = 0
        self._forget()

    def _forget(self) -> None:
        self._now += 1
        self._forgotten = self._now
        self._purged.clear()
        self._documents.clear()
        self._absences.clear()

    def _stands(self, copy: Copy) -> bool:
        read_at, purged = copy.purges, self._purged
        if read_at < self._forgotten:
            return False
        for tag in copy.tags:  # noqa: SIM110 - on the path of every lookup; a generator costs as much as the rest
            if purged.get(tag, 0) > read_at:
                return False
        return True


class _Shelf:
    """Copies by key, the least used first, bounded in bytes."""

    def __init__(self, max_bytes: int) -> None:
        self.copies: OrderedDict[str, Copy] = OrderedDict()
        self._max_bytes = max_bytes
        self._bytes = 0

    def put(self, key: str, copy: Copy) -> None:
        self.take(key)
        self.copies[key] = copy
        self._bytes += _bytes_of(copy)
        while self._bytes > self._max_bytes:
            self.take(next(iter(self.copies)))

    def take(self, key: str) -> None:
        copy = self.copies.pop(key, None)
        if copy:
            self._bytes -= _bytes_of(copy)

    def clear(self) -> None:
        self.copies.clear()
        self._bytes = 0


def _bytes_of(copy: Copy) -> int:
    return COPY_BYTES + (len(copy.document.body) if copy.document else 0)
