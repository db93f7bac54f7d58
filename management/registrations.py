"""Who is registered, as the worker last saw it on the switches; and how it gets on with them. The reading side.

The worker keeps, for each switch, a hash of its registrations and a key that says "this is complete,
and I was looking a moment ago". Where that key is gone, old, or of another hash, nothing is known.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from redis.asyncio import Redis
from redis.exceptions import RedisError

from management import outbox
from management.database import Database
from xmlcurl.store.registrations import alive_key, table_key

Status = Literal["registered", "unregistered", "unknown"]


def state_key(switch_id: int) -> str:
    """A hash about the connection: state, error, since; it ends by itself."""
    return f"xmlcurl:switch:{switch_id}"


ERRORS_KEY: Final = "xmlcurl:switch-errors"
"""A hash of counters: "<switch id> <class of the error>" -> how often."""


@dataclass(frozen=True, slots=True)
class Contact:
    """One phone of an extension. `expires_at` is in seconds since 1970."""

    switch_id: int
    profile: str
    contact: str
    address: str
    user_agent: str
    expires_at: float


@dataclass(frozen=True, slots=True)
class SwitchState:
    """How the worker gets on with one switch.

    `state` is connected, disconnected or unknown; `error` the last one it met since it connected or
    tried to, "" for none; `since` when either of them last changed, as ISO 8601.
    """

    state: str
    error: str
    since: str


class Registrations:
    """Safe to use from many tasks."""

    def __init__(self, database: Database, client: Redis) -> None:
        self._database = database
        self._client = client

    async def status(self, domain: str, number: str) -> Status:
        """Registered anywhere; or unregistered everywhere; or unknown, because a switch could not be asked.

        Raises:
            Unavailable: the database did not answer.
        """
        return (await self.statuses(domain, [number]))[number]

    async def statuses(self, domain: str, numbers: Sequence[str]) -> dict[str, Status]:
        """The same of several, by number, for the price of one."""
        readings = await self._readings(domain, numbers)
        return {number: _status([each[index] for each in readings]) for index, number in enumerate(numbers)}

    async def contacts(self, domain: str, number: str) -> list[Contact]:
        """The phones that are known, of all switches that can be asked."""
        return (await self.contacts_of(domain, [number]))[number]

    async def contacts_of(self, domain: str, numbers: Sequence[str]) -> dict[str, list[Contact]]:
        """The same of several, by number, for the price of one."""
        readings = await self._readings(domain, numbers)
        return {
            number: [contact for each in readings for contact in each[index] or ()]
            for index, number in enumerate(numbers)
        }

    async def _readings(self, domain: str, numbers: Sequence[str]) -> Sequence[Sequence[Sequence[Contact] | None]]:
        """What each enabled switch has of each number; None where nothing is known."""
        async with self._database.reading() as connection:
            switch_ids = list((await connection.execute(outbox.enabled_switches())).scalars())
        names = [f"{number}@{domain.lower()}" for number in numbers]
        try:
            # In one transaction: a hash and the key that vouches for it belong together.
            async with self._client.pipeline(transaction=True) as pipeline:
                for switch_id in switch_ids:
                    pipeline.get(alive_key(switch_id))
                    pipeline.hmget(table_key(switch_id), ["", *names])
                replies: list[Any] = await pipeline.execute()
        except (RedisError, OSError):
            return [[None] * len(numbers) for _ in switch_ids]
        pairs = zip(switch_ids, replies[::2], replies[1::2], strict=True)
        return [[_reading(switch_id, alive, of, each) for each in row] for switch_id, alive, (of, *row) in pairs]


def _status(readings: Sequence[Sequence[Contact] | None]) -> Status:
    if any(readings):
        return "registered"
    return "unknown" if not readings or None in readings else "unregistered"


def _reading(switch_id: int, alive: bytes | None, of: bytes | None, contacts: bytes | None) -> list[Contact] | None:
    if alive is None or alive != of:
        return None
    return [Contact(switch_id, **each) for each in json.loads(contacts)] if contacts else []


class SwitchStates:
    """Connections and errors, for pages and metrics; what Redis does not say is unknown."""

    def __init__(self, client: Redis) -> None:
        self._client = client

    async def of(self, switch_ids: Sequence[int]) -> dict[int, SwitchState]:
        try:
            async with self._client.pipeline(transaction=False) as pipeline:
                for switch_id in switch_ids:
                    pipeline.hgetall(state_key(switch_id))
                replies: list[Mapping[bytes, bytes]] = await pipeline.execute()
        except (RedisError, OSError):
            replies = [{} for _ in switch_ids]
        return {
            switch_id: SwitchState(
                *(
                    reply.get(name, default).decode()
                    for name, default in ((b"state", b"unknown"), (b"error", b""), (b"since", b""))
                )
            )
            for switch_id, reply in zip(switch_ids, replies, strict=True)
        }

    async def errors(self) -> dict[tuple[int, str], int]:
        """How often each class of error was met on each switch since Redis started."""
        try:
            counters: Mapping[Any, Any] = await self._client.hgetall(ERRORS_KEY)
        except (RedisError, OSError):
            return {}
        told = ((key.decode().split(" ", 1), int(count)) for key, count in counters.items())
        return {(int(switch_id), kind): count for (switch_id, kind), count in told}
