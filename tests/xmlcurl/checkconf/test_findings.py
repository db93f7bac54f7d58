"""Each fault, put alone into a configuration that has none: what is found, and where."""

import json

import pytest
from typer.testing import CliRunner

from tests.xmlcurl.checkconf.sample import Sample
from xmlcurl.checkconf.findings import KINDS, Severity
from xmlcurl.checkconf.report import check
from xmlcurl.cli import commands

ROOT = "freeswitch.xml"
MODULES = "autoload_configs/modules.conf.xml"
CURL = "autoload_configs/xml_curl.conf.xml"
SOCKET = "autoload_configs/event_socket.conf.xml"
ACL = "autoload_configs/acl.conf.xml"
MAIL = "autoload_configs/voicemail.conf.xml"
SOFIA = "autoload_configs/sofia.conf.xml"
PHONES = "sip_profiles/phones.xml"
CARRIERS = "sip_profiles/carriers.xml"

Edit = tuple[str, str, str]
"""File, what stands there (nothing: a new file), what stands there then."""


def param(name: str, value: str) -> str:
    return f'<param name="{name}" value="{value}"/>'


CACERT = param("enable-cacert-check", "true")
CARRIERS_LIST = param("apply-inbound-acl", "carriers")
REG_THREAD = param("inbound-reg-in-new-thread", "true")
MAX_THREADS = param("max-reg-threads", "32")
SECRET = param("password", "$${secret}")
FIRST_URL = 'value="$${backend}" bindings="directory|dialplan"/>'
SECOND_URL = 'value="http://10.0.0.2/xmlcurl"'
SECOND_CREDENTIALS = param("gateway-credentials", "other:$${secret}")
SECOND_SECTIONS = 'xmlcurl" bindings="directory|dialplan"'


def fault(name: str, kind: str, where: str, *edits: Edit) -> tuple[str, str, str, tuple[Edit, ...]]:
    return name, kind, where, edits


def in_phones(*params: str) -> Edit:
    """On line 6 of the profile."""
    return (PHONES, REG_THREAD, f"{REG_THREAD}\n{''.join(params)}")


def user(attributes: str, *params: str) -> Edit:
    """Begins on line 8 of freeswitch.xml."""
    inner = f"<params>{''.join(params)}</params>" if params else ""
    text = f'<section name="directory"><domain name="a.test">\n<user {attributes}>{inner}</user></domain>'
    return (ROOT, '<section name="directory">', text)


def module(name: str, configuration: str) -> tuple[Edit, Edit]:
    """One more module, with a file of its own."""
    short = name.removeprefix("mod_")
    text = f'<configuration name="{short}.conf">\n{configuration}\n</configuration>'
    load = f'<load module="mod_hash"/><load module="{name}"/>'
    return (MODULES, '<load module="mod_hash"/>', load), (f"autoload_configs/{short}.conf.xml", "", text)


def settings(*params: str) -> str:
    return f"<settings>{''.join(params)}</settings>"


FAULTS = [
    fault("not loaded", "not-asked", f"{MODULES}:1", (MODULES, '<load module="mod_xml_curl"/>', "")),
    fault(
        "no directory",
        "not-asked",
        f"{CURL}:1",
        (CURL, FIRST_URL, 'value="$${backend}" bindings="dialplan"/>'),
        (CURL, SECOND_SECTIONS, 'xmlcurl" bindings="dialplan"'),
    ),
    fault(
        "after mod_sofia",
        "asked-late",
        f"{MODULES}:7",
        (MODULES, '<load module="mod_xml_curl"/>', ""),
        (MODULES, '<load module="mod_sofia"/>', '<load module="mod_sofia"/><load module="mod_xml_curl"/>'),
    ),
    fault("a typing error", "unknown-parameter", f"{CURL}:7", (CURL, CACERT, CACERT + param("time-out", "2"))),
    fault("none", "no-timeout", f"{CURL}:3", (CURL, param("timeout", "2"), "")),
    fault("0", "no-timeout", f"{CURL}:6", (CURL, param("timeout", "2"), param("timeout", "0"))),
    fault("negative", "no-timeout", f"{CURL}:6", (CURL, param("timeout", "2"), param("timeout", "-1"))),
    fault("no number", "no-timeout", f"{CURL}:6", (CURL, param("timeout", "2"), param("timeout", "two"))),
    fault("4 s", "long-timeout", f"{CURL}:6", (CURL, param("timeout", "2"), param("timeout", "4s"))),
    fault("no certificate", "tls-unchecked", f"{CURL}:4", (CURL, CACERT, "")),
    fault("off", "tls-unchecked", f"{CURL}:7", (CURL, CACERT, param("enable-cacert-check", "no"))),
    fault("no name", "tls-unchecked", f"{CURL}:4", (CURL, param("enable-ssl-verifyhost", "true"), "")),
    fault("address", "lookups-in-clear", f"{CURL}:11", (CURL, SECOND_URL, 'value="http://8.8.8.8/xmlcurl"')),
    fault("name", "lookups-in-clear", f"{CURL}:11", (CURL, SECOND_URL, 'value="http://x.example.com/"')),
    fault("none", "no-credentials", f"{CURL}:11", (CURL, SECOND_CREDENTIALS, "")),
    fault(
        "the first is lost",
        "two-gateway-urls",
        f"{CURL}:4",
        (CURL, FIRST_URL, f'{FIRST_URL}\n<param name="gateway-url" {FIRST_URL}'),
    ),
    fault("one node", "no-second-binding", f"{CURL}:3", (CURL, SECOND_SECTIONS, 'xmlcurl" bindings="dialplan"')),
    fault("no attribute", "asked-for-everything", f"{CURL}:11", (CURL, SECOND_SECTIONS, 'xmlcurl"')),
    fault("a typing error", "asked-for-everything", f"{CURL}:11", (CURL, SECOND_SECTIONS, 'xmlcurl" bindings="user"')),
    fault("GET", "fields-in-url", f"{CURL}:7", (CURL, CACERT, CACERT + param("method", "GET"))),
    fault("dynamic", "fields-in-url", f"{CURL}:7", (CURL, CACERT, CACERT + param("use-dynamic-url", "true"))),
    fault("elsewhere", "answers-from-file", f"{CURL}:11", (CURL, SECOND_URL, 'value="file:/nowhere/users.xml"')),
    fault(
        "users",
        "answers-from-file",
        f"{CURL}:11",
        (CURL, SECOND_URL, 'value="file:$${conf_dir}/users.xml"'),
        ("users.xml", "", '<document><section name="directory"/></document>'),
    ),
    fault("no params", "user-without-password", f"{ROOT}:8", user('id="1001"')),
    fault("empty", "user-without-password", f"{ROOT}:8", user('id="1001"', param("password", ""))),
    fault("undefined", "user-without-password", f"{ROOT}:8", user('id="1001"', param("password", "$${nothing}"))),
    fault("1234", "user-known-password", f"{ROOT}:8", user('id="1001"', param("password", "1234"))),
    fault("its number", "user-known-password", f"{ROOT}:8", user('id="7788"', param("password", "7788"))),
    fault(
        "hash of 1234",
        "user-known-password",
        f"{ROOT}:8",
        user('id="1001"', param("a1-hash", "711D541B036C022DBB79AFDBEB9C1C48")),
    ),
    fault("own", "user-on-disk", f"{ROOT}:8", user('id="1001"', param("password", "k3Jd8sPq"))),
    fault("secret", "user-on-disk", f"{ROOT}:8", user('id="1001"', param("password", "$${secret}"))),
    fault("refused", "user-on-disk", f"{ROOT}:8", user('id="1001"', param("allow-empty-password", "false"))),
    fault("by list", "user-on-disk", f"{ROOT}:8", user('id="1001"', param("auth-acl", "carriers"))),
    fault(
        "all routes",
        "dialplan-on-disk",
        f"{ROOT}:9",
        (
            ROOT,
            '<section name="dialplan">',
            '<section name="dialplan"><context name="public"><extension name="all"/></context>',
        ),
    ),
    fault(
        "lua",
        "other-answers",
        "autoload_configs/lua.conf.xml:2",
        *module("mod_lua", settings(param("xml-handler-script", "x.lua"), param("xml-handler-bindings", "directory"))),
    ),
    fault("on", "blind-registration", f"{PHONES}:6", in_phones(param("accept-blind-reg", "true"))),
    fault("on", "blind-calls", f"{PHONES}:6", in_phones(param("accept-blind-auth", "1"))),
    fault("no list", "calls-from-anyone", f"{CARRIERS}:3", (CARRIERS, CARRIERS_LIST, "")),
    fault(
        "the list is taken back",
        "calls-from-anyone",
        f"{CARRIERS}:3",
        (CARRIERS, CARRIERS_LIST, CARRIERS_LIST + param("apply-inbound-acl", "None")),
    ),
    fault(
        "a context for those it refuses",
        "calls-from-anyone",
        f"{CARRIERS}:3",
        (CARRIERS, CARRIERS_LIST, CARRIERS_LIST + param("apply-inbound-acl", "carriers:in:out")),
    ),
    fault(
        "FreeSWITCH's default",
        "calls-from-anyone",
        f"{PHONES}:1",
        (PHONES, param("auth-calls", "true"), param("disable-transfer", "true")),
    ),
    fault("default allow", "acl-lets-all-in", f"{CARRIERS}:4", (ACL, 'default="deny"', 'default="allow"')),
    fault("no default", "acl-lets-all-in", f"{CARRIERS}:4", (ACL, ' default="deny"', "")),
    fault("everybody's node", "acl-lets-all-in", f"{CARRIERS}:4", (ACL, "192.0.2.7/32", "10.0.0.0/8,0.0.0.0/0")),
    fault("0.0.0.0/32", "acl-lets-all-in", f"{CARRIERS}:4", (ACL, "192.0.2.7/32", "0.0.0.0/32")),
    fault("a mask", "acl-lets-all-in", f"{CARRIERS}:4", (ACL, 'cidr="192.0.2.7/32"', 'host="1.2.3.4" mask="0.0.0.0"')),
    fault("all IPv4", "acl-lets-all-in", f"{PHONES}:6", in_phones(param("apply-inbound-acl", "any_v4.auto"))),
    fault("half of it", "acl-lets-all-in", f"{PHONES}:6", in_phones(param("apply-inbound-acl", "128.0.0.0/1"))),
    fault("with contexts", "acl-lets-all-in", f"{PHONES}:6", in_phones(param("apply-inbound-acl", "wan.auto:a:b"))),
    fault("to register", "acl-lets-all-in", f"{PHONES}:6", in_phones(param("apply-register-acl", "wan.auto"))),
    fault("proxies", "acl-lets-all-in", f"{PHONES}:6", in_phones(param("apply-proxy-acl", "::/0"))),
    fault("profile", "registrations-in-one-thread", f"{PHONES}:1", (PHONES, REG_THREAD, "")),
    fault("no threads", "registrations-in-one-thread", f"{SOFIA}:1", (SOFIA, MAX_THREADS, "")),
    fault("0", "registrations-in-one-thread", f"{SOFIA}:1", (SOFIA, MAX_THREADS, param("max-reg-threads", "0"))),
    fault(
        "in the profile",
        "registrations-in-one-thread",
        f"{PHONES}:6",
        (SOFIA, MAX_THREADS, ""),
        in_phones(MAX_THREADS),
    ),
    fault("alone", "forced-domain", f"{PHONES}:6", in_phones(param("force-register-domain", "a.test"))),
    fault(
        "another realm",
        "forced-domain",
        f"{PHONES}:6",
        in_phones(param("force-register-domain", "a.test"), param("challenge-realm", "auto_from")),
    ),
    fault("set", "presence-hosts", f"{PHONES}:6", in_phones(param("presence-hosts", "a.test"))),
    fault("on", "sign-in-name-refused", f"{PHONES}:6", in_phones(param("inbound-reg-force-matching-username", "true"))),
    fault("no alias", "domains-no-alias", f"{PHONES}:1", (PHONES, 'alias="true"', 'alias="false"')),
    fault("true", "registrations-by-contact", f"{PHONES}:6", in_phones(param("multiple-registrations", "true"))),
    fault("contact", "registrations-by-contact", f"{PHONES}:6", in_phones(param("multiple-registrations", "Contact"))),
    fault("no trigger", "contact-runs-programs", f"{PHONES}:1", (PHONES, "sip_registrations", "sip_dialogs")),
    fault("phones", "refer-runs-programs", f"{PHONES}:1", (PHONES, param("disable-transfer", "true"), "")),
    fault("carriers", "refer-runs-programs", f"{CARRIERS}:1", (CARRIERS, param("disable-transfer", "true"), "")),
    fault("ClueCon", "event-socket-password", f"{SOCKET}:4", (SOCKET, SECRET, param("password", "ClueCon"))),
    fault("empty", "event-socket-password", f"{SOCKET}:4", (SOCKET, SECRET, param("password", ""))),
    fault("case", "event-socket-password", f"{SOCKET}:1", (SOCKET, SECRET, param("Password", "$${secret}"))),
    fault("missing", "event-socket-password", f"{SOCKET}:1", (SOCKET, SECRET, "")),
    fault("no file", "event-socket-password", f"{ROOT}:4", (SOCKET, "event_socket.conf", "no_event_socket.conf")),
    fault("no list", "event-socket-acl", f"{SOCKET}:3", (SOCKET, "127.0.0.1", "::")),
    fault(
        "everybody's list",
        "event-socket-acl",
        f"{SOCKET}:3",
        (SOCKET, "127.0.0.1", "0.0.0.0"),  # noqa: S104 - the fault
        (SOCKET, SECRET, SECRET + param("apply-inbound-acl", "any_v4.auto")),
    ),
    fault("not loaded", "event-socket-away", f"{MODULES}:1", (MODULES, '<load module="mod_event_socket"/>', "")),
    fault(
        "ClueCon",
        "erlang-cookie",
        "autoload_configs/erlang_event.conf.xml:2",
        *module("mod_erlang_event", settings(param("cookie", "ClueCon"))),
    ),
    fault(
        "works",
        "xml-rpc-open",
        "autoload_configs/xml_rpc.conf.xml:2",
        *module("mod_xml_rpc", settings(param("auth-realm", "x"), param("auth-pass", "works"))),
    ),
    fault("no realm", "xml-rpc-open", "autoload_configs/xml_rpc.conf.xml:1", *module("mod_xml_rpc", settings())),
    fault(
        "own password",
        "xml-rpc",
        "autoload_configs/xml_rpc.conf.xml:1",
        *module("mod_xml_rpc", settings(param("auth-realm", "x"), param("auth-pass", "$${secret}"))),
    ),
    fault(
        "nobody is asked",
        "verto-open",
        "autoload_configs/verto.conf.xml:2",
        *module("mod_verto", '<profiles><profile name="x"/></profiles>'),
    ),
    fault(
        "blind",
        "verto-open",
        "autoload_configs/verto.conf.xml:2",
        *module(
            "mod_verto",
            f'<profiles><profile name="x">{param("userauth", "true")}{param("blind-reg", "true")}</profile></profiles>',
        ),
    ),
    fault("not loaded", "no-call-limit", f"{MODULES}:1", (MODULES, '<load module="mod_hash"/>', "")),
    fault("default", "mailbox-without-pin", f"{MAIL}:3", (MAIL, param("allow-empty-password-auth", "false"), "")),
    fault(
        "phone wins",
        "pin-override",
        f"{MAIL}:4",
        (MAIL, '"false"/>', f'"false"/>{param("db-password-override", "true")}'),
    ),
    fault(
        "outside",
        "not-read",
        f"{ROOT}:7",
        (ROOT, '<section name="directory">', '<X-PRE-PROCESS cmd="include" data="../*.xml"/>\n<section name="x">'),
    ),
    fault(
        "obeyed",
        "directive-in-comment",
        f"{ROOT}:8",
        (ROOT, '<section name="directory">', '<section name="d">\n<!--<X-PRE-PROCESS cmd="set" data="a=b"/>-->'),
    ),
]


def edited(sample: Sample, edits: tuple[Edit, ...]) -> None:
    for file, old, new in edits:
        if old:
            sample.edit(file, old, new)
        else:
            sample.write(file, new)


def test_nothing_is_found_where_nothing_is_wrong(sample: Sample) -> None:
    """What every fault below is put into."""
    assert check(sample.folder).findings == ()


@pytest.mark.parametrize(
    ("kind", "where", "edits"),
    [pytest.param(kind, where, edits, id=f"{kind}: {name}") for name, kind, where, edits in FAULTS],
)
def test_a_fault_is_found_alone(sample: Sample, kind: str, where: str, edits: tuple[Edit, ...]) -> None:
    """With the line of the file as it was written, and nothing else; the exit status says how bad it is."""
    edited(sample, edits)

    ended = CliRunner().invoke(commands, ["check-conf", str(sample.folder), "--json"])

    findings = json.loads(ended.stdout)["findings"]
    assert [(one["id"], f"{one['file']}:{one['line']}") for one in findings] == [(kind, where)]
    assert ended.exit_code == (1 if KINDS[kind].severity is Severity.OPEN else 0)


def test_every_finding_has_a_fault_that_shows_it() -> None:
    """All but one: it is never alone, and stands below."""
    assert {kind for _, kind, _, _ in FAULTS} == KINDS.keys() - {"user-by-address"}


def test_a_user_may_be_everybody(sample: Sample) -> None:
    """Without a password for every address, where a list names the domain."""
    edited(sample, (user('id="1001" cidr="0.0.0.0/0"', param("password", "k3Jd8sPq")),))

    assert [finding.kind.id for finding in check(sample.folder).findings] == ["user-by-address", "user-on-disk"]


def test_the_right_name_is_proposed(sample: Sample) -> None:
    """`Time-Out` was meant to be `timeout`."""
    sample.edit(CURL, CACERT, CACERT + param("Time-Out", "2"))

    assert check(sample.folder).findings[0].what == "Time-Out; did you mean timeout?"


RIGHT = [
    pytest.param([(CURL, param("timeout", "2"), param("timeout", "$${secret}"))], id="a timeout from the environment"),
    pytest.param([(CURL, SECOND_URL, 'value="http://lookups:8080/"')], id="http to a container"),
    pytest.param(
        [(CURL, SECOND_URL, 'value="http://$${secret}/"'), (CURL, SECOND_CREDENTIALS, "")],
        id="a URL from the environment",
    ),
    pytest.param(
        [(CURL, SECOND_URL, 'value="http://127.0.0.1:8080/"'), (CURL, SECOND_CREDENTIALS, "")],
        id="loopback without credentials",
    ),
    pytest.param([(CURL, SECOND_SECTIONS, 'xmlcurl" bindings="$${secret}"')], id="sections from the environment"),
    pytest.param([(CURL, SECOND_SECTIONS, 'xmlcurl" bindings="Directory"')], id="sections in another case"),
    pytest.param([(CURL, f'gateway-url" {SECOND_URL}', f'Gateway-URL" {SECOND_URL}')], id="a name in another case"),
    pytest.param(
        [
            (CURL, SECOND_URL, 'value="file:$${conf_dir}/none.xml"'),
            ("none.xml", "", '<document><section name="result"><result status="not found"/></section></document>'),
        ],
        id="a file that knows nobody in place of a second node",
    ),
    pytest.param([(CURL, 'name="enable-cacert-check"', 'NAME="x" name="Enable-CACert-Check"')], id="another case"),
    pytest.param([user('id="1001" type="pointer"')], id="a pointer"),
    pytest.param([in_phones(param("apply-inbound-acl", "carriers"))], id="a list of single addresses"),
    pytest.param([in_phones(param("apply-inbound-acl", "nosuch"))], id="a list that there is not"),
    pytest.param([in_phones(param("apply-inbound-acl", "rfc1918.auto"))], id="a private network"),
    pytest.param(
        [in_phones(param("apply-register-acl", "wan.auto"), param("apply-register-acl", "carriers"))],
        id="who registers must be in both lists",
    ),
    pytest.param(
        [
            (ACL, 'default="deny"', 'default="allow"'),
            (ACL, 'type="allow" cidr="192.0.2.7/32"', 'type="deny" cidr="0.0.0.0/0"'),
        ],
        id="everybody allowed, and denied",
    ),
    pytest.param(
        [in_phones(param("force-register-domain", "a.test"), param("challenge-realm", "a.test"))],
        id="one domain, and its realm",
    ),
    pytest.param([(PHONES, 'name="all" alias="true"', 'name="ALL" alias="yes"')], id="an alias in other words"),
    pytest.param([in_phones(param("multiple-registrations", "call-id"))], id="by Call-ID"),
    pytest.param(
        [
            (SOCKET, "127.0.0.1", "10.0.0.1"),
            (SOCKET, SECRET, SECRET + param("apply-inbound-acl", "10.0.0.2/32")),
        ],
        id="an event socket for the worker",
    ),
    pytest.param(
        [("autoload_configs/xml_rpc.conf.xml", "", '<configuration name="xml_rpc.conf"/>')],
        id="a module that is not loaded",
    ),
    pytest.param(list(module("mod_lua", settings(param("xml-handler-bindings", "directory")))), id="no script"),
    pytest.param(
        [(ROOT, '<section name="dialplan">', '<section name="dialplan"><context name="public"></context>')],
        id="a context without routes",
    ),
]


@pytest.mark.parametrize("edits", RIGHT)
def test_nothing_is_said_of_what_is_right(sample: Sample, edits: list[Edit]) -> None:
    """A check that complains without cause is not run a second time."""
    edited(sample, tuple(edits))

    assert check(sample.folder).findings == ()
