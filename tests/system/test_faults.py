"""Whatever is killed or restarted, at whatever moment: nothing is lost, and nothing stale is served."""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import httpx
import pytest
from sqlalchemy import select

from tests.coherence.history import History
from tests.fakes.freeswitch import FreeSwitch
from tests.fakes.freeswitch import sip_auth_body as sip_auth
from tests.fakes.xmlcurl import XmlCurl, find_user, values
from tests.servers import PostgresServer, RedisServer
from tests.system.installation import CREDENTIALS, Installation
from tests.waiting import wait_until
from xmlcurl.store.engine import open_engine
from xmlcurl.store.tables import changes

# What processes run elsewhere is measured there.
pytestmark = [pytest.mark.timeout(600), pytest.mark.unmeasured]

WRITES_BEFORE = 8
SETTLED_WITHIN_SECONDS = 120.0


@dataclass
class System:
    """Everything that a fault can happen to."""

    product: Installation
    switch: FreeSwitch
    redis: RedisServer
    postgres: PostgresServer
    database_url: str


@pytest.fixture(scope="session")
def system(tmp_path_factory: pytest.TempPathFactory, redis_executable: Path, postgres_folder: Path) -> Iterator[System]:
    """The product on a PostgreSQL and a Redis of its own, and one switch that keeps users for five minutes.

    One for all faults: whatever a fault leaves behind, the next one meets.
    """
    folder = tmp_path_factory.mktemp("faults")
    redis = RedisServer(folder / "redis", executable=redis_executable)
    postgres = PostgresServer(postgres_folder)
    try:
        redis.start()
        postgres.start()
        database_url = postgres.url(postgres.create_database())
        product = Installation(folder, database_url, redis.url)
        with FreeSwitch(password="not-ClueCon") as switch, product.running():
            switch.backend = XmlCurl(f"{product.lookups[0].url}/xmlcurl", CREDENTIALS)
            product.command("switch", "add", "fs1", "--port", str(switch.port), "--password-stdin", stdin="not-ClueCon")
            yield System(product, switch, redis, postgres, database_url)
    finally:
        redis.stop()
        postgres.remove()


@pytest.fixture
def number(system: System, numbers: Iterator[str]) -> str:
    """Of an extension that only this test changes."""
    number = next(numbers)
    with system.product.client() as client:
        client.post("/extensions", json={"extension_number": number, "display_name": "v0"}).raise_for_status()
    return number


@pytest.fixture(scope="session")
def numbers() -> Iterator[str]:
    return map(str, count(1001))


def write(system: System, number: str, history: History, version: int) -> bool:
    """One change; whether it was answered with success, which is noted."""
    started = time.monotonic()
    try:
        with system.product.client() as client:
            answer = client.put(f"/extensions/{number}", json={"display_name": f"v{version}"})
        is_answered = answer.is_success
    except httpx.TransportError:
        is_answered = False
    if is_answered:
        history.written(number, version, started=started, ended=time.monotonic())
    else:
        history.written(number, version, started=started)
    return is_answered


def version_at(url: str, number: str) -> int | None:
    """What a lookup node shows now; None when it fails. "Not found" would be a lie: the extension exists."""
    body = sip_auth(realm="pbx.test", fields={"sip_auth_username": number})
    try:
        answer = XmlCurl(f"{url}/xmlcurl", CREDENTIALS).post(body)
    except OSError:
        return None
    if answer.status != 200:
        return None
    section = XmlCurl(url).parse(answer.body.decode())
    assert section is not None, answer.body
    user = find_user(section, "id", number, "pbx.test")
    assert user is not None, answer.body
    return int(values(user, "variable")["effective_caller_id_name"].removeprefix("v"))


def watch(system: System, number: str, history: History, is_over: threading.Event) -> list[threading.Thread]:
    """Asks both lookup nodes, again and again, until it is over."""

    def ask(url: str) -> None:
        while not is_over.is_set():
            asked_at = time.monotonic()
            version = version_at(url, number)
            if version is not None:
                history.seen(number, version, started=asked_at, by=url)
            is_over.wait(0.01)

    threads = [threading.Thread(target=ask, args=(node.url,)) for node in system.product.lookups]
    for thread in threads:
        thread.start()
    return threads


def unfinished(system: System) -> int:
    engine = open_engine(system.database_url)
    with engine.connect() as connection:
        rows = connection.execute(select(changes.c.id).where(changes.c.state.in_(("pending", "flushed")))).all()
    engine.dispose()
    return len(rows)


def nothing(_system: System) -> None: ...


def kill_the_api(system: System) -> None:
    system.product.api.kill()
    system.product.api.start()


def kill_the_worker(system: System) -> None:
    system.product.worker.kill()
    system.product.worker.start()


def kill_a_lookup_node(system: System) -> None:
    system.product.lookups[1].kill()
    system.product.lookups[1].start()


def restart_redis(system: System) -> None:
    system.redis.kill()
    system.redis.start()


def pause_redis(system: System) -> None:
    system.redis.pause()
    time.sleep(2)  # the fault itself, not a wait
    system.redis.resume()


def restart_postgres(system: System) -> None:
    system.postgres.kill()
    system.postgres.start()


def restart_the_switch(system: System) -> None:
    system.switch.crash()
    time.sleep(1)  # the fault itself, not a wait
    system.switch.restart()


@pytest.mark.parametrize(
    "fault",
    [
        nothing,
        kill_the_api,
        kill_the_worker,
        kill_a_lookup_node,
        restart_redis,
        pause_redis,
        restart_postgres,
        restart_the_switch,
    ],
)
def test_a_fault_loses_nothing_and_serves_nothing_stale(
    system: System, number: str, fault: Callable[[System], None]
) -> None:
    """No lookup sees less than what was answered before it was asked; afterwards every copy is the newest."""
    history, is_over = History(), threading.Event()
    watchers = watch(system, number, history, is_over)
    stop_writing = threading.Event()

    def write_on() -> None:
        version = WRITES_BEFORE
        while not stop_writing.is_set():
            version += 1
            write(system, number, history, version)

    for version in range(1, WRITES_BEFORE + 1):
        write(system, number, history, version)
    writer = threading.Thread(target=write_on)
    writer.start()
    fault(system)
    stop_writing.set()
    writer.join()
    newest = 1_000_000
    try:
        wait_until(lambda: write(system, number, history, newest), 60)
        wait_until(lambda: unfinished(system) == 0, SETTLED_WITHIN_SECONDS)
    except TimeoutError as exc:
        raise AssertionError(system.product.worker.log()[-3_000:]) from exc
    finally:
        is_over.set()
        for watcher in watchers:
            watcher.join()

    assert history.stale() == []
    assert history.lookup_count > WRITES_BEFORE
    assert [version_at(node.url, number) for node in system.product.lookups] == [newest, newest]
    kept = system.switch.locate(
        "id", number, "pbx.test", sip_auth(realm="pbx.test", fields={"sip_auth_username": number})
    )
    assert kept is not None
    assert values(kept, "variable")["effective_caller_id_name"] == f"v{newest}"
