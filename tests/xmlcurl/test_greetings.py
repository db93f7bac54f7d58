"""Files of greetings over HTTP: to switches only, under names that say what is in them."""

from hashlib import sha256
from typing import Any, Final

import pytest
from pydantic import SecretStr

from tests.management.greetings.sounds import wav
from tests.seed import Seed
from tests.xmlcurl.service import Service, running
from tests.xmlcurl.test_endpoint import PASSWORD, basic
from xmlcurl.store.queries_greetings import LARGEST_BYTES
from xmlcurl.store.tables import greeting_files, greetings, tenants, utc_now

WAV: Final = wav()
HASH: Final = sha256(WAV).hexdigest()


def kept(seed: Seed, tenant_id: int, content: bytes = WAV, **columns: Any) -> str:
    """The path of a greeting that is in the database."""
    digest = sha256(content).hexdigest()
    row = {"name": "Hello", "format": "wav", "size_bytes": len(content), "sha256": digest} | columns
    greeting_id = seed.row(greetings, tenant_id=tenant_id, **row)
    seed.row(greeting_files, tenant_id=tenant_id, greeting_id=greeting_id, content=content)
    return f"/xmlcurl/greetings/{greeting_id}-{digest}.{row['format']}"


@pytest.mark.parametrize(("kind", "media_type"), [("wav", "audio/wav"), ("mp3", "audio/mpeg")])
async def test_a_file_is_kept_for_ever(
    seed: Seed, tenant_id: int, service: Service, kind: str, media_type: str
) -> None:
    """Byte for byte; whoever has it need not ask again."""
    reply = await service.request("GET", kept(seed, tenant_id, format=kind))

    assert (reply.status, reply.body) == (200, WAV)
    assert reply.headers == {
        "content-type": media_type,
        "content-length": str(len(WAV)),
        "cache-control": "private, max-age=31536000, immutable",
        "etag": f'"{HASH}"',
        "x-content-type-options": "nosniff",
    }
    assert len(service.statements) == 1


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(f"1-{'0' * 64}.wav", id="another content"),
        pytest.param(f"2-{HASH}.wav", id="another greeting"),
        pytest.param(f"1-{HASH}.mp3", id="another format"),
        pytest.param(f"1-{HASH.upper()}.wav", id="capitals"),
        pytest.param(f"01-{HASH}.wav", id="a nought before"),
        pytest.param(f"{'9' * 30}-{HASH}.wav", id="no id"),
        pytest.param(f"1-{HASH}.wav\n", id="something behind"),
        pytest.param("..", id="a folder"),
        pytest.param("1", id="no hash"),
    ],
)
async def test_no_other_name(seed: Seed, tenant_id: int, service: Service, name: str) -> None:
    """Not even where the greeting is there."""
    kept(seed, tenant_id)

    reply = await service.request("GET", f"/xmlcurl/greetings/{name}")

    assert (reply.status, reply.body) == (404, b"no such greeting\n")


async def test_not_of_who_is_gone(seed: Seed, tenant_id: int, service: Service) -> None:
    """A greeting that was deleted, a tenant that is suspended, a file that nobody can have sent."""
    other = seed.tenant("other.test")
    paths = [
        kept(seed, tenant_id, name="deleted", deleted_at=utc_now()),
        kept(seed, tenant_id, bytes(LARGEST_BYTES + 1), name="too large"),
        kept(seed, other),
    ]
    seed.change(tenants, other, state="suspended")

    assert [(await service.request("GET", path)).status for path in paths] == [404] * 3


async def test_only_for_switches(seed: Seed, tenant_id: int, migrated_database_url: str, redis_url: str) -> None:
    """By address and credentials as for lookups, before anything is read; and nothing is written there."""
    path = kept(seed, tenant_id)
    async with running(migrated_database_url, redis_url, lookup_credentials=SecretStr(f"switch:{PASSWORD}")) as service:
        refused = [
            await service.request("GET", path),
            await service.request("GET", path, headers=basic(password="wrong")),
            await service.request("GET", path, headers=basic(), client=("192.0.2.1", 1)),
            await service.request("POST", path, headers=basic()),
        ]
        assert service.statements == []
        let_in = await service.request("GET", path, headers=basic())

    assert [reply.status for reply in refused] == [401, 401, 403, 405]
    assert refused[0].headers["www-authenticate"] == 'Basic realm="xmlcurl"'
    assert let_in.body == WAV


async def test_a_database_that_is_away_is_no_absence(tenant_id: int, redis_url: str) -> None:
    """503, so that nobody takes the greeting for deleted."""
    async with running("postgresql+psycopg://127.0.0.1:1/none", redis_url) as service:
        reply = await service.request("GET", f"/xmlcurl/greetings/1-{HASH}.wav")

    assert reply.status == 503
