"""Waiting for what another process does, with a bound."""

import asyncio
import time
from collections.abc import Awaitable, Callable

POLL_SECONDS = 0.05


def wait_until(is_so: Callable[[], bool], timeout_seconds: float) -> None:
    """Return when it is so; for fixtures, which have no event loop.

    Raises:
        TimeoutError: it is not.
    """
    deadline = time.monotonic() + timeout_seconds
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError(f"not within {timeout_seconds} s")
        time.sleep(POLL_SECONDS)


async def until(is_so: Callable[[], bool], timeout_seconds: float = 10.0) -> None:
    """Return when it is so.

    Raises:
        TimeoutError: it is not.
    """
    async with asyncio.timeout(timeout_seconds):
        while not is_so():  # noqa: ASYNC110 - another process sets no Event of ours
            await asyncio.sleep(POLL_SECONDS)


async def until_async(is_so: Callable[[], Awaitable[bool]], timeout_seconds: float = 10.0) -> None:
    """Return when it is so; for questions that have to be awaited.

    Raises:
        TimeoutError: it is not.
    """
    async with asyncio.timeout(timeout_seconds):
        while not await is_so():  # noqa: ASYNC110 - another process sets no Event of ours
            await asyncio.sleep(POLL_SECONDS)
