"""What was written and seen, by one clock, and whether a lookup saw less than it had to."""

import math
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass, field
from itertools import accumulate
from operator import attrgetter
from typing import NamedTuple


class Write(NamedTuple):
    """One write of a key; `ended` is infinity for one that was not answered with success."""

    started: float
    ended: float
    version: int


class Seen(NamedTuple):
    """One lookup of a key that was answered."""

    started: float
    version: int
    by: str


class Stale(NamedTuple):
    """A lookup that saw less than what a write had been answered for before it started."""

    key: str
    started: float
    version: int
    at_least: int
    by: str


@dataclass
class History:
    """Writes and lookups of each key. Lists are only appended to: threads may share it."""

    writes: defaultdict[str, list[Write]] = field(default_factory=lambda: defaultdict(list))
    lookups: defaultdict[str, list[Seen]] = field(default_factory=lambda: defaultdict(list))

    def written(self, key: str, version: int, *, started: float, ended: float = math.inf) -> None:
        """Versions of a key grow, and a write of it begins when the one before is over."""
        self.writes[key].append(Write(started, ended, version))

    def seen(self, key: str, version: int, *, started: float, by: str = "") -> None:
        """`by`: whoever answered."""
        self.lookups[key].append(Seen(started, version, by))

    @property
    def lookup_count(self) -> int:
        return sum(map(len, list(self.lookups.values())))

    @property
    def answered_count(self) -> int:
        """Writes that were answered with success."""
        return sum(write.ended < math.inf for writes in list(self.writes.values()) for write in list(writes))

    @property
    def unanswered_count(self) -> int:
        return sum(map(len, list(self.writes.values()))) - self.answered_count

    def stale(self) -> list[Stale]:
        """Every lookup that saw a version older than the newest write of its key that ended before it started."""
        found = []
        for key, lookups in list(self.lookups.items()):
            answered = sorted((write for write in self.writes[key] if write.ended < math.inf), key=attrgetter("ended"))
            ends = [write.ended for write in answered]
            newest = [0, *accumulate((write.version for write in answered), max)]
            for lookup in list(lookups):
                at_least = newest[bisect_left(ends, lookup.started)]
                if lookup.version < at_least:
                    found.append(Stale(key, lookup.started, lookup.version, at_least, lookup.by))
        return found
