"""What is read in a call record: whose call it is, which way it went, and nothing that anybody could plant there."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from management.calls.errors import Unreadable
from management.calls.record import LARGEST_BYTES, LONGEST_NUMBER, CallRecord, record_of
from tests.management.calls.records import (
    NOT_ANSWERED,
    NOT_SIGNED_IN,
    SECRETS,
    body,
    bridge,
    from_outside,
    new_uuid,
    originatee,
    profile,
    record,
    to_outside,
)

BEGAN = datetime(2026, 11, 22, 12, 21, 47, 276_265, UTC)


def read(said: Any) -> CallRecord:
    return record_of(body(said))


def test_a_call_inside() -> None:
    """Who signed in, what was dialled, who answered, and when."""
    uuid = new_uuid()

    found = read(record(uuid))

    assert found == CallRecord(
        uuid=uuid,
        domain="pbx.test",
        signed_in_as="1001",
        direction="internal",
        caller_number="1001",
        caller_name=None,
        destination="1002",
        answered_by="1002",
        is_answered_outside=False,
        started_at=BEGAN,
        answered_at=BEGAN + timedelta(seconds=1),
        ended_at=BEGAN + timedelta(seconds=9),
        duration_seconds=9,
        billed_seconds=8,
        hangup_cause="NORMAL_CLEARING",
        gateway_id=None,
        recording=None,
        switch="first",
        bridge_uuid=uuid.replace("05f932e3", "10e48fe5"),
    )


def test_a_call_from_outside() -> None:
    """Its tenant is the one whose number's route took it; caller and gateway are as they came in."""
    found = read(from_outside())

    assert (found.domain, found.signed_in_as, found.direction) == ("pbx.test", None, "inbound")
    assert (found.caller_number, found.caller_name) == ("+84901234567", "Name of +84901234567")
    assert (found.destination, found.answered_by, found.gateway_id) == ("842812345678", "1002", 1)


def test_a_call_to_outside() -> None:
    """By the gateway that was tried last; answered by the digits that it got."""
    found = read(to_outside())

    assert (found.domain, found.direction, found.gateway_id) == ("pbx.test", "outbound", 1)
    assert (found.destination, found.answered_by, found.is_answered_outside) == ("0901234567", "84901234567", True)


@pytest.mark.parametrize(
    ("channel", "direction", "gateway_id"),
    [("sofia/internal/1002@192.0.2.9", "internal", None), ("sofia/external/84900000000@192.0.2.1", "outbound", 7)],
)
def test_desk_and_mobile_at_once(channel: str, direction: str, gateway_id: int | None) -> None:
    """It went outside if the mobile was the one that answered."""
    legs = bridge("user/1002@pbx.test,[origination_caller_id_number=1]sofia/gateway/g7/84900000000")

    found = read(record(app_log=legs, variables={"bridge_channel": channel}))

    assert (found.direction, found.gateway_id) == (direction, gateway_id)


def test_several_gateways_in_one_bridge() -> None:
    """Which of them took an emergency call isn't said, so it isn't guessed."""
    found = read(to_outside(app_log=bridge("sofia/gateway/g1/112|sofia/gateway/g2/112")))

    assert (found.direction, found.gateway_id) == ("outbound", None)


def test_nobody_answered() -> None:
    """No time of it, and nobody who did."""
    found = read(record(variables=NOT_ANSWERED))

    assert (found.answered_at, found.answered_by, found.bridge_uuid) == (None, None, None)
    assert found.hangup_cause == "NO_ANSWER"


def test_a_forwarded_call() -> None:
    """Dialled is what the caller dialled, however often the call went on."""
    uuid = new_uuid()
    flow = [
        profile("1003", "pbx.test", **originatee(uuid.replace("05f932e3", "10e48fe5"), "1003")),
        profile("1002", "pbx.test"),
    ]

    found = read(record(uuid, callflow=flow))

    assert (found.destination, found.answered_by) == ("1002", "1003")


def test_a_leg_that_was_called_and_handed_on() -> None:
    """A call of its own extension, from when it was handed on; of a leg that came in such a variable says nothing."""
    flow = [profile("1003", "pbx.test", caller="1002"), profile("1002", "pbx.test", caller="1001")]
    variables = {**NOT_SIGNED_IN, "xmlcurl_phone": "1002"}

    found = read(record(variables={**variables, "direction": "outbound"}, callflow=flow))
    came_in = read(record(variables={**variables, "direction": "inbound"}, callflow=flow))

    assert (found.domain, found.signed_in_as, found.caller_number) == ("pbx.test", "1002", "1002")
    assert (found.direction, found.destination) == ("internal", "1003")
    assert (came_in.signed_in_as, came_in.destination) == (None, "1002")


@pytest.mark.parametrize(
    ("variables", "context", "domain"),
    [
        pytest.param({}, "other.test", "pbx.test", id="signed in: the digest's realm, whatever the context"),
        pytest.param({"sip_authorized": "false"}, "public", None, id="not proven"),
        pytest.param({**NOT_SIGNED_IN, "sip_from_host": "pbx.test"}, "public", None, id="From says nothing"),
        pytest.param(NOT_SIGNED_IN, "pbx.test", "pbx.test", id="transferred by our route"),
        pytest.param({"user_name": None, "sip_authorized": "true"}, "public", None, id="nobody's name"),
        pytest.param({"domain_name": "PBX.Test"}, "public", "pbx.test", id="in other letters"),
        pytest.param({**NOT_SIGNED_IN, "force_transfer_context": "a b"}, "public", None, id="no domain"),
    ],
)
def test_whose_call_it_is(variables: dict[str, Any], context: str, domain: str | None) -> None:
    """By what FreeSWITCH and our routes wrote."""
    assert read(record(variables=variables, callflow=[profile("1002", context)])).domain == domain


@pytest.mark.parametrize(
    ("path", "variables", "is_kept"),
    [
        pytest.param("/var/recordings/pbx.test/2026/11/22/{uuid}.wav", {}, True, id="ours"),
        pytest.param("/r/pbx.test/2026/11/22/{uuid}.wav", NOT_ANSWERED, False, id="of a call that nobody took"),
        pytest.param("/r/other.test/2026/11/22/{uuid}.wav", {}, False, id="of another tenant"),
        pytest.param("/r/pbx.test/2026/11/22/../../../x/{uuid}.wav", {}, False, id="another folder"),
        pytest.param("/r/pbx.test/2026/11/22/{uuid}.wav\n", {}, False, id="a line more"),
        pytest.param("/r/pbx.test/2026/11/22/05f932e3-ea95-4474-8b0a-ffffffffffff.wav", {}, False, id="another call's"),
    ],
)
def test_the_recording(path: str, variables: dict[str, Any], is_kept: bool) -> None:
    """Only a file of this call in its tenant's folder, without where that lies on the switch."""
    uuid = new_uuid()

    found = read(record(uuid, variables={"xmlcurl_recording": path.format(uuid=uuid), **variables}))

    assert found.recording == (f"pbx.test/2026/11/22/{uuid}.wav" if is_kept else None)


def test_hostile_text_becomes_short_and_printable() -> None:
    """What a carrier or a phone wrote: no line ends, no NUL, no surrogates, no bidi marks."""
    wild = "a\x00b\r\nc\ud800d\u202ee" + "x" * 1_000
    found = read(from_outside(callflow=[profile(wild, "public", caller=wild)], switchname=wild))

    assert found.caller_number == found.destination == ("abcde" + "x" * 1_000)[:LONGEST_NUMBER]
    assert found.switch is not None
    assert found.switch.startswith("abcdex")


def test_nothing_else_is_kept() -> None:
    """Neither digests nor digits nor descriptions of sound."""
    found = repr(read(record()))

    assert not [value for value in SECRETS.values() if value in found]


@pytest.mark.parametrize(
    "variables",
    [
        {"start_uepoch": "9" * 18, "duration": "9" * 18},
        {"start_uepoch": "-5", "start_epoch": "x", "duration": "-1"},
        {"start_uepoch": None, "duration": None},
    ],
)
def test_absurd_figures(variables: dict[str, Any]) -> None:
    """They are no time, and fit into a column."""
    found = read(record(variables=variables))

    assert found.started_at is None
    assert found.duration_seconds in {0, 2**31 - 1}


def test_seconds_where_there_are_no_microseconds() -> None:
    """Both are in a record of FreeSWITCH; one may be missing."""
    found = read(record(variables={"start_uepoch": None, "start_epoch": "1795350107"}))

    assert found.started_at == BEGAN.replace(microsecond=0)


@pytest.mark.parametrize("wrapped", [b"cdr=%s", b"%s", b"%s\n"])
def test_every_form_that_the_module_sends(wrapped: bytes) -> None:
    """`encode` true: a form's field in the request, a form's value in the error folder."""
    said = record()

    found = record_of(wrapped % quote(json.dumps(said)).encode())

    assert found == read(said)


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"{" * 100_000, id="deep"),
        pytest.param(b'{"variables": ' + b"[" * 100_000, id="deeper"),
        pytest.param(b"[]", id="a list"),
        pytest.param(b"{}", id="no uuid"),
        pytest.param(b'{"variables": {"uuid": "../../etc/passwd"}}', id="no uuid, but text"),
        pytest.param(b'{"variables": {"uuid": 1e999}}', id="a number"),
        pytest.param(b'{"variables": {"uuid": ' + b"9" * 10_000 + b"}}", id="a long number"),
        pytest.param(b" " * (LARGEST_BYTES + 1), id="too long"),
        pytest.param(body(record())[:-20], id="cut off"),
    ],
)
def test_what_is_no_record(wrong: bytes) -> None:
    """It is refused, with a reason that repeats nothing of it."""
    with pytest.raises(Unreadable) as told:
        record_of(wrong)

    assert str(told.value) in {
        "there is no uuid in it",
        "it is no JSON",
        "it is no JSON object",
        f"it is longer than {LARGEST_BYTES} bytes",
    }


def test_bytes_that_are_no_utf8() -> None:
    """A caller's name in another encoding costs no record."""
    said = body(from_outside()).replace(b"Name of", b"N\xe4me \xff")

    assert record_of(said).caller_name == "N\ufffdme \ufffd +84901234567"


_PARTS = ("variables", "callflow", "app_log", "switchname")
_anything = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["caller_profile", "applications", "originatee", "originatee_caller_profiles", "uuid"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=10,
)


@settings(deadline=None)
@given(part=st.sampled_from(_PARTS), value=_anything)
def test_any_part_may_be_anything(part: str, value: Any) -> None:
    """Every field may be missing or of another kind; it ends in a record, or in Unreadable without a uuid."""
    said = {**record(), part: value}

    if part == "variables":
        with pytest.raises(Unreadable):
            read(said)
    else:
        assert read(said).uuid
