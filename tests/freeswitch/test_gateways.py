"""Gateways of the backend on a switch: there when they are made, changed with them, gone with them."""

import itertools
from collections.abc import AsyncIterator
from typing import Any

import pytest
from lxml import etree

from tests.freeswitch.conftest import UNCACHED
from tests.freeswitch.landlord import Landlord
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.ua import Phone

_names = itertools.count(1)
_public_numbers = itertools.count(842_860_000_001)


@pytest.fixture
async def landlord(product: Product) -> AsyncIterator[Landlord]:
    async with Landlord.of(product, UNCACHED) as landlord:
        yield landlord


@pytest.fixture
async def carrier(switch: Switch) -> AsyncIterator[Phone]:
    """Somebody else's SIP server."""
    async with Phone("carrier", "unused", "127.0.0.1", switch.gateway_sip_port) as carrier:
        yield carrier


async def add_gateway(landlord: Landlord, **values: Any) -> dict[str, Any]:
    return await landlord.post("/gateways", name=f"carrier {next(_names)}", **{"host": "127.0.0.1"} | values)


async def lead_out(office: Office, gateway: dict[str, Any], prefix: str) -> None:
    """Numbers with that prefix leave by the gateway."""
    route = {"name": f"by {gateway['name']}", "patterns": [prefix], "priority": 1}
    await office.administrator.post("/outbound-routes", **route, gateway_ids=[gateway["id"]])


def known(switch: Switch, gateway: dict[str, Any]) -> dict[str, str]:
    """What the switch says of it; empty when it knows none."""
    said = switch.api(f"sofia xmlstatus gateway g{gateway['id']}")
    if "<gateway>" not in said:
        return {}
    return {str(each.tag): each.text or "" for each in etree.fromstring(said.encode())}


async def test_a_gateway_lives_on_the_switch_as_it_does_in_the_backend(landlord: Landlord, switch: Switch) -> None:
    """Each answer of the API comes when the switch has been told."""
    gateway = await add_gateway(landlord, port=5901)
    assert known(switch, gateway)["proxy"] == "sip:127.0.0.1:5901"

    await landlord.put(f"/gateways/{gateway['id']}", port=5902)
    assert known(switch, gateway)["proxy"] == "sip:127.0.0.1:5902"

    await landlord.remove(f"/gateways/{gateway['id']}")
    assert known(switch, gateway) == {}


async def test_one_that_registers_has_its_password(landlord: Landlord, switch: Switch) -> None:
    """Without one FreeSWITCH would not take it; it signs in as its account, for calls to its name."""
    values = {"port": 5903, "registers": True, "username": "line1", "password": "carrier's <secret> & more"}
    gateway = await add_gateway(landlord, **values, realm="carrier.example", expires_seconds=600)

    found = known(switch, gateway)

    assert {name: found[name] for name in ("username", "password", "realm", "exten", "context", "expires")} == {
        "username": "line1",
        "password": "yes",
        "realm": "carrier.example",
        "exten": "auto_to_user",
        "context": "public",
        "expires": "600",
    }
    await landlord.remove(f"/gateways/{gateway['id']}")


async def test_a_call_leaves_by_its_gateway(landlord: Landlord, office: Office, carrier: Phone, switch: Switch) -> None:
    """The carrier rings for the number that was dialled, in the codecs of the gateway, and both are heard."""
    gateway = await add_gateway(landlord, port=carrier.port, codecs=["PCMU"])
    await lead_out(office, gateway, "0986")
    caller = await office.registered_phone()

    call = await caller.dial("0986123456")
    incoming = await carrier.rings()
    incoming.answer()
    await call.final.wait()

    assert incoming.invite.target.startswith("sip:0986123456@")
    assert " RTP/AVP 0 101" in incoming.invite.body
    assert await call.audio.hears(carrier.hertz)
    await call.hang_up()
    await landlord.put(f"/gateways/{gateway['id']}", status="disabled")
    assert known(switch, gateway) == {}


async def test_calls_come_in_from_a_gateways_addresses(
    landlord: Landlord, product: Product, office: Office, carrier: Phone
) -> None:
    """From the moment that they are its own, until they are no more."""
    callee = await office.registered_phone()
    number = str(next(_public_numbers))
    product.command("number", "add", number, "--tenant", UNCACHED)
    destination = {"type": "extension", "extension": callee.number}
    await office.administrator.put(f"/numbers/{number}/destinations", open=destination)
    assert (await carrier.call(number)).status == 403

    gateway = await add_gateway(landlord, addresses=["127.0.0.1/32"])
    call = await carrier.dial(number)
    (await callee.rings()).answer()
    await call.final.wait()
    assert call.status == 200
    await call.hang_up()

    await landlord.remove(f"/gateways/{gateway['id']}")
    assert (await carrier.call(number)).status == 403
