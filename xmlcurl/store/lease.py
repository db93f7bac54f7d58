"""Why copies in a process are right: it hears every purge, and knows until when it surely has.

A connection of our own is subscribed to purges. Again and again this process says in Redis that it serves copies, and
then pings on that connection. Redis answers in order: when the pong is read, every purge before it was read too. From
the moment the round *began* the copies may be served for `LEASE_SECONDS`: a purge after that moment finds this process
on the list and waits for it, and one that can't wait longer knows that the lease is over by then. The clock counts
suspends; a process that was stopped and goes on finds its lease ended. Whenever the connection ends, all is forgotten.
"""

import asyncio
import json
import secrets
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any, Final

from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from xmlcurl.logs import get_log
from xmlcurl.store.cache import PRELUDE
from xmlcurl.store.local import LocalCopies, boot_ns
from xmlcurl.store.purge import CHANNEL, CONFIRMATIONS_SECONDS, LEASE_SECONDS, MEMBERS

RENEWAL_SECONDS: Final = LEASE_SECONDS / 4
_LEASE_NS: Final = int(LEASE_SECONDS * 1e9)
_PAUSE_SECONDS: Final = 0.25
_CANCEL_AGAIN_SECONDS: Final = 0.1

_JOIN: Final = (
    PRELUDE
    + MEMBERS
    + """
local member, value = unpack(ARGV)
begin_list()
redis.call('HSET', members_key, member, value)
return redis.call('HGET', members_key, '')
"""
)

_LEAVE: Final = PRELUDE + MEMBERS + "redis.call('HDEL', members_key, ARGV[1])"

_CONFIRM: Final = (
    PRELUDE
    + MEMBERS
    + """
local member, seconds = ARGV[1], ARGV[2]
for i = 3, #ARGV do
  redis.call('RPUSH', confirmations_key(ARGV[i]), member)
  redis.call('EXPIRE', confirmations_key(ARGV[i]), seconds)
end
"""
)

_log = get_log()


class Lease:
    """Keeps the copies of one process servable, while `kept`."""

    def __init__(self, client: Redis, copies: LocalCopies) -> None:
        self._client = client
        self._copies = copies
        self._member = secrets.token_hex(8)
        self._join = client.register_script(_JOIN)
        self._leave = client.register_script(_LEAVE)
        self._confirm = client.register_script(_CONFIRM)
        self._begun_ns: dict[bytes, int] = {}
        self._is_held = False
        self._heard: asyncio.Queue[str] = asyncio.Queue()

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[None]:
        """Never fails: while Redis is away there is no lease, and lookups ask further back."""
        keeping = asyncio.create_task(self._keep())
        try:
            yield
        finally:
            await _end(keeping)
            # Where it fails, the next write waits for us once, and takes us off the list.
            with suppress(RedisError, OSError):
                await self._leave(args=[self._member])

    async def _keep(self) -> None:
        while True:
            try:
                await self._hold()
            except Exception as exc:  # noqa: BLE001 - whatever it was, there is no lease now, and soon another one
                self._tell(type(exc).__name__)
            await asyncio.sleep(_PAUSE_SECONDS)

    async def _hold(self) -> None:
        connection = _connection(self._client)
        try:
            await connection.connect()
            await connection.send_command("SUBSCRIBE", CHANNEL)
            await connection.read_response(timeout=LEASE_SECONDS)
            self._begun_ns.clear()
            await _first_of(self._listen(connection), self._renew(connection), self._tell_what_was_heard())
        finally:
            self._copies.forget()
            await connection.disconnect(nowait=True)

    async def _listen(self, connection: AbstractConnection) -> None:
        while True:
            match await connection.read_response(timeout=LEASE_SECONDS):
                case [b"message", _, payload]:
                    purge, *tags = json.loads(payload)
                    self._copies.drop(tags)
                    self._heard.put_nowait(purge)
                case [b"pong", number] if begun_ns := self._begun_ns.pop(number, 0):
                    self._is_held = True
                    self._copies.serve_until(begun_ns + _LEASE_NS)
                case _:
                    raise EOFError

    async def _renew(self, connection: AbstractConnection) -> None:
        number, joined = 0, b""
        while True:
            number += 1
            begun_ns = boot_ns()
            list_of = await self._join(args=[self._member, secrets.token_hex(8)])
            if list_of != joined:
                # Writers may not have waited for us since the list was lost.
                self._copies.forget()
                joined = list_of
            self._begun_ns[b"%d" % number] = begun_ns
            await connection.send_command("PING", number)
            await asyncio.sleep(RENEWAL_SECONDS)

    async def _tell_what_was_heard(self) -> None:
        while True:
            heard = [await self._heard.get()]
            while not self._heard.empty():
                heard.append(self._heard.get_nowait())
            await self._confirm(args=[self._member, CONFIRMATIONS_SECONDS, *heard])

    def _tell(self, reason: str) -> None:
        if self._is_held:
            _log.warning("lease_lost", reason=reason)
        self._is_held = False


async def _first_of(*works: Coroutine[Any, Any, None]) -> None:
    """Until one of them ends, as it does; the others are cancelled.

    No TaskGroup: before Python 3.13, one that fails while it is cancelled loses the cancellation.
    """
    tasks = [asyncio.create_task(work) for work in works]
    try:
        ended, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in ended:
            task.result()
    finally:
        await _end(*tasks)


async def _end(*tasks: asyncio.Task[None]) -> None:
    """Cancels them until they have ended: before Python 3.12 wait_for, which redis-py uses, may lose a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=_CANCEL_AGAIN_SECONDS)


def _connection(client: Redis) -> Any:
    pool = client.connection_pool
    # RESP2: a subscribed connection takes a PING there, and answers in order.
    return pool.connection_class(**{**pool.connection_kwargs, "protocol": 2})
