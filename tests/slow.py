"""A server that has become slow: what it answers reaches its clients later."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Final

_CHUNK: Final = 65_536


class Slow:
    """Hands everything on between clients of one Unix socket and the server of another; answers wait `seconds`."""

    def __init__(self, server: Path) -> None:
        self.seconds = 0.0
        self._server = server
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def at(self, path: Path) -> AsyncIterator["Slow"]:
        """Listening at `path`; connections are cut at the end."""
        server = await asyncio.start_unix_server(self._serve, path)
        try:
            yield self
        finally:
            server.close()
            for task in list(self._tasks):
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, of_client: asyncio.StreamReader, to_client: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            of_server, to_server = await asyncio.open_unix_connection(self._server)
            try:
                await _first(self._hand_on(of_client, to_server, 0), self._hand_on(of_server, to_client, 1))
            finally:
                to_server.close()
        except (OSError, asyncio.CancelledError):
            pass  # one of the two went away, as the test wants it, or all of it ends
        finally:
            self._tasks.discard(task)
            to_client.close()

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, share: int) -> None:
        while chunk := await reader.read(_CHUNK):
            await asyncio.sleep(self.seconds * share)
            writer.write(chunk)
            await writer.drain()


async def _first(*works: object) -> None:
    """Until one direction has ended."""
    tasks = [asyncio.ensure_future(work) for work in works]  # type: ignore[call-overload]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
