"""What people change with their phones on a real switch: it is stored, and the next call meets it."""

from typing import Any

from tests.freeswitch.calls import OutgoingCall
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.ua import Phone
from tests.waiting import until


async def presence(office: Office, phone: Phone) -> dict[str, Any]:
    return await office.administrator.put(f"/extensions/{phone.number}/presence")


async def dialled(phone: Phone, code: str) -> OutgoingCall:
    """The call, over."""
    call = await phone.call(code)
    await call.wait_for_end()
    return call


async def test_calls_are_forwarded_by_phone_and_not_any_more(office: Office) -> None:
    """*72 and a number, *73."""
    caller, owner, other = await office.new_phone(), await office.registered_phone(), await office.registered_phone()

    on = await dialled(owner, f"*72{other.number}")
    await caller.dial(owner.number)
    forwarded = await other.rings()
    forwarded.reject()
    off = await dialled(owner, "*73")
    await caller.dial(owner.number)

    assert (on.status, off.status) == (200, 200)
    assert (await owner.rings()).caller_number == forwarded.caller_number == caller.number


async def test_nobody_disturbs_until_it_is_taken_back(office: Office) -> None:
    """*78, *79."""
    caller, owner = await office.new_phone(), await office.registered_phone()

    assert (await dialled(owner, "*78")).status == 200
    busy = await caller.call(owner.number)
    assert busy.status == 486
    assert (await presence(office, owner))["status"] == "do_not_disturb"

    assert (await dialled(owner, "*79")).status == 200
    await caller.dial(owner.number)
    assert (await owner.rings()).caller_number == caller.number


async def test_what_can_not_be_is_refused(office: Office) -> None:
    """Heard as a failure, and nothing has changed."""
    owner = await office.new_phone()
    before = await presence(office, owner)

    call = await owner.call(f"*72{'9' * 40}")

    assert call.status >= 400
    assert await presence(office, owner) == before


async def test_while_nobody_can_write_the_phone_hears_so(office: Office, product: Product) -> None:
    """Nothing has changed then; a moment later the same code works."""
    owner, other = await office.new_phone(), await office.new_phone()
    before = await presence(office, owner)
    product.by_phone.close()
    try:
        failed = await owner.call(f"*72{other.number}")
    finally:
        product.by_phone.open()
    after = await presence(office, owner)
    again = await dialled(owner, f"*72{other.number}")

    assert (failed.status, failed.reason.count("NORMAL_TEMPORARY_FAILURE")) == (503, 1)
    assert after == before
    assert again.status == 200


async def test_a_transferred_leg_forwards_nobody(office: Office, switch: Switch) -> None:
    """Though its phone signed in on it: whoever talks to it could send it to *72."""
    caller, callee = await office.registered_phone(), await office.registered_phone()
    before = await presence(office, caller)
    call = await caller.dial(callee.number)
    incoming = await callee.rings()
    incoming.answer()
    await call.final.wait()

    def legs() -> list[str]:
        of_caller = ("inbound", caller.number)
        return [leg["uuid"] for leg in switch.channels() if (leg["direction"], leg["cid_num"]) == of_caller]

    await until(lambda: len(legs()) == 1)
    switch.api(f"uuid_transfer {legs()[0]} *72{callee.number} XML {office.domain}")
    await call.wait_for_end()

    assert await presence(office, caller) == before
