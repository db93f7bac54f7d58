"""Logs: one JSON object a line on stderr, so that nothing a phone sends can look like a line of ours."""

import asyncio
import json
import logging
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, Final, TextIO, cast

import structlog

FLUSH_SECONDS: Final = 0.1
MOST_UNWRITTEN: Final = 250

Log = structlog.typing.FilteringBoundLogger


class Stderr:
    """The process's stderr; what can't be written is lost, and nothing else is.

    A log collector that went away, or a full disk, must not fail lookups.
    """

    def write(self, text: str) -> int:
        with suppress(OSError, ValueError):
            return sys.stderr.write(text)
        return 0

    def flush(self) -> None:
        with suppress(OSError, ValueError):
            sys.stderr.flush()


class _Wanted:
    lines = True


_wanted = _Wanted()


def set_up(level: str) -> None:
    """For the whole process; `level` is debug, info, warning or error. Libraries log from warning on, as JSON too."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    as_json = structlog.processors.JSONRenderer()
    _wanted.lines = threshold <= logging.INFO
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*processors, as_json],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, Stderr())),
        cache_logger_on_first_use=True,
    )
    of_libraries = logging.StreamHandler(cast(TextIO, Stderr()))
    of_libraries.setFormatter(structlog.stdlib.ProcessorFormatter(processor=as_json, foreign_pre_chain=processors))
    logging.basicConfig(level=max(threshold, logging.WARNING), handlers=[of_libraries])


class Lines:
    """Lines of level info like those of `get_log`, at a fraction of the cost; each is written within `FLUSH_SECONDS`,
    and a crash loses no more than that.

    For one thread with an event loop; whoever ends the loop calls `flush`.
    """

    def __init__(self) -> None:
        self._write = Stderr().write
        self._unwritten: list[tuple[int, str, str, tuple[object, ...]]] = []

    def info(self, event: str, members: str, *values: object) -> None:
        """`event` is a word of ours; `members` are of a JSON object, at least one, as `members_of` makes them, and
        take `values` as `%` does. That is done when they are written, many at once: it costs less then.
        """
        if _wanted.lines:
            if not self._unwritten:
                asyncio.get_running_loop().call_later(FLUSH_SECONDS, self.flush)
            self._unwritten.append((time.time_ns(), event, members, values))
            if len(self._unwritten) >= MOST_UNWRITTEN:
                self.flush()

    def flush(self) -> None:
        if self._unwritten:
            unwritten, self._unwritten = self._unwritten, []
            self._write("".join([_line(*each) for each in unwritten]))


def _line(ns: int, event: str, members: str, values: tuple[object, ...]) -> str:
    second, ns = divmod(ns, 1_000_000_000)
    said = members % values if values else members
    return f'{{{said}, "event": "{event}", "level": "info", "timestamp": "{_time(second)}.{ns // 1_000:06d}Z"}}\n'


@lru_cache(2)
def _time(second: int) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(second))


def members_of(values: Mapping[str, str]) -> str:
    """As the members of a JSON object, without its braces."""
    return json.dumps(values)[1:-1]


lookup_lines: Final = Lines()
"""One for each lookup. A disk that is slow delays them together, once, and no answer."""


def get_log(**bound: Any) -> Log:
    """A log whose lines all carry `bound`."""
    log: Log = structlog.get_logger(**bound)
    return log
