"""How often something may happen in any 60 seconds, or another time: a sliding window in Redis, one for all processes.

While Redis does not answer nothing is limited: reads go on, and writes are refused for that reason anyway.
"""

import math
import secrets
from dataclasses import dataclass
from typing import Final

from redis.asyncio import Redis
from redis.exceptions import RedisError

WINDOW_SECONDS: Final = 60

# One member for each time it happened; what has left the window is forgotten. What was refused is not counted.
_TAKE: Final = """
local limit, window_ms, cost, member = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3]), ARGV[4]
local time = redis.call('TIME')
local now_ms = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('ZREMRANGEBYSCORE', KEYS[1], 0, now_ms - window_ms)
local used = redis.call('ZCARD', KEYS[1])
local allowed = used < limit and 1 or 0
if allowed == 1 and cost == 1 then
  redis.call('ZADD', KEYS[1], now_ms, member)
  redis.call('PEXPIRE', KEYS[1], window_ms)
  used = used + 1
end
local oldest = redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')
return {allowed, used, oldest[2] and oldest[2] + window_ms or now_ms, now_ms}
"""


@dataclass(frozen=True, slots=True)
class Room:
    """How much is left of a limit."""

    limit: int
    remaining: int
    is_allowed: bool
    reset_at_seconds: int
    """When the window has more room again: seconds since 1970."""
    retry_after_seconds: int
    """The same from now, at least 1."""


class RateLimit:
    """One kind of thing with one limit; safe to use from many tasks."""

    def __init__(self, client: Redis, name: str, limit: int, *, window_seconds: int = WINDOW_SECONDS) -> None:
        self._script = client.register_script(_TAKE)
        self._name = name
        self._limit = limit
        self._window_ms = window_seconds * 1_000

    async def take(self, key: str) -> Room | None:
        """It is about to happen for `key`: counted if it is allowed. None: Redis does not answer."""
        return await self._ask(key, cost=1)

    async def look(self, key: str) -> Room | None:
        """Whether it would be allowed; nothing is counted. None: Redis does not answer."""
        return await self._ask(key, cost=0)

    async def _ask(self, key: str, *, cost: int) -> Room | None:
        try:
            allowed, used, reset_ms, now_ms = await self._script(
                keys=[f"limit:{self._name}:{key}"],
                args=[self._limit, self._window_ms, cost, secrets.token_hex(8)],
            )
        except (RedisError, OSError):
            return None
        return Room(
            limit=self._limit,
            remaining=max(0, self._limit - used),
            is_allowed=allowed == 1,
            reset_at_seconds=math.ceil(reset_ms / 1_000),
            retry_after_seconds=max(1, math.ceil((reset_ms - now_ms) / 1_000)),
        )
