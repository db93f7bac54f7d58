"""SIP over loopback UDP: requests and their answers (RFC 3261, section 17), for one peer."""

import asyncio
from collections.abc import Callable

from tests.freeswitch import sip
from tests.freeswitch.sip import Message

FIRST_ANSWER_TIMEOUT_SECONDS = 20.0
RESEND_SECONDS = 0.5

OnProvisional = Callable[[Message, Message], None]
"""Told of a request and of an answer to it below 200."""


class Wire(asyncio.DatagramProtocol):
    """One socket. `asked` is called with each request of the peer, and with a 200 to an INVITE that comes again."""

    def __init__(self, peer: tuple[str, int], asked: Callable[[Message], None]) -> None:
        self.port = 0
        self._peer = peer
        self._asked = asked
        self._transport: asyncio.DatagramTransport | None = None
        self._waiting: dict[tuple[str, str], asyncio.Queue[Message]] = {}
        self._said: dict[tuple[str, str], Message] = {}

    async def open(self) -> None:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = int(self._transport.get_extra_info("sockname")[1])

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def send(self, message: Message) -> None:
        """Once. Responses are kept, and said again when the request comes again."""
        if message.status:
            self._said[message.branch, message.method] = message
        assert self._transport is not None
        self._transport.sendto(message.encode(), self._peer)

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
                    return await asyncio.wait_for(answers.get(), RESEND_SECONDS)
                except TimeoutError:
                    continue

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""

    def error_received(self, exc: Exception) -> None:
        """Nobody listens there just now: FreeSWITCH restarts. What matters is sent again."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by asyncio for each datagram."""
        if not data.strip():
            return
        message = sip.decode(data)
        transaction = message.branch, message.method
        if message.status and transaction in self._waiting:
            self._waiting[transaction].put_nowait(message)
        elif not message.status and transaction in self._said:
            self.send(self._said[transaction])
        elif not message.status or (message.method == "INVITE" and message.status == 200):
            self._asked(message)
