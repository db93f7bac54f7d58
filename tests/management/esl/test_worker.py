"""Changes reach the switches, whatever happens on the way. Against a double of FreeSWITCH on real sockets."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from lxml import etree
from redis import Redis
from sqlalchemy import insert, update

from management import outbox
from management.effects import Effects
from management.esl.board import PurgeUnavailable
from management.esl.commands import LIST_GATEWAYS
from tests.fakes.eventsocket import Fault
from tests.fakes.freeswitch import FreeSwitch
from tests.management.esl.conftest import SHORT, Running
from tests.management.esl.world import DOMAIN, World, change_of, eventually
from xmlcurl.store.tables import agent_statuses, queue_agents, queues, switches, utc_now

Start = Callable[..., Running]
# PostgreSQL has its own file; here it is the switch that matters.
pytestmark = pytest.mark.parametrize("migrated_database_url", ["sqlite"], indirect=True)

RESCANS = ["sofia profile internal rescan", "sofia profile external rescan"]
FLUSH_1001 = ["xml_flush_cache id 1001 pbx.test", "xml_flush_cache number-alias 1001 pbx.test"]


def connected(switch: FreeSwitch) -> None:
    """Wait until the worker is there and has done what it does first."""
    assert switch.esl.wait_until(lambda esl: "show registrations as json" in esl.commands)


def told(switch: FreeSwitch) -> list[str]:
    """What the switch was told for changes, and nothing that the worker asks by itself."""
    own = (LIST_GATEWAYS, "version", "show registrations as json", "xml_flush_cache", *RESCANS, "reloadacl")
    return [line for line in switch.esl.commands if line not in own and not line.startswith("sofia xmlstatus")]


def cached_user() -> etree._Element:
    return etree.Element("user", cacheable="true")


def test_a_change_is_told_acknowledged_and_told_again(world: World, switch: FreeSwitch, start: Start) -> None:
    """Pending, flushed with the entries cleared, settled after the second flush."""
    world.add_switch(switch)
    start()
    connected(switch)
    switch.cache.store("id", "1001", DOMAIN, cached_user())

    group = world.commit(change_of("1001"))

    assert eventually(lambda: world.states(group) == ["settled"])
    row = world.rows(group)[1]
    assert told(switch) == FLUSH_1001 * 2
    assert row.cleared == 1
    assert row.flushed_at < row.settled_at
    assert row.error is None


def test_the_second_flush_catches_a_lookup_that_was_in_flight(world: World, switch: FreeSwitch, start: Start) -> None:
    """It stores the old answer after the first flush."""
    world.add_switch(switch)
    start()
    connected(switch)

    group = world.commit(change_of("1001"))
    assert eventually(lambda: world.states(group) == ["flushed"])
    switch.cache.store("id", "1001", DOMAIN, cached_user())

    assert eventually(lambda: world.states(group) == ["settled"])
    assert switch.cache.find("id", "1001", DOMAIN) is None


def test_every_enabled_switch_is_told(world: World, start: Start) -> None:
    """And no other."""
    with FreeSwitch() as one, FreeSwitch() as other, FreeSwitch() as disabled:
        world.add_switch(one, "one")
        world.add_switch(other, "other")
        world.add_switch(disabled, "disabled", enabled=False)
        start()

        group = world.commit(change_of("1001"))

        assert eventually(lambda: world.states(group) == ["settled", "settled"])
        assert told(one) == told(other) == FLUSH_1001 * 2
        assert disabled.esl.commands == []


def test_documents_are_dropped_before_the_switch_is_flushed(
    world: World, switch: FreeSwitch, start: Start, redis: Redis
) -> None:
    """The other way round it would fetch the old document again."""
    switch_id = world.add_switch(switch)
    start()
    connected(switch)
    run_id = redis.info("server")["run_id"]
    tag, guard = f"{run_id}:t:t1:e1", f"{run_id}:g:t1"
    redis.mset({tag: "token", guard: "token"})
    seen: list[int] = []
    flush = switch.cache.flush
    switch.cache.flush = lambda arguments: (seen.append(redis.exists(tag, guard)), flush(arguments))[1]  # type: ignore[method-assign,func-returns-value]

    group = world.commit_for_switch(change_of("1001"), switch_id)

    assert eventually(lambda: world.states(group) == ["settled"])
    assert seen
    assert set(seen) == {0}


def test_many_changes_are_one_flush(world: World, switch: FreeSwitch, start: Start) -> None:
    """An import of a hundred extensions is told in one command, twice."""
    world.add_switch(switch)
    switch.esl.fault = Fault.SILENT
    groups = [world.commit(change_of(str(number))) for number in range(2000, 2100)]
    switch.esl.fault = Fault.NONE
    start()

    assert eventually(lambda: all(world.states(group) == ["settled"] for group in groups))
    assert told(switch) == []
    assert switch.esl.commands.count("xml_flush_cache") <= 4


def test_a_changed_password_drops_the_registration(world: World, switch: FreeSwitch, start: Start) -> None:
    """On every profile, after the flush, once."""
    world.add_switch(switch)
    start()
    connected(switch)

    group = world.commit(change_of("1001", drop=True))

    assert eventually(lambda: world.states(group) == ["settled"])
    assert told(switch) == [
        *FLUSH_1001,
        "sofia profile internal flush_inbound_reg 1001@pbx.test",
        "sofia profile external flush_inbound_reg 1001@pbx.test",
        *FLUSH_1001,
    ]


# What can go wrong with a switch.


def test_a_switch_that_is_down_is_told_when_it_is_back(world: World, switch: FreeSwitch, start: Start) -> None:
    """Ten changes meanwhile: nothing is lost, and nothing is called acknowledged before."""
    world.add_switch(switch)
    start()
    connected(switch)
    switch.crash()
    groups = [world.commit(change_of(str(number))) for number in range(1000, 1010)]
    assert not eventually(lambda: any(world.states(group) != ["pending"] for group in groups), seconds=0.3)

    switch.start()

    assert eventually(lambda: all(world.states(group) == ["settled"] for group in groups))
    assert all(f"xml_flush_cache id {number} pbx.test" in switch.esl.commands for number in range(1000, 1010))


def test_after_a_restart_everything_is_flushed_twice_before_anything_else(
    world: World, switch: FreeSwitch, start: Start
) -> None:
    """It may have fetched and kept what changed while nobody could tell it."""
    world.add_switch(switch)
    start()
    connected(switch)
    switch.crash()
    switch.cache.store("id", "1001", DOMAIN, cached_user())
    switch.esl.commands.clear()

    switch.start()

    assert switch.esl.wait_until(lambda esl: esl.commands.count("xml_flush_cache") == 2)
    assert switch.esl.commands[0] == "xml_flush_cache"
    assert switch.cache.find("id", "1001", DOMAIN) is None


@pytest.mark.parametrize("fault", [Fault.STALLS, Fault.DIES, Fault.SHORT, Fault.UNTYPED, Fault.GARBAGE])
def test_a_switch_that_misbehaves_is_told_when_it_recovers(
    world: World, switch: FreeSwitch, start: Start, fault: Fault
) -> None:
    """Stalled, broken off or garbled in the middle of a change: told again, acknowledged only then."""
    world.add_switch(switch)
    start()
    connected(switch)
    switch.esl.fault = fault
    group = world.commit(change_of("1001"))
    assert switch.esl.wait_until(lambda esl: esl.connections == 0)
    assert world.states(group) == ["pending"]

    switch.esl.fault = Fault.NONE

    assert eventually(lambda: world.states(group) == ["settled"])
    assert FLUSH_1001[0] in switch.esl.commands


def test_one_switch_that_stalls_does_not_keep_another_waiting(world: World, start: Start) -> None:
    """Each has a thread of its own."""
    with FreeSwitch() as good, FreeSwitch() as bad:
        world.add_switch(good, "good")
        world.add_switch(bad, "bad")
        start()
        connected(good)
        connected(bad)
        bad.esl.fault = Fault.STALLS

        group = world.commit(change_of("1001"))

        assert eventually(lambda: sorted(world.states(group)) == ["pending", "settled"])


def test_a_refused_reload_fails_with_its_reason(world: World, switch: FreeSwitch, start: Start) -> None:
    """And whatever else the change asked for is done, the second flush too."""
    world.add_switch(switch)
    start()
    connected(switch)
    switch.reload_error = "[error near line 3]: unexpected closing tag"

    group = world.commit(change_of("1001") | Effects(reloadxml=True))

    assert eventually(lambda: world.states(group) == ["failed"])
    assert "error near line 3" in world.rows(group)[1].error
    assert eventually(lambda: told(switch) == [*FLUSH_1001, "reloadxml", *FLUSH_1001])
    assert eventually(lambda: [row.state for row in world.rows() if row.switch_id] == ["failed", "settled"])


def test_a_changed_gateway_is_dropped_and_read_anew(world: World, switch: FreeSwitch, start: Start) -> None:
    """Told twice, the second time it is not there: that is no failure."""
    world.add_switch(switch)
    start(timing=replace(SHORT, read_tables=60.0))
    connected(switch)
    switch.gateways["g7"] = ("NOREG", "as it was")
    switch.esl.commands.clear()

    changed = Effects(gateways=frozenset({7}), reloadacl=True)
    first = world.commit(changed)
    assert eventually(lambda: world.states(first) == ["settled"])
    assert switch.gateways == {}
    second = world.commit(changed)
    assert eventually(lambda: world.states(second) == ["settled"])

    dropped = "sofia profile external killgw g7"
    assert told(switch) == [dropped] * 2
    assert switch.esl.commands.count("reloadacl") == 2
    after_the_last = switch.esl.commands[::-1].index(dropped)
    assert RESCANS[1] in switch.esl.commands[-after_the_last:]


def test_a_name_that_cannot_be_sent_fails_alone(world: World, switch: FreeSwitch, start: Start) -> None:
    """Never sent, not tried again, and no other change suffers."""
    world.add_switch(switch)
    bad = world.commit(change_of("1001 pbx.test\n\napi fsctl shutdown"))
    good = world.commit(change_of("1001"))
    start()

    assert eventually(lambda: world.states(good) == ["settled"])
    assert world.states(bad) == ["failed"]
    assert not any("shutdown" in line for line in switch.esl.commands)
    assert [row.state for row in world.rows(bad)] == ["settled", "failed"]


def test_a_switch_whose_sofia_is_still_loading_is_asked_again(world: World, switch: FreeSwitch, start: Start) -> None:
    """The event socket answers first."""
    world.add_switch(switch)
    switch.modules.discard("mod_sofia")
    start()
    group = world.commit(change_of("1001", drop=True))
    assert eventually(lambda: any(row.attempts > 0 for row in world.rows(group)))

    switch.modules.add("mod_sofia")

    assert eventually(lambda: world.states(group) == ["settled"])


def test_a_profile_that_never_comes_is_given_up(world: World, switch: FreeSwitch, start: Start) -> None:
    """Its name is in the reason."""
    world.add_switch(switch, sofia_profiles=["internal", "gone"])
    start()
    group = world.commit(change_of("1001", drop=True))

    assert eventually(lambda: world.states(group) == ["failed"], seconds=30)
    assert "Invalid Profile [gone]" in world.rows(group)[1].error


def test_a_disabled_switch_is_left_and_its_rows_say_so(world: World, switch: FreeSwitch, start: Start) -> None:
    """Enabled again, it is flushed whole, and reads anew which tenants there are."""
    switch_id = world.add_switch(switch)
    start()
    connected(switch)
    group = world.commit(change_of("1001"))
    assert eventually(lambda: world.states(group) == ["settled"])

    world.write(update(switches).where(switches.c.id == switch_id).values(enabled=False))
    assert switch.esl.wait_until(lambda esl: esl.connections == 0)
    late = world.commit(change_of("1001"))
    assert world.states(late) == []

    switch.esl.commands.clear()
    world.write(update(switches).where(switches.c.id == switch_id).values(enabled=True))
    assert switch.esl.wait_until(lambda esl: "show registrations as json" in esl.commands)
    assert switch.esl.commands[:4] == ["xml_flush_cache", LIST_GATEWAYS, *RESCANS]


def test_a_switch_reads_every_queue_when_it_is_reached(world: World, switch: FreeSwitch, start: Start) -> None:
    """Without that a new one would know no agent; what is deleted or suspended is nothing to it."""
    tenant_id, suspended_id = world.add_tenant(), world.add_tenant("late.test", state="suspended")
    row = {"number": "700", "name": "a"}
    world.write(insert(queues).values(tenant_id=tenant_id, **row))
    world.write(insert(queues).values(tenant_id=tenant_id, **row | {"name": "b"}, deleted_at=utc_now()))
    world.write(insert(queues).values(tenant_id=suspended_id, **row))
    world.add_switch(switch)
    start()
    connected(switch)

    assert [line for line in switch.esl.commands if "queue" in line] == ["callcenter_config queue reload 1@pbx.test"]
    assert "reloadacl" in switch.esl.commands


def test_agents_have_the_status_that_they_last_wished_for(world: World, switch: FreeSwitch, start: Start) -> None:
    """Told when a switch is reached, and after each change: the present one, however late it is told."""
    tenant_id = world.add_tenant()
    one, other = world.add_extension(tenant_id, "1001"), world.add_extension(tenant_id, "1002")
    world.write(insert(queues).values(tenant_id=tenant_id, number="700", name="a"))
    for extension_id in (one, other):
        world.write(insert(queue_agents).values(tenant_id=tenant_id, queue_id=1, extension_id=extension_id, position=0))
    world.write(insert(agent_statuses).values(tenant_id=tenant_id, extension_id=one, status="available"))
    switch.modules.add("mod_callcenter")
    switch.agents = {f"1001@{DOMAIN}": "Logged Out", f"1002@{DOMAIN}": "Available"}
    world.add_switch(switch)
    start()
    connected(switch)
    assert switch.agents == {f"1001@{DOMAIN}": "Available", f"1002@{DOMAIN}": "Logged Out"}

    world.write(update(agent_statuses).values(status="on_break"))
    nobody = ("1009", DOMAIN)
    group = world.commit(Effects(tell_agents=frozenset({("1001", DOMAIN), nobody})))

    assert eventually(lambda: world.states(group) == ["settled"])
    assert switch.agents[f"1001@{DOMAIN}"] == "On Break"
    switch.agents.clear()
    group = world.commit(Effects(tell_agents=frozenset({("1001", DOMAIN)})))
    assert eventually(lambda: world.states(group) == ["settled"])


def test_a_profile_that_can_t_be_rescanned_keeps_no_change_waiting(
    world: World, switch: FreeSwitch, start: Start
) -> None:
    """It may not be running yet, or its configuration may be broken: asked again later, changes go on."""
    switch.reload_error = "[error near line 1]: unexpected closing tag"
    world.add_switch(switch)
    start(timing=replace(SHORT, read_tables=0.05))
    group = world.commit(change_of("1001"))

    assert eventually(lambda: world.states(group) == ["settled"])
    switch.reload_error = ""
    switch.esl.commands.clear()
    assert switch.esl.wait_until(lambda esl: set(RESCANS) <= set(esl.commands))


# What can go wrong with Redis and with us.


def test_without_redis_the_switch_is_not_flushed_too_early(world: World, switch: FreeSwitch, start: Start) -> None:
    """A missing confirmation postpones the change; it is not lost."""
    world.add_switch(switch)
    running = start()
    connected(switch)
    caches = running.crew._caches
    purge, caches.purge = caches.purge, _unavailable  # type: ignore[method-assign]
    group = world.commit(change_of("1001"))
    assert eventually(lambda: any("Redis" in (row.error or "") for row in world.rows(group) if row.switch_id))
    assert told(switch) == []

    caches.purge = purge  # type: ignore[method-assign]

    assert eventually(lambda: world.states(group) == ["settled"])


def _unavailable(effects: Effects) -> None:

    raise PurgeUnavailable("ConnectionError")


def test_a_purge_that_the_writer_did_not_complete_is_completed(world: World, start: Start, redis: Redis) -> None:
    """The row for the caches alone; no switch is needed for it."""
    run_id = redis.info("server")["run_id"]
    redis.set(f"{run_id}:t:t1:e1", "token")

    group = world.commit(change_of("1001"))
    start()

    assert eventually(lambda: [row.state for row in world.rows(group)] == ["settled"])
    assert not redis.exists(f"{run_id}:t:t1:e1")


def test_a_publish_wakes_the_worker(world: World, switch: FreeSwitch, start: Start, redis: Redis) -> None:
    """Without waiting for the next poll."""
    world.add_switch(switch)
    start(timing=replace(SHORT, poll=60.0, heartbeat=60.0, read_tables=60.0))
    connected(switch)

    group = world.commit(change_of("1001"))
    redis.publish(outbox.WAKE_CHANNEL, "x")

    assert eventually(lambda: world.states(group) == ["flushed"])


def test_two_workers_do_each_change_once(world: World, switch: FreeSwitch, start: Start) -> None:
    """A row is claimed by one of them."""
    world.add_switch(switch)
    start(owner="one")
    start(owner="two")
    assert switch.esl.wait_until(lambda esl: esl.connections == 2)

    groups = [world.commit(change_of(str(number))) for number in range(1000, 1020)]

    assert eventually(lambda: all(world.states(group) == ["settled"] for group in groups))
    assert all(told(switch).count(f"xml_flush_cache id {number} pbx.test") <= 2 for number in range(1000, 1020))


def test_a_claim_of_a_worker_that_died_is_taken_over_when_its_lease_ends(
    world: World, switch: FreeSwitch, start: Start
) -> None:
    """Between claim and send: the row is pending, and somebody else's for a moment."""
    switch_id = world.add_switch(switch)
    group = world.commit(change_of("1001"))
    now = utc_now()
    taken = world.store.claim(switch_id, owner="dead", now=now, lease_until=now + timedelta(seconds=1), at_most=9)
    assert len(taken) == 1

    start()

    assert eventually(lambda: world.states(group) == ["settled"])


# Ends of terms.


def test_an_extension_leaves_service_when_its_term_ends(world: World, switch: FreeSwitch, start: Start) -> None:
    """Nobody writes at that moment: a row that was due then becomes one for each switch."""
    world.add_switch(switch)
    tenant = world.add_tenant()
    extension = world.add_extension(tenant, "1001", "2001", expires_at=utc_now() + timedelta(seconds=0.5))
    world.commit_expiry(extension, tenant, in_seconds=0.5)
    start()

    assert eventually(lambda: [row.state for row in world.rows()] == ["settled"] * 3)
    assert "sofia profile internal flush_inbound_reg 1001@pbx.test" in told(switch)
    assert "xml_flush_cache id 2001 pbx.test" in told(switch)


@pytest.mark.parametrize("changed", [{"expires_at": None}, {"deleted_at": "now"}])
def test_a_term_that_was_prolonged_ends_nothing(
    world: World, switch: FreeSwitch, start: Start, changed: dict[str, object]
) -> None:
    """Its old row finds nothing to do; a deleted extension's neither."""
    world.add_switch(switch)
    tenant = world.add_tenant()
    extension = world.add_extension(tenant, "1001", expires_at=utc_now() - timedelta(seconds=1))
    world.change_extension(extension, **{k: utc_now() if v == "now" else v for k, v in changed.items()})
    world.commit_expiry(extension, tenant, in_seconds=0)
    start()

    assert eventually(lambda: [row.state for row in world.rows()] == ["settled"])
    assert told(switch) == []
