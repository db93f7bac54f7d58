"""What is answered at once is answered as uvicorn would have it, byte for byte; the rest is uvicorn's to read."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from typing import Any, cast

import pytest
from pydantic import SecretStr
from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.server import ServerState

from tests.samples import captures
from tests.xmlcurl import asking
from tests.xmlcurl.conftest import only_sqlite
from tests.xmlcurl.service import purge_tenant, running
from xmlcurl import door
from xmlcurl.app import Front
from xmlcurl.door import AnswerAtOnce, Client, Door
from xmlcurl.logs import lookup_lines

pytestmark = only_sqlite

CREDENTIALS = "switch:a long password"
HERE = ("127.0.0.1", 40_000)


class Watched:
    """The application, and how often it was asked in the usual way."""

    def __init__(self, front: Front) -> None:
        self.front = front
        self.heads = front.heads
        self.asked = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.asked += 1
        await self.front(scope, receive, send)

    def turned_away(self) -> None:
        self.front.turned_away()

    def answers_at_once(self, scope: Any, length: int) -> AnswerAtOnce | None:
        return self.front.answers_at_once(scope, length)


class Wire:
    """A transport that keeps what is written, or says that it can take no more."""

    def __init__(self, client: Client) -> None:
        self.written = b""
        self._client = client
        self.closed = asyncio.Event()

    def write(self, data: bytes) -> None:
        assert not self.is_closing()
        self.written += data

    def close(self) -> None:
        self.closed.set()

    def is_closing(self) -> bool:
        return self.closed.is_set()

    def get_extra_info(self, name: str) -> Any:
        return {"peername": self._client, "sockname": ("127.0.0.1", 8080)}.get(name)

    def pause_reading(self) -> None:
        pass

    def resume_reading(self) -> None:
        pass


class Server:
    """A process that serves, as far as connections see it."""

    def __init__(self, app: Any, protocol: type[HttpToolsProtocol] = Door) -> None:
        self.state = ServerState()
        self.state.default_headers = [(b"date", b"Sun, 22 Nov 2026 18:00:00 GMT")]
        self.app = app
        self._protocol = protocol

    def connection(self, client: Client = HERE) -> tuple[HttpToolsProtocol, Wire]:
        config = Config(self.app, log_config=None, proxy_headers=False, interface="asgi3")
        protocol = self._protocol(config, self.state, {}, asyncio.get_running_loop())
        wire = Wire(client)
        protocol.connection_made(cast(Any, wire))
        return protocol, wire

    async def says(self, *parts: bytes, client: Client = HERE) -> bytes:
        """What comes back on a new connection, and whether it is closed then."""
        protocol, wire = self.connection(client)
        for part in parts:
            if not wire.is_closing():
                protocol.data_received(part)
            await asyncio.sleep(0)
        protocol.eof_received()
        while self.state.tasks:
            await asyncio.wait(self.state.tasks)
        end = b"(closed)" if wire.is_closing() else b""
        protocol.connection_lost(None)
        return wire.written + end


def request(body: bytes, *lines: str, first: str = "POST /xmlcurl HTTP/1.1", credentials: str = CREDENTIALS) -> bytes:
    """As FreeSWITCH writes it; `lines` after its own."""
    head = [
        first,
        "Host: 127.0.0.1:8080",
        f"Authorization: Basic {base64.b64encode(credentials.encode()).decode()}",
        "User-Agent: freeswitch-xml/1.0",
        "Accept: */*",
        f"Content-Length: {len(body)}",
        "Content-Type: application/x-www-form-urlencoded",
        *lines,
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


SIGN_IN = request(asking.sip_auth())


@pytest.fixture
async def app(tenant_id: int, migrated_database_url: str, redis_url: str) -> AsyncIterator[Watched]:
    """A service that has a copy of what SIGN_IN asks for, and may serve it."""
    credentials = SecretStr(CREDENTIALS)
    async with running(migrated_database_url, redis_url, local_copies_mb=1, lookup_credentials=credentials) as service:
        watched = Watched(cast(Front, service.app))
        async with asyncio.timeout(30):
            while b'source="local"' not in await Server(watched).says(request(b"", first="GET /metrics HTTP/1.1")):
                await Server(watched, HttpToolsProtocol).says(SIGN_IN)
        watched.asked = 0
        yield watched


async def test_the_second_of_a_kind_is_answered_at_once(app: Watched) -> None:
    """As the first was: by the same head it is known that it is let in, and how long its body is."""
    usual = await Server(app, HttpToolsProtocol).says(SIGN_IN)
    server = Server(app)
    assert await server.says(SIGN_IN) == usual
    assert app.asked == 2

    assert await server.says(SIGN_IN) == usual

    assert app.asked == 2
    assert usual.startswith(b"HTTP/1.1 200 OK\r\ndate: Sun, 22 Nov 2026 18:00:00 GMT\r\ncontent-length: ")
    assert b"1001" in usual


async def test_whatever_freeswitch_asks_is_answered_the_same(app: Watched) -> None:
    """Every request that was captured, at every path, found here or elsewhere."""
    server, plain = Server(app), Server(app, HttpToolsProtocol)
    bodies = [*(each.body for each in captures()), asking.user(), asking.call(), b""]

    for path in ("/xmlcurl", "/xmlcurl/directory", "/xmlcurl/dialplan", "/xmlcurl/configuration", "/elsewhere"):
        for body in bodies:
            asked = request(body, first=f"POST {path} HTTP/1.1")
            usual = await plain.says(asked)
            assert [await server.says(asked) for _ in range(3)] == [usual] * 3

    # Else nothing was compared.
    assert app.asked < 3 * 5 * len(bodies)


@pytest.mark.parametrize("asked", [pytest.param(SIGN_IN, id="sign-in"), pytest.param(request(b""), id="no body")])
async def test_in_two_parts_it_is_answered_the_same(app: Watched, asked: bytes) -> None:
    """Wherever the network cuts it, whether or not the head is known."""
    server = Server(app)
    whole = await server.says(asked)
    app.asked = 0

    for cut in range(1, len(asked)):
        assert await server.says(asked[:cut], asked[cut:]) == whole, cut

    assert app.asked == len(asked) - 1


OTHER = request(SIGN_IN, first="POST /xmlcurl/dialplan HTTP/1.1")
LONG = asking.sip_auth().ljust(65_537, b"&")


@pytest.mark.parametrize(
    "parts",
    [
        pytest.param([SIGN_IN, SIGN_IN], id="kept open"),
        pytest.param([SIGN_IN, SIGN_IN[:200], SIGN_IN[200:], SIGN_IN], id="kept open, in parts"),
        pytest.param([SIGN_IN + SIGN_IN], id="two at once"),
        pytest.param([SIGN_IN, SIGN_IN + SIGN_IN[:99], SIGN_IN[99:]], id="one and a part at once"),
        pytest.param([OTHER[: -len(SIGN_IN)], SIGN_IN], id="a request as the body of another"),
        pytest.param([SIGN_IN + b"&"], id="more than announced"),
        pytest.param([b"\r\n" + SIGN_IN], id="an empty line before it"),
        pytest.param([SIGN_IN.replace(b"\r\n", b"\n")], id="other line ends"),
        pytest.param([SIGN_IN.replace(b"\r\n\r\n", b"\n\n")[:-4] + b"\r\n\r\n"], id="an end inside the body"),
        pytest.param([b"no HTTP\r\n\r\n"], id="no HTTP"),
        pytest.param([b"\r\n\r\n"], id="nothing"),
    ],
)  # fmt: skip
async def test_connections_go_on_as_they_would(app: Watched, parts: list[bytes]) -> None:
    """Twice: the second time the head may be known."""
    usual = await Server(app, HttpToolsProtocol).says(*parts)
    server = Server(app)
    await server.says(SIGN_IN)

    assert [await server.says(*parts) for _ in range(2)] == [usual] * 2


async def test_a_part_of_a_request_is_none(app: Watched) -> None:
    """Whoever goes away in the middle of it gets nothing, and leaves nothing behind."""
    server = Server(app)

    for _ in range(2):
        protocol, wire = server.connection()
        protocol.data_received(SIGN_IN[:-1])
        protocol.connection_lost(None)
        await asyncio.wait(server.state.tasks)
        assert wire.written == b""

    assert app.heads == {}


CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(asking.sip_auth()), asking.sip_auth())


@pytest.mark.parametrize(
    "asked",
    [
        pytest.param(request(asking.sip_auth(), "Expect: 100-continue"), id="waits for 100"),
        pytest.param(request(asking.sip_auth(), "Connection: close"), id="closes"),
        pytest.param(request(asking.sip_auth(), "Upgrade: h2c", "Connection: upgrade"), id="wants another protocol"),
        pytest.param(request(asking.sip_auth(), "X-Forwarded-For: 127.0.0.1"), id="by a proxy"),
        pytest.param(request(asking.sip_auth(), "X-Long: " + "x" * 1_024), id="another header, and long"),
        pytest.param(request(asking.sip_auth(), "Accept: " + "x" * 1_024), id="long"),
        pytest.param(request(asking.sip_auth(), "Content-Length: 1"), id="two lengths"),
        pytest.param(
            request(b"").replace(b"Content-Length: 0", b"Transfer-Encoding: chunked") + CHUNKS, id="in chunks"
        ),
        pytest.param(request(asking.sip_auth(), first="POST /xmlcurl HTTP/1.0"), id="HTTP 1.0"),
        pytest.param(request(asking.sip_auth(), first="PUT /xmlcurl HTTP/1.1"), id="PUT"),
        pytest.param(request(asking.sip_auth(), first="GET /xmlcurl HTTP/1.1"), id="GET"),
        pytest.param(request(b"", first="HEAD /xmlcurl HTTP/1.1"), id="HEAD"),
        pytest.param(request(asking.sip_auth(), credentials="switch:another"), id="wrong credentials"),
        pytest.param(SIGN_IN.replace(b"Authorization", b"Accept"), id="no credentials"),
        pytest.param(request(asking.sip_auth(), first="POST /xmlcurl/ HTTP/1.1"), id="another path"),
        pytest.param(request(LONG), id="too long"),
        pytest.param(request(b"", first="GET /healthz HTTP/1.1"), id="health"),
    ],
)
async def test_what_is_not_plain_is_left_to_uvicorn(app: Watched, asked: bytes) -> None:
    """Each time, and no head of it is kept."""
    usual = await Server(app, HttpToolsProtocol).says(asked)
    server = Server(app)
    app.asked = 0

    assert [await server.says(asked) for _ in range(2)] == [usual] * 2

    assert app.asked in {0, 2}
    assert app.heads == {}


async def test_the_longest_body_is_known(app: Watched) -> None:
    """What is allowed, whole."""
    server, asked = Server(app), request(LONG[:-1])
    first = await server.says(asked)
    app.asked = 0

    assert await server.says(asked) == first
    assert app.asked == 0


async def test_a_known_head_lets_no_other_address_in(app: Watched) -> None:
    """Who asks is the connection's."""
    server = Server(app)
    await server.says(SIGN_IN)

    assert (await server.says(SIGN_IN, client=("192.0.2.1", 1))).startswith(b"HTTP/1.1 403 ")
    assert (await server.says(SIGN_IN, client=None)).startswith(b"HTTP/1.1 403 ")


async def test_a_known_head_lets_no_other_password_in(app: Watched) -> None:
    """It is other bytes."""
    server = Server(app)
    await server.says(SIGN_IN)

    assert (await server.says(request(asking.sip_auth(), credentials=CREDENTIALS + "x"))).startswith(b"HTTP/1.1 401 ")
    assert (await server.says(request(asking.sip_auth(), credentials="x"))).startswith(b"HTTP/1.1 401 ")


async def test_what_was_purged_is_asked_for_again(app: Watched, tenant_id: int, redis_url: str) -> None:
    """In the usual way, and only then."""
    server = Server(app)
    await server.says(SIGN_IN)
    await purge_tenant(redis_url, tenant_id)
    app.asked = 0

    await server.says(SIGN_IN)

    assert app.asked == 1


async def test_it_is_told_like_any_other(app: Watched, capsys: pytest.CaptureFixture[str]) -> None:
    """One line and one count for each, however it was answered."""

    async def counted() -> float:
        text = (await Server(app).says(request(b"", first="GET /metrics HTTP/1.1"))).decode()
        name = 'xmlcurl_lookup_seconds_count{kind="sip_auth",result="found",source="local"} '
        return float(next(line.removeprefix(name) for line in text.splitlines() if line.startswith(name)))

    server = Server(app)
    lookup_lines.flush()
    before = await counted()
    capsys.readouterr()

    for _ in range(3):
        await server.says(SIGN_IN)

    assert await counted() == before + 3
    lookup_lines.flush()
    lines = [json.loads(line) for line in capsys.readouterr().err.splitlines()]
    varying = {"ms", "timestamp"}
    assert [{name: line[name] for name in line.keys() - varying} for line in lines] == [
        {
            "kind": "sip_auth", "result": "found", "source": "local", "domain": "pbx.test", "user": "1001",
            "event": "lookup", "level": "info",
        }
    ] * 3  # fmt: skip
    assert all(varying <= line.keys() for line in lines)


async def test_a_connection_that_was_answered_ends_with_the_server(app: Watched) -> None:
    """It waits for nothing."""
    server = Server(app)
    await server.says(SIGN_IN)
    protocol, wire = server.connection()
    protocol.data_received(SIGN_IN)
    assert not wire.is_closing()

    protocol.shutdown()

    assert wire.is_closing()
    protocol.connection_lost(None)


async def test_a_connection_that_is_left_open_is_closed(app: Watched) -> None:
    """After the time that uvicorn gives it."""
    server = Server(app)
    await server.says(SIGN_IN)
    protocol, wire = server.connection()
    protocol.timeout_keep_alive = 0

    protocol.data_received(SIGN_IN)
    await asyncio.wait_for(wire.closed.wait(), 10)

    protocol.connection_lost(None)


async def test_who_does_not_read_is_waited_for(app: Watched) -> None:
    """Answers don't pile up: uvicorn writes when there is room."""
    server = Server(app)
    await server.says(SIGN_IN)
    protocol, wire = server.connection()
    protocol.pause_writing()

    protocol.data_received(SIGN_IN)
    await asyncio.sleep(0)
    assert wire.written == b""
    protocol.resume_writing()
    await asyncio.wait(server.state.tasks)

    assert wire.written.startswith(b"HTTP/1.1 200 OK")
    protocol.connection_lost(None)


async def test_heads_are_bounded(app: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones go."""
    monkeypatch.setattr(door, "MOST_HEADS", 3)

    for length in range(5):
        await Server(app).says(request(b"&" * length))

    assert [head.length for head in app.heads.values()] == [2, 3, 4]
