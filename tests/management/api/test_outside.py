"""Outbound routes, classes of service, holidays: their bounds, who points to them, what follows from a change."""

from typing import Any

import httpx
import pytest

from tests.management.office import Office
from xmlcurl.store.model import Tag

OTHER = "other.test"
NAMES: list[Any] = ["", " x", "x" * 101, "${system(id)}", "a\nb", None, 7]
ROUTE: dict[str, Any] = {"name": "Out", "patterns": ["0."], "gateway_ids": [1]}

REFUSED: dict[str, tuple[dict[str, Any], dict[str, list[Any]]]] = {
    "outbound-routes": (
        ROUTE,
        {
            "name": NAMES,
            "status": ["gone", None],
            "priority": [0, 1_001, "1", None],
            "patterns": [[], ["1"] * 51, "0.", None],
            "strip": [-1, 21, None],
            "prepend": ["1" * 21, "+84", "a", "1\n", 84],
            "is_international": ["yes", None],
            "gateway_ids": [[], [*range(1, 12)], 1, None],
        },
    ),
    "classes-of-service": (
        {"name": "Staff"},
        {
            "name": NAMES,
            "outbound_calls_disabled": [1, None],
            "outside_hours_calls_disabled": ["no", None],
            "international_calls_disabled": [0, None],
            "all_routes": ["all", None],
            "route_ids": [[1], [*range(1, 102)], 1, None],
        },
    ),
    "holidays": (
        {"name": "Tết", "first_day": "2027-02-05"},
        {
            "name": NAMES,
            "first_day": ["", "2027-2-5", "20270205", "2027-02-30", "2027-02-05T00:00:00Z", "1969-12-31", None, 7],
            "last_day": ["", "2027-02-04", "2028-02-05", "9999-01-01", None, 7],
            "is_yearly": ["yes", None],
        },
    ),
}
REFUSED_INSIDE: list[Any] = [
    pytest.param("outbound-routes", {"patterns": ["0.", each]}, "patterns.1", id=f"pattern {each!r}")
    for each in ("", "_0X", "(a+)+$", "0x", ".0", "0" * 33, "0[1-3]", "0\n")
] + [
    pytest.param("outbound-routes", {"patterns": ["0.", "0."]}, "patterns.1", id="a pattern twice"),
    pytest.param("outbound-routes", {"gateway_ids": [1, 404]}, "gateway_ids.1", id="no such gateway"),
    pytest.param("outbound-routes", {"gateway_ids": [0]}, "gateway_ids.0", id="an id that none is"),
    pytest.param("outbound-routes", {"gateway_ids": [1, 2**63]}, "gateway_ids.1", id="an id beyond all"),
    pytest.param("outbound-routes", {"gateway_ids": [1, 1]}, "gateway_ids.1", id="a gateway twice"),
    pytest.param("outbound-routes", {"gateway_ids": [2]}, "gateway_ids.0", id="another tenant's gateway"),
    pytest.param("classes-of-service", {"all_routes": False, "route_ids": [404]}, "route_ids.0", id="no such route"),
]


@pytest.fixture(autouse=True)
async def trunks(office: Office, admin: httpx.AsyncClient) -> None:
    """Gateway 1 of pbx.test, gateway 2 of other.test."""
    await office.add_tenant(OTHER)
    other = office.client(await office.add_token(None, "admin"), **{"X-Tenant": OTHER})
    assert await _created(admin, "gateways", {"name": "A", "host": "a.test"}) == 1
    assert await _created(other, "gateways", {"name": "A", "host": "a.test"}) == 2


async def test_values_out_of_bounds_are_refused_by_name(office: Office, admin: httpx.AsyncClient) -> None:
    """When it is made and when it is changed; and nothing is written."""
    made = {path: await _created(admin, path, body) for path, (body, _) in REFUSED.items()}
    before = await office.count_all()

    for path, (body, fields) in REFUSED.items():
        for name, values in fields.items():
            for value in values:
                for answer in (
                    await admin.post(f"/{path}", json={**body, "name": "another", name: value}),
                    await admin.put(f"/{path}/{made[path]}", json={name: value}),
                ):
                    refused = [*answer.json().get("errors", ())]
                    assert (answer.status_code, refused) == (422, [name]), (path, name, value)

    assert before == await office.count_all()


@pytest.mark.parametrize(("path", "values", "field"), REFUSED_INSIDE)
async def test_what_is_wrong_inside_a_list_is_named_by_its_place(
    admin: httpx.AsyncClient, path: str, values: dict[str, Any], field: str
) -> None:
    answer = await admin.post(f"/{path}", json={**REFUSED[path][0], **values})

    assert (answer.status_code, [*answer.json()["errors"]]) == (422, [field])


@pytest.mark.parametrize(
    ("path", "values"),
    [
        pytest.param(
            "outbound-routes",
            {"priority": 1, "strip": 20, "prepend": "8" * 20, "patterns": [str(n) for n in range(50)]},
            id="the most of a route",
        ),
        pytest.param("outbound-routes", {"priority": 1_000, "strip": 0, "prepend": None}, id="the least of a route"),
        pytest.param("holidays", {"last_day": "2028-02-04", "is_yearly": True}, id="a whole year"),
        pytest.param("holidays", {"first_day": "2026-12-31", "last_day": "2027-01-02"}, id="over New Year"),
        pytest.param("holidays", {"first_day": "2028-02-29", "is_yearly": True}, id="a day of leap years"),
        pytest.param("classes-of-service", {"all_routes": False, "route_ids": []}, id="no route at all"),
    ],
)
async def test_bounds_are_inside(admin: httpx.AsyncClient, path: str, values: dict[str, Any]) -> None:
    """The first and the last value that is taken."""
    answer = await admin.post(f"/{path}", json={**REFUSED[path][0], **values})

    assert (answer.status_code, values.items() <= answer.json()["data"].items()) == (201, True)


async def test_gateways_keep_their_order(admin: httpx.AsyncClient) -> None:
    """It is the one in which they are tried."""
    ids = [await _created(admin, "gateways", {"name": name, "host": "a.test"}) for name in ("Z", "B", "Y")]
    route_id = await _created(admin, "outbound-routes", {**ROUTE, "gateway_ids": ids})

    for wanted in (ids, ids[::-1], ids[1:]):
        await admin.put(f"/outbound-routes/{route_id}", json={"gateway_ids": wanted})
        assert (await admin.get(f"/outbound-routes/{route_id}")).json()["data"]["gateway_ids"] == wanted


async def test_routes_are_listed_as_they_are_tried(admin: httpx.AsyncClient) -> None:
    """By priority, then by age."""
    for name, priority in (("late", 200), ("early", 1), ("also late", 200)):
        await _created(admin, "outbound-routes", {**ROUTE, "name": name, "priority": priority})

    listed = (await admin.get("/outbound-routes")).json()["data"]

    assert [each["name"] for each in listed] == ["early", "late", "also late"]


async def test_a_class_that_allows_every_route_names_none(admin: httpx.AsyncClient) -> None:
    """What was named is forgotten when every one is allowed."""
    route_id = await _created(admin, "outbound-routes", ROUTE)
    class_id = await _created(
        admin, "classes-of-service", {"name": "Staff", "all_routes": False, "route_ids": [route_id]}
    )
    where = f"/classes-of-service/{class_id}"

    opened = (await admin.put(where, json={"all_routes": True})).json()["data"]
    refused = await admin.put(where, json={"route_ids": [route_id]})
    closed = (await admin.put(where, json={"all_routes": False})).json()["data"]

    assert (opened["route_ids"], closed["route_ids"]) == ([], [])
    assert refused.json()["errors"] == {"route_ids": ["The route ids field is prohibited."]}


@pytest.mark.parametrize(
    ("kept", "wanted", "sentence"),
    [
        pytest.param(
            {"first_day": "2027-02-05", "last_day": "2027-02-10"},
            {"first_day": "2027-02-11"},
            "The last day field must be a date after or equal to 2027-02-11.",
            id="it would end before it begins",
        ),
        pytest.param(
            {"first_day": "2027-02-05"},
            {"last_day": "2028-02-05"},
            "The last day field must be a date before or equal to 2028-02-04.",
            id="it would end on the day that it begins on",
        ),
    ],
)
async def test_a_holiday_ends_after_it_began_and_within_a_year(
    admin: httpx.AsyncClient, kept: dict[str, Any], wanted: dict[str, Any], sentence: str
) -> None:
    holiday_id = await _created(admin, "holidays", {"name": "Tết", **kept})

    answer = await admin.put(f"/holidays/{holiday_id}", json=wanted)

    assert (answer.status_code, answer.json()["errors"]) == (422, {"last_day": [sentence]})


async def test_what_something_points_to_is_not_deleted_or_moves(admin: httpx.AsyncClient) -> None:
    """Gateways of routes, routes of classes, classes of extensions."""
    gateway_id = await _created(admin, "gateways", {"name": "B", "host": "b.test"})
    routes = [
        await _created(admin, "outbound-routes", {**ROUTE, "name": name, "gateway_ids": ids})
        for name, ids in (("one", [1]), ("both", [1, gateway_id]))
    ]
    classes = [
        await _created(admin, "classes-of-service", {"name": name, "all_routes": False, "route_ids": routes[:1]})
        for name in ("Staff", "Guests")
    ]
    await admin.post("/extensions", json={"extension_number": "1001", "class_of_service_id": classes[0]})
    ways: list[tuple[str, int, int, list[str]]] = [
        ("gateways", 1, gateway_id, ["outbound route both", "outbound route one"]),
        ("outbound-routes", routes[0], routes[1], ["class of service Guests", "class of service Staff"]),
        ("classes-of-service", classes[0], classes[1], ["extension 1001"]),
    ]

    for path, old, new, users in ways:
        refused = await admin.delete(f"/{path}/{old}")
        assert (refused.status_code, refused.json()["used_by"]) == (409, users)
        for nobody in (old, 404):
            nowhere = await admin.delete(f"/{path}/{old}", params={"replace_with": nobody})
            assert (nowhere.status_code, [*nowhere.json()["errors"]]) == (422, ["replace_with"]), (path, nobody)
        assert (await admin.delete(f"/{path}/{old}", params={"replace_with": new})).status_code == 200
        assert (await admin.get(f"/{path}/{old}")).status_code == 404

    moved = [(await admin.get(f"/outbound-routes/{routes[1]}")).json()["data"]["gateway_ids"]]
    moved += [(await admin.get(f"/classes-of-service/{classes[1]}")).json()["data"]["route_ids"]]
    shown = (await admin.get("/extensions/1001", params={"fields": "all"})).json()["data"]
    assert moved == [[gateway_id], [routes[1]]]
    assert shown["class_of_service_id"] == classes[1]


async def test_routes_of_the_tenant_are_dropped_and_no_switch_is_told(office: Office, admin: httpx.AsyncClient) -> None:
    """By each change: what a call would have met can't be told from the object alone."""
    await office.add_switch("fs1")
    already = len(await office.pending())

    for path, (body, _) in REFUSED.items():
        object_id = await _created(admin, path, body)
        await admin.put(f"/{path}/{object_id}", json={"name": "renamed"})
        await admin.delete(f"/{path}/{object_id}")

    rows = (await office.pending())[already:]
    assert [(each["tags"], each["guards"], each["rescan"]) for each in rows] == [([Tag.calls(1)], ["t1"], False)] * 9


async def test_a_tenants_own_token_changes_them(office: Office) -> None:
    """They are the tenant's, unlike the gateways that they name."""
    own = office.client(await office.add_token(1, "admin"))

    for path, (body, _) in REFUSED.items():
        object_id = await _created(own, path, body)
        assert (await own.delete(f"/{path}/{object_id}")).status_code == 200


async def _created(client: httpx.AsyncClient, path: str, body: dict[str, Any]) -> int:
    answer = await client.post(f"/{path}", json=body)
    assert answer.status_code == 201, answer.text
    object_id: int = answer.json()["data"]["id"]
    return object_id
