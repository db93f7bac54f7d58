"""Calls to numbers outside and from there: permissions, routes, caller IDs, emergencies, hours."""

import pytest

from tests.xmlcurl.calls.rows import NOBODY, OUTSIDE, leg_of, outcome_of, row, utc
from tests.xmlcurl.calls.switch import Surroundings, Switch
from tests.xmlcurl.calls.world import FAX, FOREIGN, LOST, MAIN, REDIRECTED, SALES, SWITCHED_OFF
from tests.xmlcurl.service import Service

EVENING = utc("2026-03-10 20:00:00")
SALES_SEEN, MAIN_SEEN, FAX_SEEN = (f"answers and sees {number}" for number in (SALES, MAIN, FAX))
MOBILE, ABROAD = "0901234567", "0012125550100"


@pytest.mark.parametrize(
    ("caller", "number", "around", "outcome"),
    [
        # Routes.
        row("1001", MOBILE, f"rings g1/{MOBILE}; g1/{MOBILE} {SALES_SEEN}", "by pattern, with its own number"),
        row("1003", MOBILE, f"rings g1/{MOBILE}; g1/{MOBILE} {MAIN_SEEN}", "with the tenant's number"),
        row("1004", MOBILE, f"rings g1/{MOBILE}; g1/{MOBILE} {FAX_SEEN}", "with its hotline's number"),
        row("1001", "0281234567", f"rings g2/0281234567; g2/0281234567 {SALES_SEEN}", "past a disabled gateway"),
        row("1001", "9123", f"rings g1/123; g1/123 {SALES_SEEN}", "a digit is stripped"),
        row("1001", "0712", f"rings g2/770712; g2/770712 {SALES_SEEN}", "digits are prepended"),
        row("1001", "090123", "UNALLOCATED_NUMBER", "too short for its pattern"),
        row("1001", "0512", "UNALLOCATED_NUMBER", "only a disabled route matches"),
        row("1001", "0812", "UNALLOCATED_NUMBER", "only a route without a gateway matches"),
        row("1001", "1099", "UNALLOCATED_NUMBER", "no route matches"),
        row("1001", "9", "UNALLOCATED_NUMBER", "nothing left to dial"),
        # Gateways.
        row(
            "1001",
            MOBILE,
            f"rings g1/{MOBILE} g2/{MOBILE}; g2/{MOBILE} {SALES_SEEN}",
            "the first gateway is down",
            gateways={1: "GATEWAY_DOWN"},
        ),
        row(
            "1001",
            MOBILE,
            f"rings g1/{MOBILE} g2/{MOBILE}; g2/{MOBILE} {SALES_SEEN}",
            "the first gateway fails",
            gateways={1: "NORMAL_TEMPORARY_FAILURE"},
        ),
        row("1001", MOBILE, f"rings g1/{MOBILE}; USER_BUSY", "who is called is busy", gateways={1: "USER_BUSY"}),
        row(
            "1001", MOBILE, f"rings g1/{MOBILE}; NO_ANSWER", "who is called does not answer", gateways={1: "NO_ANSWER"}
        ),
        row(
            "1001", MOBILE, f"rings g1/{MOBILE}; CALL_REJECTED", "who is called declines", gateways={1: "CALL_REJECTED"}
        ),
        row(
            "1001",
            MOBILE,
            f"rings g1/{MOBILE}; UNALLOCATED_NUMBER",
            "no such number",
            gateways={1: "UNALLOCATED_NUMBER"},
        ),
        row(
            "1001",
            MOBILE,
            f"rings g1/{MOBILE} g2/{MOBILE}; GATEWAY_DOWN",
            "all gateways fail",
            gateways={1: "RECOVERY_ON_TIMER_EXPIRE", 2: "GATEWAY_DOWN"},
        ),
        # Permissions.
        row("1011", MOBILE, "CALL_REJECTED", "may not call outside"),
        row("1011", "1003", "rings 1003; 1003 answers and sees 1011", "may not call outside, but inside"),
        row("1015", MOBILE, "CALL_REJECTED", "its class may not call outside"),
        row("1001", ABROAD, f"rings g1/{ABROAD}; g1/{ABROAD} {SALES_SEEN}", "abroad"),
        row("1001", "+12125550100", f"rings g1/+12125550100; g1/+12125550100 {SALES_SEEN}", "abroad with a plus"),
        row("1012", ABROAD, "CALL_REJECTED", "may not call abroad"),
        row("1012", "+12125550100", "CALL_REJECTED", "may not call abroad with a plus"),
        row("1012", f"9{ABROAD}", "CALL_REJECTED", "may not call abroad behind an outside line's digit"),
        row("1012", "1901", "CALL_REJECTED", "may not take a route that counts as abroad"),
        row("1012", MOBILE, f"rings g1/{MOBILE}; g1/{MOBILE} {MAIN_SEEN}", "may not call abroad, but home"),
        row("1016", ABROAD, "CALL_REJECTED", "its class may not call abroad"),
        row("1014", MOBILE, f"rings g1/{MOBILE}; g1/{MOBILE} {MAIN_SEEN}", "its class has the route"),
        row("1014", "0281234567", "CALL_REJECTED", "its class has not the route"),
        row("1014", "1901", f"rings g1/1901; g1/1901 {MAIN_SEEN}", "its class has the route abroad"),
        row("1001", MOBILE, "USER_BUSY", "at its limit", in_use={"1001": 2}),
        row(NOBODY, MOBILE, "CALL_REJECTED", "a leg of nobody"),
        row(NOBODY, ABROAD, "CALL_REJECTED", "a leg of nobody, abroad"),
        row("1024", MOBILE, f"rings g1/{MOBILE}; g1/{MOBILE} {MAIN_SEEN}; recorded", "recorded"),
        row("1025", MOBILE, f"rings g1/{MOBILE}; g1/{MOBILE} {MAIN_SEEN}", "not recorded in this direction"),
        # Emergencies.
        row("1001", "112", f"rings g2/112; g2/112 {FAX_SEEN}", "emergency: its own gateways, its own number"),
        row("1011", "112", f"rings g2/112; g2/112 {FAX_SEEN}", "emergency: no permission"),
        row("1017", "112", f"rings g2/112; g2/112 {FAX_SEEN}", "emergency: at any hour", now=EVENING),
        row("1023", "112", f"rings g2/112; g2/112 {FAX_SEEN}", "emergency: no limit", in_use={"1023": 1}),
        row(
            "1001",
            "112",
            f"rings g2/112 g1/112; g1/112 {FAX_SEEN}",
            "emergency: any failure",
            gateways={2: "USER_BUSY"},
        ),
        row(
            "1001",
            "112",
            "rings g2/112 g1/112; GATEWAY_DOWN",
            "emergency: all fail",
            gateways={2: "GATEWAY_DOWN", 1: "GATEWAY_DOWN"},
        ),
        row("1001", "110", f"rings g2/110; g2/110 {FAX_SEEN}", "emergency: before a route that matches"),
        row(NOBODY, "112", "CALL_REJECTED", "emergency: not for nobody"),
        row("1001", "118", "UNALLOCATED_NUMBER", "emergency elsewhere"),
        # Forwards to the outside.
        row("1001", "1230", f"rings g1/{ABROAD}; g1/{ABROAD} {MAIN_SEEN}", "forwarded abroad"),
        row("1012", "1230", f"rings g1/{ABROAD}; g1/{ABROAD} {MAIN_SEEN}", "by the permissions of who forwards"),
        row("1001", "1231", "CALL_REJECTED", "who forwards may not call abroad"),
        row("1001", "1232", "CALL_REJECTED", "who forwards may not call outside"),
        row(NOBODY, "1230", f"rings g1/{ABROAD}; g1/{ABROAD} {MAIN_SEEN}", "nobody's leg, forwarded"),
        row(
            "1001",
            "1206",
            f"rings 1206 g1/{MOBILE}; g1/{MOBILE} {SALES_SEEN}",
            "no answer: to the mobile, with the callee's number",
            phones={"1206": "rings"},
        ),
        row("1001", "1210", f"rings g1/{MOBILE}; g1/{MOBILE} {SALES_SEEN}", "a prefix before the mobile number"),
        row("1001", "1233", "rings 1002 1003; 1002 answers and sees 1001", "to a number of one's own: it stays inside"),
        row(
            "1001",
            "604",
            f"rings g2/0281234567; g2/0281234567 {MAIN_SEEN}",
            "a group's forward, by nobody's permissions",
        ),
        row("1011", "604", f"rings g2/0281234567; g2/0281234567 {MAIN_SEEN}", "a group's forward, whoever calls"),
        # The mobile rings too.
        row("1001", "1207", f"rings 1207 g1/{MOBILE}; 1207 answers and sees 1001", "both ring"),
        row(
            "1001",
            "1207",
            f"rings 1207 g1/{MOBILE}; g1/{MOBILE} {SALES_SEEN}",
            "the mobile answers",
            phones={"1207": "busy"},
        ),
        row("1001", "1207", "USER_BUSY", "at its limit, the mobile does not ring", in_use={"1207": 2}),
        row("1001", "1208", f"rings 1208 g1/{MOBILE}; 1208 answers and sees 1001", "both ring while open"),
        row("1001", "1208", "rings 1208; 1208 answers and sees 1001", "only the desk while closed", now=EVENING),
        row("1001", "1209", "rings 1209; 1209 answers and sees 1001", "who may not call outside has no mobile"),
        # From outside.
        row(OUTSIDE, SALES, "rings 1002 1003; 1002 answers and sees 4915550001", "a number of a ring group"),
        row(OUTSIDE, f"+{SALES}", "rings 1002 1003; 1002 answers and sees 4915550001", "the number with a plus"),
        row(OUTSIDE, FAX, "rings 1002; mailbox 1002", "nobody answers", phones={"1002": "rings"}),
        row(OUTSIDE, MAIN, "mailbox 1202", "open: by the rules for calls from outside"),
        row(OUTSIDE, MAIN, "mailbox 900", "closed", now=EVENING),
        row(
            OUTSIDE,
            MAIN,
            "waits in ivr 1@pbx.test; rings 1003; 1003 answers and sees 4915550001",
            "a holiday",
            now=utc("2026-05-04 10:00:00"),
        ),
        row(OUTSIDE, FAX, "rings 1003; 1003 answers and sees 4915550001", "closed elsewhere", now=EVENING),
        row(
            OUTSIDE,
            FAX,
            "rings 1003; 1003 answers and sees 4915550001",
            "a holiday without a destination: as when closed",
            now=utc("2026-12-25 10:00:00"),
        ),
        row(OUTSIDE, SALES, "rings 1002 1003; 1002 answers and sees 4915550001", "no other when closed", now=EVENING),
        row(OUTSIDE, REDIRECTED, f"rings g1/0901112223; g1/0901112223 answers and sees {REDIRECTED}", "to the outside"),
        row(OUTSIDE, LOST, "UNALLOCATED_NUMBER", "a number without a destination"),
        row(OUTSIDE, SWITCHED_OFF, "UNALLOCATED_NUMBER", "a number that is not active"),
        row(OUTSIDE, "842879999999", "UNALLOCATED_NUMBER", "nobody's number"),
        row(OUTSIDE, "1002", "UNALLOCATED_NUMBER", "a short number"),
        row(OUTSIDE, MOBILE, "UNALLOCATED_NUMBER", "a number outside: no relay"),
        row(OUTSIDE, "112", "UNALLOCATED_NUMBER", "an emergency number"),
        row(OUTSIDE, "*98", "UNALLOCATED_NUMBER", "a feature code"),
        # One's own numbers from inside.
        row("1001", SALES, "rings 1002 1003; 1002 answers and sees 1001", "a number of one's own"),
        row("1001", MAIN, "rings 1003; 1003 answers and sees 1001", "a number of one's own, by the rules for inside"),
        row("1001", FOREIGN, "UNALLOCATED_NUMBER", "another tenant's number, without a route"),
    ],
)
async def test_outside(office: Service, caller: str, number: str, around: Surroundings, outcome: str) -> None:
    """What becomes of the call."""
    assert await outcome_of(office, caller, number, around) == outcome


async def test_another_tenants_number_is_that_tenants(office: Service) -> None:
    """Its route keeps every later transfer there."""
    leg = leg_of(OUTSIDE)
    switch = Switch(office, Surroundings())

    await switch.call(leg, FOREIGN)

    assert switch.outcome.answered == "2002"
    assert (leg.context, leg.variables["force_transfer_context"]) == ("other.test", "other.test")


@pytest.mark.parametrize(
    ("now", "is_open"),
    [
        # Europe/Berlin: UTC+1, from 29 March to 25 October UTC+2.
        pytest.param("2026-03-10 07:59:59", False, id="a second before it opens"),
        pytest.param("2026-03-10 08:00:00", True, id="it opens"),
        pytest.param("2026-03-10 16:29:59", True, id="the last second"),
        pytest.param("2026-03-10 16:30:00", False, id="it closes"),
        pytest.param("2026-03-27 08:00:00", True, id="it opens on the Friday before clocks go forward"),
        pytest.param("2026-03-28 21:00:00", True, id="the last Saturday evening in winter"),
        pytest.param("2026-03-28 22:59:59", True, id="the last second of Saturday"),
        pytest.param("2026-03-28 23:00:00", False, id="midnight"),
        pytest.param("2026-03-28 20:59:59", False, id="a second before Saturday evening"),
        pytest.param("2026-03-30 06:59:59", False, id="a second before the first summer Monday"),
        pytest.param("2026-03-30 07:00:00", True, id="it opens on the first summer Monday"),
        pytest.param("2026-03-30 15:30:00", False, id="it closes on the first summer Monday"),
        pytest.param("2026-10-23 07:00:00", True, id="it opens on the last summer Friday"),
        pytest.param("2026-10-26 07:59:59", False, id="a second before the first winter Monday"),
        pytest.param("2026-10-26 08:00:00", True, id="it opens on the first winter Monday"),
        pytest.param("2026-03-15 11:00:00", False, id="Sunday"),
        pytest.param("2026-12-24 10:00:00", False, id="a yearly holiday"),
        pytest.param("2027-12-24 10:00:00", False, id="a yearly holiday in another year"),
        pytest.param("2026-04-30 10:00:00", False, id="the first day of a holiday over the month's end"),
        pytest.param("2026-05-04 10:00:00", False, id="its last day"),
        pytest.param("2026-05-05 10:00:00", True, id="the day after"),
        pytest.param("2027-05-04 10:00:00", True, id="only that year"),
        pytest.param("2028-02-29 10:00:00", False, id="29 February in a yearly holiday from 28 February to 1 March"),
    ],
)
async def test_hours(office: Service, now: str, is_open: bool) -> None:
    """One remembered document is right at every moment: the tenant's clock decides, with its summer time."""
    rejected, called = "CALL_REJECTED", f"rings g1/{MOBILE}; g1/{MOBILE} {MAIN_SEEN}"

    for caller in ("1013", "1017"):
        assert await outcome_of(office, caller, MOBILE, Surroundings(now=utc(now))) == (called if is_open else rejected)
    assert await outcome_of(office, "1003", MOBILE, Surroundings(now=utc(now))) == called


@pytest.mark.parametrize("stale", ["open", "closed", "holiday"])
async def test_the_note_of_an_earlier_document_is_not_believed(office: Service, stale: str) -> None:
    """Of a leg that was routed hours ago, and is transferred now."""
    leg = leg_of("1013", xmlcurl_hours=stale, timezone="Asia/Tokyo")

    assert (await Switch(office, Surroundings(now=EVENING)).call(leg, MOBILE)).cause == "CALL_REJECTED"


async def test_an_outside_party_is_transferred_to_nothing_that_costs(office: Service) -> None:
    """Outside -> 1002, who sends the caller on to another country, on the caller's own word: refused."""
    leg = leg_of(OUTSIDE)
    await Switch(office, Surroundings()).call(leg, FAX)
    leg.is_over = False

    assert (await Switch(office, Surroundings()).call(leg, ABROAD)).cause == "CALL_REJECTED"


async def test_a_forward_pays_for_one_call_only(office: Service) -> None:
    """1012, who may not call abroad, was forwarded there by 1230; sent on once more, by its own permissions."""
    leg = leg_of("1012")
    await Switch(office, Surroundings()).call(leg, "1230")
    leg.is_over = False

    assert (await Switch(office, Surroundings()).call(leg, ABROAD)).cause == "CALL_REJECTED"


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"sofia_profile_name": "internal"}, id="by the phones' profile"),
        pytest.param({}, id="by none"),
        pytest.param({"sofia_profile_name": "external", "xmlcurl_on_behalf_of": "1 002"}, id="on behalf of no name"),
    ],
)
async def test_what_did_not_come_from_a_gateway(office: Service, variables: dict[str, str]) -> None:
    """The context alone opens no number."""
    leg = leg_of(OUTSIDE)
    leg.variables = variables

    assert (await Switch(office, Surroundings()).call(leg, FAX)).cause == "UNALLOCATED_NUMBER"
