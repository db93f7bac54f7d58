"""The side of management that lookups knock at, with the answer that a test gives it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"
UNPROCESSABLE = b"HTTP/1.1 422 Unprocessable Content\r\nContent-Length: 0\r\n\r\n"


class Door:
    """Listens on loopback inside of `opened`."""

    def __init__(self) -> None:
        self.answer: bytes | None = NO_CONTENT
        """Whatever bytes; None: it never says anything. Afterwards the connection is closed."""
        self.heads: list[str] = []
        self.asked: list[dict[str, Any]] = []
        """The bodies that came."""
        self.url = ""

    @classmethod
    @asynccontextmanager
    async def opened(cls) -> AsyncIterator["Door"]:
        door = cls()
        server = await asyncio.start_server(door._serve, "127.0.0.1", 0)
        async with server:
            door.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            yield door

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        size = next(int(line[15:]) for line in head.splitlines() if line.lower().startswith("content-length:"))
        self.asked.append(json.loads(await reader.readexactly(size)))
        self.heads.append(head)
        if self.answer is None:
            await reader.read()
        else:
            writer.write(self.answer)
        writer.close()
