"""What is dialled in a menu: where it leads, by whose permissions, and back again."""

import pytest

from tests.xmlcurl.calls.rows import NOBODY, OUTSIDE, outcome_of, row
from tests.xmlcurl.calls.switch import Surroundings
from tests.xmlcurl.calls.world import LOST, MAIN
from tests.xmlcurl.service import Service

MENU = "waits in ivr 3@pbx.test"
MOBILE = "0901234567"


@pytest.mark.parametrize(
    ("caller", "number", "around", "outcome"),
    [
        row("1001", "802", f"{MENU}; rings 1003; 1003 answers and sees 1001", "an extension", choices={"802": "1"}),
        row("1001", "802", f"{MENU}; rings 1003; 1003 answers and sees 1001", "a ring group", choices={"802": "2"}),
        row("1001", "802", f"{MENU}; mailbox 900", "a mailbox", choices={"802": "5"}),
        row("1001", "802", f"{MENU}; NORMAL_CLEARING", "the end", choices={"802": "#"}),
        row(
            "1001",
            "802",
            f"{MENU}; rings 1002; 1002 answers and sees 1001",
            "an extension's own number",
            choices={"802": "1002"},
        ),
        row("1001", "802", f"{MENU}; UNALLOCATED_NUMBER", "an extension that is disabled", choices={"802": "1020"}),
        row(
            "1001",
            "802",
            f"{MENU}, ivr 3@pbx.test; NORMAL_CLEARING",
            "back again: a number outside is no option",
            choices={"802": MOBILE},
        ),
        row(
            "1001",
            "802",
            f"{MENU}, ivr 1@pbx.test; rings 1003; 1003 answers and sees 1001",
            "another menu, where nothing is dialled",
            choices={"802": "4"},
        ),
        # Outside.
        row(
            "1001",
            "802",
            f"{MENU}; rings g1/{MOBILE}; g1/{MOBILE} answers and sees {MAIN}",
            "a number outside",
            choices={"802": "8"},
        ),
        row(
            "1011",
            "802",
            f"{MENU}; rings g1/{MOBILE}; g1/{MOBILE} answers and sees {MAIN}",
            "a number outside, for who may not call there",
            choices={"802": "8"},
        ),
        row(
            NOBODY,
            "802",
            f"{MENU}; rings g1/{MOBILE}; g1/{MOBILE} answers and sees {MAIN}",
            "a number outside, for nobody",
            choices={"802": "8"},
        ),
        row(
            "1001",
            "802",
            f"{MENU}; rings g1/{MOBILE} g2/{MOBILE}; g2/{MOBILE} answers and sees {MAIN}",
            "a number outside, past a gateway that is down",
            choices={"802": "8"},
            gateways={1: "GATEWAY_DOWN"},
        ),
        row(
            "1001",
            "802",
            f"{MENU}; rings g1/{MOBILE}; USER_BUSY",
            "a number outside that is busy",
            choices={"802": "8"},
            gateways={1: "USER_BUSY"},
        ),
        row("1001", "802", f"{MENU}; NO_ROUTE_DESTINATION", "a number outside without a way", choices={"802": "9"}),
        # From a group, and back.
        row(
            "1001",
            "609",
            f"{MENU}; rings 1003; 1003 answers and sees 1001",
            "a group, its menu, another group",
            choices={"802": "2"},
        ),
        row(
            "1001",
            "609",
            f"{MENU}; EXCHANGE_ROUTING_ERROR",
            "a group, its menu, the group again, which may not go on to the menu once more",
            choices={"802": "3"},
        ),
        row(OUTSIDE, LOST, "UNALLOCATED_NUMBER", "nothing is dialled where there is no menu", choices={"802": "1"}),
    ],
)
async def test_menus(office: Service, caller: str, number: str, around: Surroundings, outcome: str) -> None:
    """What becomes of the call."""
    assert await outcome_of(office, caller, number, around) == outcome
