"""The same extensions on each database that lookups can read."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench import store
from tests.servers import PostgresServer, postgres_binaries


@contextmanager
def stores(folder: Path, *counts: int) -> Iterator[dict[str, list[str]]]:
    """URLs of a store for each of `counts`, by the database's name. A PostgreSQL of our own is gone at the end."""
    folder.mkdir()
    postgres = PostgresServer(postgres_binaries())
    try:
        postgres.start()
        urls = {
            "SQLite": [f"sqlite+aiosqlite:///{folder / f'{count}.sqlite'}" for count in counts],
            "PostgreSQL": [postgres.url(postgres.create_database()) for _ in counts],
        }
        for each in urls.values():
            for url, count in zip(each, counts, strict=True):
                store.fill(url, count)
        yield urls
    finally:
        postgres.remove()
