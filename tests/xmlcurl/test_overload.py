"""More is asked for than can be answered: who is there is served, who comes is refused at once."""

import asyncio
from typing import Any, ClassVar, cast

from sqlalchemy import text
from uvicorn.config import Config
from uvicorn.server import ServerState

from tests.seed import Seed
from tests.xmlcurl import asking
from tests.xmlcurl.conftest import only_sqlite
from tests.xmlcurl.service import Service, running
from tests.xmlcurl.test_faults import NOWHERE, own_seed
from xmlcurl.documents import LOOKUPS_FOR_EACH_LOAD
from xmlcurl.door import MOST_AT_WORK, Door, Head

__all__ = ["own_seed"]

LOADS = 4


async def at_once(service: Service, numbers: range) -> list[asyncio.Task[Any]]:
    """Asks for each of these users, and has let each of them do its first step."""
    tasks = [asyncio.create_task(service.post(asking.user(str(number)))) for number in numbers]
    await asyncio.sleep(0)
    return tasks


async def metric(service: Service, name: str) -> float:
    text_of = (await service.request("GET", "/metrics")).body.decode()
    return float(next(line.split()[1] for line in text_of.splitlines() if line.startswith(f"{name} ")))


async def test_more_loads_than_may_be_are_refused_at_once(
    own_seed: Seed, own_postgres_url: str, redis_url: str
) -> None:
    """While the database thinks: those that wait for it are answered when it has thought, and the next are again."""
    async with running(own_postgres_url, redis_url, loads_at_once=LOADS) as service:
        assert (await service.post(asking.user("1001"))).shape == "user 1001"
        with own_seed.begin() as connection:
            connection.execute(text("LOCK TABLE extensions IN ACCESS EXCLUSIVE MODE"))
            tasks = await at_once(service, range(2_000, 2_000 + LOADS + 6))
            refused, waiting = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            while len(refused) < 6:
                more, waiting = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                refused |= more

        answers = await asyncio.gather(*waiting)
        assert [task.result().status for task in refused] == [503] * 6
        assert [answer.shape for answer in answers] == ["not found"] * LOADS
        assert await metric(service, "xmlcurl_overloaded_total") == 6
        assert (await service.post(asking.user("1002"))).shape == "user 1002"


async def test_those_who_ask_for_the_same_take_one_place(own_seed: Seed, own_postgres_url: str, redis_url: str) -> None:
    """They wait for one load."""
    async with running(own_postgres_url, redis_url, loads_at_once=LOADS) as service:
        await service.post(asking.user("1001"))
        with own_seed.begin() as connection:
            connection.execute(text("LOCK TABLE extensions IN ACCESS EXCLUSIVE MODE"))
            tasks = [asyncio.create_task(service.post(asking.user("1002"))) for _ in range(2 * LOADS)]
            await asyncio.sleep(0)

        assert [(await task).shape for task in tasks] == ["user 1002"] * len(tasks)


@only_sqlite
async def test_without_redis_loads_are_counted_too(tenant_id: int, migrated_database_url: str) -> None:
    """Nobody can share one there."""
    async with running(migrated_database_url, NOWHERE, loads_at_once=LOADS) as service:
        await service.post(asking.user("1001"))

        answers = await asyncio.gather(*(service.post(asking.user("1001")) for _ in range(4 * LOADS)))

        assert {answer.status for answer in answers} == {200, 503}
        assert sum(answer.status == 200 for answer in answers) == LOADS
        assert (await service.post(asking.user("1001"))).shape == "user 1001"


@only_sqlite
async def test_more_lookups_than_may_wait_are_refused_at_once(
    tenant_id: int, migrated_database_url: str, redis_url: str
) -> None:
    """For Redis, too, not everyone can wait; what this process holds itself needs no place."""
    most = LOADS * LOOKUPS_FOR_EACH_LOAD
    async with running(migrated_database_url, redis_url, loads_at_once=LOADS, local_copies_mb=1) as service:

        async def is_held_here() -> bool:
            service.statements.clear()
            await service.post(asking.user("1001"))
            return 'source="local"' in (await service.request("GET", "/metrics")).body.decode()

        async with asyncio.timeout(20):
            while not await is_held_here():
                pass
        tasks = await at_once(service, range(2_000, 2_000 + most + 5))

        held = await service.post(asking.user("1001"))
        statuses = [(await task).status for task in tasks]

    assert held.shape == "user 1001"
    assert statuses[most:] == [503] * 5


class Written:
    """A transport that keeps what is written."""

    def __init__(self) -> None:
        self.text = b""
        self.is_closed = False

    def write(self, data: bytes) -> None:
        self.text += data

    def close(self) -> None:
        self.is_closed = True

    def get_extra_info(self, _name: str) -> None:
        return None


class Counting:
    """An application that is not asked."""

    refused = 0
    heads: ClassVar[dict[bytes, Head]] = {}

    async def __call__(self, _scope: Any, _receive: Any, _send: Any) -> None:
        raise AssertionError("read, though it is crowded")

    def turned_away(self) -> None:
        self.refused += 1


async def test_a_crowd_is_turned_away_unread() -> None:
    """With an answer that FreeSWITCH understands; whoever asks for health or metrics is let in."""
    app, state, written = Counting(), ServerState(), Written()
    state.tasks.update(cast(Any, range(MOST_AT_WORK)))
    door = Door(
        Config(app, log_config=None, proxy_headers=False, interface="asgi3"), state, {}, asyncio.get_running_loop()
    )
    door.connection_made(cast(Any, written))

    door.data_received(b"POST /xmlcurl HTTP/1.1\r\n")

    assert written.text.startswith(b"HTTP/1.1 503 ")
    assert written.is_closed
    assert app.refused == 1
    asking_for_health = Written()
    other = Door(
        Config(app, log_config=None, proxy_headers=False, interface="asgi3"), state, {}, asyncio.get_running_loop()
    )
    other.connection_made(cast(Any, asking_for_health))
    other.data_received(b"GET /healthz HTTP/1.1\r\n")
    assert (asking_for_health.text, asking_for_health.is_closed) == (b"", False)
