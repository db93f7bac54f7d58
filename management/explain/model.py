"""Explanations, in words and as documents."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, slots=True)
class Step:
    """One question of the switch, and what it does with the answer.

    Args:
        destination: the function of routing that recognised the number; "none" when nothing did.
        why: what decided, in words.
        rules: those rules of the document that held at that time.
        happens: what the switch does, in words.
        document: as FreeSWITCH receives it.
    """

    dialled: str
    destination: str
    why: tuple[str, ...]
    rules: tuple[str, ...]
    happens: tuple[str, ...]
    document: str


@dataclass(slots=True)
class Outcome:
    """What became of the call. Phones are numbers, gateways `g<id>/<digits>`."""

    rang: list[str] = field(default_factory=list)
    answered_by: str | None = None
    shown: str | None = None
    """The caller's number, as whoever answered sees it."""
    shown_name: str | None = None
    """The caller's name, likewise; None: the one that came with a call from outside."""
    mailbox: str | None = None
    """Takes a message, or is listened to; None then: whichever the caller says."""
    listens: bool = False
    is_recorded: bool = False
    cause: str | None = None


@dataclass(frozen=True, slots=True)
class CallExplained:
    """`at` is in the tenant's time zone."""

    at: datetime
    steps: tuple[Step, ...]
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class LookupExplained:
    """Args:
    tenant: its domain; None: nobody's.
    why: what decided, in words.
    cached: whether lookups would answer from Redis now; "unknown" while it does not answer.
    cached_at: since when.
    cached_for_ms: it is forgotten after this many milliseconds at the latest.
    document: as FreeSWITCH receives it, with the hashes masked.
    """

    tenant: str | None
    is_found: bool
    why: tuple[str, ...]
    cached: Literal["yes", "no", "unknown"]
    cached_at: datetime | None
    cached_for_ms: int | None
    document: str
