"""What a switch keeps of a tenant, as lookups see it. Frozen, stdlib only; nothing here knows SQL or XML."""

from dataclasses import astuple, dataclass, field
from hashlib import sha256
from typing import Final

from xmlcurl.store.call_model import Greeting

GATEWAY_REVISION: Final = "xmlcurl_gateway_revision"
"""The variable of a gateway that says as what a switch knows it; calls out have it too."""


@dataclass(frozen=True, slots=True)
class Gateway:
    """A trunk of `domain`'s tenant. Without a username it is known to its carrier by our address."""

    id: int
    domain: str
    host: str
    port: int | None
    transport: str
    registers: bool
    username: str | None
    password_encrypted: str | None = field(repr=False)
    realm: str | None
    expires_seconds: int
    codecs: tuple[str, ...]

    @property
    def revision(self) -> str:
        """Another one whenever anything of it is another. Not secret: of the password it has the encrypted form."""
        return sha256(repr(astuple(self)).encode()).hexdigest()[:16]


@dataclass(frozen=True, slots=True)
class Agent:
    """An extension that takes calls of a queue. Of all its queues the longest times count: a switch keeps one each."""

    number: str
    level: int
    position: int
    ring_seconds: int
    wrap_up_seconds: int


@dataclass(frozen=True, slots=True)
class QueueSetup:
    """How a queue works. `max_wait_seconds` 0: a caller waits for as long as it takes."""

    id: int
    strategy: str
    max_wait_seconds: int
    ring_seconds: int
    agents: tuple[Agent, ...]


@dataclass(frozen=True, slots=True)
class MenuSetup:
    """How a menu asks. `keys` lead somewhere; with `direct_dial` a caller may dial an extension instead."""

    id: int
    number: str
    timeout_seconds: int
    tries: int
    direct_dial: bool
    keys: tuple[str, ...]
    greeting: Greeting | None = None
