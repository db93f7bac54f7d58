"""What a lookup ends in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """The bytes for FreeSWITCH, and what the log and the metrics say of them."""

    body: bytes
    is_found: bool
    source: str = "none"
    """Where it came from: "cache", "sql", or "none" where no document was needed."""
