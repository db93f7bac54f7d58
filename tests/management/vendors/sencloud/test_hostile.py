"""Clients that are no friends: every refusal is one of this dialect's, and nothing is written."""

import pytest

from management.app import services_of
from management.settings import ManagementSettings
from management.vendor_keys.commands import KeyOwner
from tests.management.office import Office
from tests.management.vendors.sencloud.program import ACTOR, Program
from xmlcurl.store.tables import tenants

pytestmark = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)

CREATE = "/shop.Sencloud/CreateExtension"
JSON = {"Content-Type": "application/json"}
DEEP = 100_000


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{", id="half of it"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"null", id="null"),
        pytest.param(b'"101"', id="a text"),
        pytest.param(b'{"extension_number": 101, "extension_number": 102}', id="a key twice"),
        pytest.param(b'{"extension_number": NaN}', id="NaN"),
        pytest.param(b'{"extension_number": ' + b"9" * 5_000 + b"}", id="an integer without end"),
        pytest.param(b'{"email": "\\ud800"}', id="half a character"),
        pytest.param('{"extension_number": 101}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'\xef\xbb\xbf{"extension_number": 101}', id="a byte order mark"),
        pytest.param(b"[" * DEEP + b"]" * DEEP, id="deep lists"),
        pytest.param(b'{"a":' * DEEP + b"1" + b"}" * DEEP, id="deep objects"),
    ],
)
async def test_what_is_no_object_is_malformed(office: Office, shop: Program, body: bytes) -> None:
    """400, never a fault."""
    before = await office.count_all()

    answer = await shop.client.post(CREATE, content=body, headers=JSON)

    assert (answer.status_code, answer.json()["code"], answer.json()["meta"]) == (400, "malformed", {})
    assert before == await office.count_all()


async def test_a_body_of_ten_megabytes_is_refused(office: Office, shop: Program) -> None:
    """413: it is not read to its end."""
    before = await office.count_all()

    answer = await shop.client.post(CREATE, content=b'{"x": "' + b"x" * 10_000_000 + b'"}', headers=JSON)

    assert (answer.status_code, answer.json()["code"]) == (413, "invalid_argument")
    assert before == await office.count_all()


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "json", ""])
async def test_another_type_of_body_is_refused(office: Office, shop: Program, kind: str) -> None:
    """415."""
    before = await office.count_all()

    answer = await shop.client.post(CREATE, content=b'{"extension_number": 101}', headers={"Content-Type": kind})

    assert (answer.status_code, answer.json()["code"]) == (415, "malformed")
    assert before == await office.count_all()


async def test_who_has_no_key_is_told_nothing(office: Office, shop: Program, partner: Program) -> None:
    """401 for none, and for each that is wrong, of another dialect or revoked; an unknown method looks the same."""
    public_id, secret = shop.key.split(".")
    services = services_of(office.backend)
    await services.vendor_keys.revoke(KeyOwner(partner_id=1), 2, actor=ACTOR)
    yeastar = ".".join(await office.add_key("yeastar", 1))
    wrong = [
        "",
        "x",
        public_id,
        f"{public_id}.",
        f"{public_id}.{secret[:-1]}",
        f"{public_id}.{secret}x",
        f"{secret}.{public_id}",
        f"{public_id}|{secret}",
        f"{public_id}.{secret}%C3%A9",
        yeastar,
        partner.key,
    ]

    for key in wrong[:9]:
        answer = await office.client(None, at="/v1").post(CREATE, json={}, headers={"Authorization": f"Bearer {key}"})
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthenticated"), key
    await office.backend.redis.flushdb()
    for key in wrong[9:]:
        await Program.of(office, key).refused("GetExtensions", "unauthenticated")
    for headers in ({}, {"Authorization": f"Basic {shop.key}"}):
        answer = await office.client(None, at="/v1").post("/shop.Sencloud/Nothing", json={}, headers=headers)
        assert answer.status_code == 401


async def test_guesses_are_limited_by_address(office: Office, shop: Program) -> None:
    """Ten wrong keys, and a right one gets 429 from there, too."""
    codes = [(await Program.of(office, f"sck{number}.x").ask("GetExtensions")).json()["code"] for number in range(12)]

    assert codes == ["unauthenticated"] * 10 + ["resource_exhausted"] * 2
    answer = await shop.ask("GetExtensions")
    assert (answer.status_code, answer.json()["code"]) == (429, "resource_exhausted")
    assert int(answer.headers["Retry-After"]) > 0


async def test_a_suspended_tenant_is_refused(office: Office, shop: Program) -> None:
    """With a right key."""
    await office.change(tenants, 1, state="suspended")

    await shop.refused("CreateExtension", "permission_denied")


async def test_each_key_has_a_limit_of_its_own(office: Office, shop: Program) -> None:
    """Beyond it 429, saying when to come back; the other key goes on."""
    settings = office.settings.model_copy(update={"sencloud_requests_per_minute": 3})
    other = ".".join(await office.add_key("sencloud", 1))

    async with Office.opened(settings) as limited:
        program = Program.of(limited, shop.key)
        answers = [await program.ask("GetExtensions") for _ in range(4)]
        assert [each.status_code for each in answers] == [200, 200, 200, 429]
        assert answers[3].json()["code"] == "resource_exhausted"
        assert int(answers[3].headers["Retry-After"]) > 0
        assert answers[0].headers["X-RateLimit-Remaining"] == "2"
        assert (await Program.of(limited, other).ask("GetExtensions")).status_code == 200


async def test_no_secret_is_logged(office: Office, shop: Program, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither keys, right or wrong, nor passwords nor query strings."""
    made = await shop.done("CreateExtension")
    await shop.client.post(f"{CREATE}?token=in-the-query", json={"extension_number": "1"})
    await Program.of(office, f"{shop.key}wrong").ask("GetExtensions")

    said = capsys.readouterr()
    for secret in (shop.key.split(".")[1], made["extension_password"], "in-the-query"):
        assert secret not in said.out + said.err


async def test_a_store_that_is_away_is_told(office: Office, shop: Program) -> None:
    """503: nothing was written, try again."""
    settings = ManagementSettings(
        data_dir=office.settings.data_dir, database_url=office.settings.database, redis_url="redis://127.0.0.1:1/0"
    )
    before = await office.count_all()

    async with Office.opened(settings) as cut_off:
        answer = await Program.of(cut_off, shop.key).ask("CreateExtension")

    assert (answer.status_code, answer.json()["code"]) == (503, "unavailable")
    assert answer.json()["meta"] == {"committed": "false"}
    assert answer.headers["Retry-After"] == "1"
    assert before == await office.count_all()
