"""Recordings: fetched by their tenant alone, whole or in part, and never anything but a recording."""

from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx
import pytest

from management.settings import ManagementSettings
from tests.management.calls.records import body, new_uuid, record
from tests.management.greetings.sounds import wav
from tests.management.office import Office
from xmlcurl.store.tables import audit, call_records

CREDENTIALS = "freeswitch:a-secret-of-tests"
DAY = "2026/11/22"
SOUND = wav()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Of the switch's recordings, as the management side sees it."""
    return tmp_path / "recordings"


@pytest.fixture
def management_settings(management_settings: ManagementSettings, folder: Path) -> ManagementSettings:
    """With that folder, and credentials for switches."""
    given = {**management_settings.model_dump(), "cdr_credentials": CREDENTIALS, "recordings_dir": folder}
    return ManagementSettings(**given)


Ended = Callable[..., Awaitable[str]]


@pytest.fixture
def ended(office: Office, api: httpx.AsyncClient) -> Ended:
    """Post the record of a call of pbx.test that was recorded, unless `file` is None; its uuid."""

    async def end(file: str | None = "/var/recordings/pbx.test/{day}/{uuid}.wav") -> str:
        uuid = new_uuid()
        said = {"xmlcurl_recording": file.format(uuid=uuid, day=DAY)} if file else {}
        switch = office.client(None)
        switch.auth = httpx.BasicAuth(*CREDENTIALS.split(":"))
        answer = await switch.post("http://api.test/cdr", content=body(record(uuid, variables=said)))
        assert answer.status_code == 200
        return uuid

    return end


def put(folder: Path, uuid: str, content: bytes = SOUND) -> Path:
    """The file that the switch wrote."""
    file = folder / "pbx.test" / DAY / f"{uuid}.wav"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content)
    return file


def replace_by_link(folder: Path, moved_to: Path) -> None:
    folder.rename(moved_to)
    folder.symlink_to(moved_to)


async def test_a_recording_is_fetched(api: httpx.AsyncClient, office: Office, ended: Ended, folder: Path) -> None:
    """From the address in the call's record; who fetched it is in the audit log."""
    uuid = await ended()
    put(folder, uuid)

    call = (await api.get(f"/calls/{uuid}")).json()["data"]
    answer = await api.get(f"http://api.test{call['recording']}")

    assert call["recording_file"] == f"pbx.test/{DAY}/{uuid}.wav"
    assert (answer.status_code, answer.content) == (200, SOUND)
    assert answer.headers["content-type"] == "audio/wav"
    assert answer.headers["content-disposition"] == f'attachment; filename="{uuid}.wav"'
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    (row,) = [row for row in await office.rows(audit) if row["action"] == "recording.fetch"]
    assert (row["object_type"], row["object_id"]) == ("recording", uuid)
    assert row["actor"].startswith("token:")
    assert row["after"] == {"file": call["recording_file"]}
    assert row["tenant_id"]


async def test_a_part_is_fetched(api: httpx.AsyncClient, ended: Ended, folder: Path) -> None:
    """As players do that jump."""
    uuid = await ended()
    put(folder, uuid)

    answer = await api.get(f"/calls/{uuid}/recording", headers={"Range": "bytes=4-7"})
    beyond = await api.get(f"/calls/{uuid}/recording", headers={"Range": f"bytes={len(SOUND)}-"})

    assert (answer.status_code, answer.content) == (206, SOUND[4:8])
    assert answer.headers["content-range"] == f"bytes 4-7/{len(SOUND)}"
    assert beyond.status_code == 416


async def test_it_is_its_tenants_alone(office: Office, api: httpx.AsyncClient, ended: Ended, folder: Path) -> None:
    """To another tenant it is not there, whatever it may do; the platform may fetch each. Nothing else is audited."""
    uuid = await ended()
    put(folder, uuid)
    other = await office.tenant_client("other.test")

    refused = [(await client.get(f"/calls/{uuid}/recording")).status_code for client in (other, office.client(None))]
    platform = office.client(await office.add_token(None, "read"))
    allowed = await platform.get(f"/calls/{uuid}/recording")

    assert refused == [404, 401]
    assert allowed.content == SOUND
    assert len([row for row in await office.rows(audit) if row["action"] == "recording.fetch"]) == 1


async def test_what_is_not_there_is_not_found(api: httpx.AsyncClient, ended: Ended, folder: Path) -> None:
    """A call that was not recorded; a file that is gone; a folder; no such call."""
    gone, kept = await ended(), await ended()
    silent = await ended(None)
    (folder / "pbx.test" / DAY / f"{kept}.wav").mkdir(parents=True)

    statuses = [(await api.get(f"/calls/{uuid}/recording")).status_code for uuid in (gone, kept, silent, new_uuid())]

    assert statuses == [404] * 4
    assert (await api.get(f"/calls/{silent}")).json()["data"]["recording"] is None


async def test_no_link_is_followed(api: httpx.AsyncClient, ended: Ended, folder: Path, tmp_path: Path) -> None:
    """Not of the file, nor of a folder on the way, not even to what else is in the folder; that itself may be one."""
    secret, others = tmp_path / "secret.wav", folder / "other.test" / "their.wav"
    one, two, three = await ended(), await ended(), await ended()
    day = put(folder, one).parent
    others.parent.mkdir()
    for file in (secret, others):
        file.write_bytes(b"secret")
    (day / f"{two}.wav").symlink_to(secret)
    (day / f"{three}.wav").symlink_to(others)

    async def statuses() -> list[int]:
        return [(await api.get(f"/calls/{uuid}/recording")).status_code for uuid in (one, two, three)]

    assert await statuses() == [200, 404, 404]
    replace_by_link(folder, tmp_path / "real")
    assert await statuses() == [200, 404, 404]
    replace_by_link(day, tmp_path / "elsewhere")
    assert await statuses() == [404, 404, 404]


@pytest.mark.parametrize(
    "stored",
    [
        pytest.param("../../{uuid}.wav", id="up"),
        pytest.param("pbx.test/../../../../secret.wav", id="up after the domain"),
        pytest.param("/etc/2026/11/22/{uuid}.wav", id="absolute"),
        pytest.param("other.test/2026/11/22/{uuid}.wav", id="another tenant's"),
        pytest.param("pbx.test/20261/1/22/{uuid}.wav", id="no day"),
        pytest.param("pbx.test/2026/11/22/x/{uuid}.wav", id="deeper"),
        pytest.param("pbx.test/٢٠٢٦/11/22/{uuid}.wav", id="other digits"),
    ],
)
async def test_no_stored_path_leads_elsewhere(
    api: httpx.AsyncClient, office: Office, ended: Ended, folder: Path, stored: str
) -> None:
    """Not even if it stands in the database: the path is made anew."""
    uuid, tmp_path = await ended(), folder.parent
    path = stored.format(uuid=uuid)
    for file in (folder / path, folder / "other.test" / DAY / f"{uuid}.wav", tmp_path / "secret.wav"):
        if file.resolve().is_relative_to(tmp_path):
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(b"secret")
    await office.change(call_records, (await office.rows(call_records))[-1]["id"], recording=path)

    answer = await api.get(f"/calls/{uuid}/recording")

    assert (answer.status_code, b"secret" in answer.content) == (404, False)


@pytest.mark.parametrize("folder", [None, Path("not mounted")])
async def test_a_missing_folder_is_said(api: httpx.AsyncClient, ended: Ended) -> None:
    """By the setting's name; who asks for what is not there hears that first."""
    uuid, silent = await ended(), await ended(None)

    answer = await api.get(f"/calls/{uuid}/recording")
    missing = await api.get(f"/calls/{silent}/recording")

    assert answer.status_code == 501
    assert "RECORDINGS_DIR" in answer.json()["message"]
    assert missing.status_code == 404
