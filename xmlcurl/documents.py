"""Documents by key: remembered, or loaded once for all who wait for it, and remembered then.

Without Redis every document is loaded; without the database what Redis holds is still served.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Final, TypeVar

from xmlcurl.at_once import about_to_ask
from xmlcurl.store.cache import Cache, CacheUnavailable, Guard, Hit
from xmlcurl.store.local import LocalCopies, Mark
from xmlcurl.store.model import Document
from xmlcurl.store.queries import all_domains, find_tenant_id
from xmlcurl.store.queries_calls import find_number_owner
from xmlcurl.store.reader import Connection, Reader, StoreUnavailable
from xmlcurl.store.tables import utc_now

SHORTEST_MEMORY_MS: Final = 1_000
"""What would be remembered for less time is not remembered."""

LOADS_AT_ONCE: Final = 32
"""How many loads one process has under way, unless it is told otherwise."""

LOOKUPS_FOR_EACH_LOAD: Final = 4
"""So many lookups may be under way for each load that may: what Redis answers takes less than what is loaded."""

NO_KEY: Final = ""
"""Nothing is remembered under it: a look at it only tells whether a domain is a tenant's."""

NO_DOMAIN: Final = ""
"""Nobody's: asking for it only tells whether there is an answer."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """A document, or None for its absence, and how long that stays true.

    It depends on `tags`; it ends at `ends_at` whatever happens, and FreeSWITCH may keep a copy for
    `cacheable_ms` after it was served. With `is_final` False it holds for this one lookup only.
    """

    document: Document | None
    tags: Collection[str] = ()
    ends_at: datetime | None = None
    cacheable_ms: int = 0
    is_final: bool = True

    def memory_ms(self, now: datetime) -> int | None:
        """How long it may be remembered from `now` on; None is no limit of its own, 0 not at all."""
        if not self.is_final:
            return 0
        if self.ends_at is None:
            return None
        left_ms = int((self.ends_at - now).total_seconds() * 1_000) - self.cacheable_ms
        return left_ms if left_ms >= SHORTEST_MEMORY_MS else 0


@dataclass(frozen=True, slots=True)
class Found:
    """What a lookup gives, and where it came from: "cache" or "sql"."""

    document: Document | None
    source: str


class Overloaded(Exception):
    """More is asked for than could be answered in time; who was there before is still served.

    To be told at once: whoever waits for a place in vain keeps it from one that could be answered.
    """


Flight = tuple[str, str]
"""A load that others may join: its key, and the guard's token that was read before it began."""

Result = TypeVar("Result")

Load = Callable[[Connection, int], Awaitable[Loaded]]
"""Makes a document of one tenant, given its id, from what the database holds now."""


class Documents:
    """All documents that lookups serve. One for each process; `close` it at the end."""

    def __init__(
        self,
        cache: Cache,
        reader: Reader,
        copies: LocalCopies | None = None,
        *,
        load_deadline_ms: int,
        loads_at_once: int = LOADS_AT_ONCE,
        only_leased: bool = False,
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """Beyond `loads_at_once` loads, or `LOOKUPS_FOR_EACH_LOAD` times as many lookups, more are refused.

        `only_leased`: Redis is believed only while there is a lease. A primary whose place another one has taken
        without its knowing gives none (docs/scaling.md).
        """
        self._cache = cache
        self._reader = reader
        self._copies = copies or LocalCopies(max_bytes=0)
        self._load_seconds = load_deadline_ms / 1_000
        self._clock = clock
        self._flights: dict[Flight, asyncio.Task[Any]] = {}
        self._tasks: set[asyncio.Task[Any]] = set()
        self._loads_at_once = loads_at_once
        self._only_leased = only_leased
        self._unshared = 0
        self._lookups = 0

    async def find(self, key: str, domain: str, load: Load) -> Found:
        """The document of `key`; None in it when there is none, or when `domain` is no tenant's.

        `key` names every input that `load` makes the document of.

        Raises:
            StoreUnavailable: not remembered, and the database did not answer.
            Overloaded: not remembered here, and too many are asked for at once.
        """
        if copy := self._copies.get(key):
            return Found(copy.document, "local")
        about_to_ask()
        with self._place_of_a_lookup():
            return await self._find_further(key, domain, load)

    async def _find_further(self, key: str, domain: str, load: Load) -> Found:
        mark = self._copies.mark()
        try:
            looked = await self._look(key, domain)
        except CacheUnavailable:
            return Found(await self._load_without_cache(domain, load), "sql")
        if isinstance(looked, Hit):
            self._copies.put(key, looked.document, tags=looked.tags, ttl_ms=looked.ttl_ms, mark=mark)
            return Found(looked.document, "cache")
        tenant_id, guard = looked
        # Whoever finds the same guard may share a load that is under way: had a write been
        # answered since that load began, the guard would be another one.
        document = await self._shared((key, guard.token), partial(self._load, key, tenant_id, guard, load, mark))
        return Found(document, "sql")

    async def is_domain(self, domain: str) -> bool:
        """Whether `domain`, in lower case, is a tenant's.

        Raises:
            StoreUnavailable: not remembered, and the database did not answer.
        """
        # Only that it is nobody's is kept here: every call asks it of its context, which is most often no domain.
        key = f"nobody's {domain}"
        if self._copies.get(key):
            return False
        about_to_ask()
        mark = self._copies.mark()
        try:
            looked = await self._look(NO_KEY, domain)
        except CacheUnavailable:
            return await self._find_tenant(domain) is not None
        if not isinstance(looked, Hit):
            return True
        self._copies.put(key, None, tags=looked.tags, ttl_ms=looked.ttl_ms, mark=mark)
        return False

    async def domains(self) -> list[str]:
        """Every tenant's domain, from the database.

        Raises:
            StoreUnavailable: it did not answer.
        """
        return sorted(await self.read(all_domains))

    async def read(self, load: Callable[[Connection], Awaitable[Result]]) -> Result:
        """What `load` finds in the database now; nothing of it is remembered.

        Raises:
            StoreUnavailable: it did not answer.
        """
        about_to_ask()
        async with self._reader.connection() as connection:
            return await load(connection)

    async def owner_of(self, number: str) -> str | None:
        """The domain of the tenant that has the number of the public network, from the database.

        Raises:
            StoreUnavailable: it did not answer.
        """
        about_to_ask()
        async with self._reader.connection() as connection:
            return await find_number_owner(connection, number)

    async def reached(self) -> dict[str, bool]:
        """Whether the database and Redis answer now."""
        return {
            "database": await self._answers(self._find_tenant(NO_DOMAIN)),
            "redis": await self._answers(self._cache.look(NO_KEY, NO_DOMAIN)),
        }

    async def _answers(self, asked: Coroutine[Any, Any, Any]) -> bool:
        try:
            await asyncio.wait_for(asked, self._load_seconds)
        except (StoreUnavailable, CacheUnavailable, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        """Give up the loads under way."""
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self, key: str, domain: str) -> Hit | tuple[int, Guard]:
        for _ in range(3):
            looked = await self._cache.look(key, domain)
            if self._only_leased and not self._copies.is_leased():
                raise CacheUnavailable("perhaps no primary any more")
            if isinstance(looked, Hit):
                return looked
            if looked.tenant_id is not None:
                return looked.tenant_id, looked.guard
            guard = looked.guard
            await self._shared((NO_KEY, guard.token), partial(self._load_domains, guard))
        raise CacheUnavailable("the set of domains does not stay")

    async def _shared(self, flight: Flight, load: Callable[[], Coroutine[Any, Any, Any]]) -> Any:
        while joined := self._flights.get(flight):
            try:
                return await asyncio.shield(joined)
            except TimeoutError:
                # Its time is up; that of the one who joined it late is not.
                self._forget(flight, joined)
        self._refuse_more_loads()
        # A task of its own: it goes on for the others when the one who began it gives up.
        task = self._flights[flight] = asyncio.create_task(asyncio.wait_for(load(), self._load_seconds))
        self._tasks.add(task)
        # A query that is given up may take its time to end; nobody is to join it meanwhile.
        timer = asyncio.get_running_loop().call_later(self._load_seconds, self._forget, flight, task)
        task.add_done_callback(lambda done: self._landed(flight, done, timer))
        return await asyncio.shield(task)

    def _landed(self, flight: Flight, task: asyncio.Task[Any], timer: asyncio.TimerHandle) -> None:
        timer.cancel()
        self._forget(flight, task)
        self._tasks.discard(task)
        if not task.cancelled():
            # Those who wait raise it; where nobody waits any more, nobody would have asked.
            task.exception()

    def _forget(self, flight: Flight, task: asyncio.Task[Any]) -> None:
        if self._flights.get(flight) is task:
            del self._flights[flight]

    async def _load(self, key: str, tenant_id: int, guard: Guard, load: Load, mark: Mark) -> Document | None:
        async with self._reader.connection() as connection:
            loaded = await load(connection, tenant_id)
        memory_ms = loaded.memory_ms(self._clock())
        if memory_ms != 0:
            # Whatever becomes of it: the document is right, only the next one may be slower.
            with suppress(CacheUnavailable):
                ttl_ms = await self._cache.remember(
                    key, loaded.document, tags=loaded.tags, guard=guard, ttl_ms=memory_ms
                )
                if ttl_ms:
                    self._copies.put(key, loaded.document, tags=loaded.tags, ttl_ms=ttl_ms, mark=mark)
        return loaded.document

    async def _load_domains(self, guard: Guard) -> None:
        async with self._reader.connection() as connection:
            domains = await all_domains(connection)
        await self._cache.remember_domains(domains, guard)

    async def _find_tenant(self, domain: str) -> int | None:
        async with self._reader.connection() as connection:
            return await find_tenant_id(connection, domain)

    async def _load_without_cache(self, domain: str, load: Load) -> Document | None:
        with self._place_of_a_load():
            async with self._reader.connection() as connection:
                tenant_id = await find_tenant_id(connection, domain)
                return (await load(connection, tenant_id)).document if tenant_id is not None else None

    @contextmanager
    def _place_of_a_lookup(self) -> Iterator[None]:
        if self._lookups >= self._loads_at_once * LOOKUPS_FOR_EACH_LOAD:
            raise Overloaded(f"{self._lookups} lookups are under way")
        self._lookups += 1
        try:
            yield
        finally:
            self._lookups -= 1

    @contextmanager
    def _place_of_a_load(self) -> Iterator[None]:
        self._refuse_more_loads()
        self._unshared += 1
        try:
            yield
        finally:
            self._unshared -= 1

    def _refuse_more_loads(self) -> None:
        loads = len(self._tasks) + self._unshared
        if loads >= self._loads_at_once:
            raise Overloaded(f"{loads} loads are under way")
