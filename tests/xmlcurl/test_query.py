"""The raw body of a request -> Query: whoever wrote which part of it."""

from urllib.parse import parse_qsl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.fakes.xmlcurl import form
from tests.samples import captures
from tests.xmlcurl import asking
from xmlcurl.query import _ENCODED, _RAW, Query, _query, parse

NAMES = [b"section", b"key_value", b"user", b"key", b"domain", b"action", b"sip_to_user", b"Hunt-Context", b"x"]


@given(st.binary(max_size=2_000))
def test_any_bytes_make_a_query(body: bytes) -> None:
    """Nothing that is sent can raise."""
    assert isinstance(parse(body), Query)


@given(st.lists(st.tuples(st.sampled_from(NAMES), st.binary(max_size=40)), max_size=30))
def test_any_fields_make_a_query(fields: list[tuple[bytes, bytes]]) -> None:
    """Also where the names are those that are read."""
    query = parse(b"&".join(name + b"=" + value for name, value in fields))

    assert isinstance(query, Query)
    assert query.domain == query.asked_domain.lower()


@given(st.sampled_from([capture.body for capture in captures()]), st.data())
def test_damage_to_a_real_request_raises_nothing(body: bytes, data: st.DataObject) -> None:
    """Cut it anywhere, put anything anywhere."""
    at = data.draw(st.integers(0, len(body)))
    junk = data.draw(st.binary(max_size=20))

    assert isinstance(parse(body[:at] + junk + body[at + len(junk) :]), Query)


def test_a_registration_is_read() -> None:
    """What the policy for a sign-in needs."""
    query = parse(captures()[12].body)

    assert query == Query(
        section="directory",
        domain="pbx.test",
        asked_domain="pbx.test",
        names_domain=True,
        user="1030",
        key="id",
        action="sip_auth",
        sip_auth_method="REGISTER",
        sip_to_user="1030",
        sip_to_host="pbx.test",
        core_uuid="1af3c7e9-9629-44fe-845e-6104b836b445",
    )


def test_a_call_is_read() -> None:
    """Who signed in, where the call is and where it goes; not who it says it is."""
    query = parse(captures()[6].body)

    assert (query.caller, query.caller_domain) == ("1001", "pbx.test")
    assert (query.context, query.destination) == ("default", "1099")


def test_the_last_of_each_counts() -> None:
    """message-count asks twice in one body, first by id, then by number-alias."""
    query = parse(captures()[37].body)

    assert (query.key, query.user, query.domain) == ("number-alias", "1001", "10.9.8.7")


@pytest.mark.parametrize("field", ["user", "key", "domain", "action", "group"])
def test_fields_injected_by_the_realm_lose(field: str) -> None:
    """A realm of "pbx.test&user=..." comes before what FreeSWITCH writes."""
    genuine = {"action": "sip_auth", "group": "sales", "key": "id", "user": "1001", "domain": "pbx.test"}
    injected = form({"section": "directory", "tag_name": "domain", "key_value": f"pbx.test&{field}=evil"}, genuine)

    query = parse(injected)

    assert getattr(query, field) == genuine[field]


@pytest.mark.parametrize(
    "realm",
    [
        pytest.param("pbx.test&domain=pbx.test", id="a domain of its own"),
        pytest.param("pbx.test&sip_to_user=1001&sip_to_host=pbx.test", id="another To"),
        pytest.param("pbx.test&VM-Action=change-password", id="another kind"),
        pytest.param("pbx.test&key_value=pbx.test", id="a second key value"),
        pytest.param("pbx%2Etest", id="encoding"),
        pytest.param("pbx.test" + "x" * 500, id="cut off"),
    ],
)
def test_a_realm_that_injects_is_malformed(realm: str) -> None:
    """FreeSWITCH sends it as it is in the key value, cut at 512 bytes, and encoded as the domain."""
    unencoded = {"section": "directory", "tag_name": "domain", "key_name": "name", "key_value": realm[:400]}

    query = parse(form(unencoded, {"action": "sip_auth", "key": "id", "user": "1001", "domain": realm}))

    assert query.well_formed is (realm == "pbx%2Etest")
    assert query.domain != "pbx.test" or not query.well_formed


def test_the_key_value_is_not_decoded() -> None:
    """It never was encoded: "%2E" in a realm is three characters."""
    query = parse(b"section=directory&tag_name=domain&key_name=name&key_value=pbx%2Etest")

    assert query.domain == "pbx%2etest"


def test_domains_are_compared_in_lower_case() -> None:
    """DNS names have no case; the asked spelling is kept for what depends on it."""
    query = parse(asking.directory("PBX.test", key="id", user="1001", domain="pbx.TEST"))

    assert query.well_formed
    assert (query.domain, query.asked_domain) == ("pbx.test", "pbx.TEST")


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"user": "10\n01"}, id="line end"),
        pytest.param({"user": "1001\x00"}, id="zero"),
        pytest.param({"action": "sip_auth\r"}, id="in another field"),
        pytest.param({"user": "\x85"}, id="C1"),
        pytest.param({"user": "1" * 64}, id="long name"),
        pytest.param({"sip_to_user": "1" * 256}, id="long field"),
        pytest.param({"domain": "d" * 254, "key_value": "d" * 254}, id="long domain"),
        pytest.param({"domain": "pb\u212a.test", "key_value": "pb\u212a.test"}, id="Kelvin sign, a k in lower case"),
    ],
)
def test_what_cannot_be_a_name_is_malformed(fields: dict[str, str]) -> None:
    """Control characters and over-long names are never looked for."""
    asked = {"key_value": "pbx.test", "domain": "pbx.test", "key": "id", "user": "1001"} | fields

    assert not parse(asking.directory(asked.pop("key_value"), **asked)).well_formed


def test_bytes_that_are_no_utf8_are_malformed() -> None:
    """They can't be the name of anyone."""
    assert not parse(asking.user() + b"&user=%ff%fe").well_formed


@pytest.mark.parametrize(
    "variables",
    [
        pytest.param({"user_name": "1002", "domain_name": "pbx.test"}, id="not authorized"),
        pytest.param({"sip_authorized": "false", "user_name": "1002", "domain_name": "pbx.test"}, id="false"),
        pytest.param({"sip_authorized": "true", "domain_name": "pbx.test"}, id="let in by an ACL, no name"),
        pytest.param({"sip_authorized": "true", "user_name": "1002"}, id="no realm"),
        pytest.param({"sip_from_user": "1002", "sip_auth_username": "1002", "presence_id": "1002@pbx.test"}, id="From"),
    ],
)
def test_who_did_not_sign_in_has_no_name(variables: dict[str, str]) -> None:
    """What a phone writes about itself is no identity."""
    query = parse(asking.call(caller="", **variables))

    assert (query.caller, query.caller_domain) == ("", "")


ANY_NAMES = [*(name.decode() for name in _RAW + _ENCODED), "hostname", "Unique-ID", "variable_sip_user_agent"]
PIECES = st.text(st.sampled_from("a1&=%+;/ \n\x00\xe4"), max_size=12)


@given(
    st.lists(
        st.tuples(
            st.one_of(st.sampled_from(ANY_NAMES), st.sampled_from(ANY_NAMES).map("x".__add__), PIECES),
            PIECES | st.sampled_from(ANY_NAMES).map("&{}=evil".format),
        ),
        max_size=30,
    )
)
def test_the_fields_that_are_cut_out_are_those_of_a_full_parser(fields: list[tuple[str, str]]) -> None:
    """Names twice, names that begin or end like others, and fields inside of values included: FreeSWITCH writes the
    first five values as they are.
    """
    body = "&".join(f"{name}={value}" for name, value in fields)

    raw: dict[str, str] = {}
    decoded: dict[str, str] = {}
    for part in body.split("&"):
        name, equals, value = part.partition("=")
        if equals and name.encode() in _RAW:
            raw.setdefault(name, value)
        elif equals and name.encode() in _ENCODED:
            # The last one counts; a plus is a plus.
            decoded |= parse_qsl(part.replace("+", "%2B"), keep_blank_values=True)

    assert parse(body.encode()) == _query(raw, decoded)


def test_names_are_decoded_once() -> None:
    """A blank is %20, a plus is a plus."""
    query = parse(asking.directory(group="a+b c%20d"))

    assert query.group == "a+b c%20d"
