"""Who may knock, and with what."""

import asyncio

import httpx
import pytest
import uvicorn
from pydantic import SecretStr

from management.app import create_app
from management.settings import ManagementSettings
from tests.management.by_phone.conftest import SECRET
from tests.management.office import Office
from tests.services import free_port
from tests.waiting import until
from xmlcurl.by_phone import Management, Outcome
from xmlcurl.store.model import Wish

WISH = {"domain": "pbx.test", "kind": "dnd_on", "number": "1001"}
only_sqlite = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)


@only_sqlite
@pytest.mark.parametrize(
    "authorization",
    [
        pytest.param("", id="none"),
        pytest.param(f"Bearer {SECRET[:-1]}", id="too short"),
        pytest.param(f"Bearer {SECRET}x", id="too long"),
        pytest.param(SECRET, id="no scheme"),
        pytest.param("Bearer \u00e9", id="not ASCII"),
    ],
)
async def test_only_the_secret_opens(office: Office, door: httpx.AsyncClient, people: None, authorization: str) -> None:
    """Whoever else asks is not heard."""
    before = await office.count_all()

    headers = {b"Authorization": authorization.encode("latin-1")}
    answer = await door.post("/by-phone", json=WISH, headers=headers)

    assert answer.status_code == 401
    assert await office.count_all() == before


@only_sqlite
async def test_a_token_of_the_api_opens_nothing(office: Office, door: httpx.AsyncClient) -> None:
    """Not even one of the platform."""
    token = await office.add_token(None, "admin")

    answer = await door.post("/by-phone", json=WISH, headers={"Authorization": f"Bearer {token}"})

    assert answer.status_code == 401


@only_sqlite
async def test_without_a_secret_there_is_no_door(management_settings: ManagementSettings) -> None:
    """The same as any path that is nowhere."""
    settings = management_settings.model_copy(update={"by_phone_secret": None})
    async with Office.opened(settings) as office:
        transport = httpx.ASGITransport(office.app)
        async with httpx.AsyncClient(transport=transport, base_url="http://api.test") as client:
            answer = await client.post("/by-phone", json=WISH, headers={"Authorization": "Bearer None"})

    assert (answer.status_code, answer.json()) == (404, {"message": "Resource not found"})


@only_sqlite
@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"", 400, id="nothing"),
        pytest.param(b"\xff", 400, id="no text"),
        pytest.param(b"[]", 400, id="no object"),
        pytest.param(b'{"domain": "pbx.test", "kind": "dnd_on"}', 400, id="nobody's"),
        pytest.param(b'{"domain": "pbx.test", "kind": "own_voicemail", "number": "1001"}', 400, id="no change"),
        pytest.param(b'{"domain": "pbx.test", "kind": "dnd_on", "number": 1001}', 400, id="a number as a number"),
        pytest.param(b'{"domain": "pbx.test", "kind": "dnd_on", "number": "1001", "actor": "cli"}', 400, id="more"),
        pytest.param(b" " * 2_049, 413, id="too long"),
    ],
)
async def test_bodies_are_strict(
    office: Office, door: httpx.AsyncClient, people: None, body: bytes, status: int
) -> None:
    """Only what lookups send is understood."""
    before = await office.count_all()

    assert (await door.post("/by-phone", content=body)).status_code == status
    assert await office.count_all() == before


@only_sqlite
async def test_a_fault_says_nothing_of_what_was_asked(
    office: Office, door: httpx.AsyncClient, people: None, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither to who asked nor to the log."""
    pin = "47" * 10
    async with office.backend.database.writing() as connection:
        await connection.exec_driver_sql("ALTER TABLE extensions RENAME TO gone")
    wish = {"domain": "pbx.test", "kind": "voicemail_pin", "number": "1001", "digits": pin}

    answer = await door.post("/by-phone", json=wish)

    assert answer.status_code in {500, 503}
    assert pin not in answer.text + "".join(capsys.readouterr())


async def test_lookups_and_management_understand_each_other(
    management_settings: ManagementSettings, office: Office, api: httpx.AsyncClient, people: None
) -> None:
    """Over a socket, each side as it runs in service."""
    port = free_port()
    app = create_app(management_settings)
    server = uvicorn.Server(uvicorn.Config(app, port=port, log_config=None, lifespan="on"))
    serving = asyncio.create_task(server.serve())
    try:
        await until(lambda: server.started)
        management = Management(f"http://127.0.0.1:{port}", SecretStr(SECRET), lookup_deadline_ms=30_000)
        done = await management.carry_out("pbx.test", Wish("dnd_on", "1001"))
        refused = await management.carry_out("pbx.test", Wish("dnd_on", "4242"))
        stranger = Management(f"http://127.0.0.1:{port}", SecretStr("x" * 40), lookup_deadline_ms=30_000)
        failed = await stranger.carry_out("pbx.test", Wish("dnd_off", "1001"))
    finally:
        server.should_exit = True
        await serving

    assert (done, refused, failed) == (Outcome.DONE, Outcome.REFUSED, Outcome.FAILED)
    assert (await api.get("/extensions/1001/presence")).json()["data"]["status"] == "do_not_disturb"
