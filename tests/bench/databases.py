"""The same extensions on each database that lookups can read; and a Redis beside each."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from management.embedded import redis_server
from tests.bench import store
from tests.servers import PostgresServer, RedisServer, postgres_binaries


@contextmanager
def own_redis(folder: Path) -> Iterator[str]:
    """The URL of one that is empty: what lookups remember counts for one database only."""
    server = RedisServer(folder, executable=redis_server())
    server.start()
    try:
        yield server.url
    finally:
        server.stop()


@contextmanager
def empty_databases(folder: Path, number: int = 1) -> Iterator[dict[str, list[str]]]:
    """URLs by the database's name, so many of each. A PostgreSQL of our own is gone at the end."""
    folder.mkdir()
    postgres = PostgresServer(postgres_binaries())
    try:
        postgres.start()
        yield {
            "SQLite": [f"sqlite+aiosqlite:///{folder / f'{n}.sqlite'}" for n in range(number)],
            "PostgreSQL": [postgres.url(postgres.create_database()) for _ in range(number)],
        }
    finally:
        postgres.remove()


@contextmanager
def stores(folder: Path, *counts: int) -> Iterator[dict[str, list[str]]]:
    """The same, with so many extensions in each."""
    with empty_databases(folder, len(counts)) as urls:
        for each in urls.values():
            for url, count in zip(each, counts, strict=True):
                store.fill(url, count)
        yield urls
