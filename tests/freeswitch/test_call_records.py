"""A call that has ended is in its tenant's list; one that could not be posted waits in the error folder."""

import csv
import io
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.freeswitch.administrator import Administrator
from tests.freeswitch.audio import is_recorded
from tests.freeswitch.conftest import OTHER, PREFIX, UNCACHED
from tests.freeswitch.node import Node
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.tap import Tap
from tests.freeswitch.test_transfers import BLIND, connected, press
from tests.freeswitch.ua import Phone
from tests.waiting import until, until_async

TAKEN_WITHIN_SECONDS = 20.0
"""Both attempts of the module, and what lies between them."""
ENOUGH_BYTES = 32_000
"""Two seconds of WAV."""


@pytest.fixture(scope="module")
def way(product: Product) -> Iterator[Node]:
    """Between the switch and the management side; it can be cut."""
    node = Node(str(product.demo["cdr_url"]))
    yield node
    node.close()


@pytest.fixture(scope="module")
def reporting(product: Product, tap: Tap, folder: Path, audio_ports: Iterator[int], way: Node) -> Iterator[Switch]:
    """A switch that posts its calls."""
    settings = {"CDR_URL": way.url, "CDR_CREDENTIALS": str(product.demo["cdr_credentials"])}
    where = (Path(PREFIX), folder / "reporting", "reporting", next(audio_ports))
    switch = Switch(*where, tap.url, product.lookup_credentials, settings=settings)
    switch.start()
    product.add_switch(switch)
    product.recordings.symlink_to(switch.recordings)
    yield switch
    product.recordings.unlink()
    switch.stop()


@pytest.fixture
async def desks(product: Product, reporting: Switch, numbers: Iterator[str]) -> AsyncIterator[Office]:
    """A tenant with its phones at that switch."""
    administrator = Administrator(product.management_url, product.tokens[UNCACHED], UNCACHED)
    async with Office(administrator, reporting, numbers) as office:
        yield office


async def calls(product: Product, domain: str, **wanted: str) -> list[dict[str, Any]]:
    """As the tenant's own programs see them."""
    headers = {"Authorization": f"Bearer {product.tokens[domain]}"}
    async with httpx.AsyncClient(base_url=product.management_url, headers=headers) as client:
        answer = await client.get("/api/pbx/calls", params=wanted)
        assert answer.status_code == 200, answer.text
        return list(answer.json()["data"])


async def call_of(product: Product, caller: Phone) -> dict[str, Any]:
    """The one call that this phone made, once its record is there."""
    found: list[dict[str, Any]] = []

    async def is_there() -> bool:
        found[:] = await calls(product, caller.domain, extension=caller.number)
        return bool(found)

    await until_async(is_there, TAKEN_WITHIN_SECONDS)
    (call,) = found
    return call


async def talked(caller: Phone, callee: Phone, *, dialled: str | None = None) -> None:
    """A call that was answered, heard, and ended by the caller."""
    call = await caller.dial(dialled or callee.number)
    incoming = await callee.rings()
    incoming.answer()
    await call.final.wait()
    assert await call.audio.hears(callee.hertz)
    await call.hang_up()
    await incoming.wait_for_end()


def undelivered(switch: Switch) -> list[Path]:
    """Files that are written to their end, which is a line feed."""
    files = (switch.folder / "log" / "json_cdr").glob("*.cdr.json")
    return sorted(each for each in files if each.read_bytes().endswith(b"\n"))


async def test_a_call_leaves_one_record(product: Product, reporting: Switch, desks: Office) -> None:
    """Who called whom, how long, on which switch; for its tenant alone, and nothing stays on disk."""
    caller, callee = await desks.new_phone(display_name="Anna B"), await desks.registered_phone(recording_mode="all")
    await talked(caller, callee)

    call = await call_of(product, caller)

    assert (call["tenant"], call["direction"], call["switch"]) == (desks.domain, "internal", "reporting")
    assert (call["caller_number"], call["caller_name"], call["caller_extension"]) == (
        caller.number,
        "Anna B",
        caller.number,
    )
    assert {call["destination"], call["answered_by"], call["callee_extension"]} == {callee.number}
    assert call["started_at"] <= call["answered_at"] <= call["ended_at"]
    assert 0 <= call["billed_seconds"] <= call["duration_seconds"] < 60
    assert call["hangup_cause"] == "NORMAL_CLEARING"
    assert (reporting.recordings / call["recording_file"]).is_file()
    others = [each for domain in product.tokens if domain != desks.domain for each in await calls(product, domain)]
    assert call["uuid"] not in {each["uuid"] for each in others}
    assert call["uuid"] not in str(undelivered(reporting))


async def test_a_recording_is_fetched(product: Product, reporting: Switch, desks: Office, tmp_path: Path) -> None:
    """By its tenant, from the address in the record: a WAV file with what both said."""
    caller, callee = await desks.new_phone(), await desks.registered_phone(recording_mode="all")
    before = set(reporting.recordings.rglob("*.wav"))
    dialled = await caller.dial(callee.number)
    (await callee.rings()).answer()
    await dialled.final.wait()

    def said() -> int:
        return sum(each.stat().st_size for each in set(reporting.recordings.rglob("*.wav")) - before)

    await until(lambda: said() > ENOUGH_BYTES)
    await dialled.hang_up()
    call = await call_of(product, caller)
    url = f"{product.management_url}{call['recording']}"
    answers = [await fetched(product, domain, url) for domain in (UNCACHED, OTHER)]

    assert [answer.status_code for answer in answers] == [200, 404]
    assert answers[0].headers["content-type"] == "audio/wav"
    (tmp_path / "call.wav").write_bytes(answers[0].content)
    assert all(is_recorded(tmp_path / "call.wav", phone.hertz) for phone in (caller, callee))


async def fetched(product: Product, domain: str, url: str) -> httpx.Response:
    """With the token of that tenant."""
    async with httpx.AsyncClient(headers={"Authorization": f"Bearer {product.tokens[domain]}"}) as client:
        return await client.get(url)


async def test_who_is_handed_on_has_a_record(product: Product, reporting: Switch, desks: Office) -> None:
    """Who was called, as a call of its own extension from then on, recorded where it records what comes in."""
    caller, third = await desks.new_phone(), await desks.registered_phone()
    callee = await desks.registered_phone(recording_mode="inbound")
    call, incoming = await connected(caller, callee)

    await press(call, BLIND, third.number)
    onward = await third.rings()
    onward.answer()
    assert await incoming.audio.hears(third.hertz)
    await onward.hang_up()
    await incoming.wait_for_end()

    async def is_there() -> bool:
        return len(await calls(product, callee.domain, extension=callee.number)) > 1

    await until_async(is_there, TAKEN_WITHIN_SECONDS)
    found = {each["caller_extension"]: each for each in await calls(product, callee.domain, extension=callee.number)}
    assert found[caller.number]["callee_extension"] == callee.number
    assert found[callee.number]["destination"] == found[callee.number]["answered_by"] == third.number
    assert (reporting.recordings / found[callee.number]["recording_file"]).is_file()


async def test_who_calls_is_who_signed_in(product: Product, desks: Office) -> None:
    """Whatever the phone wrote into From; and a call that nobody took says so."""
    caller, callee, boss = await desks.new_phone(), await desks.registered_phone(), await desks.account()
    call = await caller.dial(callee.number, from_=f'"=The Boss" <sip:{boss.address}>')
    (await callee.rings()).reject(603, "Decline")
    await call.final.wait()

    found = await call_of(product, caller)

    assert (found["caller_number"], found["caller_name"]) == (caller.number, None)
    assert (found["answered_by"], found["answered_at"], found["billed_seconds"]) == (None, None, 0)
    assert found["callee_extension"] == callee.number
    assert await calls(product, desks.domain, extension=boss.number) == []


async def test_a_forwarded_call_is_one_record(product: Product, desks: Office) -> None:
    """Dialled is the first, answered by the last."""
    caller, callee, third = await desks.new_phone(), await desks.account(), await desks.registered_phone()
    forward = {"type": "extension", "extension": third.number}
    rules = {"available": {"in_always": forward}}
    await desks.administrator.put(f"/extensions/{callee.number}/presence", rules=rules)
    await talked(caller, third, dialled=callee.number)

    found = await call_of(product, caller)

    assert (found["destination"], found["answered_by"]) == (callee.number, third.number)
    assert found["callee_extension"] == third.number


async def test_what_could_not_be_posted_is_imported(
    product: Product, reporting: Switch, desks: Office, way: Node
) -> None:
    """Nobody listens when a call ends: its record is in the error folder, and is taken from there, once."""
    caller, callee = await desks.new_phone(), await desks.registered_phone()
    way.close()
    try:
        await talked(caller, callee)
        await until(lambda: bool(undelivered(reporting)), TAKEN_WITHIN_SECONDS)
    finally:
        way.open()
    (file,) = undelivered(reporting)
    folder = str(file.parent)
    assert await calls(product, desks.domain, extension=caller.number) == []

    first = product.command("import-cdr", folder)
    second = product.command("import-cdr", folder, "--delete")

    assert [each["result"] for each in (*first, *second)] == ["taken", "known"]
    assert undelivered(reporting) == []
    found = await call_of(product, caller)
    assert f"{found['uuid']}.cdr.json" == file.name


async def test_a_record_that_is_refused_stays_on_the_switch(
    product: Product, reporting: Switch, desks: Office, way: Node
) -> None:
    """Any answer but 200 leaves it in the error folder."""
    caller, callee = await desks.new_phone(), await desks.registered_phone()
    way.say(503)
    try:
        await talked(caller, callee)
        await until(lambda: bool(undelivered(reporting)), TAKEN_WITHIN_SECONDS)
    finally:
        way.be_well()

    (imported,) = product.command("import-cdr", str(undelivered(reporting)[0].parent), "--delete")

    assert imported["result"] == "taken"
    assert (await call_of(product, caller))["answered_by"] == callee.number


async def test_a_spreadsheet_of_real_calls(product: Product, desks: Office) -> None:
    """The same call as CSV."""
    caller, callee = await desks.new_phone(), await desks.registered_phone()
    await talked(caller, callee)
    call = await call_of(product, caller)

    headers = {"Authorization": f"Bearer {product.tokens[desks.domain]}", "Accept": "text/csv"}
    async with httpx.AsyncClient(base_url=product.management_url, headers=headers) as client:
        answer = await client.get("/api/pbx/calls", params={"extension": caller.number})

    (row,) = csv.DictReader(io.StringIO(answer.text))
    assert (row["uuid"], row["answered_by"]) == (call["uuid"], callee.number)
