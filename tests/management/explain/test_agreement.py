"""Explanations agree with what the table says of each call, and their documents with those that are served."""

from typing import Any

import pytest

from management.explain.commands import ExplainCall, GatewayState, PhoneState
from management.explain.model import CallExplained
from tests.management.explain.conftest import Explainer
from tests.xmlcurl.calls import test_inside as inside
from tests.xmlcurl.calls import test_menus as menus
from tests.xmlcurl.calls import test_outside as outside
from tests.xmlcurl.calls.rows import NOBODY, OUTSIDE, leg_of, utc
from tests.xmlcurl.calls.switch import Surroundings, Switch
from tests.xmlcurl.calls.world import MAIN
from tests.xmlcurl.service import Service

PHONES: dict[str, PhoneState] = {
    "rings": "no_answer",
    "busy": "busy",
    "declines": "declines",
    "away": "not_registered",
}
GATEWAYS: dict[str, GatewayState] = {
    "GATEWAY_DOWN": "down",
    "USER_BUSY": "busy",
    "NO_ANSWER": "no_answer",
    "CALL_REJECTED": "declines",
    "UNALLOCATED_NUMBER": "unknown_number",
    "NORMAL_TEMPORARY_FAILURE": "fails",
    "RECOVERY_ON_TIMER_EXPIRE": "silent",
}


def rows_of(test: Any) -> list[Any]:
    """The rows of the table that begin with a phone or a carrier.

    Not those of codes that change something, nor of greetings that can't be fetched: what is heard there depends on
    who carries it out, and on the switch.
    """
    (mark,) = (each for each in test.pytestmark if each.name == "parametrize")
    rows = (row for row in mark.args[1] if row.values[2].has_greetings)
    return [row for row in rows if row.values[0] != NOBODY and not row.values[1].startswith("*7")]


def wish(caller: str, number: str, around: Surroundings) -> ExplainCall:
    is_from_outside = caller == OUTSIDE
    phones = {each: PHONES[state] for each, state in around.phones.items()}
    return ExplainCall(
        caller=leg_of(OUTSIDE).from_number if is_from_outside else caller,
        destination=number,
        is_from_outside=is_from_outside,
        at=around.now,
        phones=phones | dict.fromkeys(around.in_use, "at_limit"),
        gateways={gateway_id: GATEWAYS[cause] for gateway_id, cause in around.gateways.items()},
        choices=around.choices,
    )


def words_of(explained: CallExplained) -> str:
    """As the table says it, without what a machine is told to do."""
    outcome = explained.outcome
    said = {
        "rings": " ".join(outcome.rang),
        f"{outcome.answered_by} answers and sees": outcome.shown,
        "recorded": " " if outcome.is_recorded else "",
        "mailbox": "" if outcome.listens else outcome.mailbox,
        "": outcome.cause,
    }
    return "; ".join(f"{what} {value}".strip() for what, value in said.items() if value)


@pytest.mark.parametrize(
    ("caller", "number", "around", "outcome"),
    [*rows_of(inside.test_inside), *rows_of(outside.test_outside), *rows_of(menus.test_menus)],
)
async def test_the_table(explain: Explainer, caller: str, number: str, around: Surroundings, outcome: str) -> None:
    """What becomes of the call, without the lookup service."""
    explained = await explain(wish(caller, number, around))

    by_people = [part for part in outcome.split("; ") if not part.startswith(("waits in", "hears", "is played"))]
    assert words_of(explained) == "; ".join(by_people)
    assert all(step.why for step in explained.steps)


@pytest.mark.parametrize(
    ("caller", "number", "around"),
    [
        pytest.param("1001", "1235", Surroundings(phones={"1235": "rings", "1201": "rings"}), id="forwarded twice"),
        pytest.param("1012", "1230", Surroundings(), id="forwarded to the outside"),
        pytest.param("1020", "1002", Surroundings(), id="from who is disabled"),
        pytest.param("1001", "118", Surroundings(), id="nowhere"),
        pytest.param(OUTSIDE, MAIN, Surroundings(now=utc("2026-03-10 20:00:00")), id="from outside, by the hour"),
        pytest.param(OUTSIDE, "1002", Surroundings(), id="from outside, to a short number"),
    ],
)
async def test_the_documents_are_those_that_are_served(
    explain: Explainer, served: Service, caller: str, number: str, around: Surroundings
) -> None:
    """Byte for byte, each that a switch asks for on the way."""
    switch = Switch(served, around)
    await switch.call(leg_of(caller), number)

    explained = await explain(wish(caller, number, around))

    assert [step.document.encode() for step in explained.steps] == switch.documents
