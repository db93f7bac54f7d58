"""Several lookup processes and writers in one event loop, with a real Redis between them, slow where the races are.

The parts can be exchanged for ones that lack a guard: the checker has to find what that guard keeps out.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from typing import Any

from redis.asyncio import Redis

from tests.coherence.history import History, Stale
from tests.waiting import until
from xmlcurl.documents import Documents, Found, Loaded, Overloaded
from xmlcurl.store.cache import Cache, Guard, open_redis
from xmlcurl.store.lease import Lease
from xmlcurl.store.local import LocalCopies
from xmlcurl.store.model import Document, Tag
from xmlcurl.store.purge import Purge
from xmlcurl.store.reader import Connection, Reader

NODES = 3
LOOKERS_OF_A_NODE = 4
WRITERS = 6
VERSIONS_OF_A_KEY = 6
REDIS_TIMEOUT_SECONDS = 5.0
LOAD_DEADLINE_MS = 10_000


@dataclass(frozen=True)
class Parts:
    """What a lookup process and a writer are made of."""

    cache: type[Cache] = Cache
    copies: type[LocalCopies] = LocalCopies
    documents: type[Documents] = Documents
    purge: type[Purge] = Purge
    copies_bytes: int = 10_000_000
    absence_slots: int = 64


@dataclass(frozen=True)
class Slow:
    """The longest that each may take, in seconds; how long it takes is by chance."""

    read: float = 0.03
    """From what a load saw to what it returns."""
    reply: float = 0.03
    """From Redis's answer to a look until it is read."""
    message: float = 0.03
    """From a purge that was told until it is heard."""
    commit: float = 0.005
    """From the commit to the purge."""
    stall: float = 1.6
    """A lookup process hears nothing for so long, again and again, and then all at once."""


Fault = Callable[[Redis], Awaitable[Any]]


async def cut_the_subscriptions(redis: Redis) -> None:
    await redis.client_kill_filter(_type="pubsub")


async def lose_the_list(redis: Redis) -> None:
    async for key in redis.scan_iter("*:members"):
        await redis.delete(key)


async def evict(redis: Redis) -> None:
    """Any key but the list, which is a fault of its own."""
    async for key in redis.scan_iter(count=1_000):
        if not key.endswith(b":members") and random.random() < 0.3:  # noqa: S311 - no secret
            await redis.delete(key)


EVERY_FAULT: tuple[Fault, ...] = (cut_the_subscriptions, lose_the_list, evict)


@dataclass
class World:
    """What was committed, who writes and who asks."""

    redis_url: str
    database_url: str
    parts: Parts
    slow: Slow
    faults: tuple[Fault, ...]
    history: History = field(default_factory=History)
    committed: dict[str, int] = field(default_factory=dict)
    newest_keys: dict[int, str] = field(default_factory=dict)
    stalled_until: dict[int, float] = field(default_factory=dict)

    @staticmethod
    def domain(writer: int) -> str:
        """Each writer has a tenant of its own: the guard of a tenant keeps out fills while anything of it changes."""
        return f"w{writer}.test"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Everybody writes, asks and fails."""
        async with AsyncExitStack() as stack:
            works: list[Coroutine[Any, Any, None]] = []
            for node in range(NODES):
                documents = await stack.enter_async_context(self._lookup_process(node))
                works += [self._ask_on(node, documents) for _ in range(LOOKERS_OF_A_NODE)]
                works.append(self._stall_on(node))
            writer_client = await stack.enter_async_context(
                open_redis(self.redis_url, timeout_seconds=REDIS_TIMEOUT_SECONDS)
            )
            works += [self._write_on(writer, self.parts.purge(writer_client)) for writer in range(WRITERS)]
            if self.faults:
                works.append(self._fail_on(writer_client))
            tasks = [asyncio.create_task(work) for work in works]
            try:
                yield
            finally:
                ended = await _ended(tasks)
        assert [each for each in ended if each and not isinstance(each, asyncio.CancelledError)] == []

    async def stale_after(self, lookups: int, timeout_seconds: float) -> list[Stale]:
        """What was stale in so many lookups."""
        async with self.running():
            await until(lambda: self.history.lookup_count >= lookups, timeout_seconds)
        return self.history.stale()

    async def first_stale(self, timeout_seconds: float) -> list[Stale]:
        """What was stale as soon as anything was.

        Raises:
            TimeoutError: nothing was.
        """
        async with self.running():
            await until(lambda: self.history.stale() != [], timeout_seconds)
        return self.history.stale()

    @asynccontextmanager
    async def _lookup_process(self, node: int) -> AsyncIterator[Documents]:
        async with open_redis(self.redis_url, timeout_seconds=REDIS_TIMEOUT_SECONDS) as client:
            self._hear_late(client, node)
            cache = self.parts.cache(
                client,
                fingerprint="test",
                ttl_seconds=300,
                absence_ttl_seconds=300,
                absence_slots=self.parts.absence_slots,
            )
            copies = self.parts.copies(max_bytes=self.parts.copies_bytes)
            reader = Reader.open(self.database_url)
            documents = self.parts.documents(cache, reader, copies, load_deadline_ms=LOAD_DEADLINE_MS)
            async with Lease(client, copies).kept():
                try:
                    yield documents
                finally:
                    await documents.close()
                    await reader.close()

    def _hear_late(self, client: Redis, node: int) -> None:
        kind: Any = client.connection_pool.connection_class
        world = self

        class Late(kind):  # type: ignore[misc] # known when it runs
            async def read_response(self, *args: Any, **kwargs: Any) -> Any:
                reply = await super().read_response(*args, **kwargs)
                await world._delay(node, reply[0] if isinstance(reply, list) and reply else None)
                return reply

        client.connection_pool.connection_class = Late

    async def _delay(self, node: int, kind: object) -> None:
        if kind in {b"hit", b"absent", b"miss"}:
            await asyncio.sleep(_up_to(self.slow.reply))
        elif kind == b"message":
            await asyncio.sleep(_up_to(self.slow.message))
        if kind in {b"message", b"pong"}:
            await asyncio.sleep(self.stalled_until.get(node, 0.0) - time.monotonic())

    async def _stall_on(self, node: int) -> None:
        while self.slow.stall:
            await asyncio.sleep(_up_to(1.0))
            self.stalled_until[node] = time.monotonic() + _up_to(self.slow.stall)
            await asyncio.sleep(max(0.0, self.stalled_until[node] - time.monotonic()))

    async def _fail_on(self, client: Redis) -> None:
        while True:
            await asyncio.sleep(_up_to(2.0))
            await random.choice(self.faults)(client)  # noqa: S311 - no secret

    async def _write_on(self, writer: int, purge: Purge) -> None:
        for number in count():
            # A key is asked for before it is there: its absence has to end as everything else.
            key = self.newest_keys[writer] = f"{self.domain(writer)} {number}"
            for version in range(1, VERSIONS_OF_A_KEY + 1):
                await asyncio.sleep(_up_to(0.1))
                started = time.monotonic()
                self.committed[key] = version
                await asyncio.sleep(_up_to(self.slow.commit))
                tenant_id = writer + 1
                await purge(tags=[Tag.name(tenant_id, key)], guards=[Guard.of_tenant(tenant_id)])
                self.history.written(key, version, started=started, ended=time.monotonic())

    async def _ask_on(self, node: int, documents: Documents) -> None:
        while True:
            await asyncio.sleep(_up_to(0.01))
            key = random.choice(list(self.newest_keys.values()))  # noqa: S311 - no secret
            started = time.monotonic()
            with suppress(Overloaded, TimeoutError):
                self.history.seen(key, await self.ask(documents, key), started=started, by=f"process {node}")

    async def ask(self, documents: Documents, key: str) -> int:
        """The version that is found; 0 where nothing is."""
        found = await self._find(documents, key)
        return int(found.document.body) if found.document else 0

    async def source(self, documents: Documents, key: str) -> str:
        """Where it came from."""
        return (await self._find(documents, key)).source

    async def _find(self, documents: Documents, key: str) -> Found:
        async def load(_connection: Connection, tenant_id: int) -> Loaded:
            version = self.committed.get(key, 0)
            await asyncio.sleep(_up_to(self.slow.read))
            document = Document(b"%d" % version) if version else None
            return Loaded(document, tags=[Tag.tenant(tenant_id), Tag.name(tenant_id, key)])

        return await documents.find(key, key.split(maxsplit=1)[0], load)


async def _ended(tasks: list[asyncio.Task[None]]) -> list[BaseException | None]:
    """How each ended that had to; cancelled again, since before Python 3.12 wait_for may lose a cancellation."""
    pending = set(tasks)
    while pending:
        for task in pending:
            task.cancel()
        _, pending = await asyncio.wait(pending, timeout=0.1)
    return await asyncio.gather(*tasks, return_exceptions=True)


def _up_to(seconds: float) -> float:
    return random.uniform(0, seconds)  # noqa: S311 - no secret
