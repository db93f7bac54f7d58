"""Two switches of one tenant: a phone is on the one, the call on the other; mailboxes are at home."""

from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import httpx
import pytest

from tests.freeswitch.calls import OutgoingCall
from tests.freeswitch.landlord import Landlord
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.test_routes import rules
from tests.freeswitch.test_voicemail import BEEP_HERTZ, SOME_SECONDS_BYTES
from tests.freeswitch.ua import Phone
from tests.waiting import until, until_async
from tests.xmlcurl import asking

HOST = "127.0.0.1"


@pytest.fixture(scope="module")
def pair(product: Product, switch: Switch, second_switch: Switch) -> Iterator[tuple[Switch, Switch]]:
    """They send one another calls, while this module lasts."""
    both = switch, second_switch
    ids = {each["name"]: str(each["id"]) for each in product.command("switch", "list")}
    for each in both:
        product.command("switch", "update", ids[each.name], "--peer-host", HOST, "--peer-port", str(each.peer_sip_port))
    yield both
    for each in both:
        product.command("switch", "update", ids[each.name], "--peer-host", "")


@pytest.fixture
async def lookups(product: Product) -> AsyncIterator[httpx.AsyncClient]:
    user, _, password = product.lookup_credentials.partition(":")
    async with httpx.AsyncClient(auth=(user, password)) as client:
        yield client


@pytest.fixture
async def here_and_there(
    office: Office, pair: tuple[Switch, Switch], lookups: httpx.AsyncClient
) -> tuple[Switch, Switch]:
    """The first switch, where calls are made, and the other one; lookups know of both, and each lets the other in."""
    here, there = pair
    seen = await office.registered_phone()
    await until_async(partial(_rings_at, lookups, seen, there, here))
    await until(lambda: all(each.api(f"acl {HOST} switches").strip() == "true" for each in pair))
    return pair


async def _rings_at(lookups: httpx.AsyncClient, phone: Phone, asking_switch: Switch, other: Switch) -> bool:
    """Whether the one would ring it on the other."""
    core_uuid = asking_switch.api("global_getvar core_uuid").strip()
    body = asking.user(phone.number, phone.domain).replace(asking.EVENT["Core-UUID"].encode(), core_uuid.encode())
    answer = await lookups.post(asking_switch.lookup_url, content=body)
    return f"fs_path=sip:{HOST}:{other.peer_sip_port}" in answer.text


async def _on(office: Office, switch: Switch, lookups: httpx.AsyncClient, other: Switch, **values: Any) -> Phone:
    """A phone that has signed in there, as the other switch knows by now."""
    phone = await office.phone(await office.account(**values), at=switch)
    assert await phone.register() == 200
    await until_async(partial(_rings_at, lookups, phone, other, switch))
    return phone


async def test_a_phone_on_the_other_switch_is_called(
    office: Office, here_and_there: tuple[Switch, Switch], lookups: httpx.AsyncClient
) -> None:
    """It sees who calls; both hear one another; who hangs up ends both switches' calls."""
    here, there = here_and_there
    caller, callee = await office.new_phone(display_name="Alice"), await _on(office, there, lookups, here)

    call = await caller.dial(callee.number)
    incoming = await callee.rings()
    incoming.answer()
    await call.final.wait()

    assert call.status == 200
    assert (incoming.caller_number, incoming.caller_name) == (caller.number, "Alice")
    assert await call.audio.hears(callee.hertz)
    assert await incoming.audio.hears(caller.hertz)
    await incoming.hang_up()
    await call.wait_for_end()
    await until(lambda: here.calls() == there.calls() == 0)
