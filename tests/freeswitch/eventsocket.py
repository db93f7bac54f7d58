"""FreeSWITCH's event socket for the tests: a command and its reply. Not the product's own client."""

import socket

REPLY_TIMEOUT_SECONDS = 15.0


class EventSocket:
    """One blocking connection.

    Raises:
        OSError: nobody listens, the password is wrong, or no reply came in time.
    """

    def __init__(self, port: int, password: str) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=REPLY_TIMEOUT_SECONDS)
        self._file = self._socket.makefile("rb")
        try:
            self._read()
            headers, _ = self._ask(f"auth {password}")
            if not headers["reply-text"].startswith("+OK"):
                raise ConnectionRefusedError("wrong event socket password")
        except OSError:
            self.close()
            raise

    def api(self, command: str) -> str:
        """What `fs_cli -x` prints for the command."""
        return self._ask(f"api {command}")[1]

    def close(self) -> None:
        self._file.close()
        self._socket.close()

    def _ask(self, line: str) -> tuple[dict[str, str], str]:
        self._socket.sendall(f"{line}\n\n".encode())
        return self._read()

    def _read(self) -> tuple[dict[str, str], str]:
        headers: dict[str, str] = {}
        while line := self._file.readline().decode().strip():
            name, _, value = line.partition(":")
            headers[name.lower()] = value.strip()
        if not headers:
            raise ConnectionError("FreeSWITCH closed the event socket")
        return headers, self._file.read(int(headers.get("content-length", "0"))).decode()
