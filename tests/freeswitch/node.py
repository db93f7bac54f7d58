"""A lookup node in front of the backend, http or https, that a test can break in every way."""

import http.client
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit

from tests.services import free_port

BACKEND_TIMEOUT_SECONDS = 10.0
NOT_FOUND = b'<document type="freeswitch/xml"><section name="result"><result status="not found"/></section></document>'


class Node:
    """Listens on a port of loopback from `open` to `close`, and again.

    Args:
        backend: URL of the lookups that it passes on to.
        certificate: a file with key and certificate: it speaks https.
    """

    def __init__(self, backend: str, certificate: Path | None = None) -> None:
        self.asked: list[str] = []
        """Bodies of the lookups that arrived."""
        self._backend = urlsplit(backend)
        self._tls = None if certificate is None else ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if certificate is not None:
            self.present(certificate)
        self._port = free_port()
        self._server: ThreadingHTTPServer | None = None
        self._goes_on = threading.Event()
        self._status = 0
        self.be_well()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self._port}{self._backend.path}"

    def present(self, certificate: Path) -> None:
        """With the next connection."""
        assert self._tls is not None
        self._tls.load_cert_chain(certificate)

    def open(self) -> None:
        node = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                node.asked.append(body.decode())
                node._goes_on.wait(BACKEND_TIMEOUT_SECONDS)
                status, answer = node._answer(body, dict(self.headers.items()))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class says so
                """Nothing: `asked` is the log."""

        self._server = ThreadingHTTPServer(("127.0.0.1", self._port), Handler)
        if self._tls is not None:
            self._server.socket = self._tls.wrap_socket(self._server.socket, server_side=True)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Connections are refused from now on."""
        server, self._server = self._server, None
        if server is not None:
            server.shutdown()
            server.server_close()

    def be_well(self) -> None:
        """Listen, and pass on."""
        self._status = 0
        self._goes_on.set()
        if self._server is None:
            self.open()

    def hang(self) -> None:
        """Take lookups, and say nothing."""
        self._goes_on.clear()

    def say(self, status: int) -> None:
        """Answer every lookup with this status; 200 is "not found" in FreeSWITCH's words."""
        self._status = status

    def _answer(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        if self._status:
            return self._status, NOT_FOUND
        connection = http.client.HTTPConnection(self._backend.netloc, timeout=BACKEND_TIMEOUT_SECONDS)
        try:
            connection.request("POST", self._backend.path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()
