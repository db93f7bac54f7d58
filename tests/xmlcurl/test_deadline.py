"""A deadline without a timer for what never waits, and with one for what does."""

import asyncio

import pytest

from xmlcurl.deadline import within


async def at_once() -> str:
    return "done"


async def after(seconds: float) -> str:
    await asyncio.sleep(seconds)
    await asyncio.sleep(0)
    return "done"


async def test_what_does_not_wait_is_done_at_once() -> None:
    """No turn of the event loop passes."""
    turns: list[str] = []
    asyncio.get_running_loop().call_soon(turns.append, "another's")

    assert await within(0, at_once()) == "done"
    assert turns == []


async def test_what_waits_goes_on_where_it_was() -> None:
    assert await within(30, after(0.001)) == "done"


async def test_what_waits_too_long_is_ended() -> None:
    ended: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.append("yes")

    with pytest.raises(TimeoutError):
        await within(0.01, forever())

    assert ended == ["yes"]


@pytest.mark.parametrize("pause", [None, 0.0, 0.001])
async def test_a_failure_comes_out_as_it_is(pause: float | None) -> None:
    async def fails() -> None:
        if pause is not None:
            await asyncio.sleep(pause)
        raise LookupError("nobody")

    with pytest.raises(LookupError, match="nobody"):
        await within(30, fails())


async def test_what_it_waits_for_may_fail_and_be_caught() -> None:
    """An exception of what is awaited belongs to the work, not to whoever set the deadline."""

    async def caught() -> str:
        try:
            await asyncio.wait_for(asyncio.Event().wait(), 0.001)
        except TimeoutError:
            return "caught"
        return "not raised"

    assert await within(30, caught()) == "caught"


async def test_a_cancellation_reaches_it() -> None:
    ended: list[str] = []

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            ended.append("cancelled")
            raise

    task = asyncio.create_task(within(30, forever()))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    assert ended == ["cancelled"]
