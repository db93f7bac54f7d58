"""Who is let in: tokens over HTTP, keys and tenants that end, limits."""

from typing import Any

import httpx
import pytest

from management.settings import ManagementSettings
from tests.management.office import Office
from tests.management.vendors.yeastar.program import AT, Program, answered, signed_in
from xmlcurl.store.tables import tenants, vendor_keys

DENIED = {"errcode": 10005, "errmsg": "ACCESS DENIED"}
EXPIRED = {"errcode": 10004, "errmsg": "TOKEN EXPIRED"}
DONE = {"errcode": 0, "errmsg": "SUCCESS"}


@pytest.fixture
def management_settings(management_settings: ManagementSettings, request: pytest.FixtureRequest) -> ManagementSettings:
    """With other limits, for tests that say so."""
    return management_settings.model_copy(update=getattr(request, "param", {}))


async def test_the_life_of_a_token(office: Office) -> None:
    """Got, used, exchanged, deleted; in the shape of the vendor's sample."""
    username, password = await office.add_key("yeastar", await office.add_tenant())
    http = office.client(None, at=AT)

    made = answered(await http.post("/get_token", json={"username": username, "password": password}))
    assert made | {"access_token": "", "refresh_token": ""} == {
        **DONE,
        "access_token_expire_time": 1800,
        "access_token": "",
        "refresh_token_expire_time": 86400,
        "refresh_token": "",
    }
    assert (len(made["access_token"]), len(made["refresh_token"])) == (32, 32)
    first, second = Program(http, made["access_token"]), None
    assert (await first.get("extension/list"))["errcode"] == 0

    renewed = answered(await http.post("/refresh_token", json={"refresh_token": made["refresh_token"]}))
    second = Program(http, renewed["access_token"])
    assert await first.get("extension/list") == EXPIRED
    assert (await second.get("extension/list"))["errcode"] == 0
    assert await second.get("del_token") == DONE
    assert await second.get("extension/list") == EXPIRED
    assert answered(await http.post("/refresh_token", json={"refresh_token": renewed["refresh_token"]})) == EXPIRED


@pytest.mark.parametrize(
    ("body", "code"),
    [
        pytest.param({"username": "{id}", "password": "wrong"}, 10005, id="a wrong secret"),
        pytest.param({"username": "nobody", "password": "{secret}"}, 10005, id="a wrong client ID"),
        pytest.param({"username": "{id}"}, 40002, id="no secret"),
        pytest.param({"username": "{id}", "password": 5}, 40002, id="a number for a secret"),
        pytest.param({"username": "{id}", "password": "{secret}", "scope": "all"}, 40002, id="something else"),
        pytest.param([], 40001, id="a list"),
    ],
)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_what_is_not_right_gets_no_token(office: Office, body: Any, code: int) -> None:
    """In the dialect's words; no secret comes back."""
    client_id, secret = await office.add_key("yeastar", await office.add_tenant())
    if isinstance(body, dict):
        body = {
            name: value.format(id=client_id, secret=secret) if isinstance(value, str) else value
            for name, value in body.items()
        }
    before = await office.count_all()

    answer = await office.client(None, at=AT).post("/get_token", json=body)

    assert answered(answer)["errcode"] == code
    assert secret not in answer.text
    assert await office.count_all() == before


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_a_key_of_another_dialect_is_none(office: Office) -> None:
    """Nor is a token of our own API."""
    tenant_id = await office.add_tenant()
    username, password = await office.add_key("sencloud", tenant_id)
    http = office.client(None, at=AT)

    assert answered(await http.post("/get_token", json={"username": username, "password": password})) == DENIED
    assert await Program(http, await office.add_token(tenant_id, "admin")).get("extension/list") == EXPIRED
    assert answered(await http.get("/extension/list")) == DENIED


async def test_what_ends_ends_at_once(office: Office) -> None:
    """A suspended tenant, and a revoked key: their tokens are refused with the next request, and so is another one."""
    tenant_id = await office.add_tenant()
    username, password = await office.add_key("yeastar", tenant_id)
    http = office.client(None, at=AT)
    made = answered(await http.post("/get_token", json={"username": username, "password": password}))
    program = Program(http, made["access_token"])
    again = [
        ("/get_token", {"username": username, "password": password}),
        ("/refresh_token", {"refresh_token": made["refresh_token"]}),
    ]

    await office.change(tenants, tenant_id, state="suspended")
    for path, body in again:
        assert answered(await http.post(path, json=body)) == DENIED
    assert await program.get("extension/list") == DENIED
    await office.change(tenants, tenant_id, state="active")
    assert (await program.get("extension/list"))["errcode"] == 0
    (key,) = await office.rows(vendor_keys)
    await office.client(await office.add_token(tenant_id, "admin")).delete(f"/vendor-keys/{key['id']}")
    for path, body in again:
        assert answered(await http.post(path, json=body)) == DENIED
    assert await program.get("extension/list") == DENIED


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_who_does_not_say_who_it_is_is_refused(office: Office) -> None:
    """As the vendor's page demands; with the header's name."""
    program = await signed_in(office, await office.add_tenant())
    http = office.client(None, at=AT)
    del http.headers["user-agent"]

    for answer in (
        await http.get("/extension/list", params={"access_token": program.token}),
        await http.post("/get_token", json={"username": "a", "password": "b"}),
    ):
        errors = {"User-Agent": ["The User-Agent field is required."]}
        assert answered(answer) == {**DENIED, "errors": errors}


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_a_ninth_token_is_refused(office: Office) -> None:
    """With when there is room."""
    username, password = await office.add_key("yeastar", await office.add_tenant())
    http = office.client(None, at=AT)
    body = {"username": username, "password": password}
    made = [answered(await http.post("/get_token", json=body)) for _ in range(8)]

    answer = await http.post("/get_token", json=body)

    assert answered(answer) == {"errcode": 60002, "errmsg": "MAX LIMITATION EXCEEDED"}
    assert 0 < int(answer.headers["Retry-After"]) <= 1800
    await Program(http, made[0]["access_token"]).get("del_token")
    assert answered(await http.post("/get_token", json=body))["errcode"] == 0


@pytest.mark.parametrize("management_settings", [{"yeastar_requests_per_minute": 3}], indirect=True)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_a_client_id_has_a_limit(office: Office) -> None:
    """Of all its tokens together; another one's is its own."""
    first = await signed_in(office, await office.add_tenant())
    other = await signed_in(office, await office.add_tenant("other.test"))

    codes = [(await first.get("extension/list"))["errcode"] for _ in range(4)]

    assert codes == [0, 0, 0, 60002]
    assert (await other.get("extension/list"))["errcode"] == 0


@pytest.mark.parametrize("management_settings", [{"login_failures_per_minute": 3}], indirect=True)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("what", ["token", "secret", "refresh token"])
async def test_guesses_have_a_limit(office: Office, what: str) -> None:
    """Wherever they are made; then what is right is refused, too."""
    program = await signed_in(office, await office.add_tenant())

    async def guess() -> int:
        if what == "token":
            return int((await Program(program.http, "guess").get("extension/list"))["errcode"])
        path, body = {
            "secret": ("/get_token", {"username": "a", "password": "b"}),
            "refresh token": ("/refresh_token", {"refresh_token": "a"}),
        }[what]
        return int(answered(await program.http.post(path, json=body))["errcode"])

    codes = [await guess() for _ in range(4)]

    assert 60002 not in codes[:3]
    assert codes[3] == 60002
    assert (await program.get("extension/list"))["errcode"] == 60002


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_what_is_not_there_is_no_interface(office: Office) -> None:
    """A path, and a method."""
    program = await signed_in(office, await office.add_tenant())
    nothing = {"errcode": 10001, "errmsg": "INTERFACE NOT EXISTED"}

    assert await program.get("extension/nothing") == nothing
    assert await program.get("extension/create") == nothing
    assert await program.post("extension/delete", {}) == nothing


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_the_description_is_open(office: Office) -> None:
    """The page, too; it needs no token and no User-Agent."""
    http: httpx.AsyncClient = office.client(None, at=AT)

    assert (await http.get("/openapi.json")).json()["info"]["title"] == "Yeastar P-series"
    assert (await http.get("/docs")).status_code == 200
