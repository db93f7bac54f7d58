"""Who is let in, how often, and what is said to everybody else."""

import asyncio
import json
import time
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from management.settings import ManagementSettings
from tests.management.office import DOMAIN, Office
from tests.management.vendors.tencent.signing import APP_ID, Tencent, code, response, signed
from tests.servers import RedisServer
from xmlcurl.store.tables import tenants, vendor_keys

CREATE = json.dumps({"SdkAppId": APP_ID, "ExtensionId": "1001", "ExtensionName": "x"}).encode()
LIST = json.dumps({"SdkAppId": APP_ID}).encode()
DEEP = 100_000

pytestmark = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)


async def test_expired_signatures_are_refused(office: Office, tencent: Tencent) -> None:
    """Old ones, and those from the future; no matter how well they are signed."""
    before = await office.count_all()

    for apart in (-1_000, 1_000):
        answer = await tencent.send("CreateExtension", CREATE, timestamp=int(time.time()) + apart)
        assert code(response(answer)) == "AuthFailure.SignatureExpire"

    assert await office.count_all() == before


async def test_a_replayed_change_is_refused(office: Office, api: httpx.AsyncClient, tencent: Tencent) -> None:
    """The second time, also when somebody has undone it meanwhile."""
    now = int(time.time())
    first = await tencent.send("CreateExtension", CREATE, timestamp=now)
    assert response(first) == {}
    await api.delete("/extensions/1001")
    before = await office.count_all()

    again = response(await tencent.send("CreateExtension", CREATE, timestamp=now))

    assert code(again) == "AuthFailure.SignatureExpire"
    assert "already been used" in again["Error"]["Message"]
    assert await office.count_all() == before
    later = await tencent.send("CreateExtension", CREATE, timestamp=now + 1)
    assert response(later) == {}


async def test_what_an_honest_client_asks_twice_in_a_second_is_answered(tencent: Tencent) -> None:
    """One signature for all of them: the name of the action is not signed, times are whole seconds."""
    now = int(time.time())
    await tencent.send("CreateExtension", CREATE, timestamp=now)
    same = json.dumps({"SdkAppId": APP_ID, "ExtensionId": "1001"}).encode()

    for action in ("DescribeExtension", "DescribeExtension", "ResetExtensionPassword", "DeleteExtension"):
        assert "Error" not in response(await tencent.send(action, same, timestamp=now))
    gone = await tencent.send("DescribeExtension", same, timestamp=now)

    assert code(response(gone)) == "InvalidParameterValue.AccountNotExist"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        pytest.param({"Authorization": "Bearer 1|x"}, "AuthFailure.InvalidAuthorization", id="another scheme"),
        pytest.param({"X-TC-Timestamp": "x"}, "AuthFailure.InvalidAuthorization", id="no time"),
        pytest.param({"Host": "other.test"}, "AuthFailure.SignatureFailure", id="another host"),
        pytest.param({"Content-Type": "text/plain"}, "AuthFailure.SignatureFailure", id="another type"),
        pytest.param({"X-TC-Action": "DropDatabase"}, "InvalidAction", id="no such action"),
        pytest.param({"X-TC-Action": "createextension"}, "InvalidAction", id="an action in lower case"),
        pytest.param({"X-TC-Version": "2017-03-12"}, "NoSuchVersion", id="another version"),
    ],
)
async def test_what_is_not_as_it_was_signed_is_refused(
    office: Office, tencent: Tencent, headers: dict[str, str], expected: str
) -> None:
    """With the vendor's code for it."""
    before = await office.count_all()

    refused = response(await tencent.send("CreateExtension", CREATE, headers))

    assert code(refused) == expected
    assert await office.count_all() == before


async def test_what_is_not_signed_at_all_is_refused(office: Office, tencent: Tencent) -> None:
    """What is missing is named."""
    client = office.client(None, at="")

    for name, expected in (
        ("X-TC-Timestamp", "MissingParameter"),
        ("Authorization", "AuthFailure.InvalidAuthorization"),
        ("X-TC-Action", "MissingParameter"),
        ("X-TC-Version", "MissingParameter"),
    ):
        headers = signed(tencent.secret_id, tencent.secret, "DescribeExtensions", LIST)
        del headers[name]
        refused = response(await client.post("/", content=LIST, headers=headers))
        assert code(refused) == expected
        assert expected != "MissingParameter" or name in refused["Error"]["Message"]


async def test_a_payload_that_is_not_signed_is_refused(tencent: Tencent) -> None:
    """The SDK's `unsignedPayload` would let anybody change the body."""
    refused = await tencent.http.post(
        "/",
        content=LIST,
        headers=signed(tencent.secret_id, tencent.secret, "DescribeExtensions", b"UNSIGNED-PAYLOAD")
        | {"X-TC-Content-SHA256": "UNSIGNED-PAYLOAD"},
    )

    assert code(response(refused)) == "AuthFailure.SignatureFailure"


async def test_keys_that_are_none_are_refused(office: Office, tencent: Tencent) -> None:
    """Unknown, revoked, of another dialect; and a wrong secret."""
    (tenant_id,) = [row["id"] for row in await office.rows(tenants)]
    theirs = await office.add_key("yeastar", tenant_id)
    revoked = await office.add_key("tencent", tenant_id, sdk_app_id=APP_ID)
    (row,) = [row for row in await office.rows(vendor_keys) if row["public_id"] == revoked[0]]
    await office.change(vendor_keys, row["id"], revoked_at=row["created_at"])

    for key, expected in (
        (("AKIDunknown", tencent.secret), "AuthFailure.SecretIdNotFound"),
        (theirs, "AuthFailure.SecretIdNotFound"),
        (revoked, "AuthFailure.SecretIdNotFound"),
        ((tencent.secret_id, "wrong"), "AuthFailure.SignatureFailure"),
    ):
        assert await Tencent(office, *key).code("DescribeExtensions") == expected


async def test_the_secret_is_stored_encrypted(office: Office, tencent: Tencent) -> None:
    """It has to be there, and nobody who reads the table has it."""
    (row,) = await office.rows(vendor_keys)

    assert row["secret_hash"] is None
    assert row["secret_encrypted"]
    assert tencent.secret not in str(row)


async def test_another_tenants_key_sees_nothing(office: Office, api: httpx.AsyncClient, tencent: Tencent) -> None:
    """Its extensions, queues and users are as if they were not; its SdkAppId is no instance."""
    await api.post("/extensions", json={"extension_number": "1001"})
    await api.post("/users", json={"name": "Ann", "email": "ann@pbx.test"})
    queue_id = (await api.post("/queues", json={"name": "700", "number": "700"})).json()["data"]["id"]
    other_id = await office.add_tenant("other.test")
    theirs = Tencent(office, *await office.add_key("tencent", other_id, sdk_app_id=APP_ID + 1), app_id=APP_ID + 1)
    before = await office.count_all()

    for action in ("DescribeExtension", "ModifyExtension", "DeleteExtension", "ResetExtensionPassword"):
        assert await theirs.code(action, ExtensionId="1001") == "InvalidParameterValue.AccountNotExist"
        refused = await theirs.code(action, ExtensionId="1001", SdkAppId=APP_ID)
        assert refused == "InvalidParameterValue.InstanceNotExist"
    new = {"ExtensionId": "2001", "ExtensionName": "x"}
    refused = await theirs.code("CreateExtension", **new, SkillGroupIds=[queue_id])
    assert refused == "InvalidParameterValue.SkillGroupError"
    refused = await theirs.code("CreateExtension", **new, Relation="ann@pbx.test")
    assert refused == "InvalidParameterValue.AccountNotExist"
    assert (await theirs.ask("DescribeExtensions", FuzzingKeyWord="1"))["Total"] == 0
    assert await office.count_all() == before


async def test_a_suspended_tenant_is_refused(office: Office, tencent: Tencent) -> None:
    """Its keys are good again when it is."""
    (tenant,) = await office.rows(tenants)
    await office.change(tenants, tenant["id"], state="suspended")

    assert await tencent.code("DescribeExtensions") == "OperationDenied.UinDisabled"


async def test_twenty_requests_a_second_for_each_action(
    migrated_database_url: str, redis_url: str, tmp_path: Any
) -> None:
    """One action's leave room for another's, and another tenant's."""
    few = ManagementSettings(
        data_dir=tmp_path, database_url=migrated_database_url, redis_url=redis_url, tencent_requests_per_second=1
    )
    async with Office.opened(few) as office:
        keys = [
            await office.add_key("tencent", await office.add_tenant(domain), sdk_app_id=APP_ID)
            for domain in (DOMAIN, "other.test")
        ]
        ours, theirs = (Tencent(office, *key) for key in keys)
        # However slow the machine is: some are within one second of each other.
        said = await asyncio.gather(*(ours.ask("DescribeExtensions") for _ in range(20)))
        refused = [code(each) for each in said if "Error" in each]

        assert {*refused} == {"RequestLimitExceeded"}
        assert "Error" not in await theirs.ask("DescribeExtensions")
        assert await ours.code("DescribeExtension", ExtensionId="1001") == "InvalidParameterValue.AccountNotExist"


async def test_too_many_wrong_signatures_are_not_heard(office: Office, tencent: Tencent) -> None:
    """From one address; not even a right one is, for a minute."""
    wrong = Tencent(office, tencent.secret_id, "wrong")

    said = [await wrong.code("DescribeExtensions") for _ in range(11)]

    assert said == ["AuthFailure.SignatureFailure"] * 10 + ["RequestLimitExceeded"]
    assert await tencent.code("DescribeExtensions") == "RequestLimitExceeded"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        pytest.param(b" " * 10_000_000, "RequestSizeLimitExceeded", id="ten megabytes"),
        pytest.param(b"[" * DEEP + b"]" * DEEP, "InvalidParameter", id="deep lists"),
        pytest.param(b'{"a":' * DEEP + b"1" + b"}" * DEEP, "InvalidParameter", id="deep objects"),
        pytest.param(CREATE.replace(b"{", b'{"ExtensionId": "1002", '), "InvalidParameter", id="a key twice"),
        pytest.param(CREATE.decode().encode("utf-16"), "InvalidParameter", id="UTF-16"),
        pytest.param(b"\xef\xbb\xbf" + CREATE, "InvalidParameter", id="a byte order mark"),
        pytest.param(CREATE.replace(b'"x"', b'"\\ud800"'), "InvalidParameter", id="half a character"),
        pytest.param(CREATE.replace(b'"x"', b"NaN"), "InvalidParameter", id="NaN"),
        pytest.param(b"", "InvalidParameter", id="nothing"),
        pytest.param(b"[]", "InvalidParameter", id="a list"),
        pytest.param(b"null", "InvalidParameter", id="null"),
        pytest.param(b"SdkAppId=1400000000", "InvalidParameter", id="a form"),
        pytest.param(CREATE.replace(b"1400000000", b"9" * 5_000), "InvalidParameter", id="an integer without end"),
    ],
)
async def test_bodies_that_mean_nothing_are_refused(
    office: Office, tencent: Tencent, body: bytes, expected: str
) -> None:
    """Well signed as they are."""
    before = await office.count_all()

    refused = response(await tencent.send("CreateExtension", body))

    assert code(refused) == expected
    assert await office.count_all() == before


@pytest.mark.parametrize("content_type", ["text/plain", "multipart/form-data; boundary=x", "json"])
async def test_other_types_are_refused(office: Office, tencent: Tencent, content_type: str) -> None:
    """Though they were signed."""
    before = await office.count_all()

    refused = response(await tencent.send("CreateExtension", CREATE, content_type=content_type))

    assert code(refused) == "InvalidRequest"
    assert await office.count_all() == before


async def test_other_paths_and_methods(office: Office, tencent: Tencent) -> None:
    """What is below the dialect answers as it does; everything else is management's."""
    headers = signed(tencent.secret_id, tencent.secret, "DescribeExtensions", LIST)
    client = office.client(None, at="")

    below = await client.post("/tencent/nowhere", content=LIST, headers=headers)
    assert code(response(below)) == "ResourceNotFound"
    method = await client.put("/tencent/", content=LIST, headers=headers)
    assert code(response(method)) == "UnsupportedProtocol"
    assert (await client.get("/")).status_code == 404
    assert (await client.post("/nowhere", content=LIST, headers=headers)).status_code == 404
    assert (await client.get("/nowhere")).json() == {"message": "Resource not found"}


async def test_it_describes_itself_to_everybody(office: Office, tencent: Tencent) -> None:
    """Where it is mounted; what is described is at the root."""
    client = office.client(None, at="")

    described = (await client.get("/tencent/openapi.json")).json()

    assert (await client.get("/tencent/docs")).status_code == 200
    assert described["servers"] == [{"url": "/"}]
    assert list(described["paths"]) == ["/"]


async def test_without_redis_it_reads_and_changes_nothing(
    migrated_database_url: str, own_redis: RedisServer, tmp_path: Any
) -> None:
    """As our API does."""
    own = ManagementSettings(data_dir=tmp_path, database_url=migrated_database_url, redis_url=own_redis.url)
    async with Office.opened(own) as office:
        tenant_id = await office.add_tenant()
        tencent = Tencent(office, *await office.add_key("tencent", tenant_id, sdk_app_id=APP_ID))
        own_redis.stop()
        before = await office.count_all()

        assert (await tencent.ask("DescribeExtensions"))["Total"] == 0
        assert await tencent.code("CreateExtension", ExtensionId="1001", ExtensionName="x") == "InternalError.DBError"
        assert await office.count_all() == before


async def test_a_fault_is_an_answer_too(office: Office, tencent: Tencent, capsys: pytest.CaptureFixture[str]) -> None:
    """In the dialect's shape; the log has its id, and no secret."""
    async with office.backend.database.writing() as connection:
        await connection.exec_driver_sql("DROP TABLE queue_agents")
        await connection.exec_driver_sql("DROP TABLE users")

    body = json.dumps({"SdkAppId": APP_ID, "FuzzingKeyWord": "needle"}).encode()
    answer = await tencent.send("DescribeExtensions", body)

    assert code(response(answer)) == "InternalError"
    logged = "".join(capsys.readouterr())
    assert answer.json()["Response"]["RequestId"] in logged
    assert tencent.secret not in logged
    assert "needle" not in logged + answer.text


FIELDS = st.sampled_from([
    "ExtensionId", "ExtensionName", "SkillGroupIds", "Relation", "PageNumber", "PageSize", "ExtensionIds",
    "FuzzingKeyWord", "IsNeedStatus",
])  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=5,
)


async def test_any_value_in_any_field_gets_an_answer(office: Office, tencent: Tencent) -> None:
    """Done, or refused with a code that is not a fault."""
    asked: list[dict[str, Any]] = []

    @settings(max_examples=60, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(FIELDS, VALUES, min_size=1, max_size=4))
    def collect(fields: dict[str, Any]) -> None:
        asked.append(fields)

    collect()
    for number, fields in enumerate(asked):
        action = ("CreateExtension", "DescribeExtensions", "ModifyExtension")[number % 3]
        said = await tencent.ask(action, **{"ExtensionId": str(1_000 + number)} | fields if number % 3 != 1 else fields)
        assert "Error" not in said or code(said).split(".")[0] != "InternalError", fields
