"""Every request that a real FreeSWITCH sent gets the right kind of answer."""

import pytest

from tests.samples import captures
from tests.seed import Seed
from tests.xmlcurl import asking
from tests.xmlcurl.service import Service
from xmlcurl.query import parse
from xmlcurl.questions import QUESTIONS, question_of

# Which kind a captured request is, what it gets, and which lines of requests.jsonl they are.
EXPECTED = [
    # Profiles and access lists.
    ("gateways of all", "domains pbx.test victim.test", (0, 3)),
    ("gateways", "domains pbx.test", (1, 36)),
    ("network-list", "domains pbx.test", (2,)),
    # Phones that sign in: INVITE, REGISTER, an INVITE let in by an ACL with spoofed headers.
    ("sip_auth", "user 1001", (4, 15, 16)),
    ("sip_auth", "user 1030", (12,)),
    ("sip_auth", "user 1007", (13,)),
    ("sip_auth", "user 1060", (14,)),
    ("sip_auth", "not found", (11,)),  # static.test is nobody's domain
    # One user, whatever for: let in by an ACL, message-count, user_data, user_exists, user_call,
    # voicemail-lookup, the member of a group, the mailbox log-in.
    ("user", "user 1001", (10,)),
    ("user", "user 1002", (17, 18, 44, 53, 54, 56, 57, 66)),
    ("user", "user 1005", (39,)),  # number-alias 2005
    ("user", "user 1017", (52,)),
    ("user", "not found", (37, 38, 55, 63, 64)),  # nobody has those names
    ("publish-vm", "user 1004", (45,)),
    ("change-password", "refused 1002", (58,)),
    # Domains and groups.
    ("domain", "domains pbx.test", (40, 41)),
    ("in_group", "group sales: -> 1001 -> 1002", (42,)),
    ("group_call", "group empty:", (43,)),
    ("names", "group default: name 1001 name 1002", (46, 65)),
    # Credentials for others, and questions without an object.
    ("event_socket_auth", "not found", (50,)),
    ("reverse-auth-lookup", "not found", (62,)),
    ("unknown", "not found", (47,)),
    ("other section", "not found", (48,)),
    ("configuration", "not found", (*range(19, 33), 34, 35, 67, 68)),
    ("acl.conf", "configuration acl.conf", (33, 49)),
    ("callcenter.conf", "not found", (51,)),  # sales@pbx.test: ours have an id for a name
    # Calls.
    ("call", "route extension in default", (5, 7)),
    ("call", "route unallocated_number in default", (6, 8, 9)),
    ("call", "route unallocated_number in public", (59, 60, 61)),
]

CASES = [pytest.param(*case, id=f"{case[0]}: {case[1]}") for case in EXPECTED]


@pytest.fixture
def everyone(seed: Seed) -> None:
    """The users that were there when the requests were captured."""
    tenant_id = seed.tenant("pbx.test")
    sales = seed.team(tenant_id, "sales")
    seed.team(tenant_id, "empty")
    seed.extension(tenant_id, "1001", display_name="Alice", team_id=sales)
    seed.extension(tenant_id, "1002", display_name="Bob", team_id=sales, voicemail_enabled=True)
    seed.extension(tenant_id, "1005", aliases=["2005"])
    for number in ("1004", "1007", "1017", "1030", "1060"):
        seed.extension(tenant_id, number)
    other_id = seed.tenant("victim.test")
    seed.extension(other_id, "1001")


def test_the_table_has_every_captured_request() -> None:
    """Each line once: no request without an expected answer."""
    assert sorted(line for *_, lines in EXPECTED for line in lines) == list(range(len(captures())))


@pytest.mark.parametrize(("kind", "answer", "lines"), CASES)
async def test_a_captured_request_is_answered_right(
    everyone: None, service: Service, kind: str, answer: str, lines: tuple[int, ...]
) -> None:
    """From SQL, then from the cache: the same kind, the same bytes, and nothing is ever written."""
    for body in (captures()[line].body for line in lines):
        first, second = await service.post(body), await service.post(body)

        assert question_of(parse(body)).kind == kind
        assert (first.status, first.shape) == (200, answer)
        assert second == first
    assert all(statement.startswith("SELECT") for statement in service.statements)


def test_kinds_have_names_of_their_own() -> None:
    """Metrics and logs tell them apart."""
    kinds = [question.kind for question in QUESTIONS]

    assert len(kinds) == len(set(kinds))


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"purpose": "gateways"}, id="gateways"),
        pytest.param({"purpose": "network-list"}, id="network-list"),
        pytest.param({"purpose": "publish-vm"}, id="publish-vm"),
        pytest.param({"action": "group_call", "group": "sales"}, id="group_call"),
        pytest.param({"group_name": "sales"}, id="in_group"),
        pytest.param({"action": "user_call", "as_channel": "true"}, id="user_call"),
        pytest.param({"section": "dialplan", "Hunt-Context": "pbx.test"}, id="dialplan"),
    ],
)
def test_headers_of_a_phone_make_no_other_kind(headers: dict[str, str]) -> None:
    """An INVITE that an ACL let in carries the phone's headers as fields; it still asks for one user."""
    body = asking.directory("pbx.test", **headers, key="id", user="1001", domain="pbx.test")

    assert question_of(parse(body)).kind == "user"
