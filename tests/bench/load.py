"""Clients that ask as FreeSWITCH does: a new connection for each request, closed when the answer was read.

They are processes of their own, with blocking sockets: a fraction of what a server of ours costs, so that it is the
server that is measured.
"""

import hashlib
import itertools
import multiprocessing
import os
import re
import socket
import time
from base64 import b64encode
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from multiprocessing.pool import Pool
from typing import Final

TIMEOUT_SECONDS: Final = 10.0
_CHUNK: Final = 65_536

_OF_ONE_REQUEST: Final = re.compile(
    rb"(?<=[&_-])((?:Event-Sequence|Event-Date-Timestamp|Unique-ID|Call-UUID|Created-Time|uuid|call_uuid|sip_call_id"
    rb"|sip_invite_stamp|sip_from_tag|sip_network_port|sip_received_port|sip_contact_port|sip_via_port|sip_via_rport"
    rb"|remote_media_port|client_port|sip_auth_nonce|sip_auth_cnonce|sip_auth_response)=)([^&]*)"
)


class NotAnswered(Exception):
    """The server did not say 200, or ended before its answer did; the message has what came."""


@dataclass(frozen=True, slots=True)
class Times:
    """What became of some requests; all of them were answered 200."""

    seconds: float
    """From the first connection to the last answer."""
    latencies: list[float]
    """Of each request, from before it connected until the answer was read, in seconds."""

    @property
    def a_second(self) -> float:
        return len(self.latencies) / self.seconds


def request(path: str, body: bytes, credentials: str) -> bytes:
    """As mod_xml_curl of FreeSWITCH 1.10.12 sends it (tests/samples), with `gateway-credentials`."""
    head = (
        f"POST {path} HTTP/1.1\r\n"
        "Host: 127.0.0.1\r\n"
        f"Authorization: Basic {b64encode(credentials.encode()).decode()}\r\n"
        "User-Agent: freeswitch-xml/1.0\r\n"
        "Accept: */*\r\n"
        f"Content-Length: {len(body)}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\n"
    )
    return head.encode() + body


def another(sent: bytes, n: int) -> bytes:
    """The same question another time: FreeSWITCH never sends the same bytes twice.

    What is of one request only (its ids, stamps, ports and nonces) is made anew from `n`, and as long as it was.
    """
    digits = hashlib.blake2b(b"%d" % n, digest_size=32).hexdigest().encode()

    def anew(found: re.Match[bytes]) -> bytes:
        field, value = found.groups()
        made = str(int(digits, 16)).encode() if value.isdigit() else digits
        return field + made[: len(value)].ljust(len(value), b"0")

    return _OF_ONE_REQUEST.sub(anew, sent)


def answer(port: int, sent: bytes) -> bytes:
    """The body of the answer.

    Raises:
        NotAnswered: it was not 200, or broke off.
    """
    with socket.create_connection(("127.0.0.1", port), TIMEOUT_SECONDS) as connection:
        connection.sendall(sent)
        got = connection.recv(_CHUNK)
        while b"\r\n\r\n" not in got:
            got += _more(connection, got)
        head, _, body = got.partition(b"\r\n\r\n")
        if not head.startswith(b"HTTP/1.1 200"):
            raise NotAnswered(repr(got[:200]))
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
        while len(body) < length:
            body += _more(connection, got)
    return body


def _more(connection: socket.socket, got: bytes) -> bytes:
    more = connection.recv(_CHUNK)
    if not more:
        raise NotAnswered(repr(got[:200]))
    return more


class Clients:
    """Some processes that ask at the same time, each one request after another."""

    def __init__(self, pool: Pool, count: int) -> None:
        self._pool = pool
        self._count = count
        self._serial = itertools.count()

    def ask(self, port: int, requests: Sequence[bytes], number: int, *, clients: int | None = None) -> Times:
        """`number` requests in all, taken from `requests` in turn, by `clients` of the processes.

        Raises:
            NotAnswered: a request was not answered 200.
        """
        clients = clients or self._count
        asked = [another(each, next(self._serial)) for each in itertools.islice(itertools.cycle(requests), number)]
        parts = [(port, asked[n::clients]) for n in range(clients)]
        done = self._pool.starmap(_ask, parts, chunksize=1)
        begun, ended = min(begun for begun, _, _ in done), max(ended for _, ended, _ in done)
        return Times(ended - begun, [latency for _, _, latencies in done for latency in latencies])


@contextmanager
def clients(count: int, cpu: int | None) -> Iterator[Clients]:
    """`count` processes, on that processor where one is named; gone at the end."""
    with multiprocessing.get_context("spawn").Pool(count, pin, (0, cpu)) as pool:
        yield Clients(pool, count)
        pool.terminate()
        pool.join()


def pin(pid: int, cpu: int | None) -> None:
    """Keep that process (0: this one) on that processor, where the machine lets us."""
    if cpu is not None:
        with suppress(OSError, AttributeError):
            os.sched_setaffinity(pid, {cpu})


def _ask(port: int, requests: list[bytes]) -> tuple[float, float, list[float]]:
    latencies = []
    begun = at = time.perf_counter()
    for each in requests:
        answer(port, each)
        now = time.perf_counter()
        latencies.append(now - at)
        at = now
    return begun, at, latencies
