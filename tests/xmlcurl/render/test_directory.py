"""User documents and lists: what is in them, and that nothing else ever is."""

import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.xmlcurl import XmlCurl, find_user, values
from tests.xmlcurl.people import ALICE, BOB, TENANT
from tests.xmlcurl.store.test_text import hostile_text
from xmlcurl.render import directory
from xmlcurl.render.document import NOT_FOUND, RenderRefused
from xmlcurl.store.model import DTMF_MODES, CallerId, Extension

texts = hostile_text | st.text(max_size=30)
extensions = st.builds(
    replace,
    st.just(ALICE),
    display_name=st.none() | texts,
    email=st.none() | texts,
    recording_mode=texts,
    voicemail_enabled=st.booleans(),
    voicemail_mail=st.booleans(),
    concurrent_registrations=st.integers(1, 3),
    internal_caller_id=st.none() | texts,
    dtmf_mode=st.sampled_from(DTMF_MODES) | texts,
    srtp_enabled=st.booleans(),
    reject_ends_ringing=st.booleans(),
    outbound=st.none() | st.builds(CallerId, texts, st.none() | texts),
    tenant=st.builds(replace, st.just(TENANT), time_zone=texts),
)


def user_of(extension: Extension, key: str = "id", asked: str = "", **options: Any) -> Any:
    """The user that FreeSWITCH finds in the document, merged with its domain."""
    asked = asked or extension.number
    body = directory.user_document(extension, asked=asked, **options)
    section = XmlCurl("").parse(body.decode())
    assert section is not None
    return find_user(section, key, asked, "pbx.test")


def params(extension: Extension) -> dict[str, str]:
    return values(user_of(extension), "param")


def variables(extension: Extension) -> dict[str, str]:
    return values(user_of(extension), "variable")


def test_a_plain_user() -> None:
    """Hashes only, never a password."""
    assert params(ALICE) == {
        "a1-hash": "a" * 32,
        "allow-empty-password": "false",
        "vm-enabled": "false",
        "vm-a1-hash": "none",
        "dial-string": "{^^:sip_invite_domain=pbx.test:presence_id=${dialed_user}@pbx.test}"
        "${sofia_contact(*/${dialed_user}@pbx.test)}",
    }
    assert variables(ALICE) == {
        "user_context": "pbx.test",
        "effective_caller_id_name": "Alice",
        "effective_caller_id_number": "1001",
        "sip-allow-multiple-registrations": "false",
        "recording_mode": "none",
        "max_concurrent": "2",
        "toll_allow": "local,domestic,international,outside_hours",
        "timezone": "Asia/Ho_Chi_Minh",
        "accountcode": "pbx.test",
        "xmlcurl_phone": "1001",
        "xmlcurl_revision": "1-3",
        "registration_metadata": "1-3",
    }


@pytest.mark.parametrize(
    ("asked", "aliases", "sign_in_name", "alias"),
    [
        pytest.param("1001", (), "1001", None, id="one name"),
        pytest.param("1001", ("2001", "3001"), "alice", "2001", id="the first alias"),
        pytest.param("1001", (), "alice", "alice", id="the sign-in name"),
        pytest.param("3001", ("2001", "3001"), "alice", "3001", id="the asked alias"),
        pytest.param("alice", ("2001",), "alice", "alice", id="the asked sign-in name"),
    ],
)
def test_whoever_is_asked_for_is_found(
    asked: str, aliases: tuple[str, ...], sign_in_name: str, alias: str | None
) -> None:
    """The id is the number, whatever was asked; FreeSWITCH finds the rest by number-alias."""
    user = user_of(replace(ALICE, aliases=aliases, sign_in_name=sign_in_name), asked=asked)

    assert (user.get("id"), user.get("number-alias")) == ("1001", alias)


@pytest.mark.parametrize("hash_value", ["", "A" * 32, "a" * 31, "a" * 33, "a" * 31 + "\n", "password", "g" * 32])
def test_no_credential_no_document(hash_value: str) -> None:
    """An upper-case hash never matches, an empty one would match everything."""
    with pytest.raises(RenderRefused):
        directory.user_document(replace(ALICE, a1_hash=hash_value), asked="1001")
    with pytest.raises(RenderRefused):
        directory.user_document(replace(ALICE, vm_a1_hash=hash_value), asked="1001")


@pytest.mark.parametrize(
    "extension",
    [
        pytest.param(replace(ALICE, number="10 01"), id="number"),
        pytest.param(replace(ALICE, number="${x}"), id="variable"),
        pytest.param(replace(ALICE, sign_in_name='a"b'), id="sign-in name"),
        pytest.param(replace(ALICE, aliases=("x-pre-process/",)), id="alias"),
        pytest.param(replace(ALICE, tenant=replace(TENANT, domain="pbx.test,x=y")), id="domain"),
    ],
)
def test_names_are_names_or_nothing(extension: Extension) -> None:
    """They stand in dial strings: what is no name fails the lookup, and can't find its way in."""
    with pytest.raises(RenderRefused):
        directory.user_document(extension, asked=extension.number)


def test_a_mailbox_with_pin_and_mail() -> None:
    """The PIN's hash, and what becomes of a message."""
    wanted = replace(
        ALICE,
        voicemail_enabled=True,
        vm_a1_hash="b" * 32,
        email="alice@example.com",
        voicemail_mail=True,
        voicemail_attach=True,
        voicemail_delete_after_mail=True,
    )

    given_params = params(wanted)

    assert given_params["vm-a1-hash"] == "b" * 32
    assert given_params["vm-enabled"] == "true"
    assert {name: value for name, value in given_params.items() if "mail" in name or "attach" in name} == {
        "vm-mailto": "alice@example.com",
        "vm-email-all-messages": "true",
        "vm-attach-file": "true",
        "vm-keep-local-after-email": "false",
    }


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"email": None}, id="no address"),
        pytest.param({"voicemail_mail": False}, id="not wanted"),
        pytest.param({"email": "a@b.test;touch x"}, id="an address for a shell"),
    ],
)
def test_what_is_not_mailed_is_kept(changes: dict[str, Any]) -> None:
    """vm-keep-local-after-email=false deletes a message also when no mail was sent."""
    wanted = replace(ALICE, email="a@b.test", voicemail_mail=True, voicemail_delete_after_mail=True)

    assert not [name for name in params(replace(wanted, **changes)) if "mail" in name]


def test_several_phones_are_counted_and_come_back_soon() -> None:
    """The count locks a rebooted phone out until its old registration ends: 300 seconds at most."""
    wanted = replace(ALICE, concurrent_registrations=3)

    assert params(wanted)["max-registrations-per-extension"] == "3"
    assert variables(wanted)["sip-force-expires"] == "300"
    assert "sip-allow-multiple-registrations" not in variables(wanted)


@pytest.mark.parametrize(
    ("changes", "allowed"),
    [
        ({"outbound_calls_disabled": True}, "local"),
        ({"international_calls_disabled": True}, "local,domestic,outside_hours"),
        ({"outside_hours_calls_disabled": True}, "local,domestic,international"),
    ],
)
def test_toll_allow(changes: dict[str, Any], allowed: str) -> None:
    """What the extension may dial, for dialplans."""
    assert variables(replace(ALICE, **changes))["toll_allow"] == allowed


@pytest.mark.parametrize(
    ("shown", "seen"),
    [
        pytest.param("(84) 28", "1001", id="a blank"),
        pytest.param("A(84).28+1*2-3#4", "A(84).28+1*2-3#4", id="all that is allowed"),
        pytest.param("${domain}", "1001", id="a variable"),
        pytest.param("x-pre-process", "1001", id="a word of the pre-processor"),
        pytest.param("1" * 32, "1001", id="too long"),
        pytest.param("", "1001", id="empty"),
        pytest.param(None, "1001", id="none"),
    ],
)
def test_the_number_that_colleagues_see(shown: str | None, seen: str) -> None:
    """In place of a name too, where there is none; the id, and whose keys they are, is the number."""
    wanted = replace(ALICE, internal_caller_id=shown, display_name=None)

    said = variables(wanted)

    assert (said["effective_caller_id_number"], said["effective_caller_id_name"]) == (seen, seen)
    assert (user_of(wanted).get("id"), said["xmlcurl_phone"]) == ("1001", "1001")


@pytest.mark.parametrize(
    ("changes", "of_legs"),
    [
        pytest.param({"dtmf_mode": "auto"}, {}, id="auto, as by itself"),
        pytest.param({"dtmf_mode": "info"}, {"dtmf_type": "info"}, id="info"),
        pytest.param(
            {"dtmf_mode": "inband"},
            {
                "dtmf_type": "none",
                "execute_on_answer_digits": "start_dtmf",
                "execute_on_answer_tones": "start_dtmf_generate write",
            },
            id="inband",
        ),
        pytest.param(
            {"srtp_enabled": True},
            {
                "rtp_secure_media": "mandatory",
                "rtp_secure_media_suites": "AEAD_AES_256_GCM:AES_CM_128_HMAC_SHA1_80:AES_CM_128_HMAC_SHA1_32",
            },
            id="srtp",
        ),
    ],
)
def test_what_holds_for_every_leg_of_its_phones(changes: dict[str, Any], of_legs: dict[str, str]) -> None:
    """Variables of those that call, and parameters for those that are called: they need them before the answer."""
    wanted = replace(ALICE, **changes)

    assert variables(wanted) == variables(ALICE) | of_legs
    before = {f"dial-var-{name}": value for name, value in of_legs.items()}
    assert params(wanted) == params(ALICE) | before | (
        {"dial-var-local_var_clobber": "true"} if "dtmf_type" in of_legs else {}
    )


def test_a_phone_that_declines_speaks_for_all() -> None:
    """For these two causes alone: a phone that is away says another."""
    given = params(replace(ALICE, reject_ends_ringing=True))

    assert given == params(ALICE) | {"dial-var-fail_on_single_reject": "USER_BUSY,CALL_REJECTED"}


def test_a_phone_is_asked_whether_it_is_there() -> None:
    """By the switch, which reads it when the phone signs in."""
    assert variables(replace(ALICE, qualify_enabled=True)) == variables(ALICE) | {"force_ping": "true"}


def test_switches_tell_one_another_digits_as_ever() -> None:
    """Whatever the phone does: it is on one of them."""
    plain = directory.user_document(ALICE, asked="1001")
    inband = directory.user_document(replace(ALICE, dtmf_mode="inband"), asked="1001")

    assert b",sofia/peers/ring" in directory.among_switches(plain, "pbx.test", ["sofia/peers/ring"])
    own = b",[dtmf_type=rfc2833,execute_on_answer_digits=stop_dtmf,execute_on_answer_tones=sleep 0]sofia/peers/ring"
    among = directory.among_switches(inband, "pbx.test", ["sofia/peers/ring"])
    assert own in among
    assert among.count(b"dtmf_type") == 2  # for the phones that are here, and not for these legs
    assert directory.among_switches(inband, "pbx.test", []) == inband


def test_the_outside_caller_id() -> None:
    """Already chosen by the query; the number stands in for a name."""
    named = variables(replace(ALICE, outbound=CallerId("0900000020", "Acme")))
    unnamed = variables(replace(ALICE, outbound=CallerId("0900000020", None)))

    assert (named["outbound_caller_id_name"], named["outbound_caller_id_number"]) == ("Acme", "0900000020")
    assert unnamed["outbound_caller_id_name"] == "0900000020"


def test_cacheable() -> None:
    """Milliseconds, or no attribute: any other word would mean for ever."""
    assert user_of(ALICE, cacheable_ms=300_000).get("cacheable") == "300000"
    assert user_of(ALICE).get("cacheable") is None


@given(extensions)
def test_no_text_gets_anywhere(extension: Extension) -> None:
    """Whatever is in the database: the same elements, nothing executed, dropped or expanded."""
    body = directory.user_document(extension, asked="1001").decode()

    switch = XmlCurl("", global_variables={"domain": "LEAKED"})
    assert switch.preprocess(body) == body
    assert switch.executed == []
    user = user_of(extension)
    assert [child.tag for child in user] == ["params", "variables"]
    texts_given = [*values(user, "variable").values(), *(v for n, v in params(extension).items() if n != "dial-string")]
    assert not [text for text in texts_given if re.search(r"\$\{|[\x00-\x1f\x7f]", text)]


@given(texts, st.lists(extensions, max_size=3))
def test_lists_hold_no_secret(group: str, members: list[Extension]) -> None:
    """Groups, names and mailboxes: no hash, and nobody who could sign in with any password."""
    for render in (directory.group_document, directory.names_document, directory.mailboxes_document):
        body = render("pbx.test", group, members)
        section = XmlCurl("").parse(body.decode())

        assert b"a1-hash" not in body
        assert XmlCurl("").preprocess(body.decode()).encode() == body
        assert section is not None
        for user in section.iter("user"):
            is_closed = values(user, "param").get("allow-empty-password") == "false"
            assert is_closed or user.get("type") == "pointer"


def test_every_element_has_its_line() -> None:
    """What the pre-processor drops, it drops by the line; there is no declaration, which it would drop too."""
    body = directory.user_document(ALICE, asked="1001")

    assert b"<?" not in body
    assert body.endswith(b"</document>\n")
    assert all(line.count(b"<") == 1 for line in body.splitlines())
    assert all(line.count(b"<") == 1 for line in NOT_FOUND.splitlines())


def test_masked() -> None:
    """Everything but the hashes."""
    body = directory.user_document(replace(ALICE, vm_a1_hash="b" * 32), asked="1001")

    masked = directory.masked(body)

    assert b"a" * 32 not in masked
    assert b"b" * 32 not in masked
    assert masked == body.replace(b"a" * 32, b"********").replace(b"b" * 32, b"********")


@pytest.mark.parametrize(("is_taken", "success"), [(True, "true"), (False, "false")])
def test_a_changed_pin(is_taken: bool, success: str) -> None:
    """FreeSWITCH takes any other user, and "not found", for consent."""
    section = XmlCurl("").parse(directory.changed_pin("pbx.test", "1002", is_taken=is_taken).decode())

    assert section is not None
    user = find_user(section, "id", "1002", "pbx.test")
    assert user is not None
    result = user.find("result")
    assert result is not None
    assert result.get("success") == success


def test_names_leave_out_the_nameless() -> None:
    """They can't be found by name, and would only make the answer longer."""
    body = directory.names_document("pbx.test", "default", [ALICE, replace(BOB, display_name=None)])

    assert b"1001" in body
    assert b"1002" not in body
