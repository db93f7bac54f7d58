"""Why a call goes where it goes, in words."""

from datetime import UTC, datetime

import pytest

from management.errors import Invalid
from management.explain.commands import ExplainCall, PhoneState
from tests.management.explain.conftest import Explainer
from tests.xmlcurl.calls.world import LOST, MAIN

MORNING = datetime(2026, 3, 10, 9, 0, tzinfo=UTC)
EVENING = datetime(2026, 3, 10, 20, 0, tzinfo=UTC)
ABROAD = "0012125550100"


@pytest.mark.parametrize(
    ("caller", "number", "destination", "reason"),
    [
        ("1001", "112", "emergency", "no permission and no limit counts"),
        ("1001", "*97", "own_voicemail", "*97 is the tenant's code for own_voicemail"),
        ("1001", "1020", "out_of_service", "1020 is disabled"),
        ("1001", "1021", "out_of_service", "1021 has expired: 2026-03-01 00:00:00 UTC"),
        ("1020", "1002", "none", "1020 may not call: 1020 is disabled"),
        ("bob", "1002", "none", "bob may not call: it is an alias of 1002"),
        ("1001", "1201", "extension", "rule in_busy: to extension 1003"),
        ("1001", "1202", "extension", "rule in_always decides"),
        ("1001", "1204", "extension", "there is no rule in_busy"),
        ("1001", "1212", "extension", "rule in_always can't be followed: a loop, or more than 5 forwards"),
        ("1001", "1209", "extension", "1209 may not call outside (its own settings)"),
        ("1002", "600", "ring_group", "members in service, not in do not disturb, and not who calls: 1003"),
        ("1001", "700", "queue", "who is not served goes to extension 1003"),
        ("1001", "800", "menu", "who chooses nothing goes to ring group 601"),
        ("1001", "900", "group_mailbox", "900 is the mailbox of a group"),
        ("4915550001", MAIN, "own_number", "in Europe/Berlin it is Tuesday, 2026-03-10 10:00: open"),
        ("4915550001", "1002", "none", "1002 is no active number of the tenant"),
        ("4915550001", LOST, "own_number", f"{LOST} is a number of the tenant"),
        ("1001", "0901234567", "outside", "outbound route 1 (09XXXXXXXX 110) takes it, by g1, then g2"),
        ("1011", "0901234567", "outside", "1011 may not call outside (its own settings)"),
        ("1015", "0901234567", "outside", "1015 may not call outside (its class of service)"),
        ("1012", ABROAD, "outside", "is abroad, which 1012 may not call (its own settings)"),
        ("1014", "0281234567", "outside", "not among those of the class of service of 1014"),
        ("1017", "0901234567", "outside", "only while the tenant is open (its class of service)"),
        ("1012", "1230", "outside", "the permissions of 1230 count, who forwarded the call here"),
        ("1001", "118", "none", "no active outbound route with a gateway matches it"),
    ],
)
async def test_reasons(explain: Explainer, caller: str, number: str, destination: str, reason: str) -> None:
    """The destination that recognised the number, and what decided."""
    explained = await explain(ExplainCall(caller=caller, destination=number, at=MORNING))

    assert any(step.destination == destination and reason in "; ".join(step.why) for step in explained.steps)


async def test_the_tenants_clock_decides(explain: Explainer) -> None:
    """In its time zone, at the time that was asked about."""
    answered = await explain(ExplainCall(caller="1013", destination="0901234567", at=MORNING))
    refused = await explain(ExplainCall(caller="1013", destination="0901234567", at=EVENING))

    assert answered.outcome.answered_by == "g1/0901234567"
    assert refused.outcome.cause == "CALL_REJECTED"
    assert refused.steps[0].rules[-1] == "outside"
    assert refused.at.isoformat() == "2026-03-10T21:00:00+01:00"
    assert refused.steps[0].why[-1].endswith("2026-03-10 21:00: closed")


async def test_what_happens_is_told(explain: Explainer) -> None:
    """Each step in the switch's order."""
    phones: dict[str, PhoneState] = {"1201": "no_answer", "1002": "not_registered"}

    explained = await explain(ExplainCall(caller="1001", destination="1201", at=MORNING, phones=phones))

    assert [step.happens for step in explained.steps] == [
        ("1201 rings, for at most 15 s: no answer", "goes on to 1201"),
        ("goes on to 1002",),
        ("1002 is not registered", "the mailbox of 1002 takes a message"),
    ]
    assert "it was rung, and the result counts as no_answer" in explained.steps[1].why


async def test_greetings_are_told(explain: Explainer) -> None:
    """Each time that one is heard; that the switch may fail to fetch it is said, since nobody here can know."""
    alone = await explain(ExplainCall(caller="1001", destination="1221", at=MORNING))
    waiting = await explain(ExplainCall(caller="1001", destination="702", at=MORNING))

    assert "rule in_always: to greeting 1, 3 times" in alone.steps[0].why
    assert alone.steps[0].happens == (
        "the greeting is fetched (if it can't be: NORMAL_TEMPORARY_FAILURE), and the call answered",
        *["hears greeting 1"] * 3,
        "the call ends: NORMAL_CLEARING",
    )
    said = "waits in the queue 3@pbx.test, and hears greeting 1; if nobody serves the caller:"
    assert said in waiting.steps[0].happens


async def test_nobody_calls(explain: Explainer) -> None:
    """Who calls is an extension's name, or a number."""
    with pytest.raises(Invalid, match="from"):
        await explain(ExplainCall(caller="carol", destination="1001", at=MORNING))


async def test_a_time_that_no_zone_has(explain: Explainer) -> None:
    """It could not be said in the tenant's time zone."""
    with pytest.raises(Invalid, match="at"):
        await explain(ExplainCall(caller="1001", destination="1002", at=datetime.max.replace(tzinfo=UTC)))
