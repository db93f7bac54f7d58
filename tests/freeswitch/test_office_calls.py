"""The table of real calls: what was seen of each on a FreeSWITCH, and whether explain-call says the same.

What is expected stands in each row. The explanation is held to what was seen, and so are the routes that it shows.
"""

import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from functools import partial
from typing import Any

import pytest
import pytest_asyncio

from tests.freeswitch.company import (
    ABROAD,
    FAX,
    FORWARDED,
    LOST,
    MAIN,
    MOBILE,
    OTHER_MOBILE,
    REDIRECTED,
    SALES,
    TO_GROUP,
    TO_MENU,
    TO_QUEUE,
    Company,
)
from tests.freeswitch.landlord import Landlord
from tests.freeswitch.product import Product
from tests.freeswitch.scene import CLAIMED, Result, Scene, Stage
from tests.freeswitch.switch import Switch
from tests.freeswitch.tap import Tap
from tests.waiting import until

pytestmark = pytest.mark.asyncio(loop_scope="module")

Play = Callable[..., Awaitable[None]]

DOMAIN = "table.test"
OUTSIDE = "4915550001"

EXPLAINED_GATEWAYS = {"gives up": "no_answer", "gone": "fails"}
"""What carriers do -> the word of an explanation, where it is another one."""


def call(caller: str, dialled: str, outcome: str, said: str, **around: Any) -> Any:
    """A row; `around` as for Scene; `said` names it."""
    return pytest.param(Scene(caller=caller, dialled=dialled, outcome=outcome, **around), id=said)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def company(product: Product, switch: Switch) -> AsyncIterator[Company]:
    product.command("tenant", "add", DOMAIN)
    async with Landlord.of(product, DOMAIN) as landlord:
        company = Company(landlord)
        await company.build()
        yield company
        await company.close()


@pytest.fixture
def play(company: Company, switch: Switch, tap: Tap) -> Play:
    return partial(played, company, switch, tap)


async def explained(company: Company, scene: Scene, at: str | None) -> dict[str, Any]:
    """The same call, as explain-call has it. A phone that the scene doesn't name is not signed in."""
    phones = {number: scene.phones.get(number, "not_registered") for number in company.accounts}
    carriers = {"first": "answers", "second": "answers", "unregistered": "down", **scene.carriers}
    gateways = {str(company.gateways[name]): EXPLAINED_GATEWAYS.get(does, does) for name, does in carriers.items()}
    is_inside = scene.caller in company.accounts
    return await company.landlord.post(
        "/explain-call",
        **{"from": scene.caller if is_inside else {"outside": scene.caller}, "to": scene.dialled},
        phones=phones | dict.fromkeys(scene.at_limit, "at_limit"),
        gateways=gateways,
        choices={"800": scene.choice} if scene.choice else {},
        at=at,
    )


def result_of(company: Company, explained: dict[str, Any], scene: Scene) -> Result:
    """Gateways by name; without those where nobody listens, who can't see that they are called."""
    outcome = explained["outcome"]

    def named(who: str) -> str:
        for name, gateway_id in company.gateways.items():
            who = who.replace(f"g{gateway_id}/", f"{name}/")
        return who

    deaf = {"unregistered", *(name for name, does in scene.carriers.items() if does == "gone")}
    rang = [named(each) for each in outcome["rang"]]
    return Result(
        rang=[each for each in rang if each.partition("/")[0] not in deaf],
        answered_by=named(outcome["answered_by"] or ""),
        shown=outcome["shown"] or "",
        shown_name=outcome["shown_name"] or "",
        is_recorded=outcome["is_recorded"],
        mailbox=outcome["mailbox"] or "",
        listens=outcome["listens"],
        cause=outcome["cause"] or "",
    )


CAROL = {"1003": "answers"}
BOB = {"1002": "answers"}
BY_FIRST, BY_SECOND = f"rings first/{MOBILE}; first/{MOBILE}", f"rings first/{MOBILE} second/{MOBILE}; second/{MOBILE}"
SHOWN = f"answers and sees Head Office {MAIN}"


@pytest.mark.parametrize(
    "scene",
    [
        # Inside: an extension without rules.
        call("1001", "1003", "rings 1003; 1003 answers and sees Alice 1001", "it answers", phones=CAROL),
        call("1001", "bob", "rings 1002; 1002 answers and sees Alice 1001", "by its alias", phones=BOB),
        call("1001", "1003", "rings 1003; USER_BUSY", "busy, no mailbox", phones={"1003": "busy"}),
        call("1001", "1003", "rings 1003; CALL_REJECTED", "declines, no mailbox", phones={"1003": "declines"}),
        call("1001", "1003", "rings 1003; NO_ANSWER", "no answer, no mailbox", phones={"1003": "no_answer"}),
        call("1001", "1003", "USER_NOT_REGISTERED", "not registered, no mailbox"),
        call("1001", "1002", "mailbox 1002", "not registered: the mailbox"),
        call("1001", "1002", "rings 1002; mailbox 1002", "busy: the mailbox", phones={"1002": "busy"}),
        call("1001", "1002", "rings 1002; mailbox 1002", "no answer: the mailbox", phones={"1002": "no_answer"}),
        call("1002", "*97", "listens to 1002", "its own mailbox"),
        call("1001", "*97", "FACILITY_NOT_SUBSCRIBED", "its own mailbox, without one"),
        call("1001", "1020", "UNALLOCATED_NUMBER", "disabled"),
        call("1020", "1003", "CALL_REJECTED", "the caller is disabled", phones=CAROL),
        call("1001", "1999", "UNALLOCATED_NUMBER", "nobody's number"),
        # Calls at once.
        call("1001", "1004", "USER_BUSY", "at its limit", phones={"1004": "answers"}, at_limit=("1004",)),
        call("1004", "1003", "USER_BUSY", "the caller is at its limit", phones=CAROL, at_limit=("1004",)),
        # Recording.
        call("1005", "1003", "rings 1003; 1003 answers and sees 1005; recorded", "the caller records", phones=CAROL),
        call(
            "1005",
            "1006",
            "rings 1006; 1006 answers and sees 1005; recorded",
            "both record, once",
            phones={"1006": "answers"},
        ),
        call("1005", "1006", "rings 1006; mailbox 1006", "a mailbox is not recorded", phones={"1006": "no_answer"}),
        call("1006", "1003", "rings 1003; 1003 answers and sees 1006", "not in this direction", phones=CAROL),
        # Rules.
        call(
            "1001",
            "1201",
            "rings 1201 1002; 1002 answers and sees Alice 1001",
            "no answer: to Bob",
            phones={"1201": "no_answer"} | BOB,
        ),
        call(
            "1001",
            "1201",
            "rings 1201 1003; 1003 answers and sees Alice 1001",
            "busy: to Carol",
            phones={"1201": "busy"} | CAROL,
        ),
        call(
            "1001",
            "1201",
            "rings 1003; 1003 answers and sees Alice 1001",
            "at its limit: to Carol",
            phones={"1201": "answers"} | CAROL,
            at_limit=("1201",),
        ),
        call("1001", "1202", "rings 1003; 1003 answers and sees Alice 1001", "always to Carol", phones=CAROL),
        call("1001", "1203", "mailbox 1203", "do not disturb", phones={"1203": "answers"}),
        call("1001", "1204", "USER_BUSY", "do not disturb, no mailbox", phones={"1204": "answers"}),
        call("1001", "1205", "rings 1003; 1003 answers and sees Alice 1001", "do not disturb: to Carol", phones=CAROL),
        call("1001", "1206", f"{BY_FIRST} {SHOWN}", "not registered: to the mobile"),
        call(
            "1001",
            "1207",
            f"rings 1207 first/{MOBILE}; first/{MOBILE} answers and sees {SALES}",
            "the mobile rings, too",
            phones={"1207": "no_answer"},
        ),
        call("1001", "1208", f"rings first/{ABROAD}; first/{ABROAD} {SHOWN}", "always abroad"),
        call("1012", "1208", f"rings first/{ABROAD}; first/{ABROAD} {SHOWN}", "by the permissions of who forwards"),
        call("1001", "1209", "CALL_REJECTED", "who forwards may not call abroad"),
        call("1001", "1210", "EXCHANGE_ROUTING_ERROR", "a loop of forwards"),
        call("1001", "1221", "EXCHANGE_ROUTING_ERROR", "one forward too many", phones=CAROL),
        call("1001", "1222", "rings 1003; 1003 answers and sees Alice 1001", "as many as may be", phones=CAROL),
        # Groups.
        call(
            "1001",
            "600",
            "rings 1002 1003; 1003 answers and sees Alice 1001",
            "all at once; not who is not to be disturbed",
            phones={"1002": "no_answer", "1003": "answers", "1203": "answers"},
        ),
        call("1001", "600", "rings 1002 1003; NO_ANSWER", "nobody", phones={"1002": "no_answer", "1003": "busy"}),
        call(
            "1001",
            "601",
            "rings 1003 1002; 1002 answers and sees Alice 1001",
            "in turn",
            phones={"1003": "busy", "1002": "answers"},
        ),
        call("1004", "601", "rings 1002; 1002 answers and sees 1004", "in turn: past who is not there", phones=BOB),
        call(
            "1003",
            "602",
            "rings 1001 1002; NO_ANSWER",
            "in any order, not who calls",
            phones={"1001": "busy", "1002": "busy"},
            in_any_order=True,
        ),
        call(
            "1011",
            "604",
            f"rings first/{OTHER_MOBILE}; first/{OTHER_MOBILE} {SHOWN}",
            "a group's forward to the outside, whoever calls",
        ),
        call("1001", "700", "rings 1003; 1003 answers and sees Alice 1001", "a queue without agents", phones=CAROL),
        call("1001", "900", "mailbox 900", "a mailbox of a group"),
        call("1001", "800", "rings 1002; 1002 answers and sees Alice 1001", "a menu: Bob", choice="1", phones=BOB),
        call("1011", "800", f"{BY_FIRST} {SHOWN}", "a menu: a number outside, whoever calls", choice="2"),
        call(
            "1001",
            "800",
            "rings 1003; 1003 answers and sees Alice 1001",
            "a menu: a group",
            choice="3",
            phones=CAROL,
        ),
        call("1001", "800", "NORMAL_CLEARING", "a menu: the end", choice="#"),
        call(
            "1001",
            "800",
            "rings 1003; 1003 answers and sees Alice 1001",
            "a menu: an extension's own number",
            choice="1003",
            phones=CAROL,
        ),
        call("1001", "800", "rings 1003; 1003 answers and sees Alice 1001", "a menu: nothing", phones=CAROL),
        # Outside.
        call("1001", MOBILE, f"{BY_FIRST} answers and sees Sales {SALES}", "with its own number"),
        call("1003", MOBILE, f"{BY_FIRST} answers and sees Sales {SALES}", "with its hotline's number"),
        call("1002", MOBILE, f"{BY_FIRST} {SHOWN}", "with the tenant's number"),
        call("1005", MOBILE, f"{BY_FIRST} {SHOWN}; recorded", "recorded"),
        call("1011", MOBILE, "CALL_REJECTED", "may not call outside"),
        call("1001", ABROAD, f"rings first/{ABROAD}; first/{ABROAD} answers and sees Sales {SALES}", "abroad"),
        call("1012", ABROAD, "CALL_REJECTED", "may not call abroad"),
        call("1012", f"8{ABROAD}", "CALL_REJECTED", "may not call abroad behind a digit for an outside line"),
        call("1014", MOBILE, f"{BY_FIRST} {SHOWN}", "its class has the route"),
        call("1014", ABROAD, "CALL_REJECTED", "its class has not the route"),
        call("1013", MOBILE, f"{BY_FIRST} {SHOWN}", "only while it is open, and it is", clock="open"),
        call("1013", MOBILE, "CALL_REJECTED", "only while it is open, and it is not", clock="closed"),
        call("1013", MOBILE, "CALL_REJECTED", "only while it is open, and not on holidays", clock="holiday"),
        call(
            "1001",
            "842899999999",
            "rings first/842899999999; first/842899999999 answers and sees Sales " + SALES,
            "another one's number, by a carrier",
        ),
        call("1001", TO_GROUP, "rings 1003; 1003 answers and sees Alice 1001", "a number of one's own", phones=CAROL),
        # Gateways.
        call("1002", MOBILE, f"{BY_SECOND} {SHOWN}", "the first one fails", carriers={"first": "fails"}),
        call(
            "1002",
            MOBILE,
            f"rings second/{MOBILE}; second/{MOBILE} {SHOWN}",
            "the first one is gone",
            carriers={"first": "gone"},
        ),
        call("1002", MOBILE, f"{BY_SECOND} {SHOWN}", "the first one is silent", carriers={"first": "silent"}),
        call("1002", "0755", f"rings second/77755; second/77755 {SHOWN}", "the first one is not registered"),
        call("1002", MOBILE, f"rings first/{MOBILE}; USER_BUSY", "who is called is busy", carriers={"first": "busy"}),
        call(
            "1002",
            MOBILE,
            f"rings first/{MOBILE}; CALL_REJECTED",
            "who is called declines",
            carriers={"first": "declines"},
        ),
        call(
            "1002",
            MOBILE,
            f"rings first/{MOBILE}; NO_ANSWER",
            "who is called does not answer",
            carriers={"first": "gives up"},
        ),
        call(
            "1002",
            MOBILE,
            f"rings first/{MOBILE}; UNALLOCATED_NUMBER",
            "no such number",
            carriers={"first": "unknown_number"},
        ),
        call(
            "1002",
            MOBILE,
            f"rings first/{MOBILE} second/{MOBILE}; NORMAL_TEMPORARY_FAILURE",
            "both fail",
            carriers={"first": "fails", "second": "fails"},
        ),
        # Emergencies.
        call("1001", "112", f"rings second/112; second/112 answers and sees Site 4 {FAX}", "emergency"),
        call(
            "1004",
            "112",
            f"rings second/112; second/112 answers and sees Site 4 {FAX}",
            "emergency: no permission and no limit",
            at_limit=("1004",),
            clock="closed",
        ),
        call(
            "1001",
            "112",
            f"rings second/112 first/112; first/112 answers and sees Site 4 {FAX}",
            "emergency: whatever goes wrong",
            carriers={"second": "busy"},
        ),
        # From outside.
        call(OUTSIDE, MAIN, f"rings 1002; 1002 answers and sees {OUTSIDE}", "open", phones=BOB, clock="open"),
        call(OUTSIDE, MAIN, "mailbox 900", "closed", clock="closed"),
        call(OUTSIDE, MAIN, f"rings 1003; 1003 answers and sees {OUTSIDE}", "a holiday", phones=CAROL, clock="holiday"),
        call("anonymous", MAIN, "rings 1002; 1002 answers and sees anonymous", "who shows no number", phones=BOB),
        call(OUTSIDE, FORWARDED, "mailbox 1202", "by the rules for outside", phones={"1202": "answers"}),
        call(
            OUTSIDE,
            TO_GROUP,
            f"rings 1002 1003; 1002 answers and sees {OUTSIDE}",
            "a ring group",
            phones={"1002": "answers", "1003": "no_answer"},
        ),
        call(OUTSIDE, TO_QUEUE, f"rings 1003; 1003 answers and sees {OUTSIDE}", "a queue", phones=CAROL),
        call(
            OUTSIDE, TO_MENU, f"rings first/{MOBILE}; first/{MOBILE} {SHOWN}", "a menu, and outside again", choice="2"
        ),
        call(
            OUTSIDE,
            REDIRECTED,
            f"rings first/{OTHER_MOBILE}; first/{OTHER_MOBILE} answers and sees {REDIRECTED}",
            "outside again",
        ),
        call(OUTSIDE, LOST, "UNALLOCATED_NUMBER", "a number without a destination"),
        call(OUTSIDE, "842899999999", "UNALLOCATED_NUMBER", "nobody's number from outside"),
        call(OUTSIDE, "1002", "UNALLOCATED_NUMBER", "a short number from outside", phones=BOB),
        call(OUTSIDE, MOBILE, "UNALLOCATED_NUMBER", "no relay"),
        call(OUTSIDE, "112", "UNALLOCATED_NUMBER", "an emergency number from outside"),
    ],
)
async def test_each_call_is_as_explained(play: Play, scene: Scene) -> None:
    """As the row says; and the explanation says what was seen, by the routes that were served."""
    await play(scene)


async def played(company: Company, switch: Switch, tap: Tap, scene: Scene, at: str | None = None) -> None:
    """The call happens now; it is explained as if it was made at `at`."""
    async with Stage(company, switch, tap, scene) as stage:
        seen = await stage.play()
    told = await explained(company, scene, at)
    expected = result_of(company, told, scene)

    if expected.answered_by and not expected.shown_name:
        seen.result.shown_name = ""  # a call from outside came with it
    assert seen.words_like(scene.rings) == scene.outcome
    assert seen.words_like(expected.rang) == expected.words
    if not scene.in_any_order:
        assert seen.documents == ([step["document"] for step in told["steps"]] if seen.may_call else [])
    assert not [header for invite in seen.invites for header in invite.headers if CLAIMED in header[1]]


SPRING, AUTUMN = "03:00-04:00", "02:30-04:00"
REACHED = f"{BY_FIRST} {SHOWN}"


@dataclass(frozen=True, slots=True)
class Edge:
    """Ten minutes before the clocks change, or after. `summer` then "begins" or "ends"; `at`: when it really did."""

    hours: str
    summer: str
    standard_time: time
    local_time: time
    at: str


@pytest.mark.parametrize(
    ("edge", "outcome"),
    [
        pytest.param(
            Edge(SPRING, "begins", time(1, 50), time(1, 50), "2026-03-29T01:50:00+01:00"),
            "CALL_REJECTED",
            id="before spring",
        ),
        pytest.param(
            Edge(SPRING, "begins", time(2, 10), time(3, 10), "2026-03-29T03:10:00+02:00"), REACHED, id="after spring"
        ),
        pytest.param(
            Edge(AUTUMN, "ends", time(1, 50), time(2, 50), "2026-10-25T02:50:00+02:00"), REACHED, id="before autumn"
        ),
        pytest.param(
            Edge(AUTUMN, "ends", time(2, 10), time(2, 10), "2026-10-25T02:10:00+01:00"),
            "CALL_REJECTED",
            id="after autumn",
        ),
    ],
)
async def test_summer_time(play: Play, switch: Switch, edge: Edge, outcome: str) -> None:
    """For the switch the clocks change about now, in a zone of our making; its hours follow, and the explanation."""
    with berlin(switch, zone_at(edge.standard_time, edge.summer)) as local_time:
        await until(lambda: local_time().hour == edge.local_time.hour)
        await play(Scene(caller="1013", dialled=MOBILE, outcome=outcome, clock=edge.hours), edge.at)


def zone_at(standard_time: time, summer: str) -> str:
    """A POSIX TZ where it is `standard_time` now, but for the hour of summer, which "begins" or "ends" tonight."""
    now = datetime.now(UTC)
    # Between 12 hours behind and 12 ahead.
    minutes = (standard_time.hour * 60 + standard_time.minute - now.hour * 60 - now.minute + 720) % 1440 - 720
    today = (now + timedelta(minutes=minutes)).timetuple().tm_yday - 1
    half_a_year_on = (today + 180) % 365
    days = (f"{today}/2", f"{half_a_year_on}/3") if summer == "begins" else (f"{half_a_year_on}/2", f"{today}/3")
    sign = "-" if minutes >= 0 else "+"  # POSIX has it the other way round
    return f"CET{sign}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}CEST,{','.join(days)}"


@contextmanager
def berlin(switch: Switch, zone: str) -> Iterator[Callable[[], time]]:
    """The switch takes `zone` for Europe/Berlin; what it says that the time is there."""
    file = switch.folder / "conf" / "autoload_configs" / "timezones.conf.xml"
    kept = file.read_text()
    file.write_text(re.sub(r'(name="Europe/Berlin" value=")[^"]*', rf"\g<1>{zone}", kept))
    try:
        switch.api("reloadxml")
        yield lambda: time.fromisoformat(switch.api("strftime_tz Europe/Berlin %H:%M").strip())
    finally:
        file.write_text(kept)
        switch.api("reloadxml")
