"""Many extensions in one request: all of them or none, or each that can be."""

from typing import Any

import httpx
import pytest

from management.extensions.commands import MOST_ROWS
from tests.management.office import Office
from xmlcurl.store.tables import audit, changes, extensions, numbers, taken_names

MIXED: list[Any] = [
    {"extension_number": "1001", "display_name": "Bob"},
    {"extension_number": "1001"},
    {"extension_number": "112"},
    {"extension_number": "1002", "outbound_caller_id": "0900000099"},
    {"extension_number": "1003", "max_concurrent": "2"},
    "1004",
    {"extension_number": "1005", "aliases": ["1001"]},
    {"extension_number": "1006", "sip_password": "a-long-password", "aliases": ["bob"]},
]


async def test_each_row_has_its_own_result(office: Office, api: httpx.AsyncClient) -> None:
    """`rows`: what can be is created; each other row says why not, in the words of a single request."""
    answer = await api.post("/extensions/batch", json={"mode": "rows", "extensions": MIXED})

    assert answer.status_code == 200
    data = answer.json()["data"]
    assert (data["created"], data["refused"]) == (2, 6)
    assert [(row["index"], row["status"], row["errors"]) for row in data["results"]] == [
        (0, 201, None),
        (1, 409, {"extension_number": ["The extension number has already been taken."]}),
        (2, 422, {"extension_number": ["The extension number is reserved for emergency calls."]}),
        (3, 422, {"outbound_caller_id": ["The selected outbound caller id is invalid."]}),
        (4, 422, {"max_concurrent": ["The max concurrent field must be an integer."]}),
        (5, 422, {"extension": ["The extension field must be an object."]}),
        (6, 409, {"aliases": ["The aliases has already been taken."]}),
        (7, 201, None),
    ]
    assert len(data["results"][0]["data"]["sip_password"]) == 24
    assert data["results"][7]["data"]["sip_password"] == "a-long-password"
    assert [row["number"] for row in await office.rows(extensions)] == ["1001", "1006"]
    assert sorted(row["name"] for row in await office.rows(taken_names)) == ["1001", "1006", "bob"]


async def test_all_means_all_or_nothing(office: Office, api: httpx.AsyncClient) -> None:
    """One row that can't be: nothing is written, and every such row is named."""
    before = await office.count_all()

    answer = await api.post("/extensions/batch", json={"extensions": [MIXED[0], MIXED[1], MIXED[2]]})

    assert answer.status_code == 422
    assert sorted(answer.json()["errors"]) == ["extensions.1.extension_number", "extensions.2.extension_number"]
    assert await office.count_all() == before


async def test_a_row_of_a_wrong_type_stops_all(office: Office, api: httpx.AsyncClient) -> None:
    """Before the database is asked."""
    before = await office.count_all()

    answer = await api.post("/extensions/batch", json={"mode": "all", "extensions": [MIXED[0], MIXED[4], MIXED[5]]})

    assert answer.status_code == 422
    assert sorted(answer.json()["errors"]) == ["extensions.1.max_concurrent", "extensions.2.extension"]
    assert await office.count_all() == before


async def test_a_batch_is_one_write(office: Office, api: httpx.AsyncClient) -> None:
    """One row for the caches and one for each switch; one entry in the audit log for each extension."""
    rows = [{"extension_number": str(1_000 + number)} for number in range(40)]
    await office.add_switch("one")

    answer = await api.post("/extensions/batch", json={"extensions": rows}, headers={"Prefer": "wait=0"})

    assert answer.headers["X-Switch-Sync"] == "acked=0 pending=1 failed=0"
    assert [row["switch_id"] for row in await office.rows(changes)] == [None, 1]
    assert len((await office.pending())[1]["flush_users"]) == 40
    assert len(await office.rows(audit)) == 40


async def test_a_thousand_rows_cost_few_statements(office: Office, api: httpx.AsyncClient) -> None:
    """The most there may be; the writers' lock is held for moments only."""
    await office.add(numbers, tenant_id=1, number="0900000020")
    rows = [{"extension_number": str(5_000 + n), "outbound_caller_id": "0900000020"} for n in range(MOST_ROWS)]

    with office.statements() as statements:
        answer = await api.post("/extensions/batch", json={"extensions": rows})

    assert (answer.status_code, answer.json()["data"]["created"]) == (200, MOST_ROWS)
    assert len(statements) < 40
    assert len(await office.rows(extensions)) == MOST_ROWS


@pytest.mark.parametrize(
    ("body", "field"),
    [
        pytest.param({"extensions": []}, "extensions", id="none"),
        pytest.param({"extensions": [{}] * (MOST_ROWS + 1)}, "extensions", id="too many"),
        pytest.param({"extensions": {}}, "extensions", id="no list"),
        pytest.param({"extensions": [{}], "mode": "some"}, "mode", id="no such mode"),
        pytest.param({}, "extensions", id="nothing"),
    ],
)
@pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)
async def test_a_batch_has_bounds(api: httpx.AsyncClient, body: dict[str, Any], field: str) -> None:
    """422, and the field is named."""
    answer = await api.post("/extensions/batch", json=body)

    assert (answer.status_code, list(answer.json()["errors"])) == (422, [field])
