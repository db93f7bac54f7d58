"""What a leg is told whose phone pressed keys during its call, and where who was handed on may go."""

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
        ("transfer.blind.1020", "-bleg 1020 XML pbx.test"),
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
