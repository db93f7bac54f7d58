"""Logs: one JSON object a line on stderr, so that nothing a phone sends can look like a line of ours."""

import logging
import sys
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

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


def set_up(level: str) -> None:
    """For the whole process; `level` is debug, info, warning or error. Libraries log from warning on, as JSON too."""
    threshold = logging.getLevelNamesMapping()[level.upper()]
    json = structlog.processors.JSONRenderer()
    processors: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    structlog.configure(
        processors=[*processors, json],
        wrapper_class=structlog.make_filtering_bound_logger(threshold),
        logger_factory=structlog.WriteLoggerFactory(cast(TextIO, Stderr())),
        cache_logger_on_first_use=True,
    )
    of_libraries = logging.StreamHandler(cast(TextIO, Stderr()))
    of_libraries.setFormatter(structlog.stdlib.ProcessorFormatter(processor=json, foreign_pre_chain=processors))
    logging.basicConfig(level=max(threshold, logging.WARNING), handlers=[of_libraries])


def get_log(**bound: Any) -> Log:
    """A log whose lines all carry `bound`."""
    log: Log = structlog.get_logger(**bound)
    return log
