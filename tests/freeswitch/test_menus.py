"""Menus on a switch: a key leads on."""

import pytest

from tests.freeswitch.office import Office


@pytest.mark.parametrize("key", ["1", "#", "its number"])
async def test_a_key_leads_on(office: Office, key: str) -> None:
    """So does the number of an extension, where callers may dial it."""
    caller, callee = await office.new_phone(), await office.registered_phone()
    to_callee = {"type": "extension", "extension": callee.number}
    menu = await office.administrator.post(
        "/ivr-menus",
        name=caller.number,
        number=office.number(),
        timeout_seconds=10,
        direct_dial=key == "its number",
        options={"1": to_callee, "#": to_callee} if key != "its number" else {},
    )

    call = await caller.call(menu["number"])
    await call.audio.dial(callee.number if key == "its number" else key)
    incoming = await callee.rings()
    incoming.answer()

    assert incoming.caller_number == caller.number
    assert await call.audio.hears(callee.hertz)
    await call.hang_up()
