"""What a leg is told whose phone pressed keys during its call, and where who was handed on may go."""

import re
from datetime import UTC, datetime

import pytest

from tests.fakes.xmlcurl import XmlCurl
from tests.xmlcurl import asking
from tests.xmlcurl.calls.rows import NOBODY, leg_of
from tests.xmlcurl.calls.switch import Surroundings, Switch
from tests.xmlcurl.service import Service
from xmlcurl.render.reading import read
from xmlcurl.routing import Action

TUESDAY, SUNDAY = datetime(2026, 3, 10, 9, 0, tzinfo=UTC), datetime(2026, 3, 8, 9, 0, tzinfo=UTC)


async def told(
    office: Service,
    destination: str,
    *,
    caller: str = "1001",
    phone: str = "",
    realm: str = "pbx.test",
    is_connected: bool = True,
    now: datetime = TUESDAY,
) -> tuple[Action, ...]:
    """The actions; `phone`: whose it is at the far end of a leg that we called."""
    said = {"xmlcurl_phone": phone} if phone else {}
    said |= {"signal_bond": "7d0e7f0c-0000-4000-8000-000000000001"} if is_connected else {}
    reply = await office.post(asking.call(destination, caller=caller, realm=realm, context="pbx.test", **said))
    section = XmlCurl("").parse(reply.body.decode())
    assert section is not None
    return tuple(read(section, "pbx.test", {}, now).actions)


async def asks(office: Service, destination: str, **leg: object) -> str:
    """What it calls or does, without what is set around it; "an error tone"."""
    actions = await told(office, destination, **leg)  # type: ignore[arg-type] # those of `told`
    last = [data.split(" att_xfer ")[-1] for name, data in actions if name not in {"set", "unset", "read"}]
    return "an error tone" if actions[-1][0] == "gentones" else "; ".join(last)


@pytest.mark.parametrize("side", [{"caller": "1001"}, {"caller": "", "phone": "1001"}], ids=["called", "was called"])
@pytest.mark.parametrize(
    ("destination", "outcome"),
    [
        ("transfer.blind", "transfer.blind.${xmlcurl_dialled} XML pbx.test"),
        ("transfer.attended", "transfer.attended.${xmlcurl_dialled} XML pbx.test"),
        ("transfer.blind.1003", "-bleg 1003 XML pbx.test"),
        ("transfer.blind.600", "-bleg 600 XML pbx.test"),
        ("transfer.blind.0901234567", "-bleg 0901234567 XML pbx.test"),
        ("transfer.blind.112", "-bleg 112 XML pbx.test"),
        ("transfer.attended.1003", "[execute_on_answer=limit hash pbx.test 1003 -1]user/1003@pbx.test"),
        ("transfer.attended.0901234567", "sofia/gateway/g1/0901234567|sofia/gateway/g2/0901234567"),
        # Nowhere, codes, nothing, and what is no number.
        ("transfer.blind.4242", "an error tone"),
        ("transfer.blind.2001", "an error tone"),
        ("transfer.blind.1020", "an error tone"),
        ("transfer.blind.*97", "an error tone"),
        ("transfer.blind.", "an error tone"),
        ("transfer.blind.1003 XML public", "an error tone"),
        ("transfer.attended.112", "an error tone"),
        ("transfer.attended.700", "an error tone"),
        ("transfer.attended.1020", "an error tone"),
        ("transfer.attended.bob", "an error tone"),
        ("transfer.attended.", "an error tone"),
        ("transfer.elsewhere.1003", "an error tone"),
    ],
)
async def test_in_a_call(office: Service, destination: str, outcome: str, side: dict[str, str]) -> None:
    """The same from either side of it."""
    assert await asks(office, destination, **side) == outcome


@pytest.mark.parametrize(
    "leg",
    [
        pytest.param({"caller": ""}, id="an outside party"),
        pytest.param({"is_connected": False}, id="a call that is not connected"),
        pytest.param({"realm": "elsewhere.test"}, id="a phone of another tenant"),
        pytest.param({"caller": "", "phone": "1020"}, id="an extension out of service"),
        pytest.param({"caller": "", "phone": "9999"}, id="nobody's phone"),
        pytest.param({"caller": "", "phone": "a b"}, id="no name"),
    ],
)
@pytest.mark.parametrize("destination", ["transfer.blind.1003", "transfer.attended.0901234567"])
async def test_nobody_else_transfers(office: Service, destination: str, leg: dict[str, object]) -> None:
    assert await asks(office, destination, **leg) in {"an error tone", "CALL_REJECTED"}


@pytest.mark.parametrize(
    ("phone", "number", "now", "is_allowed"),
    [
        ("1011", "0901234567", TUESDAY, False),
        ("1012", "0901234567", TUESDAY, True),
        ("1012", "0044123456", TUESDAY, False),
        ("1013", "0901234567", TUESDAY, True),
        ("1013", "0901234567", SUNDAY, False),
    ],
)
async def test_who_asks_first_calls_by_its_own_permissions(
    office: Service, phone: str, number: str, now: datetime, is_allowed: bool
) -> None:
    asked = await asks(office, f"transfer.attended.{number}", caller="", phone=phone, now=now)

    assert asked.startswith("sofia/gateway/") is is_allowed
    assert (asked == "an error tone") is not is_allowed


@pytest.mark.parametrize(
    ("phone", "number", "legs"),
    [
        pytest.param("1001", "1003", [False], id="nobody asks for it"),
        pytest.param("1024", "1003", [True], id="who asks"),
        pytest.param("1001", "1025", [True], id="who is asked"),
        pytest.param("1025", "1003", [False], id="what comes in, and this does not"),
        pytest.param("1024", "0901234567", [True, True], id="who asks outside"),
        pytest.param("1001", "0901234567", [False, False], id="nobody, outside"),
        pytest.param("1001", "607", [False, True], id="one of a group"),
        pytest.param("1024", "607", [True, True], id="who asks a group"),
    ],
)
async def test_who_is_asked_is_recorded_when_either_wants_it(
    office: Service, phone: str, number: str, legs: list[bool]
) -> None:
    """On the leg of who is asked, once, under a name of its own: that of the asking leg may be in use."""
    actions = await told(office, f"transfer.attended.{number}", caller="", phone=phone)

    (called,) = (
        data for _, data in actions if "att_xfer " in data or "sofia/gateway/" in data or "${xmlcurl_leg" in data
    )
    said = "execute_on_answer_record=record_session ${xmlcurl_asked_recording}"
    assert [said in each for each in re.split(r"[,|](?![^\[]*\])", called)] == legs
    names = [data for _, data in actions if data.startswith("xmlcurl_asked_recording=")]
    file = "${recordings_dir}/pbx.test/${strftime(%Y/%m/%d)}/${create_uuid()}.wav"
    assert names == [f"xmlcurl_asked_recording={file}"] * any(legs)
    assert all(name != "record_session" for name, _ in actions)


@pytest.mark.parametrize(
    ("phone", "number", "members", "seconds"),
    [
        pytest.param("1001", "600", "1002,1003", 20, id="all at once"),
        pytest.param("1001", "601", "1003|1002", 40, id="in turn, and the other side waits for both"),
        pytest.param("1003", "601", "1002", 20, id="not the phone that asks"),
    ],
)
async def test_a_group_is_asked_as_it_is_called(
    office: Service, phone: str, number: str, members: str, seconds: int
) -> None:
    """By its strategy; who is at the limit does not ring."""
    actions = await told(office, f"transfer.attended.{number}", caller="", phone=phone)

    tested = [data.split(" ", 4) for name, data in actions if name == "limit_execute"]
    numbers = re.split("[,|]", members)
    assert [(number, does) for _, _, number, _, does in tested] == [
        (each, f"set xmlcurl_leg_{place}=user/{each}@pbx.test") for place, each in enumerate(numbers)
    ]
    asked = next(data for name, data in actions if name == "att_xfer")
    for place, each in enumerate(numbers):
        leg = f"[execute_on_answer=limit hash pbx.test {each} -1]${{xmlcurl_leg_{place}}}"
        assert leg in asked
        asked = asked.replace(leg, each)
    assert asked == members
    assert ("set", "call_timeout=20") in actions
    waits = f"xmlcurl_said=${{uuid_setvar(${{signal_bond}} xmlcurl_wait_ms {seconds * 1_000})}}"
    assert ("set", waits) in actions


@pytest.mark.parametrize("number", ["605", "601"])
async def test_who_is_alone_in_a_group_asks_nobody(office: Service, number: str) -> None:
    """Its own phone does not ring."""
    asked = await asks(office, f"transfer.attended.{number}", caller="", phone="1003")

    assert (asked == "an error tone") is (number == "605")


async def test_who_is_handed_on_by_a_person_goes_in_no_loop(office: Service) -> None:
    """Where it was before, it may go again: what went before is forgotten first, on its own leg."""
    actions = await told(office, "transfer.blind.600")

    assert actions == (
        ("set", "xmlcurl_said=${uuid_setvar(${signal_bond} xmlcurl_path)}"),
        ("transfer", "-bleg 600 XML pbx.test"),
    )


@pytest.mark.parametrize(
    ("number", "outcome"),
    [
        ("1003", "rings 1003; 1003 answers and sees 1002"),
        ("600", "rings 1003; 1003 answers and sees 1002"),  # not 1002 itself
        ("0901234567", "CALL_REJECTED"),
        ("0044123456", "CALL_REJECTED"),
        ("112", "CALL_REJECTED"),
        ("*97", "CALL_REJECTED"),
        ("*78", "CALL_REJECTED"),
        ("2001", "UNALLOCATED_NUMBER"),
    ],
)
async def test_who_was_called_and_is_handed_on_stays_inside(office: Service, number: str, outcome: str) -> None:
    """It is shown by its own number, and pays for nothing."""
    leg = leg_of(NOBODY, xmlcurl_phone="1002")

    assert (await Switch(office, Surroundings()).call(leg, number)).words == outcome
    assert "1002" in leg.limits or "answers" not in outcome
