"""Documents in Redis, so guarded that none is served after what it was made of has changed.

A document is stored with the present token of each tag that it depends on, and served only while
every one of those tokens stands. A fill is stored only if the guard of its tenant, read before the
SQL transaction began, is unchanged. A purge (purge.py) deletes guards and tags; tokens are random, so a new
one never equals an old one, and what Redis evicts or forgets makes a miss, never a hit.

Every key starts with Redis's run_id, read inside the script that uses it: a Redis that restarts
with an old snapshot revives nothing. Commands of Redis 6.2 only; scripts name keys themselves, so
Redis Cluster can't be used. Redis exceptions end here, as CacheUnavailable.
"""

import asyncio
import secrets
import sys
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import blake2b
from typing import Any, ClassVar, Final

from redis.asyncio import Redis
from redis.commands.core import AsyncScript
from redis.exceptions import RedisError, ResponseError

from xmlcurl.store.connect import open_redis as open_redis  # noqa: PLC0414 - a cache and its client are opened together
from xmlcurl.store.model import Document

GUARD_TTL_SECONDS: Final = 3_600
"""How long an untouched guard stands, in seconds; longer than any load takes."""

PAUSE_AFTER_FAILURE_SECONDS: Final = 0.25
"""How long lookups leave Redis alone after it failed, so that not each of them waits for it."""

CALLS_AT_ONCE: Final = 32
"""How many calls of one process Redis has to answer at once, each on a connection; others wait their turn."""


class CacheUnavailable(Exception):
    """Redis did not confirm in time. Lookups go to SQL; a writer must not report success."""


@dataclass(frozen=True, slots=True)
class Guard:
    """The state of a tenant's data, or of the set of domains, as a token read before a load begins."""

    name: str
    token: str

    DOMAINS: ClassVar = "domains"

    @staticmethod
    def of_tenant(tenant_id: int) -> str:
        return f"t{tenant_id}"


@dataclass(frozen=True, slots=True)
class Hit:
    """A document; or None: nobody has that name, or the domain is no tenant's.

    It stands while none of `tags` is purged, for `ttl_ms` milliseconds at most.
    """

    document: Document | None
    tags: tuple[str, ...] = field(default=(), compare=False)
    ttl_ms: int = field(default=0, compare=False)


@dataclass(frozen=True, slots=True)
class Miss:
    """Load it, then remember it under this guard. `tenant_id` None: load the set of domains first."""

    tenant_id: int | None
    guard: Guard


@dataclass(frozen=True, slots=True)
class Remembered:
    """A document, or an absence, that would be served now: since when, and for how many milliseconds at most."""

    since: datetime
    left_ms: int


PRELUDE: Final = """
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)')
local function guard_key(name) return run .. ':g:' .. name end
local function tag_key(name) return run .. ':t:' .. name end
local domains_key = run .. ':domains'
"""

_STANDS = """
local function stands(tokens)
  for i = 1, #tokens, 2 do
    if redis.call('GET', tag_key(tokens[i])) ~= tokens[i + 1] then return false end
  end
  return true
end
"""

_LOOK = (
    PRELUDE
    + _STANDS
    + """
local function names(tokens)
  local found = {}
  for i = 1, #tokens, 2 do found[#found + 1] = tokens[i] end
  return found
end
local print, key, slot, domain, fresh, guard_ttl = unpack(ARGV)
local function miss(tenant, guard)
  redis.call('SET', guard_key(guard), fresh, 'NX', 'EX', guard_ttl)
  return {'miss', tenant, redis.call('GET', guard_key(guard))}
end
local raw = redis.call('GET', run .. ':d:' .. print .. ':' .. key)
if raw then
  local entry = cmsgpack.unpack(raw)
  if stands(entry[2]) then
    return {'hit', redis.call('PTTL', run .. ':d:' .. print .. ':' .. key), names(entry[2]), unpack(entry, 3, 5)}
  end
end
raw = redis.call('GET', run .. ':a:' .. print .. ':' .. slot)
if raw then
  local entry = cmsgpack.unpack(raw)
  if entry[1] == key and stands(entry[2]) then
    return {'absent', redis.call('PTTL', run .. ':a:' .. print .. ':' .. slot), names(entry[2])}
  end
end
local token = redis.call('GET', tag_key('domains'))
if not token or redis.call('HGET', domains_key, '') ~= token then return miss('', 'domains') end
local tenant = domain ~= '' and redis.call('HGET', domains_key, domain)
if not tenant then return {'absent', redis.call('PTTL', domains_key), {'domains'}} end
return miss(tenant, 't' .. tenant)
"""
)

_PEEK = (
    PRELUDE
    + _STANDS
    + """
local print, key, slot = unpack(ARGV)
for _, name in ipairs({':d:' .. print .. ':' .. key, ':a:' .. print .. ':' .. slot}) do
  local raw = redis.call('GET', run .. name)
  local entry = raw and cmsgpack.unpack(raw)
  if entry and entry[1] == key and stands(entry[2]) then
    return {entry[6], redis.call('PTTL', run .. name)}
  end
end
return {}
"""
)

_REMEMBER = (
    PRELUDE
    + """
local print, key, slot, guard, token, ttl_ms, fresh, body, number, sign_in_name = unpack(ARGV)
if redis.call('GET', guard_key(guard)) ~= token then return 0 end
local tokens = {}
for i = 11, #ARGV do
  -- A tag outlives whatever carries it; where it does not, the document is a miss.
  redis.call('SET', tag_key(ARGV[i]), fresh, 'NX')
  redis.call('PEXPIRE', tag_key(ARGV[i]), tonumber(ttl_ms) + 3600000)
  tokens[#tokens + 1] = ARGV[i]
  tokens[#tokens + 1] = redis.call('GET', tag_key(ARGV[i]))
end
local target = run .. ':d:' .. print .. ':' .. key
if slot ~= '' then target = run .. ':a:' .. print .. ':' .. slot end
local since = redis.call('TIME')[1]
redis.call('SET', target, cmsgpack.pack({key, tokens, body, number, sign_in_name, since}), 'PX', ttl_ms)
return tonumber(ttl_ms)
"""
)

_REMEMBER_DOMAINS = (
    PRELUDE
    + """
local token, ttl_ms, fresh = unpack(ARGV)
if redis.call('GET', guard_key('domains')) ~= token then return 0 end
redis.call('UNLINK', domains_key)
redis.call('SET', tag_key('domains'), fresh, 'PX', ttl_ms)
redis.call('HSET', domains_key, '', fresh)
for i = 4, #ARGV, 2 do redis.call('HSET', domains_key, ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', domains_key, ttl_ms)
return 1
"""
)


class Cache:
    """The shared copy of documents. Safe to use from many tasks; one for each process."""

    def __init__(
        self,
        client: Redis,
        *,
        fingerprint: str,
        ttl_seconds: int,
        absence_ttl_seconds: int,
        absence_slots: int,
    ) -> None:
        """`fingerprint` names the renderer and its settings: what another build rendered is never served."""
        self._fingerprint = fingerprint
        self._ttl_ms = ttl_seconds * 1_000
        self._absence_ttl_ms = absence_ttl_seconds * 1_000
        self._absence_slots = absence_slots
        self._look = client.register_script(_LOOK)
        self._peek = client.register_script(_PEEK)
        self._remember = client.register_script(_REMEMBER)
        self._remember_domains = client.register_script(_REMEMBER_DOMAINS)
        self._turns = asyncio.Semaphore(CALLS_AT_ONCE)
        self._resume_at = 0.0

    async def look(self, key: str, domain: str) -> Hit | Miss:
        """What is remembered under `key`, in one round trip; an unknown domain is absent without SQL.

        Raises:
            CacheUnavailable: Redis failed, or did a moment ago.
        """
        reply = await self._call(
            self._look, self._fingerprint, key, self._slot(key), domain, _token(), GUARD_TTL_SECONDS
        )
        match reply:
            case [b"hit", ttl_ms, tags, body, number, sign_in_name]:
                return Hit(Document(body, number.decode(), sign_in_name.decode()), _names(tags), ttl_ms)
            case [b"absent", ttl_ms, tags]:
                return Hit(None, _names(tags), min(ttl_ms, self._absence_ttl_ms))
            case [b"miss", b"", token]:
                return Miss(None, Guard(Guard.DOMAINS, token.decode()))
            case [b"miss", tenant, token]:
                return Miss(int(tenant), Guard(Guard.of_tenant(int(tenant)), token.decode()))
        raise CacheUnavailable("unexpected reply of the look script")

    async def peek(self, key: str) -> Remembered | None:
        """Whether `look` would find something under `key` now; for those who explain, and changes nothing.

        Raises:
            CacheUnavailable: Redis failed, or did a moment ago.
        """
        match await self._call(self._peek, self._fingerprint, key, self._slot(key)):
            case [since, left_ms]:
                return Remembered(datetime.fromtimestamp(int(since), UTC), int(left_ms))
        return None

    async def remember(
        self,
        key: str,
        document: Document | None,
        *,
        tags: Collection[str],
        guard: Guard,
        ttl_ms: int | None = None,
    ) -> int:
        """Keep `document` (None: its absence) while `tags` stand; for how many milliseconds.

        0: something changed since `guard` was read. `ttl_ms` shortens the time it is kept, never prolongs it.
        """
        longest = self._ttl_ms if document else self._absence_ttl_ms
        kept = document or Document(b"")
        reply = await self._call(
            self._remember,
            self._fingerprint,
            key,
            "" if document else self._slot(key),
            guard.name,
            guard.token,
            longest if ttl_ms is None else max(1, min(longest, ttl_ms)),
            _token(),
            kept.body,
            kept.number,
            kept.sign_in_name,
            *tags,
        )
        return int(reply)

    async def remember_domains(self, domains: Mapping[str, int], guard: Guard) -> bool:
        """Keep the set of all tenants' domains; False: a tenant came or went since `guard` was read."""
        pairs = [item for pair in domains.items() for item in pair]
        reply = await self._call(self._remember_domains, guard.token, self._ttl_ms, _token(), *pairs)
        return bool(reply == 1)

    async def _call(self, script: AsyncScript, *arguments: str | bytes | int) -> Any:
        async with self._turns:
            return await self._call_now(script, arguments)

    async def _call_now(self, script: AsyncScript, arguments: tuple[str | bytes | int, ...]) -> Any:
        if time.monotonic() < self._resume_at:
            raise CacheUnavailable("Redis failed a moment ago")
        try:
            return await script(args=list(arguments))
        except ResponseError as exc:
            # It answers: one that is full takes no more documents, and gives those that it has.
            raise CacheUnavailable(type(exc).__name__) from exc
        except (RedisError, OSError) as exc:
            self._resume_at = time.monotonic() + PAUSE_AFTER_FAILURE_SECONDS
            raise CacheUnavailable(type(exc).__name__) from exc

    def _slot(self, key: str) -> int:
        """Absence lives in a fixed number of places: a scanner overwrites its own, never a document."""
        return int.from_bytes(blake2b(key.encode(), digest_size=8).digest()) % self._absence_slots


def _names(tags: list[bytes]) -> tuple[str, ...]:
    # A tenant's documents all carry the same ones, and there may be many copies of them.
    return tuple(sys.intern(tag.decode()) for tag in tags)


def _token() -> str:
    # Random, never a counter: a Redis that starts empty would count to the same numbers again.
    return secrets.token_hex(12)
