"""One connection to one switch: greenswitch with its faults repaired. The only importer of greenswitch.

Every wait ends: at its deadline, or when the connection does. A connection that failed once stays
failed; open another one.
"""

import json
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, Final, Self
from urllib.parse import unquote

import gevent  # type: ignore[import-untyped]  # has types, but no marker that says so
import gevent.event  # type: ignore[import-untyped]
import gevent.socket  # type: ignore[import-untyped]
from greenswitch.esl import ESLEvent, InboundESL

from management.esl.errors import SwitchDenied, SwitchError, SwitchRefused, SwitchUnreachable, UnsafeArgument

Event = Mapping[str, str]
"""One event's headers by name; its text, where it has one, under "_body"."""

UNREADABLE: Final[Event] = {"Event-Name": "UNREADABLE"}
"""Stands for an event that could not be parsed: what it said must be read from the switch's tables."""

MAX_LINE_BYTES: Final = 64 * 1024
MAX_BODY_BYTES: Final = 256 * 1024 * 1024
"""A list of 100,000 registrations is about 60 MB."""


class Packet(ESLEvent):  # type: ignore[misc]  # greenswitch has no types
    """One packet's headers, as they stand on the wire: nothing is decoded, so no value becomes a header."""

    def parse_data(self, data: str) -> None:
        for line in data.splitlines():
            name, colon, value = line.partition(":")
            if colon:
                self.headers.setdefault(name.strip(), value.strip())


class Connection(InboundESL):  # type: ignore[misc]  # greenswitch has no types
    """An authenticated ESL connection, used by the thread that opened it; only `wake` is for other threads.

    greenswitch 0.0.19 is repaired in five places, each marked "Fault N"; a release that repairs
    them lets us remove that part. Also: `sendall`, a wrong password closes the socket, a refused
    connection is SwitchUnreachable, JSON events, IPv6.
    """

    def __init__(
        self, host: str, port: int, password: str, *, connect_seconds: float = 5.0, call_seconds: float = 5.0
    ) -> None:
        super().__init__(host, port, password, timeout=call_seconds)
        self._connect_seconds = connect_seconds
        self._signed_in = False
        self._failure: SwitchError | None = None
        self._events: deque[Event] = deque()
        self._something = gevent.event.Event()
        self._loop = gevent.get_hub().loop
        self.sock: Any = None
        self.sock_file: Any = None

    def connect(self) -> None:
        """Connect and sign in, within `connect_seconds`.

        Raises:
            SwitchUnreachable: nobody there, or nobody who speaks ESL in time.
            SwitchDenied: the password or our address is refused.
        """
        try:
            # Fault 1: greenswitch waits for ever for the greeting of a server that sends none.
            late = SwitchUnreachable(f"{self._name} did not let us in within {self._connect_seconds} s")
            with gevent.Timeout(self._connect_seconds, late):
                self._open()
                self._receive_events_greenlet = gevent.spawn(self.receive_events)
                self._auth_request_event.wait()
                self._raise_failure()
                self.authenticate()
        except OSError as exc:
            raise SwitchUnreachable(f"{self._name}: {exc.strerror or exc}") from exc
        finally:
            if not self._signed_in:
                self.close()

    @property
    def _name(self) -> str:
        return f"{self.host}:{self.port}"

    def _open(self) -> None:
        # Not create_connection: our deadline would end it with a socket that nobody closes.
        addresses = gevent.socket.getaddrinfo(self.host, self.port, type=gevent.socket.SOCK_STREAM)
        for index, (family, kind, protocol, _, address) in enumerate(addresses, start=1):
            self.sock = gevent.socket.socket(family, kind, protocol)
            try:
                self.sock.connect(address)
                break
            except OSError:
                self.sock.close()
                if index == len(addresses):
                    raise
        self.sock_file = self.sock.makefile("rb")
        self.connected = True

    def authenticate(self) -> None:
        if self.send(f"auth {self.password}").data != "+OK accepted":
            raise SwitchDenied(f"{self._name} refuses the password")
        self._signed_in = True

    def send(self, data: str, *, seconds: float | None = None) -> Any:
        """Send one command and wait for its reply: a packet whose `data` is the text.

        A reply that comes too late would be taken for the next command's, so the connection is
        given up with the command.

        Raises:
            UnsafeArgument: a line end would start a second command; nothing was sent.
            SwitchUnreachable: the connection ended or the time is up; whether it was carried out is unknown.
        """
        if not data or any(character in data for character in "\r\n\0"):
            raise UnsafeArgument(f"not one line: {data!r}")
        self._raise_failure()
        if not self.connected:
            raise SwitchUnreachable(f"{self._name} is not connected")
        # Fault 2: greenswitch waits for ever for the reply of a connection that is gone.
        reply = gevent.event.AsyncResult()
        self._commands_sent.append(reply)
        late = SwitchUnreachable(f"{self._name} did not reply to {data.split(' ', 1)[0]} in time")
        try:
            with gevent.Timeout(self.timeout if seconds is None else seconds, late):
                self.sock.sendall(f"{data}\n\n".encode())
                return reply.get()
        except SwitchUnreachable as exc:
            self._fail(exc)
            raise
        except OSError as exc:
            self._fail(SwitchUnreachable(f"{self._name}: {exc.strerror or exc}"))
            self._raise_failure()

    def api(self, line: str, *, seconds: float | None = None) -> str:
        """The reply to `api LINE`, which may well be an error; what it means is the caller's to say."""
        packet = self.send(f"api {line}", seconds=seconds)
        if packet.headers["Content-Type"] == "command/reply":
            # Not from the command: from the event socket, which did not let it through.
            raise SwitchRefused(packet.data)
        return str(packet.data)

    def listen(self, *subclasses: str) -> None:
        """From now on `take_events` gives these events of mod_sofia."""
        packet = self.send(f"event json CUSTOM {' '.join(subclasses)}")
        if not packet.data.startswith("+OK"):
            raise SwitchRefused(packet.data)

    def wait(self, seconds: float) -> None:
        """Until there is an event, `wake` was called, the connection ended, or the time is up."""
        if not self._events:
            self._something.wait(seconds)
        self._something.clear()

    def wake(self) -> None:
        """End a `wait` that runs in the connection's own thread; called from any thread."""
        self._loop.run_callback_threadsafe(self._something.set)

    def take_events(self, at_most: int) -> list[Event]:
        """What arrived, oldest first.

        Raises:
            SwitchUnreachable: the connection ended, and everything that came before it was taken.
        """
        if not self._events:
            self._raise_failure()
        return [self._events.popleft() for _ in range(min(at_most, len(self._events)))]

    def close(self) -> None:
        """Never raises, never waits. FreeSWITCH needs no good-bye."""
        self._fail(SwitchUnreachable(f"the connection to {self._name} was closed"))
        if self._receive_events_greenlet:
            self._receive_events_greenlet.kill(timeout=1)
        for end in (self.sock_file, self.sock):
            if end is not None:
                end.close()

    def __enter__(self) -> Self:
        self.connect()
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def receive_events(self) -> None:
        # Fault 4: greenswitch's reader dies of a packet that it does not understand, and nobody is told.
        try:
            while True:
                self.handle_event(self._read_packet())
        except SwitchError as exc:
            self._fail(exc)
        except (OSError, ValueError, KeyError) as exc:
            self._fail(SwitchUnreachable(f"{self._name} broke off: {type(exc).__name__}"))

    def _read_packet(self) -> Packet:
        lines: list[str] = []
        while (line := self.sock_file.readline(MAX_LINE_BYTES)) != b"\n":
            if not line.endswith(b"\n") or len(lines) > MAX_LINE_BYTES:
                raise SwitchUnreachable(f"{self._name} closed the connection")
            lines.append(line.decode(errors="replace"))
        packet = Packet("".join(lines))
        if "Content-Type" not in packet.headers:
            raise SwitchUnreachable(f"{self._name} does not speak ESL")
        packet.data = self._read_body(packet)
        return packet

    def _read_body(self, packet: Packet) -> str:
        length = int(packet.headers.get("Content-Length", "0"))
        if not 0 <= length <= MAX_BODY_BYTES:
            raise SwitchUnreachable(f"{self._name} announced {length} bytes")
        return self._read_socket(self.sock_file, length)

    @staticmethod
    def _read_socket(sock: Any, length: int) -> str:
        # Fault 3: greenswitch asks again and again for the bytes that a closed connection still owes.
        body: bytes = sock.read(length)
        if len(body) < length:
            raise SwitchUnreachable(f"the connection ended after {len(body)} of {length} bytes")
        return body.decode(errors="replace")

    def handle_event(self, event: Packet) -> None:
        kind = event.headers["Content-Type"]
        if kind == "auth/request":
            self._auth_request_event.set()
        elif kind in {"command/reply", "api/response"}:
            if kind == "command/reply":
                event.data = event.headers["Reply-Text"]
            if not self._commands_sent:
                raise SwitchUnreachable(f"{self._name} sent a reply to nothing")
            self._commands_sent.pop(0).set(event)
        elif kind == "text/rude-rejection":
            raise SwitchDenied(f"{self._name} refuses our address")
        elif kind == "text/disconnect-notice":
            raise SwitchUnreachable(f"{self._name} says good-bye: {event.data.strip().partition(chr(10))[0]}")
        elif kind in _EVENT_READERS:
            self._events.append(_read_event(kind, event.data))
            self._something.set()

    def _fail(self, failure: SwitchError) -> None:
        if self._failure is None:
            self._failure = failure
        self.connected = False
        while self._commands_sent:
            self._commands_sent.pop(0).set_exception(self._failure)
        self._auth_request_event.set()
        self._something.set()

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise self._failure


def end_thread() -> None:
    """Give back what gevent holds for the calling thread; nothing of gevent works in it after that."""
    gevent.get_hub().destroy(destroy_loop=True)


def read_plain_event(body: str) -> Event:
    """Headers of an `event plain`. Fault 5: greenswitch decodes first and splits then, so %0A makes headers."""
    head, _, rest = body.partition("\n\n")
    headers: dict[str, str] = {}
    for line in head.splitlines():
        name, colon, value = line.partition(": ")
        if colon:
            headers.setdefault(name, unquote(value, errors="replace"))
    return headers | {"_body": rest} if rest else headers


def read_json_event(body: str) -> Event:
    """Headers of an `event json`. The first of two equal names counts: FreeSWITCH's own come before the user's."""

    def first_wins(pairs: list[tuple[str, Any]]) -> dict[str, str]:
        headers: dict[str, str] = {}
        for name, value in pairs:
            headers.setdefault(name, str(value))
        return headers

    event = json.loads(body, object_pairs_hook=first_wins, strict=False)
    if not isinstance(event, dict):
        raise ValueError("an event that is not an object")  # noqa: TRY004  # one kind of garbage for the reader
    return event


def _read_event(kind: str, body: str) -> Event:
    try:
        return _EVENT_READERS[kind](body)
    except ValueError:
        return UNREADABLE


_EVENT_READERS: Final[Mapping[str, Callable[[str], Event]]] = {
    "text/event-plain": read_plain_event,
    "text/event-json": read_json_event,
}
