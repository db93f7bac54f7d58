"""FreeSWITCH's event socket for the tests: a command, its reply, the events. Not the product's own client."""

import socket
import time
from collections.abc import Mapping
from urllib.parse import unquote

REPLY_TIMEOUT_SECONDS = 15.0

Headers = Mapping[str, str]


class EventSocket:
    """One blocking connection.

    Raises:
        OSError: nobody listens, the password is wrong, or no reply came in time.
    """

    def __init__(self, port: int, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=REPLY_TIMEOUT_SECONDS)
        self._file = self._socket.makefile("rb")
        self._events: list[Headers] = []
        self._read()
        if not self._command(f"auth {password}").startswith("+OK"):
            self.close()
            raise ConnectionRefusedError("wrong event socket password")

    def api(self, command: str) -> str:
        """What `fs_cli -x` prints for the command."""
        self._socket.sendall(f"api {command}\n\n".encode())
        return self._reply("api/response")[1]

    def subscribe(self, *names: str) -> None:
        """Ask for events: "sofia::register" and such are subclasses, the rest are event names."""
        subclasses = [name for name in names if "::" in name]
        plain = [name for name in names if "::" not in name]
        custom = ["CUSTOM", *subclasses] if subclasses else []
        assert self._command("event plain " + " ".join([*plain, *custom])).startswith("+OK")

    def event(self, timeout_seconds: float = 10.0, **wanted: str) -> Headers:
        """The first event with these headers (`Event_Subclass` for `Event-Subclass`); the others are dropped.

        Raises:
            TimeoutError: there was none.
        """
        deadline = time.monotonic() + timeout_seconds
        headers = {name.replace("_", "-").lower(): value for name, value in wanted.items()}
        while True:
            while self._events:
                event = self._events.pop(0)
                if all(event.get(name) == value for name, value in headers.items()):
                    return event
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no event with {wanted}")
            self._socket.settimeout(left)
            try:
                kind, body = self._read()
            finally:
                self._socket.settimeout(REPLY_TIMEOUT_SECONDS)
            self._keep(kind, body)

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _command(self, line: str) -> str:
        self._socket.sendall(f"{line}\n\n".encode())
        return self._reply("command/reply")[0].get("reply-text", "")

    def _reply(self, kind: str) -> tuple[Headers, str]:
        while True:
            headers, body = self._read()
            if headers.get("content-type") == kind:
                return headers, body
            self._keep(headers, body)

    def _keep(self, headers: Headers, body: str) -> None:
        if headers.get("content-type") == "text/event-plain":
            self._events.append({name: unquote(value) for name, value in _headers(body.partition("\n\n")[0]).items()})

    def _read(self) -> tuple[Headers, str]:
        lines = []
        while line := self._file.readline().rstrip(b"\r\n"):
            lines.append(line.decode())
        if not lines:
            raise ConnectionError("FreeSWITCH closed the event socket")
        headers = _headers("\n".join(lines))
        return headers, self._file.read(int(headers.get("content-length", "0"))).decode()


def _headers(text: str) -> dict[str, str]:
    """Names in lower case: replies and events don't agree on it."""
    pairs = (line.partition(":") for line in text.splitlines())
    return {name.lower(): value.strip() for name, _, value in pairs}
