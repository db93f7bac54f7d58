"""What can be found, in one table: how bad it is, why it hurts, what to write instead.

`docs/check-conf.md` has a line for each. Programs know a finding by its id, which never changes.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from xmlcurl.checkconf.place import Place


class Severity(StrEnum):
    OPEN = "open"
    """Whoever can send the switch a packet, or has an account on its machine, gets in."""
    WARNING = "warning"
    """It hurts, or helps somebody who is already half inside."""


@dataclass(frozen=True, slots=True)
class Kind:
    id: str
    severity: Severity
    why: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Finding:
    kind: Kind
    place: Place
    what: str
    """What stands there; never a password."""


def found(kind_id: str, place: Place, what: str) -> Finding:
    return Finding(KINDS[kind_id], place, what)


_OPEN, _WARNING = Severity.OPEN, Severity.WARNING

# What stands in xml_curl.conf
_LOOKUPS: Final = (
    Kind("not-asked", _WARNING, "Nobody asks the backend for users, so what it says counts for nothing.",
         'Load mod_xml_curl, with a binding that has a gateway-url and bindings="directory|dialplan".'),
    Kind("asked-late", _WARNING, "Profiles start and ask for domains before the lookups are there to answer.",
         "Load mod_xml_curl before mod_sofia."),
    Kind("unknown-parameter", _WARNING, "FreeSWITCH ignores a parameter that it does not know, without a word.",
         "Write its name as docs/check-conf.md lists it."),
    Kind("no-timeout", _WARNING, "One lookup that hangs stops every registration of the switch, for ever.",
         '<param name="timeout" value="2"/> (seconds)'),
    Kind("long-timeout", _WARNING, "While a lookup hangs no phone can register, and callers wait.",
         "A timeout of 1 to 3 seconds; the backend answers or refuses within one."),
    Kind("tls-unchecked", _WARNING, "Whoever stands between can answer in the backend's place, and reads every hash.",
         "enable-cacert-check and enable-ssl-verifyhost, both true; ssl-cacert-file for an authority of your own."),
    Kind("lookups-in-clear", _WARNING, "An a1-hash is as good as the password, and travels where others can read it.",
         "https, or a private network."),
    Kind("no-credentials", _WARNING, "The backend must then answer anyone who reaches its port.",
         "gateway-credentials with user:password, and the same in XMLCURL_LOOKUP_CREDENTIALS."),
    Kind("two-gateway-urls", _WARNING, "The last gateway-url of a binding wins; the others are never asked.",
         "A binding for each URL; they are asked in their order."),
    Kind("no-second-binding", _WARNING, "While the only lookup node is away nobody registers or calls.",
         "A second binding with the URL of a second node."),
    Kind("asked-for-everything", _WARNING, "Without a section's name in `bindings` every section is asked for there.",
         'bindings="directory|dialplan|configuration" on the gateway-url.'),
    Kind("fields-in-url", _WARNING, "Names and digests of phones end up in URLs, and in the logs on the way.",
         "Leave method and use-dynamic-url out."),
    Kind("answers-from-file", _WARNING, "What the file says counts as an answer of the backend, and is not checked.",
         'A URL of http or https; or a file of the folder that says "not found" and nothing else.'),
)  # fmt: skip

# What answers in the backend's place
_ANSWERS: Final = (
    Kind("user-without-password", _OPEN, "FreeSWITCH lets a user without a password in with any password.",
         "Remove the users on disk; the backend has yours."),
    Kind("user-known-password", _OPEN, "Everybody tries these passwords first.",
         "Remove the users on disk; the backend has yours."),
    Kind("user-by-address", _OPEN, "Its cidr is everybody's, who need no password where an ACL names the domain.",
         "Remove the user, or its cidr."),
    Kind("user-on-disk", _WARNING, 'Answers whenever the backend says "not found": no change or deletion reaches it.',
         "Remove the users on disk; the backend has yours."),
    Kind("dialplan-on-disk", _WARNING, 'Its routes apply whenever the backend says "not found", or can\'t be asked.',
         "Leave the section empty."),
    Kind("other-answers", _WARNING, 'A script answers in the backend\'s place, before it or after its "not found".',
         "Remove xml-handler-bindings, or the section from it."),
)  # fmt: skip

# What stands in sofia.conf and its profiles
_SIP: Final = (
    Kind("blind-registration", _OPEN, "Any phone registers under any name, with any password.",
         "accept-blind-reg: false"),
    Kind("blind-calls", _OPEN, "Anyone places calls, whatever the password.",
         "accept-blind-auth: false"),
    Kind("calls-from-anyone", _OPEN, "Anyone who reaches the port places calls without a password.",
         "auth-calls: true; or, for carriers, apply-inbound-acl with a list of their addresses."),
    Kind("acl-lets-all-in", _OPEN, "Whom the list admits needs no password, and it admits everybody.",
         'A list with default="deny" that names single addresses.'),
    Kind("registrations-in-one-thread", _WARNING,
         "Registrations wait for one another: lookups of 50 ms make 20 a second.",
         "inbound-reg-in-new-thread: true in the profile, and max-reg-threads: 32 in sofia.conf's global_settings."),
    Kind("forced-domain", _WARNING, "An a1-hash is of one realm; phones that were challenged with another are refused.",
         "Remove force-register-domain; for a switch of one tenant, set challenge-realm to the same domain."),
    Kind("presence-hosts", _WARNING, "A call to one tenant's 1001 rings every tenant's 1001.",
         "Remove presence-hosts."),
    Kind("sign-in-name-refused", _WARNING, "A phone whose sign-in name is not its number is refused.",
         "Remove inbound-reg-force-matching-username; the backend compares the two."),
    Kind("domains-no-alias", _WARNING, "1.10.12 loses a lock when a mailbox changes, and can't be stopped any more.",
         '<domain name="all" alias="true" parse="false"/> in the profile of the phones.'),
    Kind("registrations-by-contact", _WARNING, "Phones of two tenants with the same private address remove each other.",
         "multiple-registrations: call-id"),
    Kind("contact-runs-programs", _OPEN, "1.10.12 makes a dial string of a phone's Contact, and runs what is in it.",
         "db-inner-pre-trans-execute with the trigger in freeswitch-conf/sip_profiles/internal.xml."),
    Kind("refer-runs-programs", _OPEN, "1.10.12 makes a dial string of a REFER to a call nobody has, and runs it.",
         "disable-transfer: true"),
)  # fmt: skip

# Other ways in, what tenants' settings need, and the reading itself
_OTHERS: Final = (
    Kind("event-socket-password", _OPEN, "Who has it has a shell: on loopback, every account of the machine.",
         "A long random password, from the environment."),
    Kind("event-socket-acl", _WARNING, "The event socket listens to other machines, and no list says to which.",
         "apply-inbound-acl with the worker's address; better, listen-ip 127.0.0.1 or a private address."),
    Kind("event-socket-away", _WARNING, "The switch can't be told of changes: old passwords and registrations live on.",
         "Load mod_event_socket."),
    Kind("erlang-cookie", _OPEN, "Everybody knows this cookie, and who has it commands the switch.",
         "Don't load mod_erlang_event, or give it a long random cookie."),
    Kind("xml-rpc-open", _OPEN, "Commands the switch over HTTP, with a password that everybody knows or with none.",
         "Don't load mod_xml_rpc."),
    Kind("xml-rpc", _WARNING, "Commands the switch over HTTP that is not encrypted, on every address of the machine.",
         "Don't load mod_xml_rpc."),
    Kind("verto-open", _OPEN, "Any browser signs in, with any password.",
         "userauth: true and blind-reg: false; or don't load mod_verto."),
    Kind("no-call-limit", _WARNING, "max_concurrent of an extension needs `limit`, which mod_hash counts.",
         "Load mod_hash."),
    Kind("mailbox-without-pin", _WARNING, "A mailbox that has no PIN opens without one; this is FreeSWITCH's default.",
         "allow-empty-password-auth: false"),
    Kind("pin-override", _WARNING, "A PIN that was set by phone replaces the backend's.",
         "db-password-override: false"),
    Kind("not-read", _WARNING, "This part of the configuration was not checked.",
         "Check it by hand; or run check-conf where the files are."),
    Kind("directive-in-comment", _WARNING, "FreeSWITCH obeys a directive in a comment as any other.",
         "Remove the line, or write X-NO-PRE-PROCESS."),
)  # fmt: skip

KINDS: Final = {kind.id: kind for kind in (*_LOOKUPS, *_ANSWERS, *_SIP, *_OTHERS)}
