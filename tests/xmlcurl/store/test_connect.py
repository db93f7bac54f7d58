"""One server, or the primary that Sentinels name; never a Redis Cluster."""

import asyncio
import random
import socket
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
from redis import Redis as BlockingRedis
from redis.asyncio import Redis
from redis.exceptions import RedisError
from typer.testing import CliRunner

from management.embedded import end, tied_to_parent
from tests.services import free_port
from tests.waiting import until, wait_until
from tests.xmlcurl.conftest import only_sqlite
from xmlcurl.cli import commands
from xmlcurl.documents import Documents, Loaded
from xmlcurl.store.cache import Cache, CacheUnavailable, Hit, Miss
from xmlcurl.store.connect import open_blocking_redis, open_redis, refuse_cluster, sentinels_of
from xmlcurl.store.lease import Lease
from xmlcurl.store.local import LocalCopies
from xmlcurl.store.model import Document
from xmlcurl.store.purge import BlockingPurge, Purge
from xmlcurl.store.reader import Connection, Reader

SERVICE = "directory"
BUS_PORTS_ABOVE = 10_000
"""A node of a cluster listens on a second port, this much above its own, and does not start where there is none."""

HIGHEST_PORT = 65_535


@dataclass
class Program:
    """One redis-server on a port of loopback."""

    port: int
    process: subprocess.Popen[bytes]

    def answers(self) -> bool:
        with BlockingRedis(port=self.port, socket_timeout=1.0) as client:
            try:
                return bool(client.ping())
            except (RedisError, OSError):
                return False

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def start(executable: Path, folder: Path, *lines: str, is_sentinel: bool = False, port: int | None = None) -> Program:
    port = port or free_port()
    folder.mkdir()
    configuration = folder / "redis.conf"
    said = [f"port {port}", "bind 127.0.0.1", f"dir {folder}", 'save ""', *lines]
    configuration.write_text("\n".join([line for line in said if not (is_sentinel and line.startswith("save"))]))
    command = [str(executable), str(configuration), *(["--sentinel"] if is_sentinel else [])]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(tied_to_parent(command), stdin=subprocess.DEVNULL, stdout=log, stderr=log)
    program = Program(port, process)
    try:
        wait_until(program.answers, 30)
    except TimeoutError as error:
        end(process, 10)
        raise AssertionError((folder / "log").read_text()) from error
    return program


def low_port() -> int:
    """One that leaves room for a bus port, whatever range the system takes its own from."""
    ports = list(range(1_024, HIGHEST_PORT - BUS_PORTS_ABOVE + 1))
    random.shuffle(ports)
    for port in ports:
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("every port is taken")


@pytest.fixture
def cluster(redis_executable: Path, tmp_path: Path) -> Iterator[Program]:
    folder = tmp_path / "cluster"
    program = start(redis_executable, folder, "cluster-enabled yes", port=low_port())
    yield program
    end(program.process, 10)


@dataclass
class Watched:
    """A primary, its replica, and one Sentinel that puts one in the other's place."""

    primary: Program
    replica: Program
    sentinel: Program

    @property
    def url(self) -> str:
        return f"redis+sentinel://127.0.0.1:{free_port()},127.0.0.1:{self.sentinel.port}/{SERVICE}"

    def is_ready(self) -> bool:
        with BlockingRedis(port=self.sentinel.port, socket_timeout=1.0) as client:
            primary = client.sentinel_master(SERVICE)
            return int(primary["num-slaves"]) == 1 and self._is_in_step()

    def _is_in_step(self) -> bool:
        with BlockingRedis(port=self.replica.port, socket_timeout=1.0) as client:
            return bool(client.info("replication").get("master_link_status") == "up")


@pytest.fixture
def watched(redis_executable: Path, tmp_path: Path) -> Iterator[Watched]:
    primary = start(redis_executable, tmp_path / "primary")
    replica = start(redis_executable, tmp_path / "replica", f"replicaof 127.0.0.1 {primary.port}")
    sentinel = start(
        redis_executable,
        tmp_path / "sentinel",
        f"sentinel monitor {SERVICE} 127.0.0.1 {primary.port} 1",
        f"sentinel down-after-milliseconds {SERVICE} 500",
        f"sentinel failover-timeout {SERVICE} 3000",
        is_sentinel=True,
    )
    watched = Watched(primary, replica, sentinel)
    wait_until(watched.is_ready, 30)
    yield watched
    for program in (sentinel, replica, primary):
        end(program.process, 10)


def cache_of(client: Redis) -> Cache:
    return Cache(client, fingerprint="test", ttl_seconds=60, absence_ttl_seconds=30, absence_slots=16)


async def test_a_cluster_is_refused_on_each_connection(cluster: Program) -> None:
    """So it does not matter whether it was there at the start. A lookup goes on with SQL, a write is refused."""
    url = f"redis://127.0.0.1:{cluster.port}"
    async with open_redis(url, timeout_seconds=5) as client:
        for _ in range(2):
            with pytest.raises(CacheUnavailable, match="ClusterRefused"):
                await cache_of(client).look("k", "pbx.test")
            with pytest.raises(CacheUnavailable, match="ClusterRefused"):
                await Purge(client).check()
    with open_blocking_redis(url, timeout_seconds=5) as blocking, pytest.raises(CacheUnavailable):
        BlockingPurge(blocking)(tags=["a"], guards=[])


def test_a_cluster_is_refused_at_start(cluster: Program, tmp_path: Path) -> None:
    """Exit status 2, and what to do; without an answer the start goes on."""
    url = f"redis://127.0.0.1:{cluster.port}"
    for words in (["serve"], ["serve", "--workers", "2"]):
        ended = CliRunner().invoke(
            commands, words, env={"XMLCURL_DATA_DIR": str(tmp_path), "XMLCURL_REDIS_URL": url}, catch_exceptions=False
        )
        assert ended.exit_code == 2
        assert "XMLCURL_REDIS_URL=(hidden): a Redis Cluster can't be used" in ended.stderr

    cluster.kill()

    refuse_cluster(url)


async def test_a_failover_serves_nothing_stale(watched: Watched) -> None:
    """Without a primary nothing is dropped, and said so; with the next one nothing is remembered of before."""
    copies = LocalCopies(max_bytes=1_000_000)
    async with open_redis(watched.url, timeout_seconds=2) as client, Lease(client, copies).kept():
        cache, purge = cache_of(client), Purge(client)
        await fill(cache, b"old")
        kept = await cache.look("k", "pbx.test")
        assert isinstance(kept, Hit)
        await until(lambda: held(copies, kept))

        watched.primary.kill()

        with pytest.raises(CacheUnavailable):
            await purge(tags=["a"], guards=["t7"])
        await until(lambda: not is_served(copies), 20)
        await until_purged(purge)
        assert not isinstance(await cache.look("k", "pbx.test"), Hit)
        await fill(cache, b"new")
        renewed = await cache.look("k", "pbx.test")
        assert isinstance(renewed, Hit)
        assert renewed.document == Document(b"new")
        await until(lambda: held(copies, renewed), 20)


def held(copies: LocalCopies, found: Hit) -> bool:
    copies.put("k", found.document, tags=found.tags, ttl_ms=60_000, mark=copies.mark())
    return is_served(copies)


def is_served(copies: LocalCopies) -> bool:
    return copies.get("k") is not None


async def until_purged(purge: Purge) -> None:
    """As a client of the API that tries again."""
    for _ in range(300):
        try:
            await purge(tags=["a"], guards=["t7"])
        except CacheUnavailable:
            await asyncio.sleep(0.1)  # between two tries
        else:
            return
    raise AssertionError("no write goes through after the failover")


async def fill(cache: Cache, body: bytes) -> None:
    """As a lookup that loads."""
    missed = await cache.look("k", "pbx.test")
    while isinstance(missed, Miss) and missed.tenant_id is None:
        await cache.remember_domains({"pbx.test": 7}, missed.guard)
        missed = await cache.look("k", "pbx.test")
    assert isinstance(missed, Miss)
    assert await cache.remember("k", Document(body), tags=["a"], guard=missed.guard)


@only_sqlite
async def test_a_primary_that_lost_its_replica_is_not_believed(watched: Watched, migrated_database_url: str) -> None:
    """Somebody else may be the primary now, and be told of changes: what the old one holds is read from SQL."""
    reader, copies = Reader.open(migrated_database_url), LocalCopies(max_bytes=1_000_000)
    old = f"redis://127.0.0.1:{watched.primary.port}"
    async with open_redis(old, timeout_seconds=2) as client, Lease(client, copies).kept():
        await client.config_set("min-replicas-to-write", 1)
        await client.config_set("min-replicas-max-lag", 1)
        cache = cache_of(client)
        documents = Documents(cache, reader, copies, load_deadline_ms=5_000, only_leased=True)
        await fill(cache, b"old")
        await until(copies.is_leased)
        assert (await documents.find("k", "pbx.test", never)).source == "cache"

        with BlockingRedis(port=watched.replica.port) as replica:
            replica.execute_command("REPLICAOF", "NO", "ONE")
        await until(lambda: not copies.is_leased())

        assert isinstance(await cache.look("k", "pbx.test"), Hit)
        assert (await documents.find("k", "pbx.test", never)).source == "sql"
    await documents.close()
    await reader.close()


async def never(_connection: Connection, _tenant_id: int) -> Loaded:
    raise AssertionError("the tenant is not in the database")


async def test_threads_find_the_primary(watched: Watched) -> None:
    """The worker, too, asks the Sentinels."""
    with open_blocking_redis(watched.url, timeout_seconds=5) as client:
        assert client.info("replication")["role"] == "master"
        BlockingPurge(client)(tags=["a"], guards=["t7"])


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("redis+sentinel://h:1", id="no service"),
        pytest.param("redis+sentinel:///directory", id="no address"),
        pytest.param("redis+sentinel://h:x/directory", id="no port"),
        pytest.param("unix+sentinel://h:1/directory", id="no such way"),
    ],
)
def test_what_names_no_sentinel_is_refused(url: str) -> None:
    """When it is read."""
    with pytest.raises(ValueError, match=r"sentinel://|address|[Pp]ort"):
        sentinels_of(url)


def test_what_a_url_of_sentinels_says() -> None:
    """All of it."""
    url = "rediss+sentinel://me:p%40ss@a,[::1]:5/directory?db=3&sentinel_password=other"

    found = sentinels_of(url)

    assert found is not None
    assert (found.addresses, found.service) == ((("a", 26_379), ("::1", 5)), "directory")
    assert found.of_primary == {"username": "me", "password": "p@ss", "ssl": True, "db": 3}
    assert found.of_sentinels == {"password": "other", "ssl": True}
    assert sentinels_of("redis://a") is None
