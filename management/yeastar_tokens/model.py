"""What a token is. Standard library only."""

from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class TokenPair:
    """New tokens in clear, for the one time that they are shown; how long they are good for, in seconds."""

    access: str = field(repr=False)
    refresh: str = field(repr=False)
    access_seconds: int
    refresh_seconds: int


@dataclass(frozen=True, slots=True)
class KnownToken:
    """A token that was made and not deleted; of which key."""

    id: int
    key_id: int
    access_expires_at: datetime
    refresh_expires_at: datetime
