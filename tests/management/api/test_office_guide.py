"""docs/office.md, from its first request to its last, and what calls do then."""

import re
from pathlib import Path

import httpx
import pytest

from tests.management.greetings.sounds import wav
from tests.management.office import DOMAIN, Office
from tests.xmlcurl.calls.rows import OUTSIDE, outcome_of, row, utc
from tests.xmlcurl.calls.switch import Surroundings
from tests.xmlcurl.service import Service

GUIDE = Path(__file__).parents[3] / "docs" / "office.md"
JSON = {"Content-Type": "application/json"}
REQUEST = re.compile(r"^pbx ([A-Z]+) '?([^\s']+)'?(?: '([^']*)')?$|^greeting (\S+) \S+$", re.MULTILINE)
OF_THE_PLATFORM = ("/numbers", "/gateways", "/tenants/pbx.test")
NUMBER, SALES, MOBILE, ABROAD = "842812345678", "842812345679", "0901234567", "0044901234567"


@pytest.fixture
async def made(office: Office, api: httpx.AsyncClient) -> list[tuple[str, int]]:
    """The answers to every request of the guide."""
    platform = office.client(await office.add_token(None, "admin"), **{"X-Tenant": DOMAIN})
    answers = []
    for method, path, body, greeting in REQUEST.findall(GUIDE.read_text()):
        client = platform if path in OF_THE_PLATFORM else api
        if greeting:
            sound = {"Content-Type": "audio/wav"}
            answer = await client.post("/greetings", params={"name": greeting}, content=wav(), headers=sound)
        else:
            answer = await client.request(method, path, content=body, headers=JSON)
        answers.append((f"{method} {path} {answer.text}", answer.status_code))
    return answers


MORNING = Surroundings(now=utc("2026-03-10 02:00:00"))
EVENING = Surroundings(now=utc("2026-03-10 11:00:00"))
NEW_YEAR = Surroundings(now=utc("2029-01-01 02:00:00"))
"""In Ho Chi Minh City: 9:00 on a Tuesday, 18:00 on it, a holiday on a Monday."""

CALLS = [
    row("1002", "1001", "rings 1001; 1001 answers and sees 1002", "inside"),
    row("1001", "1002", "rings 1003; 1003 answers and sees 1001; recorded", "somebody at lunch"),
    row("1001", "600", "rings 1002 1003; 1002 answers and sees 1001", "the ring group, after somebody left"),
    row("1001", "1004", "UNALLOCATED_NUMBER", "who left"),
    row("1001", "650", "waits in callcenter 1@pbx.test; mailbox 690", "the queue"),
    row("1003", MOBILE, f"rings g1/{MOBILE}; g1/{MOBILE} answers and sees {NUMBER}", "outside"),
    row("1001", ABROAD, f"rings g1/{ABROAD}; g1/{ABROAD} answers and sees {SALES}", "abroad, as sales"),
    row("1003", "113", f"rings g1/113; g1/113 answers and sees {NUMBER}", "emergency"),
    row("1003", "911", "UNALLOCATED_NUMBER", "no emergency number here"),
    row("1003", ABROAD, "CALL_REJECTED", "abroad, by who may not"),
]
FROM_OUTSIDE = (
    (NUMBER, MORNING, "waits in ivr 1@pbx.test"),
    (NUMBER, EVENING, "mailbox 690"),
    (NUMBER, NEW_YEAR, "is played 2; NORMAL_CLEARING"),
    (SALES, EVENING, "rings 1001 1002 1003"),
)


async def test_the_guide_makes_a_working_office(made: list[tuple[str, int]], lookup: Service) -> None:
    """Every request is granted; afterwards calls inside, outside and from outside go where it says."""
    assert [said for said, status in made if status not in {200, 201}] == []
    assert len(made) == len(re.findall("^(?:pbx|greeting) ", GUIDE.read_text(), re.MULTILINE))

    for caller, number, around, outcome in (each.values for each in CALLS):
        assert (number, await outcome_of(lookup, caller, number, around)) == (number, outcome)
    for number, around, outcome in FROM_OUTSIDE:
        happened = await outcome_of(lookup, OUTSIDE, number, around)
        assert happened.startswith(outcome), happened
