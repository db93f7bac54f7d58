"""Tencent's own client, against our server on loopback: all six actions, and errors as its own."""

import asyncio
from collections.abc import Iterator
from typing import Any, Final

import pytest
from tencentcloud.ccc.v20200210 import models
from tencentcloud.ccc.v20200210.ccc_client import CccClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.exception import TencentCloudSDKException
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from management.settings import ManagementSettings
from tests.management.office import DOMAIN, Office
from tests.management.served import served
from xmlcurl.store.tables import queues, users

APP_ID: Final = 1_400_000_000


class Sdk:
    """The client with one key."""

    def __init__(self, address: str, key: tuple[str, str]) -> None:
        profile = HttpProfile(protocol="http", endpoint=address.removeprefix("http://"))
        self._client = CccClient(Credential(*key), "ap-guangzhou", ClientProfile(httpProfile=profile))

    def ask(self, action: str, **fields: Any) -> Any:
        request = getattr(models, f"{action}Request")()
        for name, value in {"SdkAppId": APP_ID, **fields}.items():
            setattr(request, name, value)
        return getattr(self._client, action)(request)

    def code(self, action: str, **fields: Any) -> str:
        with pytest.raises(TencentCloudSDKException) as refused:
            self.ask(action, **fields)
        assert refused.value.get_request_id()
        assert refused.value.get_message()
        return str(refused.value.get_code())


@pytest.fixture
def world(management_settings: ManagementSettings) -> Iterator[tuple[str, tuple[str, str], int]]:
    """A served application with one tenant, a queue and a user: its address, a key, and the queue's id."""

    async def seed() -> tuple[tuple[str, str], int]:
        async with Office.opened(management_settings) as office:
            tenant_id = await office.add_tenant(DOMAIN)
            await office.add(users, tenant_id=tenant_id, name="Ann", email="ann@pbx.test", role="agent")
            queue_id = await office.add(queues, tenant_id=tenant_id, name="Sales", number="700")
            return await office.add_key("tencent", tenant_id, sdk_app_id=APP_ID), queue_id

    key, queue_id = asyncio.run(seed())
    with served(management_settings) as address:
        yield address, key, queue_id


def test_the_sdk_does_all_six_actions(world: tuple[str, tuple[str, str], int]) -> None:
    """As its customers' programs do, as fast as it can."""
    address, key, queue_id = world
    sdk = Sdk(address, key)

    created = sdk.ask(
        "CreateExtension", ExtensionId="0101", ExtensionName="Ä", SkillGroupIds=[queue_id], Relation="ann@pbx.test"
    )
    assert created.RequestId
    described = sdk.ask("DescribeExtension", ExtensionId="0101")
    assert (described.ExtensionId, described.ExtensionDomain, len(described.Password)) == ("0101", DOMAIN, 24)
    for _ in range(2):
        assert sdk.ask("DescribeExtensions").Total == 1
    (info,) = sdk.ask("DescribeExtensions", PageNumber=0, PageSize=10, IsNeedStatus=True).ExtensionList
    assert (info.SdkAppId, info.FullExtensionId, info.ExtensionName) == (APP_ID, f"0101@{DOMAIN}", "Ä")
    assert (info.SkillGroupId, info.Relation, info.RelationName) == (str(queue_id), "ann@pbx.test", "Ann")
    assert (info.Status, info.Register) == (0, False)
    assert sdk.ask("ModifyExtension", ExtensionId="0101", ExtensionName="B", SkillGroupIds=[]).RequestId
    info = sdk.ask("DescribeExtensions", ExtensionIds=["0101"]).ExtensionList[0]
    assert (info.ExtensionName, info.SkillGroupId, info.Relation) == ("B", "", "ann@pbx.test")
    reset = sdk.ask("ResetExtensionPassword", ExtensionId="0101")
    assert reset.Password != described.Password
    assert sdk.ask("DescribeExtension", ExtensionId="0101").Password == reset.Password
    assert sdk.ask("DeleteExtension", ExtensionId="0101").RequestId
    assert sdk.ask("DescribeExtensions").Total == 0


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
def test_errors_reach_the_sdk_as_its_own(world: tuple[str, tuple[str, str], int]) -> None:
    """With their code, a message, and the id of the request."""
    address, key, _ = world
    sdk = Sdk(address, key)

    assert sdk.code("DescribeExtension", ExtensionId="1001") == "InvalidParameterValue.AccountNotExist"
    assert sdk.code("CreateExtension", ExtensionId="1001") == "MissingParameter"
    assert sdk.code("CreateExtension", ExtensionId="1", ExtensionName="x") == "InvalidParameterValue"
    assert sdk.code("DescribeExtensions", SdkAppId=5) == "InvalidParameterValue.InstanceNotExist"
    assert sdk.code("DescribeStaffInfoList", PageNumber=0, PageSize=10) == "InvalidAction"
    assert Sdk(address, (key[0], "wrong")).code("DescribeExtensions") == "AuthFailure.SignatureFailure"
    assert Sdk(address, ("AKIDunknown", "x")).code("DescribeExtensions") == "AuthFailure.SecretIdNotFound"
