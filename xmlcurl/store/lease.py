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
from contextlib import suppress
from typing import Any, Final, cast

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
    """Keeps the copies of one process servable. `keep` runs until it is cancelled."""

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

    async def keep(self) -> None:
        """Never fails: while Redis is away there is no lease, and lookups ask further back."""
        cancelling = cast(asyncio.Task[None], asyncio.current_task()).cancelling
        try:
            while True:
                try:
                    await self._hold()
                except* Exception as exc:  # noqa: BLE001 - whatever it was, there is no lease now, and soon another one
                    self._tell(type(exc.exceptions[0]).__name__)
                if cancelling():
                    # It came together with a failure, and that is what the group raised.
                    raise asyncio.CancelledError
                await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            await self._end()

    async def _hold(self) -> None:
        connection = _connection(self._client)
        try:
            await connection.connect()
            await connection.send_command("SUBSCRIBE", CHANNEL)
            await connection.read_response(timeout=LEASE_SECONDS)
            self._copies.forget()
            self._begun_ns.clear()
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._listen(connection))
                tasks.create_task(self._renew(connection))
                tasks.create_task(self._tell_what_was_heard())
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

    async def _end(self) -> None:
        self._copies.forget()
        # Where it fails, the next write waits for us once, and takes us off the list.
        with suppress(RedisError, OSError):
            await self._leave(args=[self._member])


def _connection(client: Redis) -> Any:
    pool = client.connection_pool
    # RESP2: a subscribed connection takes a PING there, and answers in order.
    return pool.connection_class(**{**pool.connection_kwargs, "protocol": 2})
