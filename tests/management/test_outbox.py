"""The outbox on both databases: who may claim what, when, and how rows end."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from management import outbox
from management.effects import Effects
from management.esl.repository import Store
from tests.management.esl.world import World, change_of
from xmlcurl.store.engine import open_engine
from xmlcurl.store.tables import switches

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world(migrated_database_url: str) -> Iterator[World]:
    engine = open_engine(migrated_database_url)
    yield World(engine)
    engine.dispose()


def add_switch(world: World, name: str, *, enabled: bool = True, deleted: bool = False) -> int:
    row = {"host": "127.0.0.1", "password_encrypted": "x", "sofia_profiles": ["internal"], "enabled": enabled}
    return world._insert(insert(switches).values(name=name, deleted_at=NOW if deleted else None, **row))


def claim(world: World, switch_id: int | None, owner: str = "one", *, at: datetime | None = None) -> list[int]:
    now = at or datetime.now(UTC) + SECOND
    taken = world.store.claim(switch_id, owner=owner, now=now, lease_until=now + 10 * SECOND, at_most=3)
    return [change.id for change in taken]


def test_a_change_is_one_row_for_the_caches_and_one_for_each_enabled_switch(world: World) -> None:
    """In one statement: a switch that is enabled meanwhile has its row or is flushed when it connects."""
    one, other = add_switch(world, "one"), add_switch(world, "other")
    add_switch(world, "disabled", enabled=False)
    add_switch(world, "deleted", deleted=True)
    tenant = world.add_tenant()
    effects = change_of("1001", drop=True) | Effects(reset_pins=frozenset({("1001", "pbx.test")}))

    group = world.commit(effects, tenant_id=tenant)

    rows = world.rows(group)
    assert [row.switch_id for row in rows] == [None, one, other]
    assert {row.tenant_id for row in rows} == {tenant}
    assert {row.state for row in rows} == {"pending"}
    assert all(Effects.from_json(row.effects) == effects for row in rows)


def test_what_concerns_no_switch_is_a_row_for_the_caches_alone(world: World) -> None:
    """A display name in Redis, for example: no switch waits, no switch is waited for."""
    add_switch(world, "one")

    group = world.commit(Effects(tags=frozenset({"t1:members"})))

    assert [row.switch_id for row in world.rows(group)] == [None]


def test_progress_counts_switches_by_state(world: World) -> None:
    """What X-Switch-Sync is made of; the caches' row is no switch."""
    one, _ = add_switch(world, "one"), add_switch(world, "other")
    group = world.commit(change_of("1001"))
    done = claim(world, one)
    world.write(outbox.flushed(done, owner="one", cleared=1, now=NOW, again_at=NOW))

    with world.engine.begin() as connection:
        counted = sorted(map(tuple, connection.execute(outbox.progress(group)).all()))

    assert counted == [("flushed", 1), ("pending", 1)]


def test_rows_are_claimed_oldest_first_and_not_twice(world: World) -> None:
    """As many as asked for; the rest waits."""
    switch = add_switch(world, "one")
    ids = [world.rows(world.commit(change_of(str(number))))[1].id for number in range(5)]

    assert claim(world, switch) == ids[:3]
    assert claim(world, switch, "two") == ids[3:]
    assert claim(world, switch, "three") == []


def test_a_row_is_somebody_elses_after_its_lease(world: World) -> None:
    """And what its former owner says of it counts no more."""
    switch = add_switch(world, "one")
    group = world.commit(change_of("1001"))
    now = datetime.now(UTC) + SECOND
    first = claim(world, switch, "slow", at=now)
    assert claim(world, switch, "quick", at=now + 9 * SECOND) == []

    assert claim(world, switch, "quick", at=now + 11 * SECOND) == first
    world.write(outbox.failed(first, owner="slow", error="late"))
    assert world.states(group) == ["pending"]
    world.write(outbox.settled(first, owner="quick", cleared=0, now=NOW))
    assert world.states(group) == ["settled"]


def test_a_row_is_not_claimed_before_it_is_due(world: World) -> None:
    """The second flush waits its time."""
    switch = add_switch(world, "one")
    world.commit(change_of("1001"))
    now = datetime.now(UTC) + SECOND
    row = claim(world, switch, at=now)
    world.write(outbox.flushed(row, owner="one", cleared=2, now=now, again_at=now + 3 * SECOND))

    assert claim(world, switch, at=now + 2 * SECOND) == []
    assert claim(world, switch, at=now + 3 * SECOND) == row


def test_cleared_entries_add_up_over_both_flushes(world: World) -> None:
    switch = add_switch(world, "one")
    group = world.commit(change_of("1001"))
    now = datetime.now(UTC) + SECOND
    row = claim(world, switch, at=now)
    world.write(outbox.flushed(row, owner="one", cleared=2, now=now, again_at=now))
    claim(world, switch, at=now + SECOND)
    world.write(outbox.settled(row, owner="one", cleared=1, now=now + SECOND))

    ended = world.rows(group)[1]
    assert (ended.cleared, ended.flushed_at, ended.settled_at) == (3, now, now + SECOND)


def test_postponing_counts_only_what_the_switch_answered(world: World) -> None:
    """A Redis that is down for an hour uses up no attempt."""
    switch = add_switch(world, "one")
    group = world.commit(change_of("1001"))
    for counts in (False, True, False):
        row = claim(world, switch)
        due_at = datetime.now(UTC)
        world.write(outbox.postponed(row, owner="one", error="x" * 900, due_at=due_at, counts=counts))

    ended = world.rows(group)[1]
    assert (ended.attempts, ended.lease_owner, len(ended.error)) == (1, None, 500)


def test_claims_of_the_dead_are_given_back(world: World) -> None:
    """Those of one supervisor's workers, and nobody else's; a name is no pattern."""
    one, other = add_switch(world, "one"), add_switch(world, "other")
    world.commit(change_of("1001"))
    claim(world, one, "a_c:17:1")
    claim(world, other, "abc:17:2")

    world.write(outbox.release("a_c:"))

    assert claim(world, one, "new") != []
    assert claim(world, other, "new") == []


def test_many_claim_at_once_and_each_row_has_one_owner(world: World) -> None:
    """Eight threads, forty rows."""
    switch = add_switch(world, "one")
    for number in range(40):
        world.commit(change_of(str(number)))

    def take_all(owner: str) -> list[int]:
        mine: list[int] = []
        while taken := claim(world, switch, owner):
            mine += taken
        return mine

    with ThreadPoolExecutor(8) as pool:
        taken = [row for rows in pool.map(take_all, "abcdefgh") for row in rows]

    assert len(taken) == len(set(taken)) == 40


def test_rows_of_a_switch_that_was_disabled_fail(world: World) -> None:
    """Nobody will tell it; the caches' rows and other switches' go on."""
    one, other = add_switch(world, "one"), add_switch(world, "other")
    group = world.commit(change_of("1001"))
    world.write(switches.update().where(switches.c.id == one).values(enabled=False))

    world.write(outbox.fail_switched_off("the switch is disabled"))

    assert {row.switch_id: row.state for row in world.rows(group)} == {None: "pending", one: "failed", other: "pending"}


def test_only_old_rows_that_ended_are_forgotten(world: World) -> None:
    """What is unfinished stays, however old."""
    switch = add_switch(world, "one")
    group = world.commit(change_of("1001"))
    world.write(outbox.failed(claim(world, switch), owner="one", error="no"))

    world.write(outbox.prune(datetime.now(UTC) + SECOND))

    assert [row.switch_id for row in world.rows(group)] == [None]


def test_the_age_of_the_oldest_change_is_that_of_its_writing(world: World) -> None:
    """Postponed or not; an end of term in the future is no arrear."""
    switch = add_switch(world, "one")
    tenant = world.add_tenant()
    first = world.rows(world.commit(change_of("1001")))[1]
    world.commit(change_of("1002"))
    world.commit_expiry(world.add_extension(tenant, "1001"), tenant, in_seconds=3600)
    later = datetime.now(UTC) + 600 * SECOND
    world.write(outbox.postponed(claim(world, switch), owner="one", error="", due_at=later))
    claim(world, None)

    with world.engine.begin() as connection:
        oldest = {row.switch_id: row[1] for row in connection.execute(outbox.oldest_pending())}

    assert oldest[switch] == first.created_at


def test_the_store_says_which_registrations_are_whose(world: World) -> None:
    """By number and domain; the rest of a long list too."""
    tenant, other = world.add_tenant(), world.add_tenant("suspended.test", state="suspended")
    active = world.add_extension(tenant, "1001", "2001", credentials_revision=7)
    world.add_extension(tenant, "1002", status="disabled")
    world.add_extension(tenant, "1003", expires_at=NOW - SECOND)
    world.add_extension(tenant, "1004", deleted_at=NOW)
    world.add_extension(other, "1001")
    many = {(str(number), "pbx.test") for number in range(1000, 3000)} | {("1001", "suspended.test"), ("1", "x.test")}

    accounts, ours = Store(world.engine).accounts(many, NOW)

    assert {name for name, account in accounts.items() if account.is_in_service} == {("1001", "pbx.test")}
    assert accounts["1001", "pbx.test"].extension_id == active
    assert accounts["1001", "pbx.test"].revision == 7
    assert accounts.keys() == {(n, "pbx.test") for n in ("1001", "1002", "1003")} | {("1001", "suspended.test")}
    assert ours == {"pbx.test", "suspended.test"}
