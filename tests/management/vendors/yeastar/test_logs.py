"""Tokens and what is searched for stand in query strings: no log has any."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from management.settings import ManagementSettings
from tests.management.office import Office
from tests.management.vendors.yeastar.program import AT, SAMPLE, Program
from tests.services import Service, free_port
from xmlcurl.store.tables import extensions


@pytest.fixture
def migrated_database_url(migrated_template: Path, tmp_path: Path) -> str:
    """One that a process starts with."""
    shutil.copy(migrated_template, tmp_path / "test.sqlite")
    return f"sqlite+aiosqlite:///{tmp_path / 'test.sqlite'}"


@pytest.fixture
def process(management_settings: ManagementSettings, redis_url: str, tmp_path: Path) -> Iterator[tuple[Service, str]]:
    """The API as an operator starts it, on the loudest level, over the office's database; its address."""
    address = f"127.0.0.1:{free_port()}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("XMLCURL_")},
        "XMLCURL_DATA_DIR": str(management_settings.data_dir),
        "XMLCURL_DATABASE_URL": management_settings.database,
        "XMLCURL_REDIS_URL": redis_url,
        "XMLCURL_MANAGEMENT_BIND": address,
        "XMLCURL_LOG_LEVEL": "debug",
    }
    service = Service(["management", "serve"], environment, tmp_path / "api.log", [f"http://{address}/readyz"])
    service.start()
    yield service, f"http://{address}{AT}"
    service.stop()


async def test_no_log_has_a_query(office: Office, program: Program, process: tuple[Service, str]) -> None:
    """Not the token, not what was searched for; nor when the token is wrong, a body is, or something breaks."""
    service, address = process
    async with httpx.AsyncClient(base_url=address) as http:
        there = Program(http, program.token)
        assert (await there.get("extension/search", search_value="Confidential"))["errcode"] == 0
        assert (await Program(http, "Confidential").get("extension/list"))["errcode"] == 10004
        assert (await there.post("extension/create", b"{"))["errcode"] == 40001
        made = await there.post("extension/create", SAMPLE)
        await office.change(extensions, made["id"], password_encrypted="nonsense")
        broken = await there.get("extension/getpassword", id=made["id"], type="reg_password")
        assert broken == {"errcode": -1, "errmsg": "FAILURE"}
    service.stop()

    said = service.log()
    assert "wrong_key" in said
    assert "unavailable" in said
    for text in (program.token, "Confidential", "access_token=", "Regpwd1011", "Userpwd1011"):
        assert text not in said
