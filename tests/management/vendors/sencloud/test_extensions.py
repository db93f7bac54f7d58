"""Extensions through SenCloud's and eTelecom's API."""

import asyncio
import json
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.management.office import DOMAIN, Office
from tests.management.vendors.sencloud.program import Program
from tests.xmlcurl.asking import sip_auth
from tests.xmlcurl.service import Service
from xmlcurl.store.tables import extensions, hotlines, numbers, ring_groups, taken_names, users

SAMPLES = Path(__file__).parents[3] / "samples" / "vendors" / "sencloud"
HOTLINE = 1_296_121_461_794_938_793
ONLY_SQLITE = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)


async def add_hotline(office: Office, tenant_id: int = 1, number: str = "842812345678", **values: Any) -> int:
    number_id = await office.add(numbers, tenant_id=tenant_id, number=number)
    return await office.add(hotlines, tenant_id=tenant_id, name="Support", number_id=number_id, **values)


def sample(name: str) -> tuple[str, dict[str, str], str]:
    """URL, headers and body of a vendor's curl line."""
    text = (SAMPLES / f"{name}.curl").read_text()
    url, *headers, body = re.findall(r"'([^']*)'", text)
    return url, dict(each.split(": ", 1) for each in headers), body


async def test_the_sample_of_create_extension(office: Office, shop: Program) -> None:
    """To the letter: the request is taken, the answer has the fields of the vendor's, of their types."""
    await add_hotline(office, id=HOTLINE)
    url, headers, body = sample("CreateExtension")
    headers["Authorization"] = headers["Authorization"].replace("$API_KEY", shop.key)

    answer = await office.client(None, at="").post(url.partition("vn")[2], content=body, headers=headers)

    made, expected = answer.json(), json.loads((SAMPLES / "CreateExtension.json").read_text())
    assert answer.status_code == 200
    assert made.keys() == expected.keys()
    assert {type(value) for value in made.values()} == {str}
    (row,) = await office.rows(extensions)
    assert {name: made[name] for name in made.keys() - {"created_at", "updated_at", "extension_password"}} == {
        "id": str(row["id"]),
        "user_id": "0",
        "account_id": "1",
        "extension_number": "101",
        "tenant_id": "1",
        "tenant_domain": DOMAIN,
        "hotline_id": str(HOTLINE),
        "expires_at": "0001-01-01T00:00:00Z",
        "subscription_id": "0",
        "state": "Z",
    }
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+07:00", made["created_at"])
    assert datetime.fromisoformat(made["created_at"]) == row["created_at"]
    assert "X-Switch-Sync" in answer.headers


async def test_the_sample_of_get_extension_info(office: Office, shop: Program) -> None:
    """With an extension's number where it says `<string>`."""
    made = await shop.done("CreateExtension", extension_number=101)
    url, headers, body = sample("GetExtensionInfo")
    url = url.replace("$BASE_URL", "/v1/shop")
    headers["Authorization"] = headers["Authorization"].replace("$API-KEY", shop.key)

    answer = await office.client(None, at="").post(
        url, content=body.replace('"extension_number": "<string>"', '"extension_number": "101"'), headers=headers
    )

    expected = json.loads((SAMPLES / "GetExtensionInfo.json").read_text())
    assert answer.status_code == 200
    assert answer.json().keys() == expected.keys()
    assert answer.json() == {name: made[name] for name in expected}


@ONLY_SQLITE
@pytest.mark.parametrize(
    "service",
    ["shop.Sencloud", "shop.Etelecom", "shop.ETelecom", "SHOP.sencloud", "partner.Etelecom", "partner.Sencloud"],
)
async def test_a_service_has_many_names(shop: Program, service: str) -> None:
    """Whose case does not count."""
    assert (await shop.done("CreateExtension", service))["extension_number"] == "101"


@ONLY_SQLITE
async def test_methods_are_called_as_documented(shop: Program) -> None:
    """By their very name, with POST, of a service that there is."""
    for service, method in (
        ("shop.Sencloud", "createextension"),
        ("shop.Sencloud", "CreateExtension/"),
        ("shop.Zorio", "CreateExtension"),
        ("shopxSencloud", "CreateExtension"),
        ("shop.Sencloud", "Nothing"),
    ):
        answer = await shop.ask(method, service)
        assert (answer.status_code, answer.json()["code"]) == (404, "bad_route"), method
    answer = await shop.client.get("/shop.Etelecom/CreateExtension")
    assert (answer.status_code, answer.json()["code"]) == (405, "bad_route")


@pytest.mark.parametrize("number", [9001, "9001", "0042", "001"])
async def test_a_number_comes_back_as_text(shop: Program, lookup: Service, number: int | str) -> None:
    """With the zeros that it begins with; its phone registers with the password of the answer."""
    made = await shop.done("CreateExtension", extension_number=number)
    info = await shop.done("GetExtensionInfo", extension_number=str(number))

    assert made["extension_number"] == str(number)
    assert info["extension_password"] == made["extension_password"]
    assert (await lookup.post(sip_auth(str(number)))).shape == f"user {number}"


async def test_without_a_number_it_gets_the_lowest_that_is_free(office: Office, shop: Program) -> None:
    """Of 101 on: no name of anything, and no number to call in need."""
    await office.client(await office.add_token(1, "admin")).put(
        "/call-settings", json={"emergency_numbers": ["112", "104"]}
    )
    group_id = await office.add(ring_groups, tenant_id=1, name="Sales", number="102")
    await office.add(taken_names, tenant_id=1, name="102", ring_group_id=group_id, is_number=True)
    await shop.done("CreateExtension", extension_number=103)

    made = [
        (await shop.done("CreateExtension", **body))["extension_number"] for body in ({}, {"extension_number": 0}, {})
    ]

    assert made == ["101", "105", "106"]


async def test_two_at_once_get_two_numbers(shop: Program) -> None:
    """However many ask at the same moment, nobody is refused."""
    made = await asyncio.gather(*(shop.done("CreateExtension") for _ in range(6)))

    assert sorted(each["extension_number"] for each in made) == ["101", "102", "103", "104", "105", "106"]


async def test_a_term_ends_at_that_second(office: Office, shop: Program, lookup: Service) -> None:
    """Z without one, P before its end, N behind it, when no phone registers any more."""
    made = await shop.done("CreateExtension", extension_number=101)
    extension_id = int(made["id"])
    now = datetime.now(UTC).replace(microsecond=0)
    pbx = office.client(await office.add_token(1, "admin"))

    await pbx.put("/extensions/101", json={"expires_at": (now + timedelta(hours=1)).isoformat()})
    (in_term,) = (await shop.done("GetExtensions"))["extensions"]
    shape_in_term = (await lookup.post(sip_auth("101"))).shape
    await pbx.put("/extensions/101", json={"expires_at": now.isoformat()})
    (expired,) = (await shop.done("GetExtensions"))["extensions"]
    info = await shop.done("GetExtensionInfo", extension_number="101")

    assert (in_term["state"], in_term["subscription_id"], shape_in_term) == ("P", str(extension_id), "user 101")
    assert (expired["state"], (await lookup.post(sip_auth("101"))).shape) == ("N", "not found")
    assert expired["expires_at"] == info["expires_at"]
    assert datetime.fromisoformat(info["expires_at"]) == now
    assert info["expires_at"].endswith("+07:00")


async def test_an_extension_is_found_by_what_reaches_its_person(office: Office, shop: Program) -> None:
    """By an address or a number for telephones, its own or its user's; its own number comes first."""
    user_id = await office.add(users, tenant_id=1, name="Anna", email="anna@pbx.test", mobile="0901234567")
    await shop.done("CreateExtension", extension_number=101, user_id=str(user_id))
    await shop.done("CreateExtension", extension_number=102)
    await office.client(await office.add_token(1, "admin")).put(
        "/extensions/102", json={"email": "Bob@pbx.test", "mobile": "0907654321"}
    )

    found = [
        (await shop.done("GetExtensionInfo", **body))["extension_number"]
        for body in (
            {"email": "anna@pbx.test"},
            {"phone": "0901234567"},
            {"email": "ANNA@pbx.test", "phone": "0901234567", "extension_number": ""},
            {"email": "bob@pbx.test"},
            {"phone": "0907654321"},
            {"extension_number": "102", "email": "anna@pbx.test"},
        )
    ]

    assert found == ["101", "101", "101", "102", "102", "102"]
    await shop.refused("GetExtensionInfo", "not_found", email="nobody@pbx.test")
    await shop.refused("GetExtensionInfo", "not_found", email="anna@pbx.test", phone="0907654321")
    assert [*await shop.refused("GetExtensionInfo", "invalid_argument")] == ["extension_number"]


async def test_what_no_row_can_hold_is_not_looked_for(shop: Program) -> None:
    """A control character is refused by name, before a database is asked that can't hold it."""
    for name in ("extension_number", "email", "phone"):
        for value in ("\0", "1\n", "x" * 256):
            assert [*await shop.refused("GetExtensionInfo", "invalid_argument", **{name: value})] == [name]


@ONLY_SQLITE
async def test_more_than_one_match_is_none(office: Office, shop: Program) -> None:
    """Nobody gets the password of whichever came first."""
    user_id = await office.add(users, tenant_id=1, name="Anna", email="anna@pbx.test", mobile="0901234567")
    for _ in range(2):
        await shop.done("CreateExtension", user_id=str(user_id))

    said = await shop.refused("GetExtensionInfo", "invalid_argument", email="anna@pbx.test", phone="0901234567")

    assert said == {
        "email": "The email is that of more than one extension: name the number.",
        "phone": "The phone is that of more than one extension: name the number.",
    }


async def test_pages_lead_there_and_back(shop: Program) -> None:
    """Every extension once, in both orders; what comes meanwhile moves no page."""
    await asyncio.gather(*(shop.done("CreateExtension") for _ in range(5)))
    for sort in ("", "-id", "created_at"):
        pages, paging = [], {"limit": 2, "sort": sort}
        while True:
            page = await shop.done("GetExtensions", paging=paging)
            pages.append([each["extension_number"] for each in page["extensions"]])
            if not page["paging"]["next"]:
                break
            paging = {"limit": 2, "sort": sort, "after": page["paging"]["next"]}
        assert [len(each) for each in pages] == [2, 2, 1]
        numbers_ = ["101", "102", "103", "104", "105"]
        assert [number for each in pages for number in each] == (numbers_[::-1] if sort == "-id" else numbers_)

        # `prev` in either field.
        asked = {"limit": 2, "sort": sort}
        backs = [
            await shop.done("GetExtensions", paging={**asked, field: page["paging"]["prev"]})
            for field in ("before", "after")
        ]
        assert backs[0]["extensions"] == backs[1]["extensions"]
        assert [each["extension_number"] for each in backs[0]["extensions"]] == pages[1]
        first = await shop.done("GetExtensions", paging={**asked, "after": backs[0]["paging"]["prev"]})
        assert [each["extension_number"] for each in first["extensions"]] == pages[0]
        assert first["paging"]["prev"] == ""
        again = await shop.done("GetExtensions", paging={"limit": 2, "sort": sort, "after": first["paging"]["next"]})
        assert [each["extension_number"] for each in again["extensions"]] == pages[1]


async def test_the_list_has_the_passwords(shop: Program) -> None:
    """As the vendor's has: each item is what CreateExtension answered."""
    made = [await shop.done("CreateExtension") for _ in range(2)]

    assert (await shop.done("GetExtensions"))["extensions"] == made
    assert (await shop.done("GetExtensions", paging={"after": ".", "before": "", "limit": 0}))["paging"] == {
        "after": ".",
        "before": "",
        "limit": 100,
        "next": "",
        "prev": "",
        "sort": "",
    }


async def test_extensions_change_hands(office: Office, shop: Program) -> None:
    """A user and a hotline come and go; 0 says that nothing had to be done."""
    user_id = str(await office.add(users, tenant_id=1, name="Anna"))
    hotline_id = str(await add_hotline(office))
    extension_id = (await shop.done("CreateExtension"))["id"]
    of_user = {"extension_id": extension_id, "user_id": user_id}

    async def now() -> tuple[str, str]:
        (found,) = (await shop.done("GetExtensions"))["extensions"]
        return found["user_id"], found["hotline_id"]

    assert await shop.done("AssignUserToExtension", **of_user) == {"updated": 1}
    assert await now() == (user_id, "0")
    assert await shop.done("UpdateHotlineForExtension", "partner.Etelecom", hotline_id=hotline_id, **of_user) == {
        "updated": 1
    }
    assert await now() == (user_id, hotline_id)
    assert await shop.done("UpdateHotlineForExtension", extension_id=extension_id, hotline_id="0", user_id="99") == {
        "updated": 0
    }
    assert await shop.done("RemoveUserOfExtension", extension_id=extension_id, user_id="99") == {"updated": 0}
    assert await now() == (user_id, hotline_id)
    assert await shop.done("RemoveUserOfExtension", **of_user) == {"updated": 1}
    assert await shop.done("UpdateHotlineForExtension", extension_id=extension_id, hotline_id="0") == {"updated": 1}
    assert await now() == ("0", "0")


async def test_what_others_have_is_not_there(office: Office, shop: Program) -> None:
    """Another tenant's extension, user and hotline are answered as if there were none, and nothing is written."""
    stranger = Program.of(office, ".".join(await office.add_key("sencloud", await office.add_tenant("other.test"))))
    theirs = (await stranger.done("CreateExtension", extension_number=777))["id"]
    their_user = str(await office.add(users, tenant_id=2, name="Anna", email="anna@other.test"))
    their_hotline = str(await add_hotline(office, 2))
    own = (await shop.done("CreateExtension"))["id"]
    before = await office.count_all()

    for extension_id in (theirs, "999", "9223372036854775807", "9999999999999999999"):
        for method in ("AssignUserToExtension", "RemoveUserOfExtension"):
            await shop.refused(method, "not_found", extension_id=extension_id, user_id="1")
        await shop.refused("UpdateHotlineForExtension", "not_found", extension_id=extension_id, hotline_id="0")
    for user_id in (their_user, "999", "9999999999999999999"):
        said = await shop.refused("AssignUserToExtension", "invalid_argument", extension_id=own, user_id=user_id)
        assert said == {"user_id": "The selected user id is invalid."}
        assert [*await shop.refused("CreateExtension", "invalid_argument", user_id=user_id)] == ["user_id"]
    for hotline_id in (their_hotline, "999"):
        body = {"extension_id": own, "hotline_id": hotline_id}
        assert [*await shop.refused("UpdateHotlineForExtension", "invalid_argument", **body)] == ["hotline_id"]
    for body in ({"extension_number": "777"}, {"email": "anna@other.test"}):
        await shop.refused("GetExtensionInfo", "not_found", **body)

    assert before == await office.count_all()


async def test_a_number_is_taken_once(shop: Program) -> None:
    """409, naming the field."""
    await shop.done("CreateExtension", extension_number=101)

    said = await shop.refused("CreateExtension", "already_exists", extension_number="101")

    assert said == {"extension_number": "The extension number has already been taken."}


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("name", "values"),
    [
        pytest.param(
            "extension_number",
            [1, 99, -101, "12", "1a1", "12345678901", "\uff11\uff10\uff11", 1.5, True, [101], {}],
            id="number",
        ),
        pytest.param(
            "hotline_id", [1296121461794938793, "text", "-1", "1.0", " 1", "1\n", "1" * 20, True, []], id="hotline"
        ),
        pytest.param("user_id", [1, "text", "٣", {}], id="user"),
        pytest.param("display_name", ["Anna", "", None], id="a field that nobody can store"),
    ],
)
async def test_what_is_wrong_is_named(office: Office, shop: Program, name: str, values: list[Any]) -> None:
    """And nothing is written."""
    before = await office.count_all()

    for value in values:
        said = await shop.refused("CreateExtension", "invalid_argument", **{name: value})
        assert [*said] == [name], value

    assert before == await office.count_all()


@ONLY_SQLITE
@pytest.mark.parametrize(
    ("paging", "name"),
    [
        ({"limit": 101}, "paging.limit"),
        ({"limit": -1}, "paging.limit"),
        ({"limit": "5"}, "paging.limit"),
        ({"sort": "name"}, "paging.sort"),
        ({"sort": 1}, "paging.sort"),
        ({"after": "nonsense"}, "paging.after"),
        ({"after": "é"}, "paging.after"),
        ({"after": "x" * 101}, "paging.after"),
        ({"before": "bjE4NDQ2NzQ0MDczNzA5NTUxNjE2"}, "paging.before"),
        ({"after": "bjE", "before": "bjE"}, "paging.before"),
        ({"page": 1}, "paging.page"),
    ],
)
async def test_a_page_that_is_none_is_refused(shop: Program, paging: dict[str, Any], name: str) -> None:
    """By name."""
    assert [*await shop.refused("GetExtensions", "invalid_argument", paging=paging)] == [name]


@ONLY_SQLITE
async def test_the_bound_is_told(shop: Program) -> None:
    """In the client's language."""
    said = await shop.refused("GetExtensions", "invalid_argument", paging={"limit": 101})
    answer = await shop.client.post(
        "/shop.Sencloud/GetExtensions", json={"paging": {"limit": 101}}, headers={"Accept-Language": "vi"}
    )

    assert said == {"paging.limit": "The paging.limit field must not be greater than 100."}
    assert answer.json()["meta"] == {"paging.limit": "Trường paging.limit không được lớn hơn 100."}
