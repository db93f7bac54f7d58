"""Tokens: how long they are good for, how many there may be, what is stored."""

import asyncio
from datetime import datetime, timedelta
from typing import Any

import pytest

from management.app import services_of
from management.yeastar_tokens.errors import TokenExpired, TooManyTokens
from management.yeastar_tokens.service import ACCESS_SECONDS, MOST_TOKENS, REFRESH_SECONDS, YeastarTokens
from tests.management.office import Office
from xmlcurl.store.tables import utc_now, yeastar_tokens


class Clock:
    """Stands still until it is told."""

    def __init__(self) -> None:
        self.now: datetime = utc_now()

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, seconds: int) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def tokens(office: Office, clock: Clock) -> YeastarTokens:
    return YeastarTokens(office.backend.database, clock=clock)


@pytest.fixture
async def key_id(office: Office) -> int:
    public_id, secret = await office.add_key("yeastar", await office.add_tenant())
    return (await services_of(office.backend).key_gate.prove("yeastar", public_id, secret, None)).key_id


async def test_what_is_stored_is_hashes(office: Office, tokens: YeastarTokens, key_id: int) -> None:
    """Of both."""
    made = await tokens.make(key_id)

    (row,) = await office.rows(yeastar_tokens)
    assert (row["key_id"], len(row["access_hash"]), len(row["refresh_hash"])) == (key_id, 64, 64)
    assert made.access not in str(row)
    assert made.refresh not in str(row)
    assert made.access not in repr(made)
    assert made.refresh not in repr(made)


async def test_a_token_ends_at_its_second(tokens: YeastarTokens, clock: Clock, key_id: int) -> None:
    """The refresh token is good for longer, and no access token."""
    made = await tokens.make(key_id)
    clock.go_on(ACCESS_SECONDS - 1)
    assert (await tokens.known(made.access)).key_id == key_id

    clock.go_on(1)
    for text in (made.access, made.refresh, "another"):
        with pytest.raises(TokenExpired):
            await tokens.known(text)
    clock.go_on(REFRESH_SECONDS - ACCESS_SECONDS - 1)
    assert (await tokens.of_refresh(made.refresh)).key_id == key_id
    clock.go_on(1)
    for text in (made.refresh, made.access):
        with pytest.raises(TokenExpired):
            await tokens.of_refresh(text)


async def test_a_new_token_ends_the_old_one(tokens: YeastarTokens, key_id: int) -> None:
    """And is made once only of it."""
    first = await tokens.make(key_id)
    old = await tokens.of_refresh(first.refresh)

    second = await tokens.exchange(old)

    assert (await tokens.known(second.access)).key_id == key_id
    with pytest.raises(TokenExpired):
        await tokens.known(first.access)
    with pytest.raises(TokenExpired):
        await tokens.exchange(old)


async def test_a_deleted_token_takes_its_refresh_token_along(tokens: YeastarTokens, key_id: int) -> None:
    """At once; to delete it twice is no fault."""
    made = await tokens.make(key_id)
    token_id = (await tokens.known(made.access)).id

    for _ in range(2):
        await tokens.delete(token_id)

    with pytest.raises(TokenExpired):
        await tokens.known(made.access)
    with pytest.raises(TokenExpired):
        await tokens.of_refresh(made.refresh)


async def test_there_are_eight_at_most(office: Office, tokens: YeastarTokens, clock: Clock, key_id: int) -> None:
    """The ninth is refused, with when there is room again; to exchange one is always possible; a deleted one counts
    no more, nor does an expired one.
    """
    first = await tokens.make(key_id)
    clock.go_on(60)
    others = [await tokens.make(key_id) for _ in range(MOST_TOKENS - 1)]

    with pytest.raises(TooManyTokens) as refused:
        await tokens.make(key_id)
    assert refused.value.retry_after_seconds == ACCESS_SECONDS - 60
    await tokens.exchange(await tokens.of_refresh(others[0].refresh))
    await tokens.delete((await tokens.known(others[1].access)).id)
    await tokens.make(key_id)
    with pytest.raises(TooManyTokens):
        await tokens.make(key_id)
    clock.go_on(ACCESS_SECONDS - 60)
    with pytest.raises(TokenExpired):
        await tokens.known(first.access)
    await tokens.make(key_id)


async def test_eight_of_those_that_come_at_once(office: Office, tokens: YeastarTokens, key_id: int) -> None:
    """One waits for the other."""
    made = await asyncio.gather(*(tokens.make(key_id) for _ in range(MOST_TOKENS + 3)), return_exceptions=True)

    assert sorted(type(each).__name__ for each in made) == ["TokenPair"] * MOST_TOKENS + ["TooManyTokens"] * 3
    assert len(await office.rows(yeastar_tokens)) == MOST_TOKENS


async def test_what_is_good_for_nothing_goes(office: Office, tokens: YeastarTokens, clock: Clock, key_id: int) -> None:
    """When the next one is made."""
    await tokens.make(key_id)
    clock.go_on(REFRESH_SECONDS)

    await tokens.make(key_id)

    rows: list[dict[str, Any]] = await office.rows(yeastar_tokens)
    assert [row["id"] for row in rows] == [2]
