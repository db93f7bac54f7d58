"""Between FreeSWITCH and the backend: passes every lookup on, remembers it, and can hold one in flight."""

import http.client
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

HOLD_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Lookup:
    """What FreeSWITCH asked (of fields with one name the last one, as the backend takes them) and was answered."""

    body: str
    fields: dict[str, str]
    status: int
    answer: str

    def has(self, wanted: dict[str, str]) -> bool:
        return all(self.fields.get(name) == value for name, value in wanted.items())


class Hold:
    """One lookup in flight: answered by the backend already, not yet delivered."""

    def __init__(self, wanted: dict[str, str]) -> None:
        self.wanted = wanted
        self.arrived = threading.Event()
        self.release = threading.Event()


class Tap:
    """An HTTP server on loopback in front of the backend's URL."""

    def __init__(self, backend: str) -> None:
        self.lookups: list[Lookup] = []
        self.fetched: list[str] = []
        """Paths of greetings that were asked for."""
        self._backend = urlsplit(backend)
        self._holds: list[Hold] = []
        self._has_greetings = True
        tap = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                status, answer = tap._pass_on(body, dict(self.headers.items()))
                self.send_response(status)
                self.send_header("Content-Type", "text/xml")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def do_GET(self) -> None:
                tap.fetched.append(self.path)
                if not tap._has_greetings:
                    self.close_connection = True  # without a word
                    return
                status, kind, content = tap._fetch(self.path, dict(self.headers.items()))
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class says so
                """Nothing: `lookups` is the log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}{self._backend.path}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def asked(self, **fields: str) -> list[Lookup]:
        """Lookups with these fields, the oldest first."""
        return [lookup for lookup in list(self.lookups) if lookup.has(fields)]

    @contextmanager
    def hold(self, **fields: str) -> Iterator[Hold]:
        """Hold the next lookup with these fields, from the backend's answer until `release` is set (or this ends)."""
        hold = Hold(fields)
        self._holds.append(hold)
        try:
            yield hold
        finally:
            hold.release.set()

    @contextmanager
    def without_greetings(self) -> Iterator[None]:
        """As if the node went away whenever it is asked for one; lookups are answered."""
        self._has_greetings = False
        try:
            yield
        finally:
            self._has_greetings = True

    def _fetch(self, path: str, headers: dict[str, str]) -> tuple[int, str, bytes]:
        connection = http.client.HTTPConnection(self._backend.netloc, timeout=HOLD_TIMEOUT_SECONDS)
        try:
            connection.request("GET", path, headers=headers)
            response = connection.getresponse()
            return response.status, response.headers["Content-Type"], response.read()
        finally:
            connection.close()

    def _pass_on(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = http.client.HTTPConnection(self._backend.netloc, timeout=HOLD_TIMEOUT_SECONDS)
        try:
            connection.request("POST", self._backend.path, body, headers)
            response = connection.getresponse()
            status, answer = response.status, response.read()
        finally:
            connection.close()
        lookup = Lookup(body.decode(), dict(parse_qsl(body.decode(), keep_blank_values=True)), status, answer.decode())
        for hold in [each for each in self._holds if lookup.has(each.wanted)]:
            self._holds.remove(hold)
            hold.arrived.set()
            hold.release.wait(HOLD_TIMEOUT_SECONDS)
        self.lookups.append(lookup)
        return status, answer
