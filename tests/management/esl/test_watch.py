"""Who is registered, from the phone to the reading side; and whoever may not be there is dropped and audited."""

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pytest
from redis import Redis
from redis.asyncio import Redis as AsyncRedis
from sqlalchemy import event

from management.database import Database
from management.esl import watch
from management.registrations import Contact, Registrations, SwitchStates
from tests.fakes.eventsocket import Fault
from tests.fakes.freeswitch import FreeSwitch
from tests.fakes.registrar import Registration
from tests.management.esl.conftest import SHORT, Running
from tests.management.esl.world import DOMAIN, World, change_of, eventually
from xmlcurl.store.engine import open_async_engine
from xmlcurl.store.registrations import ALIVE_SECONDS, alive_key, table_key

T = TypeVar("T")
Start = Callable[..., Running]
pytestmark = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)

FLUSH = "sofia profile internal flush_inbound_reg"


def phone(number: str = "1001", *, revision: str | None = None, **values: object) -> Registration:
    known: dict[str, object] = {
        "user": number,
        "host": DOMAIN,
        "call_id": f"call-{number}@lab",
        "contact": f'"" <sip:{number}@127.0.0.1:5060>',
        "auth_user": number,
        "realm": DOMAIN,
        "expires": int(datetime.now(UTC).timestamp()) + 360,
        "variables": {} if revision is None else {"xmlcurl_revision": revision},
    }
    return Registration(**{**known, **values})  # type: ignore[arg-type]  # values of a table of tests


class Asked:
    """The reading side, for a test without asyncio."""

    def __init__(self, database_url: str, redis_url: str) -> None:
        self._database_url = database_url
        self._redis_url = redis_url

    def status(self, number: str, domain: str = DOMAIN) -> str:
        return self._ask(lambda registrations: registrations.status(domain, number))

    def contacts(self, number: str) -> list[Contact]:
        return self._ask(lambda registrations: registrations.contacts(DOMAIN, number))

    def _ask(self, ask: Callable[[Registrations], Coroutine[object, object, T]]) -> T:
        async def with_clients() -> T:
            engine = open_async_engine(self._database_url)
            async with AsyncRedis.from_url(self._redis_url) as client:
                try:
                    return await ask(Registrations(Database(engine), client))
                finally:
                    await engine.dispose()

        return asyncio.run(with_clients())


@pytest.fixture
def asked(migrated_database_url: str, redis_url: str) -> Asked:
    return Asked(migrated_database_url, redis_url)


@pytest.fixture
def tenant(world: World) -> int:
    tenant = world.add_tenant()
    for number in ("1001", "1002"):
        world.add_extension(tenant, number)
    return tenant


def connected(switch: FreeSwitch) -> None:
    assert switch.esl.wait_until(lambda esl: "show registrations as json" in esl.commands)


# What the reading side says.


def test_a_phone_is_registered_while_it_is(
    world: World, tenant: int, switch: FreeSwitch, start: Start, asked: Asked
) -> None:
    """From the tables, then from events: signed in, signed out, run out."""
    switch.registrar.rows = [phone("1002")]
    world.add_switch(switch)
    start()
    assert eventually(lambda: asked.status("1002") == "registered")
    assert asked.status("1001") == "unregistered"

    switch.registrar.add(phone())
    assert eventually(lambda: asked.status("1001") == "registered")
    switch.registrar.remove(switch.registrar.rows[-1])
    assert eventually(lambda: asked.status("1001") == "unregistered")
    switch.api(f"{FLUSH} 1002@pbx.test")
    assert eventually(lambda: asked.status("1002") == "unregistered")


def test_what_is_known_of_a_phone(world: World, tenant: int, switch: FreeSwitch, start: Start, asked: Asked) -> None:
    """Where it is, and until when, in our own time."""
    switch_id = world.add_switch(switch)
    start()
    connected(switch)
    switch.registrar.add(phone(agent="Phone/1"))

    assert eventually(lambda: asked.contacts("1001"))
    contact = asked.contacts("1001")[0]
    assert (contact.switch_id, contact.profile, contact.user_agent) == (switch_id, "internal", "Phone/1")
    assert contact.address == "127.0.0.1:5060"
    assert contact.expires_at > datetime.now(UTC).timestamp()


def test_switches_and_profiles_are_merged(world: World, tenant: int, start: Start, asked: Asked) -> None:
    """Registered anywhere is registered; unregistered must be said by all."""
    with FreeSwitch() as one, FreeSwitch() as other:
        world.add_switch(one, "one")
        world.add_switch(other, "other")
        other.registrar.rows = [phone(profile="external")]
        start()
        assert eventually(lambda: asked.status("1001") == "registered")
        assert eventually(lambda: asked.status("1002") == "unregistered")

        one.crash()

        assert eventually(lambda: asked.status("1002") == "unknown")
        assert asked.status("1001") == "registered"


def test_without_a_switch_nothing_is_known(world: World, tenant: int, asked: Asked, redis: Redis) -> None:
    assert asked.status("1001") == "unknown"


def test_a_switch_that_nobody_has_read_is_unknown(world: World, switch: FreeSwitch, asked: Asked, redis: Redis) -> None:
    """No worker, no guess."""
    world.add_switch(switch)

    assert asked.status("1001") == "unknown"


@pytest.mark.usefixtures("tenant")
@pytest.mark.parametrize("fault", [Fault.STALLS, Fault.DIES])
def test_a_switch_that_cannot_be_asked_is_unknown(
    world: World, switch: FreeSwitch, start: Start, asked: Asked, fault: Fault
) -> None:
    """And known again when it can."""
    switch.registrar.rows = [phone()]
    world.add_switch(switch)
    start()
    assert eventually(lambda: asked.status("1001") == "registered")

    switch.esl.fault = fault
    assert eventually(lambda: asked.status("1001") == "unknown")

    switch.esl.fault = Fault.NONE
    assert eventually(lambda: asked.status("1001") == "registered")


def test_a_worker_that_stopped_leaves_nothing_behind(
    world: World, tenant: int, switch: FreeSwitch, start: Start, asked: Asked
) -> None:
    switch.registrar.rows = [phone()]
    world.add_switch(switch)
    running = start()
    assert eventually(lambda: asked.status("1001") == "registered")

    running.stop()

    assert asked.status("1001") == "unknown"


@pytest.mark.usefixtures("tenant")
def test_a_redis_that_forgot_is_told_everything_again(
    world: World, switch: FreeSwitch, start: Start, asked: Asked, redis: Redis
) -> None:
    """Emptied or only in part: the table and what vouches for it belong together."""
    switch.registrar.rows = [phone()]
    switch_id = world.add_switch(switch)
    start(timing=replace(SHORT, read_tables=60.0))
    assert eventually(lambda: asked.status("1001") == "registered")

    redis.delete(table_key(switch_id))
    assert asked.status("1001") == "unknown"
    redis.delete(alive_key(switch_id))

    assert eventually(lambda: asked.status("1001") == "registered")


def test_a_profile_that_is_not_running_makes_nobody_unregistered(
    world: World, tenant: int, switch: FreeSwitch, start: Start, asked: Asked
) -> None:
    """Its phones are not known."""
    world.add_switch(switch)
    switch.modules.discard("mod_sofia")
    start()
    assert switch.esl.wait_until(lambda esl: any("xmlstatus" in line for line in esl.commands))
    assert asked.status("1001") == "unknown"

    switch.modules.add("mod_sofia")

    assert eventually(lambda: asked.status("1001") == "unregistered")


def test_a_profile_that_stops_makes_its_phones_unknown_at_once(
    world: World, tenant: int, switch: FreeSwitch, start: Start, asked: Asked
) -> None:
    """Not only when what was known is too old."""
    switch.registrar.rows = [phone()]
    world.add_switch(switch)
    start()
    assert eventually(lambda: asked.status("1001") == "registered")

    del switch.registrar.profiles["external"]

    assert eventually(lambda: asked.status("1001") == "unknown", seconds=ALIVE_SECONDS / 2)


def test_a_phone_that_replaced_another_silently_is_the_only_one(
    world: World, tenant: int, switch: FreeSwitch, start: Start, asked: Asked
) -> None:
    """Where one phone is allowed, the switch says nothing of the one that went."""
    world.add_switch(switch)
    start(timing=replace(SHORT, read_tables=60.0))
    connected(switch)
    only = {"sip-allow-multiple-registrations": "false"}
    switch.registrar.add(phone(variables=only))
    switch.registrar.add(phone(call_id="new@lab", contact='"" <sip:1001@127.0.0.2:5060>', variables=only))

    assert eventually(lambda: [each.contact for each in asked.contacts("1001")] == ['"" <sip:1001@127.0.0.2:5060>'])


def test_the_state_of_a_switch_can_be_read(
    world: World, switch: FreeSwitch, start: Start, redis_url: str, redis: Redis
) -> None:
    """Connected; then what went wrong, counted by its class."""
    switch_id = world.add_switch(switch)

    def state() -> str:
        async def ask() -> str:
            async with AsyncRedis.from_url(redis_url) as client:
                return (await SwitchStates(client).of([switch_id]))[switch_id].state

        return asyncio.run(ask())

    assert state() == "unknown"
    start()
    assert eventually(lambda: state() == "connected")
    switch.crash()
    assert eventually(lambda: state() == "disconnected")

    async def errors() -> dict[tuple[int, str], int]:
        async with AsyncRedis.from_url(redis_url) as client:
            return await SwitchStates(client).errors()

    assert asyncio.run(errors())[switch_id, "SwitchUnreachable"] >= 1


# Who may not be there.


def test_a_name_that_is_not_in_service_is_dropped_when_the_worker_connects(
    world: World, tenant: int, switch: FreeSwitch, start: Start
) -> None:
    """Disabled while nobody could tell the switch. Those in service and other domains stay."""
    world.add_extension(tenant, "1003", status="disabled")
    stranger = phone("1003", host="static.test", realm="static.test", call_id="s@lab")
    switch.registrar.rows = [phone("1001"), phone("1003"), phone("1004"), stranger]
    world.add_switch(switch)
    start()

    assert eventually(lambda: [row.call_id for row in switch.registrar.rows] == ["call-1001@lab", "s@lab"])
    assert f"{FLUSH} call-1003@lab" in switch.esl.commands
    noted = {row.after["user"]: row for row in world.audited()}
    assert noted.keys() == {"1003", "1004"}
    assert noted["1003"].actor == "worker"
    assert noted["1003"].action == "registration.drop"
    assert noted["1003"].tenant_id == tenant
    assert noted["1003"].after["reason"] == "not in service"


def test_a_phone_that_signs_in_as_another_tenants_is_dropped(
    world: World, tenant: int, switch: FreeSwitch, start: Start
) -> None:
    """By its Call-ID: the victim's own phone stays."""
    victim = world.add_tenant("victim.test")
    world.add_extension(victim, "1001")
    world.add_switch(switch)
    start()
    connected(switch)
    own = phone(host="victim.test", realm="victim.test", call_id="own@lab", contact="own")
    switch.registrar.add(own)

    switch.registrar.add(phone(host="victim.test", call_id="intruder@lab", contact="intruder"))

    assert eventually(lambda: [row.call_id for row in switch.registrar.rows] == ["own@lab"])
    assert [(row.after["realm"], row.after["reason"]) for row in world.audited()] == [(DOMAIN, "host is not the realm")]
    assert world.audited()[0].tenant_id == victim


@pytest.mark.parametrize("call_id", ["victim.test", "@victim.test", "1002@victim.test", "reboot", "a'b@lab", "a b"])
def test_an_intruder_cannot_have_others_dropped(
    world: World, tenant: int, switch: FreeSwitch, start: Start, call_id: str
) -> None:
    """A Call-ID that is read as a domain, an address, an option or two words is not sent."""
    victim = world.add_tenant("victim.test")
    for number in ("1001", "1002"):
        world.add_extension(victim, number)
    world.add_switch(switch)
    start()
    connected(switch)
    others = [phone("1002", host="victim.test", realm="victim.test"), phone("1002", call_id="c3@lab", contact="3")]
    for other in others:
        switch.registrar.add(other)

    switch.registrar.add(phone(host="victim.test", call_id=call_id, contact="intruder"))

    assert eventually(lambda: [row.call_id for row in switch.registrar.rows] == ["call-1002@lab", "c3@lab"])
    assert f"{FLUSH} 1001@victim.test" in switch.esl.commands


def test_an_intruder_who_comes_back_fills_no_audit_log(
    world: World, tenant: int, switch: FreeSwitch, start: Start
) -> None:
    """Dropped each time, written down once a minute."""
    world.add_tenant("victim.test")
    world.add_switch(switch)
    start()
    connected(switch)

    for _ in range(5):
        switch.registrar.add(phone(host="victim.test"))
        assert eventually(lambda: switch.registrar.rows == [])

    assert len(world.audited()) == 1


def test_a_register_that_was_let_in_with_the_former_password_is_dropped(
    world: World, tenant: int, switch: FreeSwitch, start: Start
) -> None:
    """In flight while the registration was dropped; the present one stays."""
    extension = world.add_extension(tenant, "1005", credentials_revision=2)
    world.add_switch(switch)
    start()
    connected(switch)

    switch.registrar.add(phone("1005", revision=f"{extension}-1"))
    assert eventually(lambda: switch.registrar.rows == [] and world.audited())
    assert world.audited()[0].after["reason"] == "older credentials"
    switch.registrar.add(phone("1005", revision=f"{extension}-2"))
    switch.registrar.add(phone("1001"))

    assert not eventually(lambda: len(switch.registrar.rows) != 2, seconds=0.5)


def test_old_credentials_that_nobody_saw_come_in_are_found_in_the_tables(
    world: World, tenant: int, switch: FreeSwitch, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the worker was away. Not at once: that table lags behind a phone that signs in anew."""
    monkeypatch.setattr(watch, "SUSPECT_SECONDS", 0.3)
    extension = world.add_extension(tenant, "1005", credentials_revision=2)
    old = phone("1005", variables={"registration_metadata": f"{extension}-1"})
    switch.registrar.rows = switch.registrar.core = [old]
    world.add_switch(switch)
    start()

    assert eventually(lambda: switch.registrar.rows == [])
    assert world.audited()[0].after["reason"] == "older credentials"
    assert switch.esl.commands.count("show registrations as json") >= 2


def test_a_phone_that_has_signed_in_anew_is_not_dropped_for_what_lags(
    world: World, tenant: int, switch: FreeSwitch, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The core's table still shows the former sign-in at the first reading."""
    monkeypatch.setattr(watch, "SUSPECT_SECONDS", 0.3)
    extension = world.add_extension(tenant, "1005", credentials_revision=2)
    switch.registrar.rows = [phone("1005")]
    switch.registrar.core = [phone("1005", variables={"registration_metadata": f"{extension}-1"})]
    world.add_switch(switch)
    start()
    connected(switch)

    switch.registrar.core = [phone("1005", variables={"registration_metadata": f"{extension}-2"})]

    assert switch.esl.wait_until(lambda esl: esl.commands.count("show registrations as json") >= 4)
    assert len(switch.registrar.rows) == 1
    assert world.audited() == []


def test_a_name_in_another_case_is_dropped_with_its_extension(
    world: World, tenant: int, switch: FreeSwitch, start: Start, asked: Asked
) -> None:
    """The switch compares letter by letter, so the command has the phone's own spelling."""
    world.add_switch(switch)
    start()
    connected(switch)
    switch.registrar.add(phone(host="PBX.test", realm="PBX.test"))
    assert eventually(lambda: asked.status("1001") == "registered")

    world.commit(change_of("1001", drop=True))

    assert eventually(lambda: switch.registrar.rows == [])
    assert f"{FLUSH} 1001@PBX.test" in switch.esl.commands


def test_a_burst_of_phones_is_one_look_into_the_store(
    world: World, tenant: int, switch: FreeSwitch, start: Start, asked: Asked
) -> None:
    """After an outage all phones sign in at once: statements do not grow with them."""
    for number in range(2000, 2200):
        world.add_extension(tenant, str(number))
    world.add_switch(switch)
    start(timing=replace(SHORT, read_tables=60.0))
    connected(switch)
    looks: list[str] = []

    @event.listens_for(world.engine, "before_cursor_execute")
    def count(*arguments: object) -> None:
        if "extensions" in str(arguments[2]):
            looks.append(str(arguments[2]))

    for number in range(2000, 2200):
        switch.registrar.add(phone(str(number)))

    assert eventually(lambda: asked.status("2199") == "registered")
    assert len(looks) < 60
