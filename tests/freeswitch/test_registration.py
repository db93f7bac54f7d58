"""A phone signs in, or doesn't."""

import re
from datetime import UTC, datetime, timedelta

from tests.freeswitch.administrator import Account
from tests.freeswitch.conftest import OTHER, UNCACHED
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.freeswitch.tap import Tap
from tests.waiting import until, until_async


async def test_1001_registers_with_the_printed_password(
    product: Product, switch: Switch, cached_office: Office
) -> None:
    """What `make run` prints on its first run is enough for a phone."""
    printed = product.demo["extensions"][0]
    desk = await cached_office.phone(Account(printed["number"], printed["password"], product.demo["tenant"]))

    assert await desk.register() == 200

    assert f":{desk.port}" in switch.contact(desk.address)


async def test_the_api_knows_who_is_registered(either: Office) -> None:
    """`sip_registration` follows the phone: registered when it signs in, unregistered when it signs out."""
    desk = await either.new_phone()
    assert await _registration(either, desk.number) == "unregistered"

    await desk.register()
    await until_async(lambda: _is(either, desk.number, "registered"))
    await desk.unregister()
    await until_async(lambda: _is(either, desk.number, "unregistered"))


async def test_a_wrong_password_is_refused(either: Office) -> None:
    """Also while FreeSWITCH holds the user: what it holds is the hash of the right one."""
    desk = await either.new_phone()

    assert await desk.register(password="not the password") == 403
    assert await desk.register() == 200
    assert await desk.register(password="not the password") == 403


async def test_an_empty_password_is_refused(either: Office) -> None:
    """FreeSWITCH lets a user without credentials in with any password; none of ours is one."""
    desk = await either.new_phone()

    assert await desk.register(password="") == 403


async def test_nobody_is_let_in_who_does_not_exist(office: Office) -> None:
    """An unknown extension, and an unknown domain, whatever the password."""
    nobody = await office.phone(Account(office.number(), "password", office.domain))
    nowhere = await office.phone(Account("1001", "password", "nowhere.test"))

    assert await nobody.register() == 403
    assert await nowhere.register() == 403


async def test_a_phone_that_was_rebooted_takes_the_place_of_its_former_self(office: Office, switch: Switch) -> None:
    """One registration an extension: the new one is taken and the old one ends; nobody is locked out."""
    account = await office.account()
    before, after = await office.phone(account), await office.phone(account)
    await before.register()

    assert await after.register() == 200

    assert f":{after.port}" in switch.contact(after.address)
    assert f":{before.port}" not in switch.contact(after.address)


async def test_an_extension_has_as_many_phones_as_it_may(office: Office) -> None:
    """Two may register, and a call rings both; the third is refused."""
    account = await office.account(concurrent_registrations=2)
    first, second, third = [await office.phone(account) for _ in range(3)]

    assert [await first.register(), await second.register(), await third.register()] == [200, 200, 403]

    await (await office.new_phone()).dial(account.number)
    await first.rings()
    await second.rings()


async def test_a_rebooted_phone_gets_its_place_back_within_six_minutes_where_several_are_allowed(
    office: Office, switch: Switch
) -> None:
    """Its former self counts until it ends: after 300 s, whatever was asked for, and FreeSWITCH's patience of 60 s."""
    account = await office.account(concurrent_registrations=2)
    before, colleague, after = [await office.phone(account) for _ in range(3)]
    assert [await before.register(expires=3_600), await colleague.register(expires=3_600)] == [200, 200]

    assert await after.register() == 403
    shown = switch.api(f"sofia status profile internal user {account.address}")
    assert [0 < int(left) <= 360 for left in re.findall(r"EXPSECS\((-?\d+)\)", shown)] == [True, True]
    await before.unregister()
    assert await after.register() == 200


async def test_an_alias_can_not_sign_in(either: Office) -> None:
    """Only the sign-in name signs in, although the alias has a document with the same number."""
    alias = either.number()
    account = await either.account(aliases=[alias])
    desk = await either.phone(Account(alias, account.password, account.domain))

    assert await desk.register() == 403
    assert await desk.register(to=account.address) == 403


async def test_a_sign_in_name_signs_in_for_its_number(either: Office, switch: Switch) -> None:
    """The digest user may be another word than the number, which alone is what it binds."""
    name = f"desk-{either.number()}"
    account = await either.account(sign_in_name=name)
    desk, wrong = await either.phone(account, sign_in_name=name), await either.phone(account)

    assert await desk.register() == 200
    assert await wrong.register() == 403

    assert f":{desk.port}" in switch.contact(account.address)


async def test_whoever_is_not_in_service_is_refused(either: Office, switch: Switch) -> None:
    """Disabled, then deleted: the next REGISTER is refused, and the registration is gone."""
    desk = await either.registered_phone()

    await either.administrator.update(desk.number, status="disabled")
    assert await desk.register() == 403
    await until(lambda: not switch.contact(desk.address))

    await either.administrator.update(desk.number, status="active")
    assert await desk.register() == 200
    await either.administrator.delete(desk.number)
    assert await desk.register() == 403
    await until(lambda: not switch.contact(desk.address))


async def test_a_term_ends_by_itself(either: Office, switch: Switch) -> None:
    """Nobody writes at that moment; still the registration goes, and the next REGISTER is refused."""
    ends = datetime.now(UTC) + timedelta(seconds=6)
    desk = await either.registered_phone(expires_at=ends.isoformat())

    await until(lambda: not switch.contact(desk.address), timeout_seconds=20)

    assert await desk.register() == 403


async def test_1001_of_one_tenant_can_not_register_as_1001_of_another(
    office: Office, offices: dict[str, Office], switch: Switch
) -> None:
    """FreeSWITCH checks the password of the realm and binds the address in To: both must be of one tenant."""
    victim = await offices[OTHER].account()
    intruder = await office.new_phone(victim.number)

    assert await intruder.register(to=victim.address) == 403

    assert not switch.contact(victim.address)


async def test_1001_of_one_tenant_can_not_unregister_1001_of_another(
    office: Office, offices: dict[str, Office], switch: Switch
) -> None:
    """Signing somebody else out is refused as signing in is."""
    victim = await offices[OTHER].registered_phone()
    intruder = await office.new_phone(victim.number)

    assert await intruder.register(to=victim.address, expires=0) == 403

    assert f":{victim.port}" in switch.contact(victim.address)


async def test_an_extension_can_not_register_as_its_colleague(office: Office, switch: Switch) -> None:
    """Also inside one tenant the address in To must be that of who signs in."""
    victim = await office.account()
    intruder = await office.new_phone()

    assert await intruder.register(to=victim.address) == 403

    assert not switch.contact(victim.address)


async def test_an_intruder_that_freeswitch_let_in_by_itself_is_thrown_out(
    cached_office: Office, offices: dict[str, Office], switch: Switch
) -> None:
    """Whoever is in FreeSWITCH's cache isn't asked about: the worker looks at each registration afterwards."""
    stranger, colleague = await offices[OTHER].account(), await cached_office.account()
    intruder = await cached_office.registered_phone(stranger.number)

    assert await intruder.register(to=stranger.address) == 200
    await until(lambda: not switch.contact(stranger.address))
    assert await intruder.register(to=colleague.address) == 200
    await until(lambda: not switch.contact(colleague.address))


async def test_a_realm_with_the_fields_of_a_lookup_in_it_gets_nowhere(office: Office, tap: Tap) -> None:
    """FreeSWITCH puts the realm that a phone types into the body of the lookup as it is."""
    victim, intruder = await office.account(), await office.new_phone()

    realm = f"{UNCACHED}&key=id&user={victim.number}&domain={UNCACHED}"
    assert await intruder.register(realm=realm) == 403

    asked = tap.asked(action="sip_auth", sip_auth_username=intruder.number)
    assert realm in asked[-1].body
    assert "not found" in asked[-1].answer


async def _registration(office: Office, number: str) -> str:
    return str((await office.administrator.read(number))["sip_registration"])


async def _is(office: Office, number: str, state: str) -> bool:
    return await _registration(office, number) == state
