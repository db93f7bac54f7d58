"""The raw body of a mod_xml_curl request, with all that phones may have put into it -> Query.

The first five fields are what FreeSWITCH writes first, and they are not URL-encoded: `key_value` of
a directory request is the digest realm as a phone typed it, `&user=...` and all. So of those five
the first occurrence counts, of everything else the last, and the domain must equal the key value.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import unquote_to_bytes

from xmlcurl.store.text import LONGEST_DOMAIN, LONGEST_NAME

MAX_BODY_BYTES: Final = 65_536
"""Longest body that is read. A dialplan request has 5 to 8 kB."""

LONGEST_FIELD: Final = 255
"""No field that we read is longer, in characters; one that is makes the request malformed."""

_RAW: Final = (b"section", b"tag_name", b"key_name", b"key_value", b"Event-Name")
_ENCODED: Final = (
    b"user", b"key", b"domain", b"action", b"group", b"group_name", b"purpose", b"VM-Action", b"VM-User-Password",
    b"sip_auth_method", b"sip_to_user", b"sip_to_host",
    b"Hunt-Context", b"Hunt-Destination-Number", b"Hunt-Profile-Index",
    b"variable_sip_authorized", b"variable_user_name", b"variable_domain_name", b"variable_sofia_profile_name",
    b"variable_xmlcurl_on_behalf_of", b"variable_xmlcurl_path", b"variable_xmlcurl_failed",
    b"variable_xmlcurl_choice", b"variable_xmlcurl_phone", b"variable_signal_bond",
    b"profile", b"CC-Queue", b"Menu-Name",
    b"Core-UUID", b"variable_sip_req_host", b"xmlcurl_alone",
)  # fmt: skip


def _any_of(words: Iterable[bytes]) -> bytes:
    """A pattern for these words that tries no beginning twice: a third of the time of `a|b|...` on a long body."""
    by_first: dict[bytes, list[bytes]] = {}
    for word in words:
        by_first.setdefault(word[:1], []).append(word[1:])
    ends = by_first.pop(b"", None) is not None
    branches = [re.escape(first) + _any_of(rests) for first, rests in by_first.items()]
    if len(branches) > 1 or (branches and ends):
        return b"(?:%s)%s" % (b"|".join(branches), b"?" if ends else b"")
    return b"".join(branches)


_FIELDS: Final = re.compile(rb"&(%s)=([^&]*)" % _any_of(_RAW + _ENCODED))

# Control characters, and what stands for bytes that are no UTF-8.
_UNCLEAN: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\ufffd]")


@dataclass(frozen=True, slots=True)
class Query:
    """What one request asks. Fields that it doesn't have are empty.

    `domain` is in lower case, `asked_domain` as it was spelled. A query that is not `well_formed`
    asks for what can't exist: control characters, over-long names, a domain that the key belies.
    """

    well_formed: bool = True
    section: str = ""
    domain: str = ""
    asked_domain: str = ""
    names_domain: bool = False
    """Whether the domain came as a field of its own, not only as the key value."""
    user: str = ""
    key: str = ""
    action: str = ""
    group: str = ""
    group_name: str = ""
    purpose: str = ""
    vm_action: str = ""
    new_pin: str = field(default="", repr=False)
    is_of_mailbox: bool = False
    """Whether mod_voicemail asks. FreeSWITCH writes that before anything of a phone's, so no phone's headers say so."""
    sip_auth_method: str = ""
    sip_to_user: str = ""
    sip_to_host: str = ""
    context: str = ""
    destination: str = ""
    is_as_dialled: bool = False
    """Whether the leg goes where it was called to: it was neither transferred nor forwarded since it came in.

    Source: FreeSWITCH v1.10.12, switch_channel.c:2909; 1 when a leg comes in, 2 after its first transfer.
    """
    caller: str = ""
    """Whose phone passed digest authentication; empty unless one did.

    For an INVITE FreeSWITCH puts the id of our document here, the number, in place of the name that
    the phone signed in with.

    Source: FreeSWITCH v1.10.12, sofia.c:10817 and switch_ivr.c:3969; tried with both names different.
    """
    caller_domain: str = ""
    profile: str = ""
    """The SIP profile that the leg came in by, or was made on."""
    on_behalf_of: str = ""
    """This, `path` and `failed` are channel variables that only our own routes set.

    What a far end can make a variable of its leg has a name that begins with sip_: its headers are sip_h_NAME,
    and so on.

    Source: FreeSWITCH v1.10.12, sofia.c:11505 to :11585.
    """
    path: tuple[str, ...] = ()
    """Numbers that forwarded the call."""
    failed: str = ""
    """The cause that an attempt to reach the destination ended with just now."""
    choice: str = ""
    """What the caller dialled in the menu that is the destination; also a variable of ours."""
    phone: str = ""
    """Whose phone is at the far end of a leg that we called: a variable of our user document."""
    is_connected: bool = False
    """Whether the leg has another one that it talks to."""
    configuration: str = ""
    """The file that is asked for, such as "acl.conf"."""
    queue: str = ""
    """The queue, and `menu` the menu, that a request for a configuration is about."""
    menu: str = ""
    core_uuid: str = ""
    """Which run of which FreeSWITCH asks. Others could only have one of our switches ring its phones otherwise."""
    request_host: str = ""
    """The host of the address that a call came in for."""
    is_alone: bool = False
    """Whether a phone is to ring only where it is registered on the switch that asks: another one asked it to."""
    names_nothing: bool = False
    """Whether a whole section was asked for, not one thing in it. No phone makes its request look like that: what
    says so is written before anything of a phone's."""
    asking_profile: str = ""
    """The SIP profile that asks for its gateways."""


Fields = tuple[tuple[bytes, bytes], ...]
"""What we read of a body, in its order and as it stands there."""


def fields_of(body: bytes) -> Fields:
    """The few fields that count, cut out of a body that may have hundreds."""
    return tuple(_FIELDS.findall(b"&" + body))


def parse(body: bytes) -> Query:
    """The query in `body`; any bytes make one, and what can't be understood makes a malformed one."""
    return query_of(fields_of(body))


def query_of(fields: Fields) -> Query:
    """As `parse`."""
    return _query(
        {name.decode(): _text(value) for name, value in reversed(fields) if name in _RAW},
        {name.decode(): _text(unquote_to_bytes(value)) for name, value in fields if name in _ENCODED},
    )


def _query(raw: dict[str, str], fields: dict[str, str]) -> Query:
    key_value = raw.get("key_value", "")
    asked_domain = fields.get("domain", "")
    is_directory = raw.get("section") == "directory"
    if is_directory and raw.get("tag_name") == "domain":
        if asked_domain and key_value and asked_domain.lower() != key_value.lower():
            return Query(well_formed=False, section="directory")
        asked_domain = asked_domain or key_value
    get = fields.get
    caller, caller_domain = get("variable_user_name", ""), get("variable_domain_name", "").lower()
    is_signed_in = bool(get("variable_sip_authorized") == "true" and caller and caller_domain)
    return Query(
        well_formed=_is_well_formed([*raw.values(), *fields.values()], asked_domain, get("user", "")),
        section=raw.get("section", ""),
        domain=asked_domain.lower(),
        asked_domain=asked_domain,
        names_domain="domain" in fields,
        user=get("user", ""),
        key=get("key", ""),
        action=get("action", ""),
        group=get("group", ""),
        group_name=get("group_name", ""),
        purpose=get("purpose", ""),
        vm_action=get("VM-Action", ""),
        new_pin=get("VM-User-Password", ""),
        is_of_mailbox=raw.get("Event-Name") == "CUSTOM",
        sip_auth_method=get("sip_auth_method", ""),
        sip_to_user=get("sip_to_user", ""),
        sip_to_host=get("sip_to_host", "").lower(),
        context=get("Hunt-Context", ""),
        destination=get("Hunt-Destination-Number", ""),
        is_as_dialled=get("Hunt-Profile-Index", "") == "1",
        caller=caller if is_signed_in else "",
        caller_domain=caller_domain if is_signed_in else "",
        profile=get("variable_sofia_profile_name", ""),
        on_behalf_of=get("variable_xmlcurl_on_behalf_of", ""),
        path=tuple(filter(None, get("variable_xmlcurl_path", "").split(","))),
        failed=get("variable_xmlcurl_failed", ""),
        choice=get("variable_xmlcurl_choice", ""),
        phone=get("variable_xmlcurl_phone", ""),
        is_connected=bool(get("variable_signal_bond")),
        configuration=key_value if raw.get("section") == "configuration" else "",
        queue=get("CC-Queue", ""),
        menu=get("Menu-Name", ""),
        core_uuid=get("Core-UUID", ""),
        request_host=get("variable_sip_req_host", "").lower(),
        is_alone="xmlcurl_alone" in fields,
        names_nothing=not (raw.get("tag_name") or key_value),
        asking_profile=get("profile", ""),
    )


def _is_well_formed(values: list[str], domain: str, user: str) -> bool:
    return (
        len(domain) <= LONGEST_DOMAIN
        and domain.isascii()
        and len(user) <= LONGEST_NAME
        and all(len(value) <= LONGEST_FIELD and _is_clean(value) for value in values)
    )


def _text(value: bytes) -> str:
    return value.decode(errors="replace")


def _is_clean(value: str) -> bool:
    return _UNCLEAN.search(value) is None
