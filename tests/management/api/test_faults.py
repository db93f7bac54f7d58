"""Redis or the database away: refused clearly, read as long as possible, never a lie."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from management.api.errors import answer
from management.errors import Unconfirmed
from management.settings import ManagementSettings
from tests.management.office import Office
from tests.servers import PostgresServer, RedisServer


@pytest.fixture
async def shaky(
    migrated_database_url: str, own_redis: RedisServer, tmp_path: Path
) -> AsyncIterator[tuple[Office, httpx.AsyncClient]]:
    """An office with a Redis that the test may break."""
    settings = ManagementSettings(data_dir=tmp_path, database_url=migrated_database_url, redis_url=own_redis.url)
    async with Office.opened(settings) as office:
        client = await office.tenant_client()
        await client.post("/extensions", json={"extension_number": "1001"})
        yield office, client


WRITES = [
    ("POST", "/extensions", {"extension_number": "1002"}),
    ("POST", "/extensions/batch", {"extensions": [{"extension_number": "1002"}]}),
    ("PUT", "/extensions/1001", {"display_name": "Bob"}),
    ("POST", "/extensions/1001/change-password", {}),
    ("DELETE", "/extensions/1001", None),
]


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_without_redis_writes_are_refused_and_reads_go_on(
    shaky: tuple[Office, httpx.AsyncClient], own_redis: RedisServer
) -> None:
    """503 with Retry-After and `committed` false: nothing was written, the same request may be sent again."""
    office, client = shaky
    before = await office.count_all()
    own_redis.stop()

    for method, path, body in WRITES:
        answer = await client.request(method, path, json=body)
        assert (answer.status_code, answer.json()["committed"]) == (503, False)
        assert int(answer.headers["Retry-After"]) >= 1
    read = await client.get("/extensions/1001")

    assert (read.status_code, read.json()["data"]["sip_registration"]) == (200, "unknown")
    assert await office.count_all() == before


async def test_when_redis_is_back_so_are_writes(
    shaky: tuple[Office, httpx.AsyncClient], own_redis: RedisServer
) -> None:
    """Nothing has to be restarted."""
    _, client = shaky
    own_redis.stop()
    assert (await client.delete("/extensions/1001")).status_code == 503

    own_redis.start()

    assert (await client.delete("/extensions/1001")).status_code == 200


def test_a_change_that_could_not_be_confirmed_is_told() -> None:
    """503 with `committed` true; nobody takes it for a refusal. test_writes.py has how it comes about."""
    told = [answer(Unconfirmed(committed=committed), "en") for committed in (True, None)]

    assert [each.status_code for each in told] == [503, 503]
    assert [bytes(each.body).split(b'"committed":')[1] for each in told] == [b"true}", b"null}"]
    assert all(each.headers["Retry-After"] for each in told)


async def test_without_a_database_everything_is_503(
    own_postgres: PostgresServer, own_postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    """Also the question who is asking; and afterwards everything goes on."""
    settings = ManagementSettings(data_dir=tmp_path, database_url=own_postgres_url, redis_url=redis_url)
    async with Office.opened(settings) as office:
        client = await office.tenant_client()
        assert (await client.get("/extensions")).status_code == 200

        own_postgres.kill()
        down = [await client.get("/extensions"), await client.post("/extensions", json={"extension_number": "1"})]
        own_postgres.start()
        back = await client.get("/extensions")

    assert [answer.status_code for answer in down] == [503, 503]
    assert [answer.json()["committed"] for answer in down] == [False, False]
    assert back.status_code == 200


async def test_a_fault_of_ours_says_nothing_of_itself(
    office: Office, api: httpx.AsyncClient, capsys: pytest.CaptureFixture[str]
) -> None:
    """500 in a word; the log says where, without the values of the request."""
    async with office.backend.database.writing() as connection:
        await connection.exec_driver_sql("DROP TABLE taken_names")

    answer = await api.post("/extensions", json={"extension_number": "1001", "sip_password": "a-password-in-clear"})

    log = "".join(capsys.readouterr())
    assert (answer.status_code, answer.json()) == (500, {"message": "Server Error"})
    assert "repository.py" in log
    assert "a-password-in-clear" not in log
