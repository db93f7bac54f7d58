"""What one switch's tables and events say of who is registered, and whether they may be."""

from dataclasses import replace

import pytest

from management.esl.errors import SwitchNotReady
from management.esl.registrations import (
    Book,
    Fault,
    Registration,
    fault_of,
    from_register,
    from_xmlstatus,
    revisions_shown,
)
from management.esl.repository import Account
from tests.fakes import registrar
from tests.fakes.freeswitch import FreeSwitch

NOW = 1_795_325_988.0
ACCOUNT = Account(tenant_id=1, extension_id=5, revision=3, is_in_service=True)
OURS = {"pbx.test", "victim.test"}


def row(**values: object) -> Registration:
    known = {
        "profile": "internal",
        "call_id": "c1@lab",
        "user": "1001",
        "host": "pbx.test",
        "auth_user": "1001",
        "realm": "pbx.test",
        "contact": '"" <sip:1001@127.0.0.1:5060>',
        "address": "127.0.0.1:5060",
        "user_agent": "labua/1.0",
        "expires_at": NOW + 300,
    }
    return Registration(**{**known, **values})  # type: ignore[arg-type]  # values of a table of tests


def listed(*rows: registrar.Registration) -> str:
    """The double's `sofia xmlstatus profile internal reg`, held to FreeSWITCH's by the contract tests."""
    switch = FreeSwitch()
    switch.registrar.rows = list(rows)
    return switch.api("sofia xmlstatus profile internal reg")


def sofia_row(**values: object) -> registrar.Registration:
    known = {
        "user": "1001",
        "host": "pbx.test",
        "call_id": "c1@lab",
        "contact": '"A & <b>" <sip:1001@127.0.0.1:5060>',
        "auth_user": "1001",
        "realm": "pbx.test",
        "expires": 0,
    }
    return registrar.Registration(**{**known, **values})  # type: ignore[arg-type]


# Reading the tables.


def test_a_listed_registration_is_read_whole() -> None:
    read = from_xmlstatus("internal", listed(sofia_row(auth_user="alice@x", agent="<phone>&")), NOW)

    assert [(each.user, each.host, each.auth_user, each.realm, each.call_id) for each in read] == [
        ("1001", "pbx.test", "alice@x", "pbx.test", "c1@lab")
    ]
    assert read[0].contact == '"A & <b>" <sip:1001@127.0.0.1:5060>'
    assert read[0].user_agent == "<phone>&"
    assert read[0].address == "127.0.0.1:5060"


def test_the_end_is_told_in_our_own_time() -> None:
    """The switch's clock may be another."""
    until = int(FreeSwitch()._now().timestamp()) + 300

    read = from_xmlstatus("internal", listed(sofia_row(expires=until)), NOW)

    assert read[0].expires_at == pytest.approx(NOW + 300, abs=3)


def test_nobody_is_an_empty_list() -> None:
    assert from_xmlstatus("internal", listed(), NOW) == []


@pytest.mark.parametrize("reply", ["Invalid Profile!\n", "-ERR sofia Command not found!\n", ""])
def test_a_profile_that_is_not_running_is_no_empty_list(reply: str) -> None:
    """Nobody is registered, or nobody knows: not the same."""
    with pytest.raises(SwitchNotReady):
        from_xmlstatus("internal", reply, NOW)


@pytest.mark.parametrize(
    "call_id",
    [
        "</call-id></registration><registration><user>1002@pbx.test</user>",
        "x</call-id>        <user>1002@pbx.test</user>",
        "<user>1002@pbx.test</user>",
        "&lt;&amp;",
    ],
)
def test_a_phone_cannot_write_rows_with_its_call_id(call_id: str) -> None:
    """Mod_sofia escapes neither Call-IDs nor names."""
    read = from_xmlstatus("internal", listed(sofia_row(call_id=call_id)), NOW)

    assert [(each.user, each.call_id) for each in read] == [("1001", call_id)]


def test_revisions_are_read_where_they_are_shown() -> None:
    """The column lags, so a missing one says nothing."""
    switch = FreeSwitch()
    switch.registrar.core = [
        sofia_row(variables={"registration_metadata": "5-3"}),
        sofia_row(call_id="c2@lab"),
    ]

    assert revisions_shown(switch.api("show registrations as json")) == {"c1@lab": "5-3"}


@pytest.mark.parametrize("reply", ['{"row_count": 0}\n', "", "-ERR no reply\n", "[]", '{"rows":[{}]}', "[1,2]"])
def test_no_revisions_are_none(reply: str) -> None:
    assert revisions_shown(reply) == {}


# Following events.


def test_an_event_is_read_whole() -> None:
    """To-user and to-host of the event are those of the From header; who is registered is from-user."""
    event = {
        "profile-name": "internal",
        "from-user": "1001",
        "from-host": "pbx.test",
        "to-user": "spoofed",
        "to-host": "spoofed.test",
        "contact": "<sip:1001@127.0.0.1>",
        "call-id": "c1@lab",
        "expires": "300",
        "network-ip": "127.0.0.1",
        "network-port": "5060",
        "username": "alice",
        "realm": "pbx.test",
        "xmlcurl_revision": "5-3",
    }

    read = from_register(event, NOW)

    assert read.name == ("1001", "pbx.test")
    assert (read.auth_user, read.expires_at, read.revision) == ("alice", NOW + 300, "5-3")


def book_of(*rows: Registration) -> Book:
    book = Book()
    book.replace_all(rows)
    return book


def test_two_phones_of_one_name_are_two() -> None:
    book = book_of(row())

    book.registered(row(call_id="c2@lab", contact="other"), replaces_all=False)

    assert len(book.of(("1001", "pbx.test"))) == 2


def test_a_phone_that_comes_back_with_another_call_id_is_one() -> None:
    """The switch changes its row in place; no event tells of the old one."""
    book = book_of(row())

    book.registered(row(call_id="c2@lab"), replaces_all=False)

    assert [each.call_id for each in book.of(("1001", "pbx.test"))] == ["c2@lab"]


def test_where_one_phone_is_allowed_the_new_one_replaces_the_old() -> None:
    """On the same profile; no event tells of that either."""
    book = book_of(row(), row(profile="external", call_id="c3@lab"))

    book.registered(row(call_id="c2@lab", contact="other"), replaces_all=True)

    assert {each.call_id for each in book.of(("1001", "pbx.test"))} == {"c2@lab", "c3@lab"}


def test_a_call_id_has_one_row() -> None:
    """Even if it comes back as somebody else."""
    book = book_of(row())

    book.registered(row(user="1002"), replaces_all=False)

    assert book.names() == {("1002", "pbx.test")}


def test_who_is_gone_is_gone() -> None:
    book = book_of(row())

    book.gone("internal", "c1@lab", ("1001", "pbx.test"))
    book.gone("internal", "c1@lab", ("1001", "pbx.test"))

    assert book.names() == set()


def test_who_came_back_as_another_is_not_gone() -> None:
    """What ended is the other name's registration, though the phone gave it the same Call-ID."""
    book = book_of(row(user="1002"))

    book.gone("internal", "c1@lab", ("1001", "pbx.test"))

    assert book.names() == {("1002", "pbx.test")}


def test_the_domain_counts_in_whatever_case() -> None:
    """But a command must spell it as the phone did."""
    book = book_of(row(host="PBX.test"), row(call_id="c2@lab"))

    assert len(book.of(("1001", "pbx.test"))) == 2
    assert [each.host for each in book.spelled_otherwise("1001", "pbx.test")] == ["PBX.test"]
    assert [each.host for each in book.at_domain_spelled_otherwise("pbx.test")] == ["PBX.test"]


# May it stay?


@pytest.mark.parametrize(
    ("given", "account", "fault"),
    [
        pytest.param(row(), ACCOUNT, None, id="as it should be"),
        pytest.param(row(host="PBX.TEST"), ACCOUNT, None, id="in another case"),
        pytest.param(row(host="victim.test"), ACCOUNT, Fault.OTHER_HOST, id="as another tenant's"),
        pytest.param(row(host="192.0.2.1"), None, Fault.OTHER_HOST, id="as an address"),
        pytest.param(row(realm="elsewhere.test"), ACCOUNT, Fault.OTHER_HOST, id="proved elsewhere"),
        pytest.param(row(), None, Fault.NOT_IN_SERVICE, id="nobody"),
        pytest.param(row(), replace(ACCOUNT, is_in_service=False), Fault.NOT_IN_SERVICE, id="disabled"),
        pytest.param(row(revision="5-3"), ACCOUNT, None, id="the present credentials"),
        pytest.param(row(revision="5-2"), ACCOUNT, Fault.OLDER_CREDENTIALS, id="the former credentials"),
        pytest.param(row(revision="4-9"), ACCOUNT, Fault.OLDER_CREDENTIALS, id="an extension that had the number"),
        pytest.param(row(revision="nonsense"), ACCOUNT, Fault.OLDER_CREDENTIALS, id="none of ours"),
        pytest.param(row(revision="5-4"), ACCOUNT, None, id="newer than what was read"),
        pytest.param(row(host="static.test", realm="static.test"), None, None, id="not our domain"),
        pytest.param(row(host="x.test", realm="y.test"), None, None, id="two domains that are not ours"),
    ],
)
def test_who_may_stay(given: Registration, account: Account | None, fault: Fault | None) -> None:
    assert fault_of(given, account, OURS) == fault


@pytest.mark.parametrize(
    ("call_id", "alone"),
    [
        pytest.param("c9@lab", True, id="an ordinary one"),
        pytest.param("1002@pbx.test", False, id="somebody's address"),
        pytest.param("pbx.test", False, id="a domain with phones"),
        pytest.param("@pbx.test", False, id="that domain, otherwise written"),
        pytest.param("1003@pbx.test", True, id="an address that nobody has"),
    ],
)
def test_a_call_id_may_name_others(call_id: str, alone: bool) -> None:
    """The phone that chose it would have us drop them."""
    intruder = row(call_id=call_id, user="6666", host="victim.test")
    book = book_of(row(), row(user="1002", call_id="c2@lab"), intruder)

    assert book.is_only_one_named_by(intruder) is alone
