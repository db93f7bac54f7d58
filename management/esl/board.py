"""What the worker writes to Redis for others to read: registrations and the state of each switch. And its purge.

Nothing here may stop a switch from being told of a change: what can't be written is "unknown" to
the readers a few seconds later, and is written again as a whole.
"""

import json
import time
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import UTC, datetime
from secrets import token_hex
from typing import Any, Final

from redis import Redis
from redis.exceptions import RedisError

from management.effects import Effects
from management.esl.errors import SwitchError
from management.esl.registrations import Address, Book, Registration
from management.gateways.states import gateways_key
from management.registrations import ERRORS_KEY, state_key
from xmlcurl.store.cache import CacheUnavailable
from xmlcurl.store.peers import PEERS_KEY
from xmlcurl.store.purge import BlockingPurge
from xmlcurl.store.registrations import ALIVE_SECONDS, alive_key, table_key

PAUSE_AFTER_FAILURE_SECONDS: Final = 2.0
"""How long Redis is left alone after it failed: each call to one that hangs costs a whole timeout."""


class PurgeUnavailable(Exception):
    """Redis did not confirm: the documents may still be served, so the switch must not be flushed yet."""


class Caches:
    """Drops documents from Redis and from every lookup process. Idempotent; safe to use from many threads."""

    def __init__(self, client: Redis) -> None:
        self._purge = BlockingPurge(client)

    def purge(self, effects: Effects) -> None:
        """Raises PurgeUnavailable."""
        try:
            self._purge(tags=effects.tags, guards=effects.guards)
        except CacheUnavailable as exc:
            raise PurgeUnavailable(str(exc)) from exc


def keep_only(client: Redis, peers: Collection[int]) -> None:
    """No other switch is sent calls: the others are disabled, or gone. A Redis that is away is told the next time."""
    try:
        named: Any = client.hkeys(PEERS_KEY)
        gone = {int(each) for each in named} - set(peers)
        if gone:
            client.hdel(PEERS_KEY, *map(str, gone))
    except (RedisError, OSError):
        return


class Board:
    """One switch's part of what is written. For one thread."""

    def __init__(self, client: Redis, switch_id: int, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._client = client
        self._switch_id = switch_id
        self._clock = clock
        self._reading: str | None = None
        self._resume_at = 0.0

    def publish(self, book: Book) -> None:
        """All of the book, as a new reading that is complete."""
        reading = token_hex(8)
        table = {_field(name): _contacts(book.of(name)) for name in book.names()}

        def write(pipeline: Any) -> None:
            pipeline.delete(table_key(self._switch_id))
            pipeline.hset(table_key(self._switch_id), mapping={"": reading, **table})
            pipeline.set(alive_key(self._switch_id), reading, ex=ALIVE_SECONDS)

        self._reading = reading if self._try(write) is not None else None

    def update(self, book: Book, names: Collection[Address]) -> None:
        """What the book now says of these names, in the present reading."""
        if self._reading is None or not names:
            return

        def write(pipeline: Any) -> None:
            for name in names:
                if rows := book.of(name):
                    pipeline.hset(table_key(self._switch_id), _field(name), _contacts(rows))
                else:
                    pipeline.hdel(table_key(self._switch_id), _field(name))

        if self._try(write) is None:
            self._reading = None

    def stay_alive(self, book: Book) -> None:
        """Say that the reading is still kept up; write it anew where Redis has lost it, or never got it."""
        if self._reading is not None:
            reading = self._reading
            key = alive_key(self._switch_id)
            replies = self._try(lambda pipeline: pipeline.set(key, reading, xx=True, ex=ALIVE_SECONDS, get=True))
            if replies is not None and replies[0] == reading.encode():
                return
        self.publish(book)

    def withdraw(self) -> None:
        """The switch can't be asked any more: nothing is known from now on."""
        self._reading = None
        keys = (alive_key(self._switch_id), table_key(self._switch_id), gateways_key(self._switch_id))
        self._try(lambda pipeline: pipeline.delete(*keys))

    def publish_gateways(self, gateways: Mapping[int, tuple[str, datetime]], now: datetime) -> None:
        """All gateways that it has: their states, and since when."""
        key = gateways_key(self._switch_id)
        table = {str(each): json.dumps([state, since.isoformat()]) for each, (state, since) in gateways.items()}

        def write(pipeline: Any) -> None:
            pipeline.delete(key)
            pipeline.hset(key, mapping={"": now.isoformat(), **table})
            pipeline.expire(key, ALIVE_SECONDS)

        self._try(write)

    def withdraw_gateways(self) -> None:
        """Nothing is known of them from now on."""
        self._try(lambda pipeline: pipeline.delete(gateways_key(self._switch_id)))

    def state(self, state: str, failure: Exception | None = None) -> None:
        """How we get on with the switch; a failure is counted by its class."""
        kind = type(failure).__name__ if failure else ""
        # Only our own errors say nothing secret.
        text = str(failure) if isinstance(failure, SwitchError) else kind

        def write(pipeline: Any) -> None:
            key = state_key(self._switch_id)
            now = datetime.now(UTC).isoformat(timespec="seconds")
            pipeline.hset(key, mapping={"state": state, "error": text, "since": now})
            pipeline.expire(key, 4 * ALIVE_SECONDS)
            if failure:
                pipeline.hincrby(ERRORS_KEY, f"{self._switch_id} {kind}", 1)

        self._try(write)

    def reached_at(self, core_uuid: str, address: str) -> None:
        """Where others send it calls, and what it calls itself when it asks for something."""
        self._try(lambda pipeline: pipeline.hset(PEERS_KEY, str(self._switch_id), f"{core_uuid} {address}"))

    def still(self) -> None:
        """The state is what it was."""
        self._try(lambda pipeline: pipeline.expire(state_key(self._switch_id), 4 * ALIVE_SECONDS))

    def _try(self, write: Callable[[Any], object]) -> list[Any] | None:
        """The replies; None when Redis failed, or did a moment ago."""
        if self._clock() < self._resume_at:
            return None
        try:
            with self._client.pipeline(transaction=True) as pipeline:
                write(pipeline)
                replies: list[Any] = pipeline.execute()
        except (RedisError, OSError):
            self._resume_at = self._clock() + PAUSE_AFTER_FAILURE_SECONDS
            return None
        return replies


def _field(name: Address) -> str:
    return f"{name[0]}@{name[1]}"


def _contacts(rows: Iterable[Registration]) -> str:
    return json.dumps(
        [
            {
                "profile": row.profile,
                "contact": row.contact,
                "address": row.address,
                "user_agent": row.user_agent,
                "expires_at": row.expires_at,
            }
            for row in rows
        ]
    )
