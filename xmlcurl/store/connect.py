"""Clients of Redis, made the same way for every process: one server, or the primary that Sentinels name.

`redis://`, `rediss://` and `unix://` as redis-py reads them; `redis+sentinel://USER:PASSWORD@HOST:PORT,HOST:PORT/SERVICE`
(or `rediss+sentinel://`) with `?db=N`, and `sentinel_username` and `sentinel_password` where Sentinels want their own.

A Redis Cluster is refused on every connection, whenever it is made: it hands messages on in no certain order, so no
lookup process could know that it has heard of every change.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

from redis import Redis as BlockingRedis
from redis import sentinel as blocking_sentinel
from redis.asyncio import Redis, sentinel
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError, ResponseError
from redis.retry import Retry as BlockingRetry

SENTINEL_PORT: Final = 26_379
_SUFFIX: Final = "+sentinel"
_IS_CLUSTER: Final = b"cluster_enabled:1"


class ClusterRefused(ResponseError):
    """It answers, but it is a Redis Cluster. Trying again gets the same answer."""


@dataclass(frozen=True, slots=True)
class Sentinels:
    """Who knows the primary, under which name, and how to sign in there and here."""

    addresses: tuple[tuple[str, int], ...]
    service: str
    of_sentinels: Mapping[str, Any]
    of_primary: Mapping[str, Any]


def sentinels_of(url: str) -> Sentinels | None:
    """None: the URL names a server. Raises ValueError: no service, no address, or a port that is none."""
    parts = urlsplit(url)
    if not parts.scheme.endswith(_SUFFIX):
        return None
    scheme = parts.scheme.removesuffix(_SUFFIX)
    login, _, hosts = parts.netloc.rpartition("@")
    user, _, password = (unquote(part) for part in login.partition(":"))
    query = dict(parse_qsl(parts.query))
    service = unquote(parts.path.strip("/"))
    addresses = tuple(_address(host) for host in hosts.split(",") if host)
    if scheme not in {"redis", "rediss"} or not service or not addresses:
        raise ValueError("must be redis+sentinel://HOST:PORT,HOST:PORT/SERVICE")
    is_safe = scheme == "rediss"
    return Sentinels(
        addresses,
        service,
        _given(username=query.get("sentinel_username"), password=query.get("sentinel_password"), ssl=is_safe),
        _given(username=user, password=password, ssl=is_safe, db=int(query.get("db", 0))),
    )


def open_redis(url: str, *, timeout_seconds: float) -> Redis:
    """A client whose every call ends within about `timeout_seconds`; a connection that died idle is replaced.

    Raises:
        ValueError: the URL can't be understood.
    """
    options: dict[str, Any] = {
        "socket_timeout": timeout_seconds,
        "socket_connect_timeout": timeout_seconds,
        "retry": Retry(NoBackoff(), 1, supported_errors=(RedisConnectionError,)),
        "redis_connect_func": _refuse_cluster,
    }
    where = sentinels_of(url)
    if where is None:
        return Redis.from_url(url, **options)
    of_sentinels = {**where.of_sentinels, "socket_timeout": timeout_seconds, "socket_connect_timeout": timeout_seconds}
    asked = sentinel.Sentinel(  # type: ignore[no-untyped-call]
        where.addresses, sentinel_kwargs={**of_sentinels, "retry": Retry(NoBackoff(), 0)}
    )
    client: Redis = asked.master_for(
        where.service, connection_pool_class=_PoolWithSentinels, **{**where.of_primary, **options}
    )
    return client


def open_blocking_redis(url: str, *, timeout_seconds: float, **options: Any) -> BlockingRedis:
    """The same for threads.

    Raises:
        ValueError: the URL can't be understood.
    """
    limits = {"socket_timeout": timeout_seconds, "socket_connect_timeout": timeout_seconds}
    options = {**limits, "redis_connect_func": _refuse_cluster_blocking, **options}
    where = sentinels_of(url)
    if where is None:
        return BlockingRedis.from_url(url, **options)
    of_sentinels = {**where.of_sentinels, **limits, "retry": BlockingRetry(NoBackoff(), 0)}
    asked = blocking_sentinel.Sentinel(where.addresses, sentinel_kwargs=of_sentinels)  # type: ignore[no-untyped-call]
    client: BlockingRedis = asked.master_for(  # type: ignore[no-untyped-call]
        where.service, connection_pool_class=_BlockingPoolWithSentinels, **{**where.of_primary, **options}
    )
    return client


def refuse_cluster(url: str, *, timeout_seconds: float = 1.0) -> None:
    """Asks once, at start. One that does not answer is asked when it comes, on its first connection.

    Raises:
        ClusterRefused: it is a Redis Cluster.
        ValueError: the URL can't be understood.
    """
    client = open_blocking_redis(url, timeout_seconds=timeout_seconds, retry=BlockingRetry(NoBackoff(), 0))
    try:
        client.ping()
    except ClusterRefused:
        raise
    except (RedisError, OSError):
        return
    finally:
        client.close()


async def _refuse_cluster(connection: Any) -> None:
    await connection.on_connect()
    await connection.send_command("INFO", "cluster")
    _check(await connection.read_response())


def _refuse_cluster_blocking(connection: Any) -> None:
    connection.on_connect()
    connection.send_command("INFO", "cluster")
    _check(connection.read_response())


def _check(said: bytes) -> None:
    if _IS_CLUSTER in said:
        raise ClusterRefused("a Redis Cluster can't be used: name one primary, or Sentinels (docs/scaling.md)")


class _PoolWithSentinels(sentinel.SentinelConnectionPool):
    """Closes its connections to Sentinels, too."""

    async def disconnect(self, inuse_connections: bool = True) -> None:
        await super().disconnect(inuse_connections)
        if inuse_connections:
            with suppress(RedisError, OSError):
                await self.sentinel_manager.aclose()


class _BlockingPoolWithSentinels(blocking_sentinel.SentinelConnectionPool):
    """The same for threads."""

    def disconnect(self, inuse_connections: bool = True) -> None:
        super().disconnect(inuse_connections)
        if inuse_connections:
            for each in self.sentinel_manager.sentinels:
                each.close()


def _address(host: str) -> tuple[str, int]:
    parts = urlsplit(f"//{host}")
    if not parts.hostname:
        raise ValueError("an address has no host")
    return parts.hostname, parts.port or SENTINEL_PORT


def _given(**options: Any) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value}
