"""An event socket on a real socket, which speaks like the transcripts and can misbehave."""

import contextlib
import re
import socket
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import BinaryIO

from tests.fakes.events import Event

GOODBYE = b"Disconnected, goodbye.\nSee you at ClueCon! http://www.cluecon.com/\n"
SHUTDOWN = b"The system is being shut down.\n"
REJECTED = b"Access Denied, go away.\n"

Api = Callable[[str], str]
"""One api command line in, its reply out."""


class Fault(Enum):
    """What the next connections, or the next commands on living ones, meet."""

    NONE = "behaves"
    SILENT = "accepts the connection and says nothing"
    REJECTS = "does not like the address"
    STALLS = "takes commands and never replies"
    DIES = "closes the connection in the middle of a command"
    SHORT = "announces 50 bytes, sends 3 and closes"
    UNTYPED = "sends a packet without Content-Type"
    GARBAGE = "sends something that is not ESL at all"


_FAULTY_REPLIES = {
    Fault.DIES: b"",
    Fault.SHORT: b"Content-Type: api/response\nContent-Length: 50\n\n+OK",
    Fault.UNTYPED: b"Content-Length: 0\n\n",
    Fault.GARBAGE: b"SSH-2.0-OpenSSH_9.2\r\n" + b"\xff\xfe\x00" * 40 + b"\n\n",
}


@dataclass(frozen=True)
class EslUser:
    """What the directory says of a user that signs in with `userauth`."""

    password: str
    events: str
    api: str


@dataclass
class _Client:
    sock: socket.socket
    lock: threading.Lock = field(default_factory=threading.Lock)
    signed_in: bool = False
    format: str = "plain"
    events: set[str] = field(default_factory=set)
    listens: bool = False
    logs: bool = False
    allowed_events: frozenset[str] | None = None
    allowed_api: frozenset[str] | None = None

    def send(self, data: bytes) -> None:
        with self.lock, contextlib.suppress(OSError):
            self.sock.sendall(data)

    def reply(self, text: str) -> None:
        self.send(f"Content-Type: command/reply\nReply-Text: {text}\n\n".encode())

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


def notice(text: bytes) -> bytes:
    return b"Content-Type: text/disconnect-notice\nContent-Length: %d\n\n%b" % (len(text), text)


class EventSocket:
    """Listens on 127.0.0.1. `start` after `stop` takes the same port."""

    def __init__(self, api: Api, make_job_event: Callable[..., Event], *, password: str = "ClueCon") -> None:
        self.password = password
        self.users: Mapping[str, EslUser] = {}
        self.fault = Fault.NONE
        self.commands: list[str] = []
        """Every api command line that was carried out or swallowed by a fault, oldest first."""
        self.port = 0
        self._api = api
        self._make_job_event = make_job_event
        self._listener: socket.socket | None = None
        self._clients: list[_Client] = []
        self._threads: list[threading.Thread] = []
        self._changed = threading.Condition()

    def start(self) -> None:
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", self.port))
        listener.listen(16)
        self.port = listener.getsockname()[1]
        self._listener = listener
        self._run(self._accept, listener)

    def stop(self, last_words: bytes = b"") -> None:
        """Refuse new connections and end the living ones."""
        listener, self._listener = self._listener, None
        if listener is not None:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            listener.close()
        self.drop_connections(last_words)
        for thread in self._threads:
            if thread is not threading.current_thread():
                thread.join(10)
        self._threads.clear()

    def drop_connections(self, last_words: bytes = b"") -> None:
        """End every connection, as `reload mod_event_socket` does."""
        for client in list(self._clients):
            if last_words:
                client.send(last_words)
            client.close()

    def fire(self, event: Event) -> None:
        """Send it to whoever listens for it."""
        for client in list(self._clients):
            if client.listens and (event.subclass or event.name) in client.events:
                client.send(event.on_wire(client.format))

    @property
    def connections(self) -> int:
        """Clients that are signed in."""
        return sum(client.signed_in for client in self._clients)

    def wait_until(self, claim: Callable[["EventSocket"], bool], seconds: float = 10.0) -> bool:
        """Whether `claim` became true in time; looked at after every command and connection."""
        with self._changed:
            return self._changed.wait_for(lambda: claim(self), seconds)

    def _note(self) -> None:
        with self._changed:
            self._changed.notify_all()

    def _run(self, target: Callable[..., None], *arguments: object) -> None:
        thread = threading.Thread(target=target, args=arguments, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                sock, _ = listener.accept()
            except OSError:
                return
            self._run(self._serve, _Client(sock))

    def _serve(self, client: _Client) -> None:
        self._clients.append(client)
        try:
            self._greet(client)
            with client.sock.makefile("rb") as stream:
                while (lines := _read_command(stream)) and self._obey(client, lines):
                    self._note()
        except OSError:
            pass
        finally:
            self._clients.remove(client)
            client.sock.close()
            self._note()

    def _greet(self, client: _Client) -> None:
        if self.fault is Fault.REJECTS:
            client.send(b"Content-Type: text/rude-rejection\nContent-Length: %d\n\n%b" % (len(REJECTED), REJECTED))
            client.close()
        elif self.fault is Fault.GARBAGE:
            client.send(_FAULTY_REPLIES[Fault.GARBAGE])
        elif self.fault is not Fault.SILENT:
            client.send(b"Content-Type: auth/request\n\n")

    def _obey(self, client: _Client, lines: list[str]) -> bool:
        """Carry out one command; whether the connection goes on."""
        word, _, rest = lines[0].partition(" ")
        word = word.lower()
        if word.startswith(("exit", "...")):
            client.reply("+OK bye")
            client.send(notice(GOODBYE))
            return False
        if not client.signed_in:
            return self._sign_in(client, word, rest)
        if word in {"api", "bgapi"} and rest:
            return self._carry_out(client, word, rest, lines[1:])
        client.reply(_listening(client, word, rest) or "-ERR command not found")
        return True

    def _sign_in(self, client: _Client, word: str, rest: str) -> bool:
        if word not in {"auth", "userauth"}:
            client.reply("-ERR command not found")
            return True
        name, _, password = rest.rpartition(":")
        user = self.users.get(name)
        if word == "auth" and rest == self.password:
            client.signed_in, client.logs = True, True
            client.reply("+OK accepted")
        elif word == "userauth" and user is not None and user.password == password:
            client.signed_in = True
            client.allowed_events = frozenset(user.events.split(","))
            client.allowed_api = frozenset(user.api.split(","))
            client.reply(f"+OK accepted\nAllowed-Events: {user.events}\nAllowed-API: {user.api}\nAllowed-LOG: false")
        else:
            client.reply("-ERR invalid")
            client.send(notice(GOODBYE))
            return False
        return True

    def _carry_out(self, client: _Client, word: str, line: str, headers: list[str]) -> bool:
        if client.allowed_api is not None and line.split(" ", 1)[0] not in client.allowed_api:
            client.reply("-ERR permission denied")
            return True
        self.commands.append(line)
        if self.fault in _FAULTY_REPLIES:
            client.send(_FAULTY_REPLIES[self.fault])
            return self.fault in {Fault.UNTYPED, Fault.GARBAGE}
        if self.fault is Fault.STALLS:
            return True
        if word == "api":
            reply = (self._api(line) or "-ERR no reply\n").encode()
            client.send(b"Content-Type: api/response\nContent-Length: %d\n\n%b" % (len(reply), reply))
            return True
        given = [header.split(":", 1)[1].strip() for header in headers if header.lower().startswith("job-uuid:")]
        job = given[0] if given else str(uuid.uuid4())
        client.reply(f"+OK Job-UUID: {job}\nJob-UUID: {job}")
        command, _, argument = line.partition(" ")
        pairs = [("Job-UUID", job), ("Job-Command", command)]
        pairs += [("Job-Command-Arg", argument)] if argument else []
        caller = ("mod_event_socket.c", "api_exec", 1572)
        self.fire(self._make_job_event("BACKGROUND_JOB", "", caller, pairs, self._api(line)))
        return True


def _listening(client: _Client, word: str, rest: str) -> str:
    """Replies to the commands about events and logs; empty for another command."""
    words = rest.split()
    if word == "event":
        names = [name for name in words if name not in {"plain", "json", "xml"}]
        if client.allowed_events is not None and not set(names) <= client.allowed_events:
            return "-ERR permission denied"
        client.format = words[0] if words[0] in {"plain", "json"} else client.format
        client.events |= set(names)
        client.listens = True
        return f"+OK event listener enabled {client.format}"
    if word == "nixevent":
        client.events -= set(words)
        return "+OK events nixed"
    if word == "noevents":
        was, client.listens = client.listens, False
        client.events.clear()
        return "+OK no longer listening for events" if was else "-ERR not listening for events"
    if word == "filter" and len(words) == 2:
        return f"+OK filter added. [{words[0]}]=[{words[1]}]"
    if word == "log":
        return f"+OK log level {rest} [5]"
    if word == "nolog":
        return "+OK no longer logging"
    return "-ERR not controlling a session" if word == "linger" else ""


def _read_command(stream: BinaryIO) -> list[str]:
    """The lines of one command; empty at the end of the connection. CRLF is taken as LF."""
    lines: list[str] = []
    while raw := stream.readline():
        line = re.sub(rb"\r?\n$", b"", raw).decode(errors="replace")
        if line:
            lines.append(line)
        elif lines:
            return lines
    return []
