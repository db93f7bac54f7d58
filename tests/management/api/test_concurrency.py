"""Many clients at once: no duplicate, no lost update, no fault."""

import asyncio
from collections import Counter

import httpx

from management.secrets import a1_hash
from tests.management.office import Office
from xmlcurl.store.tables import extensions, taken_names


async def test_two_that_create_the_same_number(office: Office, api: httpx.AsyncClient) -> None:
    """One 201, every other one 409."""
    answers = await asyncio.gather(*(api.post("/extensions", json={"extension_number": "1001"}) for _ in range(8)))

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}
    assert [row["number"] for row in await office.rows(extensions)] == ["1001"]


async def test_two_that_want_the_same_names_in_another_order(office: Office, api: httpx.AsyncClient) -> None:
    """Locks that are taken crosswise end as a conflict, too."""
    wishes = [["bob", "rob", "zoe"], ["zoe", "rob", "bob"]] * 4

    answers = await asyncio.gather(
        *(
            api.post("/extensions", json={"extension_number": str(1_000 + number), "aliases": aliases})
            for number, aliases in enumerate(wishes)
        )
    )

    assert Counter(answer.status_code for answer in answers) == {201: 1, 409: 7}
    assert len(await office.rows(taken_names)) == 4


async def test_changes_of_one_extension_all_count(api: httpx.AsyncClient) -> None:
    """Each names another field; none undoes another."""
    await api.post("/extensions", json={"extension_number": "1001"})
    wishes: list[dict[str, object]] = [
        {"display_name": "Bob"},
        {"max_concurrent": 5},
        {"recording_mode": "all"},
        {"voicemail_enabled": True},
        {"email": "bob@pbx.test"},
        {"aliases": ["bob"]},
    ]

    answers = await asyncio.gather(*(api.put("/extensions/1001", json=wish) for wish in wishes))

    assert {answer.status_code for answer in answers} == {200}
    shown = (await api.get("/extensions/1001", params={"fields": "all"})).json()["data"]
    for wish in wishes:
        assert wish.items() <= shown.items()


async def test_every_password_change_is_a_revision(office: Office, api: httpx.AsyncClient) -> None:
    """Six rotations at once: the one that is stored was shown to somebody, and no revision is used twice."""
    await api.post("/extensions", json={"extension_number": "1001"})

    answers = await asyncio.gather(*(api.post("/extensions/1001/change-password") for _ in range(6)))

    (row,) = await office.rows(extensions)
    shown = {answer.json()["data"]["sip_password"] for answer in answers}
    assert row["credentials_revision"] == 7
    assert row["a1_hash"] in {a1_hash("1001", "pbx.test", password) for password in shown}


async def test_deleted_once(office: Office, api: httpx.AsyncClient) -> None:
    """One 200; for the others it is gone."""
    await api.post("/extensions", json={"extension_number": "1001"})

    answers = await asyncio.gather(*(api.delete("/extensions/1001") for _ in range(6)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 404: 5}


async def test_batches_that_overlap(office: Office, api: httpx.AsyncClient) -> None:
    """All or nothing each: exactly one of them has it all."""
    rows = [{"extension_number": str(1_000 + number)} for number in range(20)]

    answers = await asyncio.gather(
        api.post("/extensions/batch", json={"extensions": rows}),
        api.post("/extensions/batch", json={"extensions": rows[::-1]}),
        api.post("/extensions/batch", json={"extensions": rows[10:]}),
    )

    statuses = Counter(answer.status_code for answer in answers)
    assert statuses == {200: 1, 422: 2}
    assert len(await office.rows(extensions)) in {10, 20}
