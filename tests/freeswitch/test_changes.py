"""A change reaches FreeSWITCH: its cache, its registrations, one switch or two, reachable or not."""

import asyncio
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial

import pytest

from tests.freeswitch.administrator import Account, Sync
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.tap import Tap
from tests.freeswitch.ua import Phone
from tests.waiting import until, until_async


async def test_after_a_changed_password_the_next_register_meets_the_new_one(
    either: Office, switch: Switch, product: Product
) -> None:
    """The old one is refused at once, the new one accepted, and the registration made with the old one goes."""
    account = await either.account()
    desk = await either.phone(account)
    assert [await desk.register(), await desk.register()] == [200, 200]

    changed, sync = await either.administrator.change_password(account)

    assert sync == Sync(acked=product.switches, pending=0, failed=0)
    assert await desk.register() == 403
    await until(lambda: not switch.contact(desk.address))
    assert await desk.register(password=changed.password) == 200
    assert await desk.register() == 403


async def test_freeswitch_really_keeps_the_users_of_a_tenant_that_allows_it(cached_office: Office, tap: Tap) -> None:
    """A REGISTER makes no lookup, once no second flush is due: what is shown with the cache on is shown against a
    real copy.
    """
    desk = await cached_office.new_phone()

    async def is_let_in_unasked() -> bool:
        before = len(tap.asked(action="sip_auth", user=desk.number))
        assert await desk.register() == 200
        return len(tap.asked(action="sip_auth", user=desk.number)) == before

    assert not await is_let_in_unasked()
    await until_async(is_let_in_unasked)


async def test_without_permission_freeswitch_asks_every_time(office: Office, tap: Tap) -> None:
    """`cacheable_ms` is 0 until an administrator says otherwise."""
    desk = await office.new_phone()

    assert [await desk.register(), await desk.register()] == [200, 200]

    assert len(tap.asked(action="sip_auth", user=desk.number)) == 2


@pytest.mark.parametrize("end", [pytest.param(Switch.stop, id="stopped"), pytest.param(Switch.kill, id="killed")])
async def test_a_switch_that_was_away_gets_what_it_missed(
    office: Office, switch: Switch, end: Callable[[Switch], None]
) -> None:
    """FreeSWITCH keeps registrations over a restart; after it, the one made with the old password is dropped."""
    account = await office.account()
    desk = await office.phone(account)
    assert await desk.register() == 200

    # In a thread, so that the phone goes on answering: FreeSWITCH waits for it before it ends.
    await asyncio.to_thread(end, switch)
    changed, sync = await office.administrator.change_password(account, wait_seconds=0)
    switch.start()

    assert sync.pending >= 1
    await until(lambda: not switch.contact(desk.address), timeout_seconds=30)
    assert await desk.register() == 403
    assert await desk.register(password=changed.password) == 200


async def test_a_lost_connection_costs_no_change(cached_office: Office, switch: Switch) -> None:
    """The worker is cut off while FreeSWITCH keeps its cache: the change arrives when it is back."""
    account = await cached_office.account()
    desk = await cached_office.phone(account)
    assert await desk.register() == 200

    switch.cut_off_event_sockets()
    changed, _ = await cached_office.administrator.change_password(account)

    await until_async(partial(_is_refused, desk, account))
    assert await desk.register(password=changed.password) == 200


async def test_two_switches_both_forget(
    cached_office: Office, switch: Switch, second_switch: Switch, product: Product, tap: Tap
) -> None:
    """A phone at each, each with its copy of the user: the very next REGISTER at either meets the new password."""
    account = await cached_office.account()
    desks = [await cached_office.phone(account, at=each) for each in (switch, second_switch)]
    for desk in desks:
        assert [await desk.register(), await desk.register()] == [200, 200]
    assert len(tap.asked(action="sip_auth", user=account.number)) == len(desks)

    changed, sync = await cached_office.administrator.change_password(account)

    assert sync == Sync(acked=product.switches, pending=0, failed=0)
    assert [await desk.register() for desk in desks] == [403, 403]
    assert [await desk.register(password=changed.password) for desk in desks] == [200, 200]


async def test_lookups_in_flight_bring_no_old_password_back(
    cached_office: Office, switch: Switch, second_switch: Switch, tap: Tap
) -> None:
    """At each switch one gets the old document after the flush: who came in goes, and the copy is flushed again."""
    account = await cached_office.account()
    switches = (switch, second_switch)
    desks = [await cached_office.phone(account, at=each) for each in switches]

    with ExitStack() as stack:
        held = [
            stack.enter_context(
                tap.hold(action="sip_auth", user=account.number, **{"FreeSWITCH-Switchname": each.name})
            )
            for each in switches
        ]
        late = [asyncio.create_task(desk.register()) for desk in desks]
        await until(lambda: all(each.arrived.is_set() for each in held))
        changed, _ = await cached_office.administrator.change_password(account)
    assert await asyncio.gather(*late) == [200, 200]

    for desk, each in zip(desks, switches, strict=True):
        await until(lambda each=each: not each.contact(account.address))  # type: ignore[misc]
        await until_async(partial(_is_refused, desk, account))
        assert await desk.register(password=changed.password) == 200


async def test_a_new_tenant_is_known_to_the_switch(product: Product, office: Office, switch: Switch) -> None:
    """Its domain becomes an alias of the profile; without one, FreeSWITCH loses a lock when a mailbox changes."""
    domain = f"new{office.number()}.test"

    product.command("tenant", "add", domain)

    await until(lambda: domain in switch.api("sofia status"), timeout_seconds=20)


async def _is_refused(desk: Phone, account: Account) -> bool:
    return await desk.register(password=account.password) == 403
