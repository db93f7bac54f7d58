"""Where a call goes, and what the switch is told to do with it."""

from dataclasses import replace

import pytest

from tests.xmlcurl.people import ALICE, BOB, TENANT
from xmlcurl.routing import REJECTED, UNALLOCATED, Call, Route, refusal, route_of
from xmlcurl.routing.call import Callee, Payer
from xmlcurl.store.call_model import Destination, Presence
from xmlcurl.store.model import Extension


def call_of(destination: str, caller: Extension | None = ALICE, callee: Extension | None = None) -> Route:
    place = Callee(Payer(callee)) if callee else None
    return route_of(Call(TENANT, destination, Payer(caller) if caller else None, place))


def data_of(route: Route, application: str) -> list[str]:
    return [data for name, data in route.actions if name == application]


def test_an_extension_rings() -> None:
    """Inside the limits of both, with the caller's own name and number, for 30 seconds."""
    route = call_of("1002", callee=BOB)

    assert route.actions == (
        ("limit", "hash pbx.test 1001 2 !USER_BUSY"),
        ("set", "sip_copy_custom_headers=false"),
        ("set", "effective_caller_id_name=Alice"),
        ("set", "effective_caller_id_number=1001"),
        ("set", "hold_music=tone_stream://%(200,4800,440);loops=-1"),
        ("set", "xmlcurl_wait_ms=0"),
        ("bind_digit_action", "transfer,*1,exec:execute_extension,transfer.blind XML pbx.test,self,self"),
        ("bind_digit_action", "transfer,*2,exec:execute_extension,transfer.attended XML pbx.test,self,self"),
        ("bind_digit_action", "transfer,*1,exec:execute_extension,transfer.blind XML pbx.test,peer,peer"),
        ("bind_digit_action", "transfer,*2,exec:execute_extension,transfer.attended XML pbx.test,peer,peer"),
        ("set", "hangup_after_bridge=true"),
        ("set", "continue_on_fail=true"),
        ("set", "call_timeout=30"),
        ("set", "originate_disposition=USER_BUSY"),
        ("limit_execute", "hash pbx.test 1002 2 bridge user/1002@pbx.test"),
        ("sleep", "${xmlcurl_wait_ms}"),
        ("hangup", "${originate_disposition}"),
    )


def test_an_alias_rings_the_number() -> None:
    """The limit is counted, and the mailbox found, under one name."""
    route = call_of("5000", callee=replace(BOB, aliases=("5000",)))

    assert data_of(route, "limit_execute") == ["hash pbx.test 1002 2 bridge user/1002@pbx.test"]


def test_voicemail_answers_who_does_not() -> None:
    """In place of the cause; the callee's count has ended with limit_execute."""
    route = call_of("1002", callee=replace(BOB, voicemail_enabled=True))

    assert route.actions[-4:] == (
        ("limit_execute", "hash pbx.test 1002 2 bridge user/1002@pbx.test"),
        ("sleep", "${xmlcurl_wait_ms}"),
        ("answer", ""),
        ("voicemail", "default pbx.test 1002"),
    )


def test_a_leg_of_nobody_keeps_its_caller_id() -> None:
    """The far end of a blind transfer: nothing of its own is counted or set."""
    route = call_of("1002", caller=None, callee=BOB)

    assert "limit" not in dict(route.actions)
    assert not [data for data in data_of(route, "set") if data.startswith("effective_caller_id")]
    assert all(data.endswith(",peer,peer") for data in data_of(route, "bind_digit_action"))


@pytest.mark.parametrize(
    ("by_caller", "by_callee", "is_recorded"),
    [
        ("none", "none", False),
        ("inbound", "none", False),
        ("outbound", "none", True),
        ("all", "none", True),
        ("none", "inbound", True),
        ("none", "outbound", False),
        ("none", "all", True),
        ("all", "all", True),
    ],
)
def test_recorded_when_either_asks(by_caller: str, by_callee: str, is_recorded: bool) -> None:
    """Once, from the answer on, and not what is said to the mailbox."""
    callee = replace(BOB, recording_mode=by_callee, voicemail_enabled=True)
    route = call_of("1002", caller=replace(ALICE, recording_mode=by_caller), callee=callee)

    assert data_of(route, "record_session") == ["${xmlcurl_recording}"] * is_recorded
    assert data_of(route, "stop_record_session") == ["${xmlcurl_recording}"] * is_recorded
    paths = [data for data in data_of(route, "set") if data.startswith("xmlcurl_recording=")]
    path = "xmlcurl_recording=${recordings_dir}/pbx.test/${strftime(%Y/%m/%d)}/${uuid}.wav"
    assert paths == [path] * is_recorded


def test_a_name_is_only_a_name() -> None:
    """No text of a tenant is expanded on the switch or ends the quotes of a SIP header."""
    name = 'A" <sip:911@x>;${system(id)} $${domain}\\'
    route = call_of("1002", caller=replace(ALICE, display_name=name), callee=BOB)

    said = data_of(route, "set")[1]
    assert said == "effective_caller_id_name=A sip 911 x system id domain"


def test_own_voicemail_without_pin() -> None:
    """The phone has signed in; there is nothing to ask for."""
    route = call_of("*97", caller=replace(ALICE, voicemail_enabled=True))

    assert route.actions[-1] == ("voicemail", "check auth default pbx.test 1001")


def test_own_voicemail_with_pin() -> None:
    """Who set a PIN wants it asked for."""
    route = call_of("*97", caller=replace(ALICE, voicemail_enabled=True, vm_a1_hash="0" * 32))

    assert route.actions[-1] == ("voicemail", "check default pbx.test 1001")


def test_own_voicemail_without_its_pin() -> None:
    """Where none is wanted for it; any mailbox wants one all the same."""
    caller = replace(ALICE, voicemail_enabled=True, vm_a1_hash="0" * 32, voicemail_pin_required=False)

    assert call_of("*97", caller=caller).actions[-1] == ("voicemail", "check auth default pbx.test 1001")
    assert call_of("*98", caller=caller).actions[-1] == ("voicemail", "check default pbx.test")


def test_colleagues_see_another_number() -> None:
    """The limit, and so the call, is the extension's all the same."""
    route = call_of("1002", caller=replace(ALICE, internal_caller_id="(8428)1001"), callee=BOB)

    assert "effective_caller_id_number=(8428)1001" in data_of(route, "set")
    assert data_of(route, "limit") == ["hash pbx.test 1001 2 !USER_BUSY"]


@pytest.mark.parametrize(("by_caller", "by_callee"), [(False, False), (True, False), (False, True), (True, True)])
def test_fax_is_for_both_legs_when_either_has_it(by_caller: bool, by_callee: bool) -> None:
    """Said of the caller's leg, and so of every one that it calls."""
    route = call_of("1002", caller=replace(ALICE, t38_enabled=by_caller), callee=replace(BOB, t38_enabled=by_callee))

    said = ["fax_enable_t38=true", "t38_passthru=true"] if by_caller or by_callee else []
    assert data_of(route, "export") == said


def test_what_a_phone_said_last_is_of_this_call() -> None:
    """Another call's answer, from before a forward, is not taken for it; and only where it is asked for."""
    place = Callee(
        Payer(replace(BOB, reject_ends_ringing=True)), Presence(forwards={"in_busy": Destination("end_call")})
    )
    route = route_of(Call(TENANT, "1002", Payer(ALICE), place))

    names = [name for name, _ in route.actions]
    assert data_of(route, "unset") == ["last_bridge_proto_specific_hangup_cause"]
    assert names.index("unset") < names.index("limit_execute")
    said = "xmlcurl_failed=${originate_disposition} ${last_bridge_proto_specific_hangup_cause}"
    assert said in data_of(route, "set")
    assert data_of(call_of("1002", callee=BOB), "unset") == []


def test_no_voicemail_is_a_cause() -> None:
    """Never a mailbox that nobody asked for."""
    assert call_of("*97") == refusal("FACILITY_NOT_SUBSCRIBED")


def test_nobody_has_no_own_voicemail() -> None:
    """A leg that did not sign in reaches extensions only."""
    assert call_of("*97", caller=None) == REJECTED


def test_anything_else_is_a_cause() -> None:
    """Never an empty document: another dialplan would decide."""
    assert call_of("1099") == UNALLOCATED
    assert UNALLOCATED.actions == (("hangup", "UNALLOCATED_NUMBER"),)
