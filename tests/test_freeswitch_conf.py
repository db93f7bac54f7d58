"""`freeswitch-conf` keeps its word: each parameter says why, nobody is let in from disk, each setting is described."""

import re
from pathlib import Path

import pytest
from lxml import etree

ROOT = Path(__file__).parents[1]
CONFIGURATION = ROOT / "freeswitch-conf"
FILES = sorted(CONFIGURATION.rglob("*.xml"))
GUIDE = (ROOT / "docs" / "freeswitch-conf.md").read_text()
MOST_UNDER_ONE_COMMENT = 3
OF_FREESWITCH = {"certs_dir", "storage_dir"}
"""Variables that FreeSWITCH has by itself."""
OF_ROUTES = {"greetings_url"}
"""Variables that the backend's answers name."""
EXPLAINED = ("param", "load", "list", "map", "X-PRE-PROCESS")


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_each_parameter_says_why(file: Path) -> None:
    """A comment stands above it; one may stand for two or three that belong together."""
    elements = etree.fromstring(file.read_bytes()).iter(*EXPLAINED)

    unexplained = [etree.tostring(each).decode().strip() for each in elements if not _is_explained(each)]

    assert unexplained == []


def test_a_parameter_without_a_reason_would_be_found() -> None:
    """Also the fourth under one comment."""
    params = "".join(f'<param name="{number}"/>' for number in range(MOST_UNDER_ONE_COMMENT + 1))
    settings = etree.fromstring(f"<settings><param name='bare'/><!-- Why. -->{params}</settings>")

    assert [_is_explained(each) for each in settings.iter("param")] == [False, True, True, True, False]


def test_nobody_is_let_in_by_what_is_on_disk() -> None:
    """No user, no route, no password but what the environment gives: what answers here answers for the backend."""
    roots = {file: etree.fromstring(file.read_bytes()) for file in FILES}
    passwords = [
        (file.name, each.get("value"))
        for file, root in roots.items()
        for each in root.iter("param")
        if re.search("pass(word)?$|cred|secret|hash", each.get("name", ""))
    ]

    assert [file.name for file, root in roots.items() if list(root.iter("user", "domain", "extension", "gateway"))] == [
        "external.xml",
        "internal.xml",
    ]
    assert passwords == [
        ("event_socket.conf.xml", "$${event_socket_password}"),
        ("json_cdr.conf.xml", "$${cdr_credentials}"),
        ("xml_curl.conf.xml", "$${lookup_credentials}"),
        ("xml_curl.conf.xml", "$${lookup_credentials}"),
    ]
    main = roots[CONFIGURATION / "freeswitch.xml"]
    assert main.xpath("//section[@name='directory' or @name='dialplan']/node()") == []
    assert "ClueCon" not in "".join(file.read_text() for file in FILES)


def test_nobody_calls_as_a_switch_but_switches() -> None:
    """The profile of calls between switches has one list of addresses, the backend's, and asks for no password."""
    profile = etree.parse(CONFIGURATION / "sip_profiles" / "peers.xml")
    params = [(each.get("name"), each.get("value")) for each in profile.iter("param")]

    lists = [param for param in params if param[0] and param[0].startswith("apply-")]
    assert lists == [("apply-inbound-acl", "switches")]
    assert dict(params).items() >= {"context": "peers", "disable-register": "true", "disable-transfer": "true"}.items()


@pytest.mark.parametrize("profile", ["internal.xml", "external.xml"])
def test_all_domains_of_the_backend_and_no_other(profile: str) -> None:
    """A tenant's domain is a name of the phones' profile, and the carriers' profile looks for gateways in it."""
    (domain,) = etree.parse(CONFIGURATION / "sip_profiles" / profile).iter("domain")

    alias, parse = ("true", "false") if profile == "internal.xml" else ("false", "true")
    assert dict(domain.attrib) == {"name": "all", "alias": alias, "parse": parse}


def test_each_variable_is_set_once_and_used() -> None:
    """In vars.xml, and nowhere else but where they are emptied."""
    variables = (CONFIGURATION / "vars.xml").read_text()
    named = set(re.findall(r'data="(\w+)=', variables))
    others = "".join(file.read_text() for file in FILES if file.name != "vars.xml")

    used = set(re.findall(r"\$\$\{(\w+)\}", variables + others))

    assert used - OF_FREESWITCH | OF_ROUTES == named


def test_each_setting_of_the_environment_is_described() -> None:
    """With its default, in a table of the guide; and no other is."""
    variables = (CONFIGURATION / "vars.xml").read_text()
    read = {*re.findall(r"\$(FREESWITCH_\w+)", variables), *re.findall(r"\$\{(FREESWITCH_\w+)", variables)}
    rows = dict(re.findall(r"^\| `(FREESWITCH_\w+)` \| ([^|]+) \|", GUIDE, re.MULTILINE))

    assert set(rows) == read
    defaults = dict(re.findall(r'cmd="set" data="(\w+)=([^"$]+)"', variables))
    for name, default in defaults.items():
        assert rows[_setting_of(name, variables)].strip() == f"`{default}`", name


def test_each_file_is_described() -> None:
    """What it is for, in a table of the guide."""
    described = re.findall(r"^\| `([\w./]+\.xml)` \|", GUIDE, re.MULTILINE)

    assert sorted(described) == sorted(str(file.relative_to(CONFIGURATION)) for file in FILES)


def _is_explained(element: etree._Element) -> bool:
    others = 0
    if element.get("cmd") in {"env-set", "include"}:
        return True
    for before in element.itersiblings(preceding=True):
        if isinstance(before, etree._Comment):
            return others < MOST_UNDER_ONE_COMMENT
        others += before.get("cmd") != "env-set"  # it belongs to the default before it
    return False


def _setting_of(variable: str, variables: str) -> str:
    found = re.search(rf'cmd="env-set" data="{variable}=\$(\w+)"', variables)
    assert found, variable
    return found[1]
