"""THE table: which kind of request gets which kind of answer. The first row that holds is the kind.

Whoever can put fields into a request (a phone, by its realm and its headers) may make it look like
another kind. So what asks for one user is told by `key` and `user`, which FreeSWITCH writes last
and we read last, before any `purpose` or `group` is looked at; and no kind that a phone could make
its request look like gives more than its own.

Source of the kinds: FreeSWITCH v1.10.12, as captured from a running switch.
"""

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final, NamedTuple

from xmlcurl.answer import Answer
from xmlcurl.logs import members_of
from xmlcurl.lookup import Lookup
from xmlcurl.query import Fields, Query, fields_of, query_of


@dataclass(frozen=True, slots=True)
class Question:
    """One kind of request: its name in logs and metrics, how it is recognised, and who answers it."""

    kind: str
    holds: Callable[[Query], bool]
    answer: Callable[[Lookup, Query], Coroutine[Any, Any, Answer]]


def _is_dialplan(query: Query) -> bool:
    return query.section == "dialplan"


def _is_elsewhere(query: Query) -> bool:
    return query.section != "directory"


def _is_one_user(query: Query) -> bool:
    return bool(query.user) and query.key in {"id", "number-alias"}


def _is_of_switch(query: Query, file: str) -> bool:
    return query.section == "configuration" and query.well_formed and query.configuration == file


def _is_of_profile(query: Query) -> bool:
    return query.purpose == "gateways" and not (query.user or query.key or query.action)


QUESTIONS: Final = (
    # A call. `xml_locate dialplan` on the command line has no context and is not one.
    Question("call", lambda q: _is_dialplan(q) and bool(q.context), Lookup.route),
    # What a switch keeps of ours. All other configuration stays on its disk; so do phrases and chat plans.
    Question("acl.conf", lambda q: _is_of_switch(q, "acl.conf"), lambda it, q: it.configuration.addresses(q)),
    Question(
        "callcenter.conf",
        lambda q: _is_of_switch(q, "callcenter.conf") and bool(q.queue),
        lambda it, q: it.configuration.queue(q),
    ),
    Question(
        "ivr.conf", lambda q: _is_of_switch(q, "ivr.conf") and bool(q.menu), lambda it, q: it.configuration.menu(q)
    ),
    Question("configuration", lambda q: q.section == "configuration", Lookup.not_found),
    Question("other section", _is_elsewhere, Lookup.not_found),
    # Control characters, over-long names, a domain that is not the key value.
    Question("malformed", lambda q: not q.well_formed, Lookup.not_found),
    # Logging in to the event socket, and credentials for a far end that challenges us: nobody's.
    Question("event_socket_auth", lambda q: q.action == "event_socket_auth", Lookup.not_found),
    Question("reverse-auth-lookup", lambda q: q.action == "reverse-auth-lookup", Lookup.not_found),
    # A phone typed a new PIN. "Not found" would accept it.
    Question("change-password", lambda q: _is_one_user(q) and q.vm_action == "change-password", Lookup.new_pin),
    # A phone signs in: REGISTER, INVITE, SUBSCRIBE, MESSAGE with credentials.
    Question("sip_auth", lambda q: _is_one_user(q) and q.action == "sip_auth", Lookup.sign_in),
    # user_call, voicemail-lookup, message-count, user_data, user_exists, the members of a group, an
    # INVITE that an ACL let in, and whatever else asks for one user: FreeSWITCH shares its copy
    # between all of them, so all get the same.
    Question("user", _is_one_user, Lookup.user),
    # group_call first asks for the group, then for each member (above).
    Question("group_call", lambda q: q.action == "group_call" and bool(q.group_name or q.group), Lookup.group),
    # voicemail_inject: to one user, to a group, to everyone.
    Question("publish-vm to all", lambda q: q.purpose == "publish-vm" and q.user == "_all_", Lookup.all_mailboxes),
    Question("publish-vm", lambda q: q.purpose == "publish-vm" and bool(q.user), Lookup.user),
    Question("publish-vm to group", lambda q: q.purpose == "publish-vm" and bool(q.group), Lookup.group_mailboxes),
    # in_group looks into the group itself.
    Question("in_group", lambda q: bool(q.user and q.group_name), Lookup.group),
    # A profile starts or rescans. With `<domain name="all">` it asks for every domain at once. These answers hold
    # passwords of carriers: whatever asks for a user besides, or for a domain under a phone's realm, is none of them.
    Question("gateways", lambda q: _is_of_profile(q) and bool(q.domain), lambda it, q: it.configuration.of_domain(q)),
    Question(
        "gateways of all", lambda q: _is_of_profile(q) and q.names_nothing, lambda it, q: it.configuration.gateways(q)
    ),
    # reloadacl, for `<node domain="..."/>`.
    Question("network-list", lambda q: q.purpose == "network-list", Lookup.domain),
    # domain_exists, domain_data.
    Question("domain", lambda q: q.names_domain and not q.user, Lookup.domain),
    # mod_directory: a domain as the key and nothing else.
    Question("names", lambda q: bool(q.domain) and not q.user, Lookup.names),
    Question("unknown", lambda _: True, Lookup.not_found),
)


MOST_UNDERSTOOD: Final = 8_192
"""So many requests are kept as they were understood: a phone asks the same again and again."""

SECRET: Final = b"VM-User-Password="


LONGEST_LOGGED: Final = 64


class Understood(NamedTuple):
    """A request, and what does not depend on when it came."""

    query: Query
    question: Question
    asked: str
    """What the log says of it, as `members_of` made it, with a comma before it."""


def understand(body: bytes) -> Understood:
    """What `body` asks, and of which kind that is. Of what holds a secret nothing is kept."""
    understood = _understand.__wrapped__ if SECRET in body else _understand
    return understood(fields_of(body))


@lru_cache(MOST_UNDERSTOOD)
def _understand(fields: Fields) -> Understood:
    query = query_of(fields)
    asked = {
        "domain": query.domain or query.caller_domain or query.context,
        "user": query.user or query.caller,
        "destination": query.destination,
    }
    told = members_of({name: value[:LONGEST_LOGGED] for name, value in asked.items() if value})
    return Understood(query, question_of(query), told and f", {told}")


def question_of(query: Query) -> Question:
    """The kind of `query`; "unknown" for what no kind recognises."""
    return next(question for question in QUESTIONS if question.holds(query))
