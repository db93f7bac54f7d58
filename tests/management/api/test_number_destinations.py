"""Where calls to a number go: the tenant says so, although the number itself is the platform's to give."""

from typing import Any, Final

import httpx
import pytest

from tests.management.office import Office
from xmlcurl.store.model import Tag
from xmlcurl.store.tables import audit, destinations, numbers

NUMBER: Final = "0900000020"
PLACE: Final = f"/numbers/{NUMBER}/destinations"
NOWHERE: Final = {"open": None, "closed": None, "holiday": None}
THERE: Final = {"type": "extension", "extension": "1001"}
END: Final = {"type": "end_call"}


@pytest.fixture(autouse=True)
async def number(office: Office, api: httpx.AsyncClient) -> None:
    """pbx.test has a number and the extension 1001."""
    await office.add(numbers, tenant_id=1, number=NUMBER)
    assert (await api.post("/extensions", json={"extension_number": "1001"})).status_code == 201


async def test_a_tenants_administrator_says_where(office: Office, api: httpx.AsyncClient) -> None:
    """Each slot by itself; what is left out stays, null takes it away. Who only reads may look."""
    assert (await api.get(PLACE)).json() == {"data": NOWHERE}
    steps: list[tuple[dict[str, Any], dict[str, Any]]] = [
        ({"open": THERE}, {**NOWHERE, "open": THERE}),
        ({"closed": END, "holiday": END}, {"open": THERE, "closed": END, "holiday": END}),
        ({"closed": None}, {"open": THERE, "closed": None, "holiday": END}),
        ({}, {"open": THERE, "closed": None, "holiday": END}),
    ]
    for body, shown in steps:
        assert (await api.put(PLACE, json=body)).json() == {"data": shown}
        assert (await api.get(PLACE)).json() == {"data": shown}

    reader, writer = [office.client(await office.add_token(1, scope)) for scope in ("read", "write")]
    assert (await reader.get(PLACE)).status_code == 200
    assert (await writer.put(PLACE, json={"open": END})).status_code == 403


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"open": {"type": "mobile_number"}}, "open.type"),
        ({"closed": {"type": "extension", "extension": "4040"}}, "closed.extension"),
        ({"holiday": {"type": "ivr", "id": 404}}, "holiday.id"),
        ({"night": END}, "night"),
        ({"open": 7}, "open"),
    ],
    ids=["a mobile number of nobody", "no such extension", "no such menu", "an hour that is none", "a number"],
)
async def test_values_out_of_bounds_are_refused(
    office: Office, api: httpx.AsyncClient, body: dict[str, Any], field: str
) -> None:
    """By their names; nothing is written."""
    before = await office.count_all()

    answer = await api.put(PLACE, json=body)

    assert (answer.status_code, [*answer.json()["errors"]]) == (422, [field])
    assert await office.count_all() == before


async def test_another_tenants_number_is_not_there(office: Office, api: httpx.AsyncClient) -> None:
    """Nor is one that nobody has."""
    stranger = await office.tenant_client("other.test")

    for client, place in ((stranger, PLACE), (api, "/numbers/0900000404/destinations")):
        assert (await client.get(place)).status_code == 404
        assert (await client.put(place, json={"open": END})).status_code == 404
    assert (await api.get(PLACE)).json() == {"data": NOWHERE}


async def test_what_follows_from_a_change(office: Office, api: httpx.AsyncClient) -> None:
    """Routes are stale, no switch is told; it is written down; the same again is no change."""
    await office.add_switch("fs1")
    before = len(await office.pending())
    for _ in range(2):
        answer = await api.put(PLACE, json={"open": THERE})
        assert answer.headers["X-Switch-Sync"] == "acked=0 pending=0 failed=0"

    (effects,) = (await office.pending())[before:]
    (noted,) = [row for row in await office.rows(audit) if row["object_type"] == "number_destinations"]

    assert effects["tags"] == [Tag.calls(1)]
    assert (noted["action"], noted["before"]) == ("number_destinations.update", {"open": None})
    assert THERE.items() <= noted["after"]["open"].items()


async def test_they_go_with_their_number(office: Office, api: httpx.AsyncClient) -> None:
    """Whoever gets it next starts anew, and what it pointed to is free."""
    platform = office.client(await office.add_token(None, "admin"), **{"X-Tenant": "pbx.test"})
    await api.put(PLACE, json={"open": THERE, "holiday": END})
    refused = await api.delete("/extensions/1001")
    assert (refused.status_code, refused.json()["used_by"]) == (409, [f"number {NUMBER}"])

    assert (await platform.delete(f"/numbers/{NUMBER}")).status_code == 200

    assert await office.rows(destinations) == []
    assert (await api.delete("/extensions/1001")).status_code == 200
    await platform.post("/numbers", json={"number": NUMBER})
    assert (await api.get(PLACE)).json() == {"data": NOWHERE}
