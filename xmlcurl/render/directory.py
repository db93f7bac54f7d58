"""Directory documents: one user in full, and lists of names without any secret.

Every `<user>` that carries no credential says `allow-empty-password=false`: without it FreeSWITCH
lets such a user in with any password.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from xmlcurl.render.document import Element, RenderRefused, add, add_pairs, open_section, to_bytes
from xmlcurl.render.gateways import Trunk, add_gateways
from xmlcurl.store.model import Extension, GroupMailbox
from xmlcurl.store.text import caller_name, is_domain, is_mail_address, is_name, neutral, spoken

NO_PIN: Final = "none"
"""A `vm-a1-hash` that no PIN hashes to. Without one mod_voicemail would take the SIP password as the PIN.

Source: FreeSWITCH v1.10.12, mod_voicemail.c:2517 and 2590.
"""

FORCED_EXPIRY_SECONDS: Final = 300
"""Where registrations are counted, a phone that was rebooted is locked out until its former one ends."""

REJECTIONS: Final = "USER_BUSY,CALL_REJECTED"
"""What phones say when somebody declines: 486 or 603. A phone that is not there any more is none of these."""

SRTP: Final = {
    "rtp_secure_media": "mandatory",
    # All eleven make an INVITE too long for one datagram, and the last of them proves nothing.
    "rtp_secure_media_suites": "AEAD_AES_256_GCM:AES_CM_128_HMAC_SHA1_80:AES_CM_128_HMAC_SHA1_32",
}
"""Variables of a phone's leg: a call with sound in the clear does not come about."""

BY_DTMF_MODE: Final[Mapping[str, Mapping[str, str]]] = {
    "info": {"dtmf_type": "info"},
    "inband": {
        "dtmf_type": "none",
        # Both begin when the leg is answered: tones become digits, digits become tones.
        "execute_on_answer_digits": "start_dtmf",
        "execute_on_answer_tones": "start_dtmf_generate write",
    },
}
"""Variables of a phone's leg. By itself FreeSWITCH takes events of RFC 4733, and INFO from a phone that offers none.

Source: FreeSWITCH v1.10.12, switch_core_media.c:5835 and 10093.
"""

_TO_A_SWITCH: Final = "[dtmf_type=rfc2833,execute_on_answer_digits=stop_dtmf,execute_on_answer_tones=sleep 0]"
"""How keys are told is between a phone and its own switch: what `dial-var-` says of it is not for these legs.

Nor is what the variables say, which FreeSWITCH sets on the leg that answers.

Source: FreeSWITCH v1.10.12, switch_ivr_originate.c:3118 (local_var_clobber), mod_dptools.c:4476.
"""

MASK: Final = b"********"

_KEPT: Final = re.compile(rb' cacheable="\d+"')
_OF_KEYS: Final = re.compile(rb'\s*<variable name="(?:dtmf_type|execute_on_answer_[a-z]+)" value="[^"]*"/>')
_HASH: Final = re.compile(r"[0-9a-f]{32}")
_SECRETS: Final = re.compile(rb'(<param name="(?:vm-)?a1-hash" value=")(?!%b")[^"]*"' % NO_PIN.encode())


def user_document(extension: Extension, *, asked: str, cacheable_ms: int = 0) -> bytes:
    """Everything that FreeSWITCH may want to know of one extension; the same for all kinds of request.

    `asked` is the name that was looked for: FreeSWITCH finds its user by id or number-alias.
    `cacheable_ms` 0: FreeSWITCH keeps no copy of its own.

    Raises:
        RenderRefused: the row holds no usable credential or name.
    """
    root, section = open_section("directory")
    domain = _domain(section, extension.tenant.domain)
    attributes = {"id": _checked_name(extension.number)}
    if alias := _number_alias(extension, asked):
        attributes["number_alias"] = _checked_name(alias)
    if cacheable_ms > 0:
        attributes["cacheable"] = str(cacheable_ms)
    user = add(add(domain, "users"), "user", **attributes)
    add_pairs(user, "param", _params(extension))
    add_pairs(user, "variable", _variables(extension))
    return to_bytes(root)


def among_switches(body: bytes, domain: str, legs: Iterable[str]) -> bytes:
    """A document for a switch that is not the only one: a call rings these legs, too, and nothing of it is kept."""
    contacts = _dial_string(domain)
    legs = [*legs]
    if legs and b"dial-var-dtmf_type" in body:
        legs = [f"{_TO_A_SWITCH}{leg}" for leg in legs]
        body = _OF_KEYS.sub(b"", body)
    return _KEPT.sub(b"", body, count=1).replace(contacts.encode(), ",".join((contacts, *legs)).encode())


def group_mailbox_document(mailbox: GroupMailbox) -> bytes:
    """What mod_voicemail wants to know of a mailbox of a group. Without a credential, so that nobody signs in as it.

    Raises:
        RenderRefused: the row holds no usable hash or number.
    """
    root, section = open_section("directory")
    user = add(add(_domain(section, mailbox.tenant.domain), "users"), "user", id=_checked_name(mailbox.number))
    add_pairs(user, "param", {"allow-empty-password": "false", "vm-enabled": "true", **_keeping(mailbox)})
    add_pairs(user, "variable", {"timezone": neutral(mailbox.tenant.time_zone)})
    return to_bytes(root)


def masked(body: bytes) -> bytes:
    """A document with its hashes hidden, otherwise byte for byte the same."""
    return _SECRETS.sub(rb"\1" + MASK + b'"', body)


def changed_pin(domain: str, number: str, *, is_taken: bool) -> bytes:
    """The answer to a new PIN that was typed on a phone: the caller hears whether it was taken."""
    root, section = open_section("directory")
    user = add(add(_domain(section, domain), "users"), "user", id=_checked_name(number))
    add_pairs(user, "param", {"allow-empty-password": "false"})
    add(user, "result", success="true" if is_taken else "false")
    return to_bytes(root)


def domain_document(domain: str) -> bytes:
    """A domain without users: it exists; it has no gateways and admits no address."""
    root, section = open_section("directory")
    _domain(section, domain)
    return to_bytes(root)


def trunks_document(domains: Sequence[str], trunks: Iterable[Trunk]) -> bytes:
    """The domains, each with the gateways of its tenant: the one document that holds passwords in clear.

    Raises:
        RenderRefused: FreeSWITCH would execute part of it, or drop it.
    """
    root, section = open_section("directory")
    of_domain: dict[str, list[Trunk]] = {}
    for trunk in trunks:
        of_domain.setdefault(trunk.gateway.domain, []).append(trunk)
    for name in domains:
        domain = _domain(section, name)
        if here := of_domain.get(name):
            # FreeSWITCH looks for gateways inside of a user; nobody can sign in as this one.
            user = add(_group(domain, "gateways"), "user", id="gateways")
            add_pairs(user, "param", {"allow-empty-password": "false"})
            add_gateways(user, here)
    return to_bytes(root)


def group_document(domain: str, group: str, members: Sequence[Extension]) -> bytes:
    """A group whose members FreeSWITCH looks up one by one."""
    root, section = open_section("directory")
    users = _group(_domain(section, domain), group)
    for member in members:
        add(users, "user", id=_checked_name(member.number), type="pointer")
    return to_bytes(root)


def names_document(domain: str, group: str, extensions: Sequence[Extension]) -> bytes:
    """Numbers and names for dialling by name; whoever has no name can't be found by it and is left out."""
    root, section = open_section("directory")
    users = _group(_domain(section, domain), group)
    for extension in extensions:
        if extension.display_name:
            user = add(users, "user", id=_checked_name(extension.number))
            add_pairs(user, "param", {"allow-empty-password": "false"})
            add_pairs(user, "variable", {"effective_caller_id_name": spoken(extension.display_name)})
    return to_bytes(root)


def mailboxes_document(domain: str, group: str, extensions: Sequence[Extension]) -> bytes:
    """The mailboxes that one message goes to: how each is to be kept and mailed, no credentials."""
    root, section = open_section("directory")
    users = _group(_domain(section, domain), group)
    for extension in extensions:
        if extension.voicemail_enabled:
            user = add(users, "user", id=_checked_name(extension.number))
            add_pairs(user, "param", {"allow-empty-password": "false", **_mailing(extension)})
            add_pairs(user, "variable", {"timezone": neutral(extension.tenant.time_zone)})
    return to_bytes(root)


def _domain(section: Element, name: str) -> Element:
    if not is_domain(name):
        raise RenderRefused("the domain is no host name")
    domain = add(section, "domain", name=name)
    add_pairs(domain, "param", {"dial-string": _dial_string(name)})
    return domain


def _dial_string(domain: str) -> str:
    # Our own text, and the one place where FreeSWITCH is meant to expand something. dialed_user is
    # the id of the answer, so a call to an alias rings the number.
    contact = f"${{sofia_contact(*/${{dialed_user}}@{domain})}}"
    return f"{{^^:sip_invite_domain={domain}:presence_id=${{dialed_user}}@{domain}}}{contact}"


def _group(domain: Element, name: str) -> Element:
    return add(add(add(domain, "groups"), "group", name=neutral(name)), "users")


def _params(extension: Extension) -> dict[str, str]:
    params = {
        "a1-hash": _checked_hash(extension.a1_hash),
        "allow-empty-password": "false",
        "vm-enabled": _boolean(extension.voicemail_enabled),
        **_keeping(extension),
    }
    # Variables of a user are set on a leg that calls it when it has been answered; these are before.
    params |= {f"dial-var-{name}": value for name, value in _of_its_legs(extension).items()}
    if extension.dtmf_mode in BY_DTMF_MODE:
        params["dial-var-local_var_clobber"] = "true"
    if extension.reject_ends_ringing:
        params["dial-var-fail_on_single_reject"] = REJECTIONS
    if extension.concurrent_registrations > 1:
        params["max-registrations-per-extension"] = str(extension.concurrent_registrations)
    return params


def _of_its_legs(extension: Extension) -> dict[str, str]:
    """Variables of every leg of its phones, whoever calls."""
    return {**(SRTP if extension.srtp_enabled else {}), **BY_DTMF_MODE.get(extension.dtmf_mode, {})}


def _keeping(box: Extension | GroupMailbox) -> dict[str, str]:
    pin = NO_PIN if box.vm_a1_hash is None else _checked_hash(box.vm_a1_hash)
    return {"vm-a1-hash": pin, **_mailing(box)}


def _mailing(box: Extension | GroupMailbox) -> dict[str, str]:
    address = box.email
    if not (box.voicemail_mail and address and is_mail_address(address)):
        # vm-keep-local-after-email=false would delete a message that was never mailed.
        return {}
    return {
        "vm-mailto": address,
        "vm-email-all-messages": "true",
        "vm-attach-file": _boolean(box.voicemail_attach),
        "vm-keep-local-after-email": _boolean(not box.voicemail_delete_after_mail),
    }


def _variables(extension: Extension) -> dict[str, str]:
    variables = {
        "user_context": extension.tenant.domain,
        "effective_caller_id_name": caller_name(extension.display_name, extension.shown_number),
        "effective_caller_id_number": extension.shown_number,
    }
    if extension.outbound:
        number = neutral(extension.outbound.number)
        variables["outbound_caller_id_name"] = caller_name(extension.outbound.display_name, number)
        variables["outbound_caller_id_number"] = number
    if extension.concurrent_registrations > 1:
        variables["sip-force-expires"] = str(FORCED_EXPIRY_SECONDS)
    else:
        # A new phone replaces the old one; counting to 1 would lock out a rebooted phone instead.
        variables["sip-allow-multiple-registrations"] = "false"
    if extension.qualify_enabled:
        variables["force_ping"] = "true"
    return variables | {
        **_of_its_legs(extension),
        "recording_mode": neutral(extension.recording_mode),
        "max_concurrent": str(extension.max_concurrent),
        "toll_allow": _toll_allow(extension),
        "timezone": neutral(extension.tenant.time_zone),
        "accountcode": extension.tenant.domain,
        # Also on the leg of a call to this extension: who presses keys there.
        "xmlcurl_phone": _checked_name(extension.number),
        "xmlcurl_revision": extension.revision,
        # FreeSWITCH keeps this one in its table of registrations (sofia_reg.c:1860): the worker
        # reads there with which credentials a phone signed in while it did not look.
        "registration_metadata": extension.revision,
    }


def _toll_allow(extension: Extension) -> str:
    may_call_out = not extension.outbound_calls_disabled
    allowed = {
        "local": True,
        "domestic": may_call_out,
        "international": may_call_out and not extension.international_calls_disabled,
        "outside_hours": may_call_out and not extension.outside_hours_calls_disabled,
    }
    return ",".join(name for name, is_allowed in allowed.items() if is_allowed)


def _number_alias(extension: Extension, asked: str) -> str | None:
    others = (asked, *extension.aliases, extension.sign_in_name)
    return next((name for name in others if name != extension.number), None)


def _checked_name(name: str) -> str:
    if not is_name(name):
        raise RenderRefused("a number or name has characters that names don't have")
    return name


def _checked_hash(value: str) -> str:
    if not _HASH.fullmatch(value):
        raise RenderRefused("a hash of the extension is not 32 digits of lower-case hex")
    return value


def _boolean(value: bool) -> str:
    return "true" if value else "false"
