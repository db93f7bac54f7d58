"""The writer's side of the caches: drops what a change makes stale, and returns when nobody can serve it any more.

One script deletes the tokens in Redis and tells every lookup process, in this order for everyone. Each process confirms
what it heard. Whoever does not confirm, because it hangs or is gone, has lost its lease after `LEASE_SECONDS`
(lease.py), so the writer waits that long, once: who was waited for in vain is taken off the list. While the list is
younger than a lease (Redis restarted, or lost it), somebody may be missing on it: then that long is waited for too.
"""

import asyncio
import secrets
import time
from collections.abc import Collection
from typing import Any, Final

from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError

from xmlcurl.store.cache import PRELUDE, CacheUnavailable

CHANNEL: Final = "xmlcurl:purged"
"""Where purges are told, as a JSON array: the purge's id, then the tags."""

LEASE_SECONDS: Final = 1.0
"""How long a lookup process may serve its own copies after it last asked whether it hears of purges.

A part of the protocol, the same in every process: to be changed only together with CHANNEL.
"""

WAIT_SECONDS: Final = LEASE_SECONDS * 1.1
"""When this has passed since a purge, every lease that ran at the purge has ended, clocks a little apart or not."""

CONFIRMATIONS_SECONDS: Final = 10
"""How long a list of confirmations stays, if nobody reads it."""

_SLICE_SECONDS: Final = 0.1
"""Redis's own time-out on a connection must not end a wait."""

_SHORTEST_SLICE_SECONDS: Final = 0.01
"""BLPOP takes a millisecond and less for 0, which is for ever.

Source:
    redis/redis issue 11687: repaired in 7.0.8; 6.2.14 still does it (tried).
"""

MEMBERS: Final = """
local members_key = run .. ':members'
local function now_ms()
  local now = redis.call('TIME')
  return now[1] * 1000 + math.floor(now[2] / 1000)
end
local function begin_list()
  local begun = tonumber(redis.call('HGET', members_key, ''))
  -- Later than now: the clock was set back. It would be young, and every write wait, until that time has come again.
  if not begun or begun > now_ms() then redis.call('HSET', members_key, '', now_ms()) end
  redis.call('EXPIRE', members_key, 86400)
end
local function confirmations_key(purge) return run .. ':c:' .. purge end
"""
"""The lookup processes that serve copies of their own: id -> a value that is new with every lease; '' -> when the list
was begun, by Redis's clock."""

_PURGE: Final = (
    PRELUDE
    + MEMBERS
    + """
local purge = ARGV[1]
if not ARGV[2] then return {} end
local told = {purge}
for i = 2, #ARGV do
  redis.call('UNLINK', run .. ':' .. ARGV[i])
  if string.sub(ARGV[i], 1, 2) == 't:' then told[#told + 1] = string.sub(ARGV[i], 3) end
end
redis.call('PUBLISH', '"""
    + CHANNEL
    + """', cjson.encode(told))
-- A Redis that is full refuses this, and nothing before it: then there is no list to rely on.
pcall(begin_list)
local age_ms = now_ms() - (redis.call('HGET', members_key, '') or now_ms())
return {confirmations_key(purge), age_ms, unpack(redis.call('HGETALL', members_key))}
"""
)

_REMOVE: Final = (
    PRELUDE
    + MEMBERS
    + """
for i = 1, #ARGV, 2 do
  if redis.call('HGET', members_key, ARGV[i]) == ARGV[i + 1] then redis.call('HDEL', members_key, ARGV[i]) end
end
"""
)


class Waiting:
    """Who has yet to confirm one purge, by the clock of whoever waits."""

    def __init__(self, key: str, members: dict[bytes, bytes], *, is_whole: bool) -> None:
        """`key`: the list in Redis that confirmations are put on. `is_whole`: nobody is missing among `members`."""
        self.key = key
        self.members = members
        self._is_whole = is_whole
        self._ends_at = time.monotonic() + WAIT_SECONDS

    @property
    def seconds_left(self) -> float:
        """0 when there is nothing to wait for any more."""
        return 0.0 if self._is_whole and not self.members else max(0.0, self._ends_at - time.monotonic())

    @property
    def slice_seconds(self) -> float:
        """How long to wait for the next confirmation before asking how much is left."""
        return max(_SHORTEST_SLICE_SECONDS, min(_SLICE_SECONDS, self.seconds_left))

    def confirmed(self, popped: Any) -> None:
        """`popped`: what BLPOP found, if anything."""
        if popped:
            self.members.pop(popped[1], None)


def _waiting(reply: Any) -> Waiting:
    """What there is to wait for after the purge script's reply."""
    if not reply:
        return Waiting("", {}, is_whole=True)
    key, age_ms, *fields = reply
    members = dict(zip(fields[::2], fields[1::2], strict=True))
    members.pop(b"", None)
    return Waiting(key, members, is_whole=age_ms > WAIT_SECONDS * 1_000)


def _arguments(tags: Collection[str], guards: Collection[str]) -> list[str]:
    return [secrets.token_hex(12), *(f"g:{guard}" for guard in guards), *(f"t:{tag}" for tag in tags)]


def _removal(waiting: Waiting) -> list[bytes]:
    return [item for pair in waiting.members.items() for item in pair]


class Purge:
    """Says that something is dropped only when no lookup process can serve it any more."""

    def __init__(self, client: Redis) -> None:
        self._client = client
        self._purge = client.register_script(_PURGE)
        self._remove = client.register_script(_REMOVE)

    async def check(self) -> None:
        """Raises CacheUnavailable unless Redis answers now: asked before anything is written."""
        await self(tags=(), guards=())

    async def __call__(self, *, tags: Collection[str], guards: Collection[str]) -> None:
        """Every lookup that starts after this returned sees none of the dropped documents.

        Raises:
            CacheUnavailable: Redis did not confirm.
        """
        try:
            waiting = _waiting(await self._purge(args=_arguments(tags, guards)))
        except (RedisError, OSError) as exc:
            raise CacheUnavailable(type(exc).__name__) from exc
        try:
            while waiting.members and waiting.seconds_left:
                waiting.confirmed(await self._client.blpop([waiting.key], timeout=waiting.slice_seconds))
            await asyncio.sleep(waiting.seconds_left)
            if waiting.members:
                await self._remove(args=_removal(waiting))
        except (RedisError, OSError):
            # Redis has dropped it; what is left of the leases runs out by itself.
            await asyncio.sleep(waiting.seconds_left)


class BlockingPurge:
    """The same without asyncio. Safe to use from threads."""

    def __init__(self, client: BlockingRedis) -> None:
        self._client = client

    def __call__(self, *, tags: Collection[str], guards: Collection[str]) -> None:
        """As `Purge`."""
        try:
            waiting = _waiting(self._client.eval(_PURGE, 0, *_arguments(tags, guards)))
        except (RedisError, OSError) as exc:
            raise CacheUnavailable(type(exc).__name__) from exc
        try:
            while waiting.members and waiting.seconds_left:
                waiting.confirmed(self._client.blpop([waiting.key], timeout=waiting.slice_seconds))
            time.sleep(waiting.seconds_left)
            if waiting.members:
                self._client.eval(_REMOVE, 0, *_removal(waiting))
        except (RedisError, OSError):
            time.sleep(waiting.seconds_left)
