"""A PostgreSQL whose primary dies and whose standby takes its place, both named in one URL."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.servers import PostgresServer, RedisServer
from tests.system.installation import Installation
from tests.system.test_faults import version_at

pytestmark = pytest.mark.timeout(180)


@dataclass
class Pair:
    """The product, its primary, and the standby that every commit waits for."""

    product: Installation
    primary: PostgresServer
    standby: PostgresServer


@pytest.fixture
def pair(tmp_path: Path, redis_executable: Path, postgres_folder: Path) -> Iterator[Pair]:
    primary = PostgresServer(postgres_folder, {"wal_level": "replica", "max_wal_senders": "10"})
    redis = RedisServer(tmp_path / "redis", executable=redis_executable)
    standby = None
    try:
        redis.start()
        standby = primary.standby()
        database = primary.create_database()
        primary.execute("ALTER SYSTEM SET synchronous_standby_names = '*'")
        primary.execute("SELECT pg_reload_conf()")
        hosts = f"host={primary.folder}&host={standby.folder}&target_session_attrs=read-write"
        product = Installation(tmp_path, f"postgresql+psycopg://postgres@/{database}?{hosts}", redis.url)
        with product.running():
            yield Pair(product, primary, standby)
    finally:
        redis.stop()
        primary.remove()
        if standby is not None:
            standby.remove()


def versions(pair: Pair, number: str) -> set[int | None]:
    return {version_at(node.url, number) for node in pair.product.lookups}


def test_a_promoted_standby_has_every_answered_write_and_takes_the_next(pair: Pair) -> None:
    with pair.product.client() as client:
        client.post("/extensions", json={"extension_number": "1001", "display_name": "v0"}).raise_for_status()
        client.post("/extensions", json={"extension_number": "1002", "display_name": "v0"}).raise_for_status()
        client.put("/extensions/1001", json={"display_name": "v1"}).raise_for_status()
        assert versions(pair, "1001") == {1}

        pair.primary.kill()

        assert client.put("/extensions/1001", json={"display_name": "v2"}).status_code == 503
        assert versions(pair, "1001") == {1}  # what is remembered is served
        assert versions(pair, "1002") == {None}  # and nobody is "not found" whom nobody can look for

        pair.standby.execute("SELECT pg_promote()")

        assert versions(pair, "1002") == {0}
        client.put("/extensions/1001", json={"display_name": "v3"}).raise_for_status()
        assert versions(pair, "1001") == {3}
