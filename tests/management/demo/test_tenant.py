"""The tenant of `make run`: made once, finished when it was interrupted, and true to what demo.json says."""

import json
from pathlib import Path
from typing import Any

import pytest

from management.demo.tenant import seed
from management.secrets import a1_hash, vm_a1_hash
from management.settings import ManagementSettings
from tests.management.office import Office
from xmlcurl.store.tables import api_tokens, extensions, tenants

pytestmark = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)


@pytest.fixture
def file(management_settings: ManagementSettings) -> Path:
    management_settings.data_dir.mkdir(exist_ok=True)
    return management_settings.data_dir / "demo.json"


async def _check(office: Office, demo: dict[str, Any]) -> None:
    """Both tokens work, and every password and PIN that was said is the one that counts."""
    assert (await office.client(demo["token"]).get("/extensions")).json()["total"] == 2
    assert (await office.client(demo["platform_token"]).get("/tenants")).json()["total"] == 1
    stored = {row["number"]: row for row in await office.rows(extensions)}
    for said in demo["extensions"]:
        row = stored[said["number"]]
        assert row["a1_hash"] == a1_hash(said["number"], "pbx.test", said["password"])
        assert row["voicemail_enabled"] is True
        assert row["display_name"]


async def test_it_is_made_once(office: Office, management_settings: ManagementSettings, file: Path) -> None:
    """A second time nothing is written and the same is said."""
    first = await seed(management_settings)
    before = await office.count_all()
    await _check(office, first)
    (tenant,) = await office.rows(tenants)
    assert (tenant["domain"], tenant["cacheable_ms"]) == ("pbx.test", 300_000)
    for said, row in zip(first["extensions"], await office.rows(extensions), strict=True):
        assert row["vm_a1_hash"] == vm_a1_hash(said["number"], "pbx.test", said["voicemail_pin"])

    assert await seed(management_settings) == first

    assert await office.count_all() == before
    assert _read(file) == first


async def test_an_interrupted_one_is_finished(
    office: Office, management_settings: ManagementSettings, file: Path
) -> None:
    """Under the passwords that it had begun with: they may be in use."""
    first = await seed(management_settings)
    begun = {name: value for name, value in first.items() if name not in {"token", "platform_token"}}
    _write(file, begun)
    await office.client(first["token"]).delete("/extensions/1002")

    second = await seed(management_settings)

    assert second["extensions"] == first["extensions"]
    assert second["token"] != first["token"]
    living = [row for row in await office.rows(extensions) if row["deleted_at"] is None]
    assert [row["number"] for row in living] == ["1001", "1002"]
    await _check(office, second)


async def test_passwords_that_nobody_can_read_any_more_are_replaced(
    office: Office, management_settings: ManagementSettings, file: Path
) -> None:
    """Without demo.json, what is said is made true."""
    first = await seed(management_settings)
    _remove(file)

    second = await seed(management_settings)

    assert second["extensions"] != first["extensions"]
    await _check(office, second)
    assert len(await office.rows(api_tokens)) == 4


async def test_a_suspended_tenant_is_left_alone(
    office: Office, management_settings: ManagementSettings, file: Path
) -> None:
    """It starts all the same: the token of the platform can activate it."""
    first = await seed(management_settings)
    (tenant,) = await office.rows(tenants)
    await office.change(tenants, tenant["id"], state="suspended")
    before = await office.count_all()

    assert await seed(management_settings) == first

    assert await office.count_all() == before


async def test_addresses_and_credentials_follow_the_settings(
    office: Office, management_settings: ManagementSettings, file: Path
) -> None:
    """What is given is used; what was generated stays; "all addresses" is none that a client could use."""
    generated = (await seed(management_settings))["lookup_credentials"]
    moved = await seed(management_settings.model_copy(update={"lookup_bind": "0.0.0.0:1", "management_bind": "[::]:2"}))
    given = await seed(
        ManagementSettings.model_validate(
            {**management_settings.model_dump(), "lookup_credentials": "freeswitch:a secret of tests"}
        )
    )

    assert generated.startswith("freeswitch:")
    assert (moved["lookup_url"], moved["management_url"]) == ("http://127.0.0.1:1/xmlcurl", "http://[::1]:2")
    assert moved["lookup_credentials"] == generated
    assert given["lookup_credentials"] == "freeswitch:a secret of tests"
    assert given["lookup_url"] == "http://127.0.0.1:8080/xmlcurl"
    await _check(office, given)


def _read(file: Path) -> Any:
    assert file.stat().st_mode & 0o777 == 0o600
    return json.loads(file.read_text())


def _write(file: Path, said: dict[str, Any]) -> None:
    file.write_text(json.dumps(said))


def _remove(file: Path) -> None:
    file.unlink()
