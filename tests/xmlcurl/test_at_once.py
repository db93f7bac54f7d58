"""Work that asks nobody is told from work that has to, before it does."""

import asyncio
from collections.abc import Coroutine
from typing import Any, cast

import pytest
from pydantic import SecretStr
from redis.asyncio import Redis

from tests.samples import captures
from tests.xmlcurl import asking
from tests.xmlcurl.conftest import only_sqlite
from tests.xmlcurl.service import running
from xmlcurl.app import Front
from xmlcurl.at_once import NotAtOnce, about_to_ask, at_once
from xmlcurl.by_phone import Management
from xmlcurl.questions import understand
from xmlcurl.store.model import Wish
from xmlcurl.store.peers import PeerBook, Peers

asked: list[str] = []


async def held(value: str) -> str:
    return value


async def elsewhere() -> None:
    about_to_ask()
    asked.append("somebody")
    await asyncio.sleep(0)


async def broken() -> None:
    raise ZeroDivisionError


async def test_what_is_here_is_given() -> None:
    """Without a turn of the event loop."""
    assert at_once(held("a document")) == "a document"


async def test_nobody_is_asked_on_trial() -> None:
    """And afterwards, in the usual way, everybody can be."""
    with pytest.raises(NotAtOnce):
        at_once(elsewhere())
    assert asked == []

    await elsewhere()

    assert asked == ["somebody"]


async def test_a_fault_is_a_fault() -> None:
    """It is not taken for something that is elsewhere."""
    with pytest.raises(ZeroDivisionError):
        at_once(broken())
    about_to_ask()


async def test_who_asks_without_a_word_is_found_out() -> None:
    """It must not be begun twice."""
    with pytest.raises(RuntimeError, match="about_to_ask"):
        at_once(asyncio.sleep(0))


async def test_whoever_knows_somebody_else_says_so(redis_url: str) -> None:
    """Switches stand in Redis, and changes are management's."""
    two = Peers(1, {1: "192.0.2.1:5070", 2: "192.0.2.2:5070"})
    management = Management("http://127.0.0.1:9", SecretStr("never sent"), lookup_deadline_ms=500)
    async with Redis.from_url(redis_url) as client:
        book = PeerBook(client)
        works: list[Coroutine[Any, Any, Any]] = [
            book.seen_from("a switch"),
            book.with_phones_of(two, "1001", "pbx.test"),
            management.carry_out("pbx.test", Wish("dnd", "1001", "")),
        ]
        for work in works:
            with pytest.raises(NotAtOnce):
                at_once(work)

        assert await book.seen_from("a switch") == Peers()
        at_once(book.seen_from("a switch"))


@only_sqlite
async def test_every_answer_says_when_it_asks(tenant_id: int, migrated_database_url: str, redis_url: str) -> None:
    """Whatever FreeSWITCH asks, and whether or not it is held here: it is answered, or nobody was asked."""
    bodies = [*(each.body for each in captures()), asking.user(), asking.sip_auth(), asking.call(), b""]
    async with running(migrated_database_url, redis_url, local_copies_mb=1) as service:
        endpoint = cast(Front, service.app)._endpoints["/xmlcurl"]
        for body in bodies * 2:
            try:
                tried = at_once(endpoint._answer(understand(body)))
            except NotAtOnce:
                continue
            finally:
                assert service.statements == []
                reply = await service.post(body)
                service.statements.clear()
            assert tried.body == reply.body
