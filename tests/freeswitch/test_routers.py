"""Phones that FreeSWITCH sees under another address than they know of: at home, or published from a container."""

from tests.freeswitch.office import Office
from tests.freeswitch.router import OUTSIDE, Router
from tests.freeswitch.switch import Switch
from tests.freeswitch.ua import Phone


async def test_a_phone_behind_a_router_is_called_and_heard(office: Office, switch: Switch) -> None:
    """It rings where it came from, not where it says it is; audio goes where audio comes from."""
    account, caller = await office.account(), await office.new_phone()
    async with (
        Router(switch.sip_port) as router,
        Phone(account.number, account.password, account.domain, router.port, hertz=900) as phone,
    ):
        assert await phone.register() == 200
        assert OUTSIDE in switch.contact(phone.address)

        call = await caller.dial(phone.number)
        incoming = await phone.rings()
        incoming.answer()
        await call.final.wait()

        assert await call.audio.hears(phone.hertz)
        assert await incoming.audio.hears(caller.hertz)
        await call.hang_up()
        await incoming.wait_for_end()
