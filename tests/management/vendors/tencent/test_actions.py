"""The six actions: what they do to the store, what they say."""

import asyncio
import json
from typing import Any, Final

import httpx
import pytest
from redis.asyncio import Redis

from management.secrets import a1_hash
from management.vendors.tencent.actions import ACTIONS
from tests.management.office import DOMAIN, Office
from tests.management.vendors.tencent.signing import APP_ID, Tencent, code, response
from tests.xmlcurl.asking import sip_auth
from tests.xmlcurl.service import running
from xmlcurl.store.registrations import alive_key, table_key
from xmlcurl.store.tables import agent_statuses, audit, queue_agents

ACCOUNT = "InvalidParameterValue.AccountNotExist"
SKILL_GROUP = "InvalidParameterValue.SkillGroupError"
INSTANCE = "InvalidParameterValue.InstanceNotExist"
DUPLICATE = "FailedOperation.DuplicatedAccount"
VALUE = "InvalidParameterValue"
TYPE = "InvalidParameter"
MISSING = "MissingParameter"
UNKNOWN = "UnknownParameter"
TOO_MANY = "LimitExceeded.OutOfCountLimit"

# Action -> fields, the code, what the message says.
REFUSED: Final[dict[str, list[tuple[dict[str, Any], str, str]]]] = {
    "CreateExtension": [
        ({"ExtensionName": "x"}, MISSING, "ExtensionId"),
        ({"ExtensionId": "1001"}, MISSING, "ExtensionName"),
        ({"ExtensionId": 1001, "ExtensionName": "x"}, TYPE, "ExtensionId"),
        ({"ExtensionId": "12", "ExtensionName": "x"}, VALUE, "ExtensionId"),
        ({"ExtensionId": "1001\n", "ExtensionName": "x"}, VALUE, "ExtensionId"),
        ({"ExtensionId": "112", "ExtensionName": "x"}, VALUE, "emergency"),
        ({"ExtensionId": "1001", "ExtensionName": ""}, VALUE, "at least 1"),
        ({"ExtensionId": "1001", "ExtensionName": "x" * 101}, VALUE, "100"),
        ({"ExtensionId": "1001", "ExtensionName": "${x}"}, VALUE, "ExtensionName"),
        ({"ExtensionId": "1001", "ExtensionName": None}, TYPE, "ExtensionName"),
        ({"ExtensionId": "1001", "ExtensionName": "x", "Vip": 1}, UNKNOWN, "Vip"),
        ({"ExtensionId": "2001", "ExtensionName": "x"}, DUPLICATE, "ExtensionId"),
        ({"ExtensionId": "700", "ExtensionName": "x"}, DUPLICATE, "ExtensionId"),
    ],
    "ModifyExtension": [
        ({"ExtensionId": "1001", "ExtensionName": "x"}, ACCOUNT, "ExtensionId"),
        ({"ExtensionId": "1001", "SkillGroupIds": [1]}, ACCOUNT, "ExtensionId"),
        ({"ExtensionId": "2001", "Relation": "no@pbx.test"}, ACCOUNT, "Relation"),
        ({"ExtensionId": "2001", "Relation": "\0"}, VALUE, "Relation"),
        ({"ExtensionId": "2001", "Relation": None}, TYPE, "Relation"),
        ({"ExtensionId": "2001", "SkillGroupIds": [1, 4040]}, SKILL_GROUP, "SkillGroupIds.1"),
        ({"ExtensionId": "2001", "SkillGroupIds": [2**70]}, SKILL_GROUP, "SkillGroupIds.0"),
        ({"ExtensionId": "2001", "SkillGroupIds": ["1"]}, TYPE, "SkillGroupIds.0"),
        ({"ExtensionId": "2001", "SkillGroupIds": [True]}, TYPE, "SkillGroupIds.0"),
        ({"ExtensionId": "2001", "SkillGroupIds": [*range(101)]}, TOO_MANY, "100"),
    ],
    "DeleteExtension": [
        ({"ExtensionId": "1001"}, ACCOUNT, "ExtensionId"),
        ({"ExtensionId": "\0" * 4}, VALUE, "ExtensionId"),
    ],
    "ResetExtensionPassword": [
        ({"ExtensionId": "1001"}, ACCOUNT, "ExtensionId"),
        ({"ExtensionId": "2001", "Password": "x"}, UNKNOWN, "Password"),
    ],
    "DescribeExtensions": [
        ({"PageNumber": -1}, VALUE, "PageNumber"),
        ({"PageNumber": 1_000_001}, VALUE, "1000000"),
        ({"PageSize": 0}, VALUE, "PageSize"),
        ({"PageSize": 1001}, VALUE, "1000"),
        ({"PageSize": "10"}, TYPE, "PageSize"),
        ({"PageSize": 10.5}, TYPE, "PageSize"),
        ({"IsNeedStatus": 1}, TYPE, "IsNeedStatus"),
        ({"ExtensionIds": "1001"}, TYPE, "ExtensionIds"),
        ({"FuzzingKeyWord": "x" * 256}, VALUE, "255"),
    ],
    "DescribeExtension": [
        ({"SdkAppId": APP_ID + 1, "ExtensionId": "2001"}, INSTANCE, "instance"),
        ({"SdkAppId": str(APP_ID), "ExtensionId": "2001"}, TYPE, "SdkAppId"),
        ({"SdkAppId": 2**80, "ExtensionId": "2001"}, INSTANCE, "instance"),
    ],
}


# What is asked, how many there are, and which are on the page.
NARROWED: Final[list[tuple[dict[str, Any], int, list[str]]]] = [
    ({}, 5, ["1000", "1001", "1002", "1003", "1004"]),  # all
    ({"PageNumber": 0, "PageSize": 2}, 5, ["1000", "1001"]),  # the first page
    ({"PageNumber": 2, "PageSize": 2}, 5, ["1004"]),  # the last page
    ({"PageNumber": 3, "PageSize": 2}, 5, []),  # a page behind it
    ({"ExtensionIds": ["1003", "1001", "4040"]}, 2, ["1001", "1003"]),  # by number
    ({"ExtensionIds": []}, 5, ["1000", "1001", "1002", "1003", "1004"]),  # by no number
    ({"FuzzingKeyWord": "003"}, 1, ["1003"]),  # a part of a number
    ({"FuzzingKeyWord": "NAME 2"}, 1, ["1002"]),  # a part of a name
    ({"FuzzingKeyWord": "ann@"}, 1, ["1004"]),  # a part of an address
    ({"FuzzingKeyWord": "Ann A"}, 1, ["1004"]),  # a part of a user's name
    ({"FuzzingKeyWord": "%"}, 0, []),  # a wildcard is a character
    ({"FuzzingKeyWord": "%", "IsNeedStatus": True}, 0, []),  # nobody is asked for
]


async def in_full(api: httpx.AsyncClient, number: str) -> dict[str, Any]:
    return dict((await api.get(f"/extensions/{number}", params={"fields": "all"})).json()["data"])


async def add_queue(api: httpx.AsyncClient, number: str, *agents: str) -> int:
    body = {"name": number, "number": number, "agents": [{"extension": each} for each in agents]}
    answer = await api.post("/queues", json=body)
    assert answer.status_code == 201, answer.text
    return int(answer.json()["data"]["id"])


async def agents(api: httpx.AsyncClient, queue_id: int) -> list[str]:
    return [each["extension"] for each in (await api.get(f"/queues/{queue_id}")).json()["data"]["agents"]]


async def add_user(api: httpx.AsyncClient, name: str, email: str) -> int:
    return int((await api.post("/users", json={"name": name, "email": email})).json()["data"]["id"])


async def test_an_extension_is_created_described_and_deleted(
    office: Office, api: httpx.AsyncClient, tencent: Tencent
) -> None:
    """With the defaults of everything that this dialect can't say; it registers with what is described."""
    assert await tencent.ask("CreateExtension", ExtensionId="0101", ExtensionName="Front desk") == {}

    ours = await in_full(api, "0101")
    assert (ours["display_name"], ours["user_id"], ours["max_concurrent"]) == ("Front desk", None, 2)
    described = await tencent.ask("DescribeExtension", ExtensionId="0101")
    assert described == {
        "ExtensionId": "0101",
        "ExtensionDomain": DOMAIN,
        "Password": described["Password"],
        "OutboundProxy": f"{DOMAIN}:5060",
        "Transport": "udp",
    }
    async with running(office.settings.database, office.settings.redis) as lookup:
        reply = await lookup.post(sip_auth("0101", DOMAIN))
    assert a1_hash("0101", DOMAIN, described["Password"]).encode() in reply.body

    assert await tencent.ask("DeleteExtension", ExtensionId="0101") == {}
    assert await tencent.code("DescribeExtension", ExtensionId="0101") == "InvalidParameterValue.AccountNotExist"
    assert (await api.get("/extensions/0101")).status_code == 404


async def test_a_phone_with_tls_is_told_so(api: httpx.AsyncClient, tencent: Tencent) -> None:
    """In the vendor's words, with the port."""
    await api.post("/extensions", json={"extension_number": "1001", "tls_enabled": True})

    described = await tencent.ask("DescribeExtension", ExtensionId="1001")

    assert (described["Transport"], described["OutboundProxy"]) == ("tls", f"{DOMAIN}:5061")


async def test_a_password_is_reset(office: Office, api: httpx.AsyncClient, tencent: Tencent) -> None:
    """The new one is answered, and described from then on."""
    await api.post("/extensions", json={"extension_number": "1001", "sip_password": "the-old-password"})

    reset = await tencent.ask("ResetExtensionPassword", ExtensionId="1001")

    assert list(reset) == ["Password"]
    assert reset["Password"] != "the-old-password"
    assert (await tencent.ask("DescribeExtension", ExtensionId="1001"))["Password"] == reset["Password"]
    assert reset["Password"] not in json.dumps([str(row) for row in await office.rows(audit)])


async def test_a_write_tells_how_far_the_switches_are(office: Office, tencent: Tencent) -> None:
    """In the header that our API has."""
    await office.add_switch("fs1")
    body = json.dumps({"SdkAppId": APP_ID, "ExtensionId": "1001", "ExtensionName": "x"}).encode()

    answer = await tencent.send("CreateExtension", body)

    assert answer.headers["X-Switch-Sync"] == "acked=0 pending=1 failed=0"


async def test_who_changed_something_is_audited(office: Office, tencent: Tencent) -> None:
    """By the key, not by its secret."""
    await tencent.ask("CreateExtension", ExtensionId="1001", ExtensionName="x")

    last = (await office.rows(audit))[-1]

    assert (last["action"], last["actor"].startswith("key:")) == ("extension.create", True)


async def test_skill_groups_are_queues(office: Office, api: httpx.AsyncClient, tencent: Tencent) -> None:
    """Exactly those that are sent are served from then on; none are touched when none are sent."""
    await api.post("/extensions", json={"extension_number": "2001"})
    sales, support, other = [await add_queue(api, number, "2001") for number in ("700", "701", "702")]

    assert (
        await tencent.ask("CreateExtension", ExtensionId="1001", ExtensionName="x", SkillGroupIds=[support, sales])
        == {}
    )
    assert [await agents(api, each) for each in (sales, support, other)] == [["2001", "1001"]] * 2 + [["2001"]]

    for sent, serves in (
        ({"SkillGroupIds": [support, other]}, [["2001"], ["2001", "1001"], ["2001", "1001"]]),
        ({"ExtensionName": "y"}, [["2001"], ["2001", "1001"], ["2001", "1001"]]),
        ({"SkillGroupIds": []}, [["2001"]] * 3),
    ):
        assert await tencent.ask("ModifyExtension", ExtensionId="1001", **sent) == {}
        assert [await agents(api, each) for each in (sales, support, other)] == serves


async def test_switches_hear_of_queues_that_are_served_and_left(
    office: Office, api: httpx.AsyncClient, tencent: Tencent
) -> None:
    """In the one row of the write, with what the extension itself needs."""
    await office.add_switch("fs1")
    one, two = [await add_queue(api, number) for number in ("700", "701")]
    await tencent.ask("CreateExtension", ExtensionId="1001", ExtensionName="x", SkillGroupIds=[one])
    before = len(await office.pending())

    await tencent.ask("ModifyExtension", ExtensionId="1001", ExtensionName="y", SkillGroupIds=[two])

    (of_caches, of_switch) = (await office.pending())[before:]
    assert of_caches == of_switch
    assert of_switch["reload_queues"] == [f"{one}@{DOMAIN}", f"{two}@{DOMAIN}"]
    assert of_switch["drop_tiers"] == [[f"{one}@{DOMAIN}", f"1001@{DOMAIN}"]]
    assert of_switch["tell_agents"] == [["1001", DOMAIN]]
    assert of_switch["flush_users"] == [["1001", DOMAIN]]


async def test_who_serves_queues_leaves_them_when_deleted(
    office: Office, api: httpx.AsyncClient, tencent: Tencent
) -> None:
    """The vendor's clients don't empty skill groups first."""
    queue_id = await add_queue(api, "700")
    await tencent.ask("CreateExtension", ExtensionId="1001", ExtensionName="x", SkillGroupIds=[queue_id])

    assert await tencent.ask("DeleteExtension", ExtensionId="1001") == {}

    assert await office.rows(queue_agents) == []
    assert await office.rows(agent_statuses) == []


async def test_what_else_names_an_extension_keeps_it(office: Office, api: httpx.AsyncClient, tencent: Tencent) -> None:
    """It is said what, and it has not left its queues either."""
    queue_id = await add_queue(api, "700")
    await tencent.ask("CreateExtension", ExtensionId="1001", ExtensionName="x", SkillGroupIds=[queue_id])
    await api.post("/ring-groups", json={"name": "Sales", "number": "600", "members": ["1001"]})
    before = await office.count_all()

    refused = await tencent.ask("DeleteExtension", ExtensionId="1001")

    assert refused["Error"] == {
        "Code": "ResourceInUse",
        "Message": "The ExtensionId is in use by ring group Sales.",
    }
    assert await office.count_all() == before
    assert await agents(api, queue_id) == ["1001"]


async def test_relation_is_the_address_of_a_user(api: httpx.AsyncClient, tencent: Tencent) -> None:
    """Its case does not count; left out it stays, empty it goes."""
    ann, bob = await add_user(api, "Ann", "ann@pbx.test"), await add_user(api, "Bob", "bob@pbx.test")
    await tencent.ask("CreateExtension", ExtensionId="1001", ExtensionName="x", Relation="Ann@PBX.test")
    assert (await in_full(api, "1001"))["user_id"] == ann

    for sent, user_id in (({"ExtensionName": "y"}, ann), ({"Relation": "bob@pbx.test"}, bob), ({"Relation": ""}, None)):
        assert await tencent.ask("ModifyExtension", ExtensionId="1001", **sent) == {}
        assert (await in_full(api, "1001"))["user_id"] == user_id


async def test_lists(api: httpx.AsyncClient, tencent: Tencent) -> None:
    """Everything that is known of an extension, in the vendor's types."""
    queues = [await add_queue(api, number) for number in ("700", "701")]
    await add_user(api, "Ann", "ann@pbx.test")
    await tencent.ask(
        "CreateExtension", ExtensionId="1001", ExtensionName="One", SkillGroupIds=queues, Relation="ann@pbx.test"
    )
    await api.post("/extensions", json={"extension_number": "1002"})

    listed = await tencent.ask("DescribeExtensions")

    first, second = listed["ExtensionList"]
    times = {name: first.pop(name) for name in ("CreateTime", "ModifyTime")}
    assert all(isinstance(each, int) and each > 1_600_000_000 for each in times.values())
    assert listed["Total"] == 2
    assert first == {
        "SdkAppId": APP_ID,
        "FullExtensionId": f"1001@{DOMAIN}",
        "ExtensionId": "1001",
        "SkillGroupId": ",".join(map(str, queues)),
        "ExtensionName": "One",
        "Status": 0,
        "Register": False,
        "Relation": "ann@pbx.test",
        "RelationName": "Ann",
    }
    assert {name: second[name] for name in ("SkillGroupId", "ExtensionName", "Relation", "RelationName")} == {
        "SkillGroupId": "",
        "ExtensionName": "",
        "Relation": "",
        "RelationName": "",
    }


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_a_registered_phone_is_idle(
    office: Office, api: httpx.AsyncClient, tencent: Tencent, redis_url: str
) -> None:
    """Where it was asked for, and where a switch can be asked; busy phones are not known."""
    for number in ("1001", "1002"):
        await api.post("/extensions", json={"extension_number": number})
    contact = {"profile": "internal", "contact": "x", "address": "x", "user_agent": "x", "expires_at": 1e12}
    switch_id = await office.add_switch("fs1")

    async def states(**wanted: Any) -> list[tuple[int, bool]]:
        listed = (await tencent.ask("DescribeExtensions", **wanted))["ExtensionList"]
        return [(each["Status"], each["Register"]) for each in listed]

    async with Redis.from_url(redis_url) as redis:
        await redis.hset(table_key(switch_id), mapping={"": "r1", f"1001@{DOMAIN}": json.dumps([contact])})
        assert await states(IsNeedStatus=True) == [(0, False), (0, False)]
        await redis.set(alive_key(switch_id), "r1")
        assert await states(IsNeedStatus=True) == [(100, True), (0, False)]
        assert await states() == [(0, False), (0, False)]


# On SQLite one writes after the other, whatever they write.
@pytest.mark.parametrize("migrated_database_url", ["postgresql"], indirect=True)
async def test_many_at_once_serve_the_same_queues(api: httpx.AsyncClient, tencent: Tencent) -> None:
    """Whichever they name first: each of them is let in, and none pushes another out."""
    queues = [await add_queue(api, number) for number in ("700", "701")]
    numbers = [str(1_000 + index) for index in range(4)]

    said = await asyncio.gather(
        *(
            tencent.ask(
                "CreateExtension",
                ExtensionId=number,
                ExtensionName="x",
                SkillGroupIds=queues if index % 2 else queues[::-1],
            )
            for index, number in enumerate(numbers)
        )
    )

    assert said == [{}] * 4
    assert [sorted(await agents(api, each)) for each in queues] == [numbers] * 2


async def test_lists_are_narrowed(api: httpx.AsyncClient, tencent: Tencent) -> None:
    """By numbers, or by what stands in the number, the name, or the user's name and address."""
    ann = await add_user(api, "Ann A", "ann@pbx.test")
    for index in range(5):
        body = {"extension_number": f"100{index}", "display_name": f"Name {index}"}
        await api.post("/extensions", json=body | ({"user_id": ann} if index == 4 else {}))

    for wanted, total, numbers in NARROWED:
        listed = await tencent.ask("DescribeExtensions", **wanted)

        assert (wanted, listed["Total"]) == (wanted, total)
        assert [each["ExtensionId"] for each in listed["ExtensionList"]] == numbers


@pytest.mark.parametrize("action", REFUSED)
async def test_bad_input_is_refused_by_name(
    office: Office, api: httpx.AsyncClient, tencent: Tencent, action: str
) -> None:
    """With the vendor's code; nothing is written."""
    await api.post("/extensions", json={"extension_number": "2001"})
    await add_queue(api, "700", "2001")
    before = await office.count_all()

    for fields, expected, says in REFUSED[action]:
        refused = await tencent.ask(action, **fields)

        assert (fields, code(refused)) == (fields, expected)
        assert says in refused["Error"]["Message"]
    assert await office.count_all() == before


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_a_full_queue_is_named(office: Office, api: httpx.AsyncClient, tencent: Tencent) -> None:
    """It has as many agents as it may have."""
    numbers = [str(2_000 + index) for index in range(100)]
    rows = [{"extension_number": number} for number in numbers]
    assert (await api.post("/extensions/batch", json={"mode": "all", "extensions": rows})).status_code == 200
    full, free = await add_queue(api, "700", *numbers), await add_queue(api, "701")
    before = await office.count_all()

    refused = await tencent.ask("CreateExtension", ExtensionId="1001", ExtensionName="x", SkillGroupIds=[free, full])

    assert code(refused) == "LimitExceeded.OutOfCountLimit"
    assert "SkillGroupIds.1" in refused["Error"]["Message"]
    assert await office.count_all() == before


@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_sentences_are_in_the_clients_language(tencent: Tencent) -> None:
    """English, unless Accept-Language or the tenant says otherwise."""
    body = json.dumps({"SdkAppId": APP_ID, "ExtensionId": "1001"}).encode()

    said = response(await tencent.send("CreateExtension", body, {"Accept-Language": "vi"}))

    assert said["Error"]["Message"] == "Trường ExtensionName không được bỏ trống."


async def test_several_faults_are_all_named(tencent: Tencent) -> None:
    """One code, every field."""
    refused = await tencent.ask("CreateExtension", ExtensionId=5, Vip=True)

    assert all(name in refused["Error"]["Message"] for name in ("ExtensionId", "ExtensionName", "Vip"))


def test_there_are_six() -> None:
    """Those that change something are marked: the same signature does it once."""
    assert sorted(name for name, each in ACTIONS.items() if not each.changes) == [
        "DescribeExtension",
        "DescribeExtensions",
    ]
    assert len(ACTIONS) == 6
