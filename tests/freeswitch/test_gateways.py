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
from tests.services import free_port
from tests.waiting import until, until_async

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


async def test_whether_a_gateway_is_registered_is_told(landlord: Landlord, carrier: Phone, switch: Switch) -> None:
    """As the switch says a few seconds later: at a carrier that takes it, at one that isn't there, and of none."""
    account = {"registers": True, "username": "line1", "password": "secret of tests"}
    taken = await add_gateway(landlord, port=carrier.port, **account)
    refused = await add_gateway(landlord, port=free_port(), **account)
    plain = await add_gateway(landlord, port=carrier.port)

    await until_state(landlord, taken, switch, {"REGED"})
    await until_state(landlord, refused, switch, {"FAIL_WAIT", "FAILED"})
    await until_state(landlord, plain, switch, {"NOREG"})

    for each in (taken, refused, plain):
        await landlord.remove(f"/gateways/{each['id']}")


async def until_state(landlord: Landlord, gateway: dict[str, Any], switch: Switch, states: set[str]) -> None:
    """The API says that it is in one of them on that switch."""

    async def is_so() -> bool:
        (shown,) = [each for each in await landlord.read_list("/gateways") if each["id"] == gateway["id"]]
        return any(each["switch"] == switch.name and each["state"] in states for each in shown["switches"])

    await until_async(is_so, 60)


async def test_a_switch_that_was_disabled_has_the_right_gateways(landlord: Landlord, switch: Switch) -> None:
    """What changed meanwhile is read anew, what was deleted is gone, what is new is there."""
    changed, deleted, same = [await add_gateway(landlord, port=port) for port in (5911, 5912, 5913)]
    (row,) = [each for each in await landlord.read_list("/switches") if each["name"] == switch.name]

    await landlord.put(f"/switches/{row['id']}", enabled=False)
    await landlord.put(f"/gateways/{changed['id']}", port=5921)
    await landlord.remove(f"/gateways/{deleted['id']}")
    new = await add_gateway(landlord, port=5924)
    assert known(switch, changed)["proxy"] == "sip:127.0.0.1:5911"
    await landlord.put(f"/switches/{row['id']}", enabled=True)

    await until(lambda: "proxy" in known(switch, new))
    assert known(switch, changed)["proxy"] == "sip:127.0.0.1:5921"
    assert known(switch, deleted) == {}
    assert known(switch, same)["proxy"] == "sip:127.0.0.1:5913"
    for each in (changed, same, new):
        await landlord.remove(f"/gateways/{each['id']}")


async def test_a_suspended_tenants_gateways_are_gone(product: Product, switch: Switch) -> None:
    """And are back with it."""
    product.add_tenant("trunk.test")
    async with Landlord.of(product, "trunk.test") as landlord:
        gateway = await add_gateway(landlord, port=5931)
        assert known(switch, gateway)["proxy"] == "sip:127.0.0.1:5931"

        await landlord.put("/tenants/trunk.test", state="suspended")
        assert known(switch, gateway) == {}

        await landlord.put("/tenants/trunk.test", state="active")
        assert known(switch, gateway)["proxy"] == "sip:127.0.0.1:5931"
        await landlord.remove(f"/gateways/{gateway['id']}")
