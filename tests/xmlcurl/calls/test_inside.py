"""Calls between extensions: presence, forwards, voicemail, limits, recording."""

import pytest

from tests.xmlcurl.calls.rows import NOBODY, OUTSIDE, leg_of, outcome_of, row
from tests.xmlcurl.calls.switch import Surroundings, Switch
from tests.xmlcurl.service import Service


@pytest.mark.parametrize(
    ("caller", "number", "around", "outcome"),
    [
        # An extension without rules.
        row("1001", "1002", "rings 1002; 1002 answers and sees 1001", "it answers"),
        row("1001", "bob", "rings 1002; 1002 answers and sees 1001", "by its alias"),
        row("1001", "1002", "rings 1002; mailbox 1002", "no answer: its mailbox", phones={"1002": "rings"}),
        row("1001", "1002", "rings 1002; mailbox 1002", "busy: its mailbox", phones={"1002": "busy"}),
        row("1001", "1002", "mailbox 1002", "not registered: its mailbox", phones={"1002": "away"}),
        row("1001", "1002", "mailbox 1002", "at its limit: its mailbox", in_use={"1002": 2}),
        row("1001", "1003", "rings 1003; NO_ANSWER", "no answer and no mailbox", phones={"1003": "rings"}),
        row("1001", "1003", "rings 1003; USER_BUSY", "busy and no mailbox", phones={"1003": "busy"}),
        row("1001", "1003", "rings 1003; CALL_REJECTED", "declined and no mailbox", phones={"1003": "declines"}),
        row("1001", "1003", "USER_NOT_REGISTERED", "not registered and no mailbox", phones={"1003": "away"}),
        row("1001", "1003", "USER_BUSY", "at its limit and no mailbox", in_use={"1003": 2}),
        row("1001", "1023", "USER_BUSY", "at a limit of one", in_use={"1023": 1}),
        row("1023", "1003", "USER_BUSY", "the caller is at its own limit", in_use={"1023": 1}),
        row("1023", "1003", "rings 1003; 1003 answers and sees 1023", "the caller is below its limit"),
        row("1001", "1020", "UNALLOCATED_NUMBER", "disabled"),
        row("1001", "1021", "UNALLOCATED_NUMBER", "expired"),
        row("1001", "0900000000", "UNALLOCATED_NUMBER", "disabled, though a route outside would match"),
        row("1020", "1002", "CALL_REJECTED", "the caller is disabled"),
        row("1021", "1002", "CALL_REJECTED", "the caller has expired"),
        row("bob", "1003", "CALL_REJECTED", "an alias calls nobody"),
        row(NOBODY, "1002", "rings 1002; 1002 answers and sees 666", "a leg of nobody reaches extensions"),
        # Another tenant.
        row("1001", "2001", "UNALLOCATED_NUMBER", "another tenant's short number"),
        # Recording.
        row("1024", "1003", "rings 1003; 1003 answers and sees 1024; recorded", "the caller records"),
        row("1001", "1025", "rings 1025; 1025 answers and sees 1001; recorded", "the callee records"),
        row("1024", "1025", "rings 1025; 1025 answers and sees 1024; recorded", "both record"),
        row("1025", "1024", "rings 1024; 1024 answers and sees 1025", "neither in this direction"),
        row("1024", "1025", "rings 1025; mailbox 1025", "a mailbox is not recorded", phones={"1025": "rings"}),
        # Rules for no answer and busy.
        row("1001", "1201", "rings 1201; 1201 answers and sees 1001", "it answers in spite of its rules"),
        row(
            "1001",
            "1201",
            "rings 1201 1002; 1002 answers and sees 1001",
            "no answer: to 1002",
            phones={"1201": "rings"},
        ),
        row(
            "1001", "1201", "rings 1002; 1002 answers and sees 1001", "not registered: to 1002", phones={"1201": "away"}
        ),
        row("1001", "1201", "rings 1201 1003; 1003 answers and sees 1001", "busy: to 1003", phones={"1201": "busy"}),
        row(
            "1001",
            "1201",
            "rings 1201 1003; 1003 answers and sees 1001",
            "declined: to 1003",
            phones={"1201": "declines"},
        ),
        row("1001", "1201", "rings 1003; 1003 answers and sees 1001", "at its limit: to 1003", in_use={"1201": 2}),
        row(OUTSIDE, "842871110002", "rings 1002 1003; 1002 answers and sees 4915550001", "from outside"),
        row(NOBODY, "1201", "rings 1201; NO_ANSWER", "no rule for calls from outside", phones={"1201": "rings"}),
        row(
            "1001",
            "1201",
            "rings 1201 1002; mailbox 1002",
            "to 1002, whose mailbox answers",
            phones={"1201": "rings", "1002": "rings"},
        ),
        row(
            "1001",
            "1235",
            "rings 1235 1201 1002; 1002 answers and sees 1001",
            "no answer, and none where it goes",
            phones={"1235": "rings", "1201": "rings"},
        ),
        row("1001", "1235", "rings 1235; USER_BUSY", "busy without a rule for it", phones={"1235": "busy"}),
        row("1001", "1237", "rings 1237; NORMAL_CLEARING", "busy: the call ends", phones={"1237": "busy"}),
        row("1001", "1237", "NORMAL_CLEARING", "at its limit: the call ends", in_use={"1237": 1}),
        row("1001", "1237", "rings 1237; mailbox 1237", "no rule for no answer", phones={"1237": "rings"}),
        row("1001", "1237", "rings 1237; 1237 answers and sees 1001; recorded", "recorded, once"),
        row(
            "1002",
            "1201",
            "rings 1201 1002; 1002 answers and sees 1002",
            "back to who calls, who may have two calls",
            phones={"1201": "rings"},
        ),
        # Rules for all calls.
        row("1001", "1202", "rings 1003; 1003 answers and sees 1001", "away: always to 1003"),
        row(NOBODY, "1202", "mailbox 1202", "away: from outside always to the mailbox"),
        row("1001", "1220", "NORMAL_CLEARING", "always ended"),
        row(NOBODY, "1220", "NORMAL_CLEARING", "always ended, from outside too"),
        row("1001", "1221", "is played 1 1 1; NORMAL_CLEARING", "always a greeting, three times"),
        row(NOBODY, "1221", "is played 1; NORMAL_CLEARING", "from outside the greeting once"),
        row(
            "1001",
            "1221",
            "NORMAL_TEMPORARY_FAILURE",
            "a greeting that the switch can't fetch: not answered",
            has_greetings=False,
        ),
        row("1001", "1226", "rings 1226; 1226 answers and sees 1001", "always a greeting that is gone: no rule"),
        row("1001", "1222", "rings 1003; 1003 answers and sees 1001", "always to a ring group"),
        row(
            "1001",
            "1223",
            "waits in callcenter 1@pbx.test; rings 1003; 1003 answers and sees 1001",
            "always to a queue",
        ),
        row("1001", "1224", "waits in ivr 1@pbx.test; rings 1003; 1003 answers and sees 1001", "always to a menu"),
        row("1001", "1225", "mailbox 900", "always to a mailbox of a group"),
        row("1001", "1236", "UNALLOCATED_NUMBER", "always to who is disabled"),
        row(
            "1001", "1238", "rings 1238; 1238 answers and sees 1001", "always to a mobile number that is gone: no rule"
        ),
        # Do not disturb.
        row("1001", "1203", "mailbox 1203", "do not disturb: its mailbox, unrung"),
        row("1001", "1204", "USER_BUSY", "do not disturb without a mailbox"),
        row("1001", "1205", "rings 1003; 1003 answers and sees 1001", "do not disturb with a rule for busy"),
        row(NOBODY, "1205", "USER_BUSY", "do not disturb without a rule for outside"),
        # Loops and chains.
        row("1001", "1212", "mailbox 1211", "two forward to each other: the second one's mailbox"),
        row("1001", "1211", "EXCHANGE_ROUTING_ERROR", "two forward to each other: the second one's cause"),
        row(NOBODY, "1212", "mailbox 1211", "two forward to each other, from outside"),
        row("1001", "1240", "mailbox 1245", "the sixth forward does not happen"),
        row("1001", "1242", "rings 1003; 1003 answers and sees 1001", "the fifth one does"),
        # Mailboxes.
        row("1002", "*97", "hears check default pbx.test 1002", "its own mailbox, with the PIN"),
        row("1004", "*97", "hears check auth default pbx.test 1004", "its own mailbox, without a PIN"),
        row("1001", "*97", "FACILITY_NOT_SUBSCRIBED", "its own mailbox, without one"),
        row(NOBODY, "*97", "CALL_REJECTED", "nobody's mailbox"),
        row("1001", "*98", "hears check default pbx.test", "any mailbox"),
        row(NOBODY, "*98", "CALL_REJECTED", "any mailbox, for nobody"),
        row("1001", "*78", "FACILITY_REJECTED", "a code that writes, where nobody could be asked to"),
        row("1001", "*99", "UNALLOCATED_NUMBER", "no code"),
        row("1001", "1234", "UNALLOCATED_NUMBER", "a prefix makes no code of a forward"),
        # Groups.
        row(
            "1001", "600", "rings 1002 1003; 1002 answers and sees 1001", "all at once; not who is not to be disturbed"
        ),
        row("1001", "600", "rings 1002 1003; 1003 answers and sees 1001", "one of them", phones={"1002": "rings"}),
        row(
            "1001",
            "600",
            "rings 1002 1003 1004; 1004 answers and sees 1001",
            "none of them",
            phones={"1002": "rings", "1003": "busy"},
        ),
        row("1001", "600", "rings 1003; 1003 answers and sees 1001", "not who is at the limit", in_use={"1002": 2}),
        row("1001", "600", "rings 1004; 1004 answers and sees 1001", "all at it", in_use={"1002": 2, "1003": 2}),
        row("1002", "600", "rings 1003; 1003 answers and sees 1002", "not who calls"),
        row("1001", "601", "rings 1003; 1003 answers and sees 1001", "in turn: the first"),
        row("1001", "601", "rings 1003 1002; 1002 answers and sees 1001", "in turn: the next", phones={"1003": "busy"}),
        row(
            "1001",
            "601",
            "rings 1002; 1002 answers and sees 1001",
            "in turn: not who is at the limit",
            in_use={"1003": 2},
        ),
        row("1001", "601", "rings 1003 1002; NO_ANSWER", "in turn: none", phones={"1003": "rings", "1002": "rings"}),
        row("1001", "603", "mailbox 1002", "nobody in it"),
        row(
            "1001",
            "605",
            "rings 1003 1003; EXCHANGE_ROUTING_ERROR",
            "two go on to each other",
            phones={"1003": "rings"},
        ),
        row("1001", "607", "rings 1003 1025; 1003 answers and sees 1001", "who records did not answer"),
        row(
            "1001",
            "607",
            "rings 1003 1025; 1025 answers and sees 1001; recorded",
            "who records answered",
            phones={"1003": "rings"},
        ),
        row("1024", "607", "rings 1003 1025; 1003 answers and sees 1024; recorded", "a caller who records"),
        row("1001", "608", "rings 1003; 1003 answers and sees 1001", "in turn: at a limit of one", in_use={"1023": 1}),
        row(
            "1001",
            "702",
            "waits in callcenter 3@pbx.test with greeting 1, callcenter 1@pbx.test; "
            "rings 1003; 1003 answers and sees 1001",
            "a queue with a greeting, which the next queue does not have",
        ),
        row("1001", "701", "waits in callcenter 2@pbx.test; NO_ANSWER", "a queue that goes nowhere"),
        row("1001", "801", "waits in ivr 2@pbx.test; NORMAL_CLEARING", "a menu that goes nowhere"),
        row("1001", "900", "mailbox 900", "a mailbox of a group"),
        row(NOBODY, "600", "rings 1002 1003; 1002 answers and sees 666", "a leg of nobody"),
    ],
)
async def test_inside(office: Service, caller: str, number: str, around: Surroundings, outcome: str) -> None:
    """What becomes of the call."""
    assert await outcome_of(office, caller, number, around) == outcome


@pytest.mark.parametrize(("number", "seconds"), [("1201", "15"), ("1002", "30"), ("600", "20"), ("0901234567", "120")])
async def test_how_long_it_rings(office: Service, number: str, seconds: str) -> None:
    """As its status, or its group, says."""
    assert (await Switch(office, Surroundings()).call(leg_of("1001"), number)).ring_seconds == seconds


async def test_in_any_order(office: Service) -> None:
    """A random group rings everyone once, and another one first from time to time."""
    nobody_answers = Surroundings(phones={"1001": "rings", "1002": "rings", "1003": "rings"})

    orders = [(await Switch(office, nobody_answers).call(leg_of("1004"), "602")).rang for _ in range(60)]

    assert {tuple(sorted(order)) for order in orders} == {("1001", "1002", "1003")}
    # All sixty alike: once in 10^27 runs for each order.
    assert len({order[0] for order in orders}) > 1


async def test_the_second_lookup_runs_no_sql(office: Service) -> None:
    """A call to a busy phone asks twice, and both answers are remembered."""
    busy = Surroundings(phones={"1237": "busy"})
    await Switch(office, busy).call(leg_of("1001"), "1237")
    office.statements.clear()

    assert (await Switch(office, busy).call(leg_of("1001"), "1237")).cause == "NORMAL_CLEARING"
    assert office.statements == []


async def test_what_was_said_of_one_call_is_taken_back(office: Service) -> None:
    """A later transfer of the same leg finds neither why it failed nor on whose behalf it went on."""
    switch, leg = Switch(office, Surroundings(phones={"1206": "rings"})), leg_of("1001")

    outcome = await switch.call(leg, "1206")

    assert outcome.words == "rings 1206 g1/0901234567; g1/0901234567 answers and sees 842871110002"
    assert not leg.variables.keys() & {"xmlcurl_failed", "xmlcurl_on_behalf_of"}
