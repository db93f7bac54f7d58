"""A router between a phone and FreeSWITCH, as at home or in front of a container: it translates addresses, not SIP."""

import asyncio
from typing import Self

OUTSIDE = "127.0.0.3"
"""From where FreeSWITCH sees the phone come."""
INSIDE, PRIVATE = b"127.0.0.1", b"192.0.2.5"
"""The phone's address, and what it says it is: as long, and nowhere to be reached."""


class Router(asyncio.DatagramProtocol):
    """`async with Router(port) as router`: a phone that is given `router.port` reaches FreeSWITCH at `port`.

    The phone writes 192.0.2.5 wherever it names itself, since that is rewritten here on the way out.
    """

    def __init__(self, port: int) -> None:
        self.port = 0
        self._beyond = ("127.0.0.1", port)
        self._phone: tuple[str, int] | None = None
        self._inside: asyncio.DatagramTransport | None = None
        self._outside: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._inside, _ = await loop.create_datagram_endpoint(lambda: self, local_addr=("127.0.0.1", 0))
        self._outside, _ = await loop.create_datagram_endpoint(lambda: _Outside(self), local_addr=(OUTSIDE, 0))
        self.port = int(self._inside.get_extra_info("sockname")[1])
        return self

    async def __aexit__(self, *exc: object) -> None:
        for side in (self._inside, self._outside):
            if side is not None:
                side.close()

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """From the phone."""
        self._phone = addr
        if self._outside is not None:
            self._outside.sendto(data.replace(INSIDE, PRIVATE), self._beyond)

    def came_back(self, data: bytes) -> None:
        """From FreeSWITCH, to where the phone's last packet came from."""
        if self._inside is not None and self._phone is not None:
            self._inside.sendto(data, self._phone)


class _Outside(asyncio.DatagramProtocol):
    def __init__(self, router: Router) -> None:
        self._router = router

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self._router.came_back(data)
