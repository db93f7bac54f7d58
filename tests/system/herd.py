"""A herd: `python -m tests.system.herd [LOOKUPS] [sqlite|postgresql]` asks for so many users at once, of a lookup
process whose Redis has just been lost, and prints who was answered, who was refused, and how fast.

Each is another user, on another connection, as many FreeSWITCHes would. Ends by itself, within a minute.
"""

import asyncio
import json
import os
import resource
import sys
import tempfile
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import uvloop

from management.embedded import redis_server
from tests.conftest import create_tables
from tests.seed import Seed
from tests.servers import PostgresServer, RedisServer, postgres_binaries
from tests.services import free_port
from tests.system.installation import CREDENTIALS, Node
from tests.xmlcurl import asking

LONGEST_SECONDS: Final = 30.0
DOMAIN: Final = "pbx.test"
FIRST_NUMBER: Final = 10_000


@dataclass(frozen=True, slots=True)
class Reply:
    """One answer: its status (0: none came), and how long it took from the request on."""

    status: int
    seconds: float


async def stampede(port: int, bodies: Sequence[bytes]) -> list[Reply]:
    """All of `bodies` at once, each on a connection of its own."""
    return await asyncio.gather(*(_asked(port, body) for body in bodies))


async def _asked(port: int, body: bytes) -> Reply:
    began = time.perf_counter()
    try:
        async with asyncio.timeout(LONGEST_SECONDS):
            status = await _status(port, body)
    except (OSError, TimeoutError):
        status = 0
    return Reply(status, time.perf_counter() - began)


async def _status(port: int, body: bytes) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    login = b64encode(CREDENTIALS.encode()).decode()
    head = [
        "POST /xmlcurl HTTP/1.1",
        "Host: localhost",
        f"Authorization: Basic {login}",
        f"Content-Length: {len(body)}",
        "Content-Type: application/x-www-form-urlencoded",
    ]
    try:
        writer.write("\r\n".join([*head, "", ""]).encode() + body)
        line = await reader.readline()
    finally:
        writer.close()
    return int(line.split()[1]) if line else 0


@contextmanager
def lookups_of(kind: str, users: int, words: Sequence[str] = ()) -> Iterator[tuple[Node, RedisServer]]:
    """A lookup node (`xmlcurl serve WORDS`) on a database with so many users, and its Redis."""
    with tempfile.TemporaryDirectory(prefix="xmlcurl-herd-") as name:
        folder = Path(name)
        postgres = PostgresServer(postgres_binaries()) if kind == "postgresql" else None
        redis = RedisServer(folder / "redis", executable=redis_server())
        try:
            database_url = f"sqlite+aiosqlite:///{folder / 'herd.sqlite'}"
            if postgres:
                postgres.start()
                database_url = postgres.url()
            redis.start()
            _fill(database_url, users)
            node = _node(folder, database_url, redis.url, words)
            try:
                node.start()
                yield node, redis
            finally:
                node.stop()
        finally:
            redis.stop()
            if postgres:
                postgres.remove()


def _fill(database_url: str, users: int) -> None:
    create_tables(database_url.replace("+aiosqlite", ""))
    seed = Seed(database_url)
    tenant_id = seed.tenant(DOMAIN)
    for number in range(FIRST_NUMBER, FIRST_NUMBER + users):
        seed.extension(tenant_id, str(number))
    seed.close()


def _node(folder: Path, database_url: str, redis_url: str, words: Sequence[str]) -> Node:
    bind = f"127.0.0.1:{free_port()}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("XMLCURL_")},
        "XMLCURL_DATA_DIR": str(folder),
        "XMLCURL_DATABASE_URL": database_url,
        "XMLCURL_REDIS_URL": redis_url,
        "XMLCURL_LOOKUP_CREDENTIALS": CREDENTIALS,
        "XMLCURL_LOOKUP_BIND": bind,
    }
    return Node(["xmlcurl", "serve", *words], environment, folder, "lookup", bind)


def bodies(users: int) -> list[bytes]:
    return [asking.sip_auth(str(number)) for number in range(FIRST_NUMBER, FIRST_NUMBER + users)]


def told(replies: Sequence[Reply]) -> dict[str, object]:
    """Counts and milliseconds, for people."""

    def milliseconds(seconds: list[float]) -> dict[str, int]:
        ordered = sorted(seconds)
        return {
            name: round(ordered[int(part * (len(ordered) - 1))] * 1_000)
            for name, part in {"p50": 0.5, "p99": 0.99, "max": 1.0}.items()
        }

    statuses = Counter(reply.status for reply in replies)
    times = {str(status): milliseconds([r.seconds for r in replies if r.status == status]) for status in statuses}
    return {"replies": {str(status): count for status, count in sorted(statuses.items())}, "ms": times}


def main(words: Sequence[str]) -> None:
    users = int(words[0]) if words else 5_000
    kind = words[1] if len(words) > 1 else "sqlite"
    _, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))
    with lookups_of(kind, users, words[2:]) as (node, redis):
        asked = bodies(users)
        uvloop.run(stampede(node.port, asked[:8]))
        for fault in ("cold", "Redis lost", "the same users again"):
            if fault == "Redis lost":
                redis.kill()
                redis.start()
            replies = uvloop.run(stampede(node.port, asked))
            sys.stdout.write(json.dumps({"after": fault, "database": kind, **told(replies)}) + "\n")


if __name__ == "__main__":
    main(sys.argv[1:])
