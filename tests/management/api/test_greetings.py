"""Greetings: files that are sent, known, kept, given back, and in use."""

from hashlib import sha256
from typing import Any, Final

import httpx
import pytest

from management.greetings.commands import LARGEST_KILOBYTES
from tests.management.greetings.sounds import ID3, MP3, MP3_FRAME, wav
from tests.management.office import Office
from xmlcurl.store.model import Tag
from xmlcurl.store.tables import audit, greeting_files

WAV: Final = wav(rate_hz=16_000)
"""As it is kept."""
LARGEST: Final = LARGEST_KILOBYTES * 1024


async def sent(client: httpx.AsyncClient, name: str, content: bytes = WAV, kind: str = "audio/wav") -> httpx.Response:
    return await client.post("/greetings", params={"name": name}, content=content, headers={"Content-Type": kind})


async def created(client: httpx.AsyncClient, name: str = "Hello") -> dict[str, Any]:
    answer = await sent(client, name)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()["data"]
    return made


async def test_its_life(office: Office, admin: httpx.AsyncClient) -> None:
    """Sent, listed, read, heard, renamed, exchanged, deleted: then its file is gone for good."""
    made = await created(admin)
    place = f"/greetings/{made['id']}"
    assert {**made, "created_at": 0, "updated_at": 0} == {
        "id": 1,
        "name": "Hello",
        "format": "wav",
        "size_bytes": len(WAV),
        "sha256": sha256(WAV).hexdigest(),
        "created_at": 0,
        "updated_at": 0,
    }
    assert (await admin.get(place)).json()["data"] == made
    assert (await admin.get("/greetings", params={"search": "hell"})).json()["data"] == [made]
    heard = await admin.get(f"{place}/content")
    assert (heard.content, heard.headers["content-type"]) == (WAV, "audio/wav")
    assert heard.headers["content-disposition"] == 'attachment; filename="greeting-1.wav"'
    assert heard.headers["x-content-type-options"] == "nosniff"

    assert (await admin.put(place, json={"name": "Welcome"})).json()["data"]["name"] == "Welcome"
    assert (await admin.get(f"{place}/content")).content == WAV
    changed = await admin.put(f"{place}/content", content=ID3 + MP3, headers={"Content-Type": "audio/mpeg"})
    heard = await admin.get(f"{place}/content")
    assert (heard.content[:4], heard.headers["content-type"]) == (b"RIFF", "audio/wav")
    shown = {name: changed.json()["data"][name] for name in ("format", "size_bytes", "sha256")}
    assert shown == {
        "format": "wav",
        "size_bytes": len(heard.content),
        "sha256": sha256(heard.content).hexdigest(),
    }

    assert (await admin.delete(place)).json() == {"data": {"deleted": True}}
    assert await office.rows(greeting_files) == []
    for answer in (
        await admin.get(place),
        await admin.get(f"{place}/content"),
        await admin.put(f"{place}/content", content=WAV, headers={"Content-Type": "audio/wav"}),
        await admin.put(place, json={"name": "x"}),
        await admin.delete(place),
    ):
        assert answer.status_code == 404
    assert (await created(admin))["id"] != made["id"]


async def test_its_content_says_what_it_is(admin: httpx.AsyncClient) -> None:
    """Not its header; where that can't be a sound at all, the client meant something else."""
    mp3 = (await sent(admin, "A", MP3, "audio/wav")).json()["data"]
    again = (await sent(admin, "B", MP3, "audio/mpeg")).json()["data"]
    unnamed = (await sent(admin, "C", WAV, "application/octet-stream")).json()["data"]
    form = await sent(admin, "D", WAV, "multipart/form-data; boundary=x")

    assert mp3["sha256"] == again["sha256"]
    assert unnamed["sha256"] == sha256(WAV).hexdigest()
    assert (form.status_code, form.json()) == (415, {"message": "The body must be audio/wav or audio/mpeg"})


async def test_what_is_no_sound_is_refused(office: Office, admin: httpx.AsyncClient) -> None:
    """Before anything is written; a greeting is never there without its sound."""
    made = await created(admin)
    before = await office.count_all()
    said = "The content must be a WAV file (PCM, A-law or mu-law, mono or stereo, 8 to 48 kHz) or an MP3 file."

    for content, sentence in (
        (b"", "The content field is required."),
        (b"<html>", said),
        (WAV[:-1], said),
        (wav(rate_hz=96_000), said),
    ):
        for answer in (
            await sent(admin, "New", content),
            await admin.put(f"/greetings/{made['id']}/content", content=content, headers={"Content-Type": "audio/wav"}),
        ):
            assert (answer.status_code, answer.json()["errors"]) == (422, {"content": [sentence]})

    long = await sent(admin, "New", 12_000 * MP3_FRAME)
    assert long.json()["errors"] == {"content": ["The content must not be longer than 300 seconds."]}

    assert await office.count_all() == before
    assert (await admin.get(f"/greetings/{made['id']}/content")).content == WAV


async def test_a_file_has_a_largest_size(office: Office, admin: httpx.AsyncClient) -> None:
    """10 MiB to the byte; what is beyond is not read to its end."""
    header = len(wav(seconds=0))
    largest = wav(seconds=(LARGEST - header) / 2 / 48_000, rate_hz=48_000)
    assert len(largest) == LARGEST

    assert (await sent(admin, "Long", largest)).status_code == 201
    assert (await sent(admin, "Longer", largest + b"\0")).status_code == 413
    assert len(await office.rows(greeting_files)) == 1


@pytest.mark.parametrize("name", ["", " x", "x" * 101, "${system(id)}", "a\nb"])
async def test_a_name_has_bounds(admin: httpx.AsyncClient, name: str) -> None:
    """As those of everything else."""
    made = await created(admin)
    answers = [await sent(admin, name), await admin.put(f"/greetings/{made['id']}", json={"name": name})]

    assert [(each.status_code, [*each.json()["errors"]]) for each in answers] == [(422, ["name"])] * 2


async def test_a_name_is_needed_and_taken_once(admin: httpx.AsyncClient) -> None:
    """And a greeting can't be made from JSON."""
    await created(admin)

    nameless = await admin.post("/greetings", content=WAV, headers={"Content-Type": "audio/wav"})
    again = await sent(admin, "Hello")
    json = await admin.post("/greetings", params={"name": "A"}, json={"name": "A"})

    assert (nameless.status_code, nameless.json()["errors"]) == (422, {"name": ["The name field is required."]})
    assert (again.status_code, again.json()["errors"]) == (409, {"name": ["The name has already been taken."]})
    assert json.status_code == 415


async def test_the_same_file_again_changes_nothing(office: Office, admin: httpx.AsyncClient) -> None:
    """No row, no flush, not even a later updated_at."""
    made = await created(admin)
    before = await office.count_all()

    answer = await admin.put(f"/greetings/{made['id']}/content", content=WAV, headers={"Content-Type": "audio/wav"})

    assert answer.json()["data"] == made
    assert await office.count_all() == before


async def test_what_follows_from_a_change(office: Office, admin: httpx.AsyncClient) -> None:
    """Routes are stale, no switch is told; the audit log says which file it was, and has none."""
    seen = len(await office.pending())
    made = await created(admin)
    await admin.put(f"/greetings/{made['id']}/content", content=MP3, headers={"Content-Type": "audio/mpeg"})
    await admin.put(f"/greetings/{made['id']}", json={"name": "B"})
    await admin.delete(f"/greetings/{made['id']}")

    rows = [row for row in await office.rows(audit) if row["object_type"] == "greeting"]

    assert [each["tags"] for each in (await office.pending())[seen:]] == [[Tag.calls(1)]] * 4
    assert [row["action"] for row in rows] == ["greeting.create", *["greeting.update"] * 2, "greeting.delete"]
    assert (rows[1]["after"].keys(), rows[2]["after"]) == ({"size_bytes", "sha256"}, {"name": "B"})


async def test_only_an_administrator_of_the_tenant_changes_it(office: Office, admin: httpx.AsyncClient) -> None:
    """A token that reads may hear it; another tenant's sees nothing."""
    made = await created(admin)
    place = f"/greetings/{made['id']}"
    reader = office.client(await office.add_token(1, "write"))
    stranger = await office.tenant_client("other.test")
    content: dict[str, Any] = {"content": WAV, "headers": {"Content-Type": "audio/wav"}}

    assert (await reader.get(f"{place}/content")).content == WAV
    refused = [await sent(reader, "A"), await reader.put(f"{place}/content", **content), await reader.delete(place)]
    assert [each.status_code for each in refused] == [403] * 3
    for answer in (
        await stranger.get(place),
        await stranger.get(f"{place}/content"),
        await stranger.put(f"{place}/content", **content),
        await stranger.delete(place),
    ):
        assert (answer.status_code, answer.json()) == (404, {"message": "Resource not found"})
    assert (await stranger.get("/greetings")).json()["total"] == 0
    assert (await sent(stranger, "Hello")).status_code == 201
    assert (await admin.get(f"{place}/content")).content == WAV


async def test_what_plays_it_is_in_its_way(admin: httpx.AsyncClient) -> None:
    """A queue, a menu, a destination; they play another one from then on when it is named."""
    first, second = await created(admin), await created(admin, "Other")
    play = {"type": "play_greeting", "id": first["id"], "times": 2}
    for path, body in (
        ("queues", {"name": "Q", "number": "700", "greeting_id": first["id"]}),
        ("ivr-menus", {"name": "M", "number": "800", "greeting_id": first["id"], "options": {"1": play}}),
        ("ring-groups", {"name": "R", "number": "600", "no_answer": play}),
    ):
        assert (await admin.post(f"/{path}", json=body)).status_code == 201

    refused = await admin.delete(f"/greetings/{first['id']}")
    moved = await admin.delete(f"/greetings/{first['id']}", params={"replace_with": second["id"]})

    assert (refused.status_code, moved.status_code) == (409, 200)
    assert refused.json()["used_by"] == ["queue Q", "ivr menu M", "ring group R"]
    menu = (await admin.get("/ivr-menus/1")).json()["data"]
    play["id"] = second["id"]
    assert (menu["greeting_id"], menu["options"]["1"]) == (second["id"], play)
    assert (await admin.get("/queues/1")).json()["data"]["greeting_id"] == second["id"]
    assert (await admin.get("/ring-groups/1")).json()["data"]["no_answer"] == play
    assert (await admin.delete(f"/greetings/{second['id']}")).status_code == 409
