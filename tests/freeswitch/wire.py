"""SIP over loopback: requests and their answers (RFC 3261, section 17), for one peer; UDP, or a stream (TCP, TLS)."""

import asyncio
import contextlib
import ssl
from collections.abc import Callable

from tests.freeswitch import sip
from tests.freeswitch.sip import Message

FIRST_ANSWER_TIMEOUT_SECONDS = 20.0
RESEND_SECONDS = 0.5

OnProvisional = Callable[[Message, Message], None]
"""Told of a request and of an answer to it below 200."""


class Wire(asyncio.DatagramProtocol):
    """One socket. `asked` is called with each request of the peer, and with a 200 to an INVITE that comes again.

    Args:
        own_port: any unless said.
    """

    transport = "UDP"
    """As it stands in Via."""
    parameter = ""
    """What a Contact says of it, behind the address."""
    _resend_seconds: float | None = RESEND_SECONDS

    def __init__(self, peer: tuple[str, int], asked: Callable[[Message], None], own_port: int = 0) -> None:
        self.port = own_port
        self._peer = peer
        self._asked = asked
        self._socket: asyncio.DatagramTransport | None = None
        self._waiting: dict[tuple[str, str], asyncio.Queue[Message]] = {}
        self._said: dict[tuple[str, str], Message] = {}

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._socket, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", self.port))
        self.port = int(self._socket.get_extra_info("sockname")[1])

    async def close(self) -> None:
        if self._socket is not None:
            self._socket.close()

    def send(self, message: Message) -> None:
        """Once. Responses are kept, and said again when the request comes again."""
        if message.status:
            self._said[message.branch, message.method] = message
        self._write(message.encode())

    def _write(self, message: bytes) -> None:
        assert self._socket is not None
        self._socket.sendto(message, self._peer)

    async def ask(self, request: Message, on_provisional: OnProvisional | None = None) -> Message:
        """The final answer to a request, which is sent until somebody says something.

        Raises:
            TimeoutError: nobody did.
        """
        # By method too: a CANCEL has the branch of what it cancels.
        transaction = request.branch, request.method
        answers = self._waiting[transaction] = asyncio.Queue()
        try:
            answer = await self._first_answer(request, answers)
            while answer.status < 200:
                if on_provisional is not None:
                    on_provisional(request, answer)
                answer = await answers.get()
        finally:
            del self._waiting[transaction]
        if request.method == "INVITE" and answer.status >= 300:
            self.send(sip.acknowledgement_of_refusal(request, answer))
        return answer

    async def _first_answer(self, request: Message, answers: asyncio.Queue[Message]) -> Message:
        async with asyncio.timeout(FIRST_ANSWER_TIMEOUT_SECONDS):
            while True:
                self.send(request)
                try:
                    return await asyncio.wait_for(answers.get(), self._resend_seconds)
                except TimeoutError:
                    continue

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there just now: FreeSWITCH restarts. What matters is sent again."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by asyncio for each datagram."""
        if data.strip():
            self._received(data)

    def _received(self, data: bytes) -> None:
        message = sip.decode(data)
        transaction = message.branch, message.method
        if message.status and transaction in self._waiting:
            self._waiting[transaction].put_nowait(message)
        elif not message.status and transaction in self._said:
            self.send(self._said[transaction])
        elif not message.status or (message.method == "INVITE" and message.status == 200):
            self._asked(message)


class Stream(Wire):
    """One connection, over which the peer asks back, too.

    Args:
        context: for TLS; without one it is TCP.
    """

    _resend_seconds = None  # the stream sees to that

    def __init__(
        self, peer: tuple[str, int], asked: Callable[[Message], None], context: ssl.SSLContext | None = None
    ) -> None:
        super().__init__(peer, asked)
        self.transport = "TLS" if context else "TCP"
        self.parameter = f";transport={self.transport.lower()}"
        self._context = context
        self._writer: asyncio.StreamWriter | None = None
        self._reading: asyncio.Task[None] | None = None

    async def open(self) -> None:
        reader, self._writer = await asyncio.open_connection(*self._peer, ssl=self._context)
        self.port = int(self._writer.get_extra_info("sockname")[1])
        self._reading = asyncio.create_task(self._read(reader))

    async def close(self) -> None:
        if self._writer is not None and self._reading is not None:
            self._reading.cancel()
            self._writer.close()
            with contextlib.suppress(OSError):  # the peer was quicker
                await self._writer.wait_closed()

    def _write(self, message: bytes) -> None:
        assert self._writer is not None
        self._writer.write(message)

    async def _read(self, reader: asyncio.StreamReader) -> None:
        """Messages end where their Content-Length says; blank lines between them keep the connection alive."""
        with contextlib.suppress(asyncio.IncompleteReadError):  # the peer is gone
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lstrip()
                if head:
                    length = int(sip.decode(head).header("Content-Length") or 0)
                    self._received(head + await reader.readexactly(length))
