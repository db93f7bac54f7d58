"""What `xmlcurl check-conf` says, to people and to programs, and its exit status."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from tests.xmlcurl.checkconf.sample import Sample
from xmlcurl.checkconf.findings import KINDS
from xmlcurl.checkconf.rules_lookups import PARAMETERS
from xmlcurl.cli import commands

ROOT = Path(__file__).parents[3]
DOCUMENT = (ROOT / "docs" / "check-conf.md").read_text()
CURL = "autoload_configs/xml_curl.conf.xml"
PASSWORD = '<params><param name="password" value="passw0rd"/></params>'
DIRECTORY = '<section name="directory">'
OPEN_USER = (DIRECTORY, f'{DIRECTORY}<domain name="a.test"><user id="1001">{PASSWORD}</user></domain>')
NO_TIMEOUT = ('<param name="timeout" value="2"/>', "")


def check_conf(folder: Path, *options: str) -> Result:
    return CliRunner().invoke(commands, ["check-conf", str(folder), *options], env={"COLUMNS": "200"})


def test_our_own_configuration_is_clean() -> None:
    """Not one word, so that whoever begins with it sees what they add themselves."""
    ended = check_conf(ROOT / "freeswitch-conf")

    assert ended.stdout.startswith("Nothing found in ")
    assert ended.exit_code == 0


def test_without_its_list_anybody_would_call_as_a_switch(tmp_path: Path) -> None:
    """The profile of calls between switches asks for no password, so its list is all there is."""
    folder = tmp_path / "conf"
    shutil.copytree(ROOT / "freeswitch-conf", folder)
    profile = folder / "sip_profiles" / "peers.xml"
    listed = profile.read_text()
    unlisted = listed.replace('<param name="apply-inbound-acl" value="switches"/>', "")
    assert unlisted != listed
    profile.write_text(unlisted)

    ended = check_conf(folder, "--json")

    assert ended.exit_code == 1
    assert [each["id"] for each in json.loads(ended.stdout)["findings"]] == ["calls-from-anyone"]


def test_a_warning_is_no_failure(sample: Sample) -> None:
    """Exit status 0, and the table with what to do."""
    sample.edit(CURL, *NO_TIMEOUT)

    ended = check_conf(sample.folder)

    assert ended.exit_code == 0
    row = next(line for line in ended.stdout.splitlines() if line.startswith("warning"))
    assert " ".join(row.split()) == f"warning no-timeout {CURL}:3 binding one waits for ever"
    assert f"Instead: {KINDS['no-timeout'].remedy}" in ended.stdout
    assert "0 open, 1 warning(s)." in ended.stdout


def test_what_lets_somebody_in_comes_first_and_fails(sample: Sample) -> None:
    """Exit status 1; each kind is explained once."""
    sample.edit(CURL, *NO_TIMEOUT)
    sample.edit("freeswitch.xml", *OPEN_USER)

    ended = check_conf(sample.folder)

    assert ended.exit_code == 1
    assert [line.split()[0] for line in ended.stdout.splitlines()[1:3]] == ["open", "warning"]
    assert ended.stdout.count(KINDS["user-known-password"].remedy) == 1


def test_programs_get_json(sample: Sample) -> None:
    """Whose fields are documented."""
    sample.edit("freeswitch.xml", *OPEN_USER)

    ended = check_conf(sample.folder, "--json")

    assert json.loads(ended.stdout) == {
        "folder": str(sample.folder),
        "files": 10,
        "open": 1,
        "warnings": 0,
        "findings": [
            {
                "id": "user-known-password",
                "severity": "open",
                "file": "freeswitch.xml",
                "line": 7,
                "what": "user 1001 of domain a.test",
                "why": KINDS["user-known-password"].why,
                "remedy": KINDS["user-known-password"].remedy,
            }
        ],
    }


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        pytest.param("freeswitch.xml", "<document>\n<section>\n</document>", "freeswitch.xml:3: ", id="XML"),
        pytest.param("autoload_configs/x.xml", "<a/>\n</b>", "autoload_configs/x.xml:2: ", id="an included file"),
        pytest.param("freeswitch.xml", "<document/>", 'freeswitch.xml:1: no <section name="conf', id="no section"),
        pytest.param("vars.xml", b"\x7fELF\0", "vars.xml: no text file", id="binary"),
    ],
)
@pytest.mark.parametrize("options", [(), ("--json",)], ids=["table", "json"])
def test_what_can_not_be_checked(
    sample: Sample, name: str, text: str | bytes, said: str, options: tuple[str, ...]
) -> None:
    """Exit status 2, one line on stderr, nothing on stdout."""
    sample.write(name, text)

    ended = check_conf(sample.folder, *options)

    assert ended.exit_code == 2
    assert ended.stderr.startswith(f"xmlcurl: {said}")
    assert len(ended.stderr.splitlines()) == 1
    assert ended.stdout == ""


@pytest.mark.parametrize("options", [(), ("--json",)], ids=["table", "json"])
def test_no_password_is_shown(sample: Sample, options: tuple[str, ...]) -> None:
    """Not even one that everybody knows; reports are mailed around."""
    sample.edit("freeswitch.xml", *OPEN_USER)
    sample.edit(CURL, "http://10.0.0.2/", "http://x:hidden@198.51.100.2/")
    sample.edit("autoload_configs/event_socket.conf.xml", "$${secret}", "CLUECON")

    ended = check_conf(sample.folder, *options)

    assert ended.exit_code == 1
    for secret in ("passw0rd", "hidden", "CLUECON"):
        assert secret not in ended.output


def test_a_terminal_is_told_nothing_by_a_file(sample: Sample) -> None:
    """Names with escapes, markup and bytes that are no text are shown without them."""
    sample.write(
        "sip_profiles/\x1b[31mx.xml",
        b'<profile name="[red]\x1b]0;x\x07\xff"><settings><param name="accept-blind-reg" value="true"/>'
        b'<param name="auth-calls" value="true"/><param name="inbound-reg-in-new-thread" value="true"/>'
        b"</settings></profile>",
    )

    ended = check_conf(sample.folder)

    assert "?[31mx.xml:1" in ended.stdout
    assert "[red]?]0;x??: accept-blind-reg" in ended.stdout


def test_the_help_names_both_commands() -> None:
    """And what the exit status means."""
    assert {"serve", "check-conf"} <= set(CliRunner().invoke(commands, ["--help"]).stdout.split())
    assert "Exit status:" in CliRunner().invoke(commands, ["check-conf", "--help"]).stdout


def test_the_check_needs_no_server(sample: Sample) -> None:
    """Nothing of the service is imported: it starts quickly, and where no Redis is."""
    program = (
        "import sys; from xmlcurl.cli import commands\n"
        "try: commands(sys.argv[1:])\n"
        "finally: print(*sys.modules, file=sys.stderr)"
    )
    ended = subprocess.run(
        [sys.executable, "-c", program, "check-conf", str(sample.folder)], capture_output=True, text=True, check=True
    )

    imported = set(ended.stderr.split())
    assert "xmlcurl.checkconf.report" in imported
    assert not imported & {"uvicorn", "starlette", "redis", "sqlalchemy", "lxml", "structlog"}


def test_each_finding_is_documented() -> None:
    """With how bad it is; and no other is."""
    rows = [row.split("|") for row in DOCUMENT.splitlines() if row.startswith("| `")]

    assert {row[1].strip(" `"): row[2].strip() for row in rows} == {one.id: one.severity for one in KINDS.values()}


def test_each_parameter_of_a_binding_is_documented() -> None:
    """The remedy for one that is not known points there."""
    assert [name for name in PARAMETERS if f"`{name}`" not in DOCUMENT] == []
