"""A limit on how long something may take, that costs nothing where nothing is waited for."""

import asyncio
from collections.abc import Coroutine, Generator
from typing import Any, TypeVar

T = TypeVar("T")


async def within(seconds: float, work: Coroutine[Any, Any, T]) -> T:
    """What `work` returns; a timer is only set once it waits for something, which a remembered answer never does.

    Raises:
        TimeoutError: it took longer.
    """
    try:
        awaited = work.send(None)
    except StopIteration as done:
        value: T = done.value
        return value
    async with asyncio.timeout(seconds):
        rest: T = await _Rest(work, awaited)
        return rest


class _Rest:
    """What is left of a coroutine that has begun, and waits for `awaited`."""

    def __init__(self, work: Coroutine[Any, Any, Any], awaited: Any) -> None:
        self._work = work
        self._awaited = awaited

    def __await__(self) -> Generator[Any, Any, Any]:
        awaited = self._awaited
        while True:
            try:
                try:
                    sent = yield awaited
                except BaseException as exc:  # noqa: BLE001 - it belongs to the coroutine
                    awaited = self._work.throw(exc)
                else:
                    awaited = self._work.send(sent)
            except StopIteration as done:
                return done.value
