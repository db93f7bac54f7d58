"""Rows of the table of calls, in words."""

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.xmlcurl.calls.switch import Leg, Surroundings, Switch
from tests.xmlcurl.service import Service

OUTSIDE = "outside"
"""A call from a gateway."""

NOBODY = "nobody"
"""A leg inside that nobody signed in on: the far end of a transfer."""


def row(caller: str, number: str, outcome: str, said: str, **around: Any) -> Any:
    """`caller` calls `number`; `around`, as for Surroundings, is what the switch meets; `said` names the row."""
    return pytest.param(caller, number, Surroundings(**around), outcome, id=said)


def utc(said: str) -> datetime:
    """A moment, such as 2026-03-10 09:00:00."""
    return datetime.fromisoformat(said).replace(tzinfo=UTC)


def leg_of(caller: str, **variables: str) -> Leg:
    if caller == OUTSIDE:
        return Leg(context="public", variables={"sofia_profile_name": "external", **variables})
    # Whatever a phone says of itself is not what is believed.
    return Leg("" if caller == NOBODY else caller, from_number="666", variables=dict(variables))


async def outcome_of(office: Service, caller: str, number: str, around: Surroundings) -> str:
    return (await Switch(office, around).call(leg_of(caller), number)).words
