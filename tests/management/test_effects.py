"""What a change does, as a value that goes into a database and comes back."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from management.effects import Effects

NAMES = st.frozensets(st.tuples(st.text(max_size=4), st.text(max_size=4)), max_size=3)
WORDS = st.frozensets(st.text(max_size=4), max_size=3)
EFFECTS = st.builds(
    Effects,
    tags=WORDS,
    guards=WORDS,
    flush_users=NAMES,
    flush_all=st.booleans(),
    drop_registrations=NAMES,
    drop_domains=WORDS,
    reset_pins=NAMES,
    reloadxml=st.booleans(),
    rescan=st.booleans(),
    gateways=st.frozensets(st.integers(1, 2**63 - 1), max_size=3),
    reloadacl=st.booleans(),
    reload_queues=WORDS,
    unload_queues=WORDS,
    drop_tiers=NAMES,
    drop_agents=NAMES,
    tell_agents=NAMES,
    extension_id=st.none() | st.integers(1, 9),
)


@given(EFFECTS)
def test_effects_come_back_from_json_as_they_went(effects: Effects) -> None:
    """Through text, as a database keeps them."""
    assert Effects.from_json(json.loads(json.dumps(effects.to_json()))) == effects


@given(EFFECTS, EFFECTS)
def test_both_together_lose_nothing(one: Effects, other: Effects) -> None:
    """Doing both at once does all that each would."""
    both = one | other

    assert both.tags == one.tags | other.tags
    assert both.flush_users >= one.flush_users | other.flush_users
    assert both.flush_all == (one.flush_all or other.flush_all)
    assert both.gateways == one.gateways | other.gateways
    assert both.reload_queues == one.reload_queues | other.reload_queues
    assert both.unload_queues == one.unload_queues | other.unload_queues
    assert both.drop_tiers == one.drop_tiers | other.drop_tiers
    assert both.drop_agents == one.drop_agents | other.drop_agents
    assert both.tell_agents == one.tell_agents | other.tell_agents
    assert both.reloadacl == (one.reloadacl or other.reloadacl)
    assert both | both == both


def test_a_row_of_another_release_is_read() -> None:
    """What it has and we do not know is left out; what it lacks is nothing."""
    assert Effects.from_json({"flush_all": True, "of_tomorrow": [1]}) == Effects(flush_all=True)


def test_nothing_together_is_nothing() -> None:
    assert Effects.together([]) == Effects()


def test_only_flushes_are_repeated() -> None:
    """The second flush drops no registration again: the phone has signed in with the new password by then."""
    effects = Effects(flush_users=frozenset({("1001", "a.test")}), drop_registrations=frozenset({("1001", "a.test")}))

    assert effects.flushes == Effects(flush_users=frozenset({("1001", "a.test")}))


@pytest.mark.parametrize(
    "effects",
    [Effects(rescan=True), Effects(gateways=frozenset({7})), Effects(reloadacl=True), Effects(flush_all=True)],
)
def test_what_only_a_switch_can_do_concerns_it(effects: Effects) -> None:
    """No document is stale for it."""
    assert effects.concerns_switches
    assert not Effects(tags=frozenset({"t1"})).concerns_switches
