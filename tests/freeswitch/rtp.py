"""A phone's audio: sends its tone (or nothing), keeps what it hears, dials digits as RTP events (RFC 4733)."""

import asyncio
import contextlib
import secrets
import struct
from collections.abc import Iterable

from tests.freeswitch.audio import (
    SAMPLES_PER_PACKET,
    SAMPLES_PER_SECOND,
    SILENCE,
    has_tone,
    key_tones,
    sample_of,
    seconds_of,
    tone,
)

MULAW, EVENTS = 0, 101
"""RTP payload types."""
PACKET_SECONDS = SAMPLES_PER_PACKET / SAMPLES_PER_SECOND
DIGITS = "0123456789*#"
EVENT_PACKETS = KEY_PACKETS = 6
"""120 ms a digit."""
LISTENED_BYTES = SAMPLES_PER_SECOND // 2
"""Half a second is looked at for a tone."""
NEWS_BYTES = SAMPLES_PER_PACKET * 5
"""Ten times a second is often enough to look."""


class Audio(asyncio.DatagramProtocol):
    """One stream in each direction, from `open` to `close`."""

    def __init__(self, hertz: int) -> None:
        self.port = 0
        self.knows_events = True
        """Else its keys are tones among its sound."""
        self._sound = tone(hertz)
        self._heard = bytearray()
        self._transport: asyncio.DatagramTransport | None = None
        self._sender: asyncio.Task[None] | None = None
        self._digits: asyncio.Queue[str] = asyncio.Queue()
        self._news = asyncio.Event()
        self._sequence = secrets.randbits(15)
        self._time = secrets.randbits(31)
        self._source = secrets.randbits(32)

    async def open(self) -> None:
        """Take a port; nothing is sent yet."""
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self.port = int(self._transport.get_extra_info("sockname")[1])

    def talk(self, to: tuple[str, int]) -> None:
        """Send the tone from now on."""
        if self._sender is None:
            self._sender = asyncio.create_task(self._send(to))

    async def close(self) -> None:
        if self._sender is not None:
            self._sender.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._sender
        if self._transport is not None:
            self._transport.close()

    async def dial(self, digits: str) -> None:
        """Press these keys, and return when the last one has been sent."""
        for digit in digits:
            self._digits.put_nowait(digit)
        await self._digits.join()

    async def hears(self, hertz: int, timeout_seconds: float = 15.0) -> bool:
        """Whether that tone arrives within the time."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout_seconds):
                while len(self._heard) < LISTENED_BYTES or not self._has_tone(-LISTENED_BYTES, hertz):
                    self._news.clear()
                    await self._news.wait()
                return True
        return False

    def has_heard(self, hertz: int) -> bool:
        """Whether that tone was in anything that has arrived so far."""
        return any(self._has_tone(start, hertz) for start in range(0, len(self._heard), LISTENED_BYTES))

    def seconds_of(self, hertz: int) -> float:
        """For how long that tone was in what has arrived so far, to a tenth of a second."""
        return seconds_of([sample_of(byte) for byte in self._heard], hertz)

    def _has_tone(self, start: int, hertz: int) -> bool:
        sound = self._heard[start:][:LISTENED_BYTES]
        return has_tone([sample_of(byte) for byte in sound], hertz)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by asyncio for each packet."""
        if len(data) > 12 and data[1] & 0x7F == MULAW:
            self._heard += data[12:]
            if len(self._heard) % NEWS_BYTES == 0:
                self._news.set()

    async def _send(self, to: tuple[str, int]) -> None:
        loop = asyncio.get_running_loop()
        due, position = loop.time(), 0
        while True:
            if self._digits.empty():
                sound = self._sound[position : position + SAMPLES_PER_PACKET]
                position = (position + SAMPLES_PER_PACKET) % len(self._sound)
                self._packet(to, MULAW, sound, at=self._time)
                self._time += SAMPLES_PER_PACKET
                due += PACKET_SECONDS
            else:
                await self._press(self._digits.get_nowait(), to)
                self._digits.task_done()
                due = loop.time()
            await asyncio.sleep(max(0.0, due - loop.time()))

    async def _press(self, digit: str, to: tuple[str, int]) -> None:
        """One key: the same event in several packets, its end said three times, or two tones; then a pause."""
        if not self.knows_events:
            await self._say(to, key_tones(digit, KEY_PACKETS))
            await self._say(to, KEY_PACKETS * [SILENCE])
            return
        began = self._time
        for number in range(1, EVENT_PACKETS + 3):
            ends = number >= EVENT_PACKETS
            duration = SAMPLES_PER_PACKET * min(number, EVENT_PACKETS)
            event = struct.pack("!BBH", DIGITS.index(digit), 0x8A if ends else 0x0A, duration)
            self._packet(to, EVENTS, event, at=began, starts=number == 1)
            await asyncio.sleep(PACKET_SECONDS)
        self._time = began + SAMPLES_PER_PACKET * (EVENT_PACKETS + 3)
        await self._say(to, 5 * [SILENCE])

    async def _say(self, to: tuple[str, int], packets: Iterable[bytes]) -> None:
        for sound in packets:
            self._packet(to, MULAW, sound, at=self._time)
            self._time += SAMPLES_PER_PACKET
            await asyncio.sleep(PACKET_SECONDS)

    def _packet(self, to: tuple[str, int], kind: int, payload: bytes, *, at: int, starts: bool = False) -> None:
        self._sequence = (self._sequence + 1) & 0xFFFF
        head = struct.pack(
            "!BBHII", 0x80, kind | (0x80 if starts else 0), self._sequence, at & 0xFFFFFFFF, self._source
        )
        assert self._transport is not None
        self._transport.sendto(head + payload, to)
