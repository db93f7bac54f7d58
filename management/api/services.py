"""What the routes of the API call: built once, in the composition root, and handed to `create_api`."""

from dataclasses import dataclass
from typing import Literal, Protocol

from management.auth import Gate, Networks
from management.extensions.service import Extensions
from management.ratelimit import RateLimit

Registration = Literal["registered", "unregistered", "unknown"]


class Registrations(Protocol):
    """Who is registered, as the switches say; "unknown" when one that should be asked can't be."""

    async def status(self, domain: str, number: str) -> Registration: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """One field for each noun."""

    gate: Gate
    requests: RateLimit
    trusted_proxies: Networks
    extensions: Extensions
    registrations: Registrations
