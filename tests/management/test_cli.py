"""The command line: the same rules as the API, one line on stderr for what goes wrong, secrets shown once."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from management.secrets import Vault
from tests.management.terminal import Terminal
from tests.servers import RedisServer
from xmlcurl.store.tables import api_tokens, audit, extensions, switches

PASSWORD = "a password of tests"
COMMAND = Path(sys.executable).with_name("management")

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


OF_TENANT = ("--tenant", "pbx.test")
LIVES = [
    pytest.param(
        ("tenant", "add", "new.test", "--time-zone", "Asia/Ho_Chi_Minh", "--cacheable-ms", "1"),
        {"domain": "new.test", "name": "new.test", "time_zone": "Asia/Ho_Chi_Minh", "cacheable_ms": 1},
        ("update", "new.test", "--name", "New", "--state", "suspended"),
        {"name": "New", "state": "suspended"},
        id="tenant",
    ),
    pytest.param(
        ("switch", "add", "fs1", "--port", "8022", "--profile", "internal", "--profile", "tls", "--password-stdin"),
        {"name": "fs1", "host": "127.0.0.1", "port": 8022, "sofia_profiles": ["internal", "tls"], "enabled": True},
        ("update", "1", "--host", "fs1.test", "--disabled"),
        {"host": "fs1.test", "enabled": False},
        id="switch",
    ),
]


@pytest.mark.parametrize(("add", "made", "change", "changed"), LIVES)
def test_its_life(
    terminal: Terminal, add: tuple[str, ...], made: dict[str, Any], change: tuple[str, ...], changed: dict[str, Any]
) -> None:
    """Made, listed, found by a text, changed, deleted; the audit log says who."""
    noun, key = add[0], change[1]
    tenant = OF_TENANT if "--tenant" in add else ()

    first = terminal.done(*add, typed=f"{PASSWORD}\n")
    assert made.items() <= first.items()
    assert first in terminal.done(noun, "list", *tenant)
    assert terminal.done(noun, "list", "--search", "nothing like it", *tenant) == []

    second = terminal.done(noun, *change)
    assert {**made, **changed}.items() <= second.items()
    status, table, _ = terminal.run(noun, "list", *tenant)
    assert status == 0
    assert next(str(value) for value in changed.values() if isinstance(value, str)) in table

    assert terminal.done(noun, "delete", key, *tenant) == {"deleted": True}
    assert first["id"] not in [each["id"] for each in terminal.done(noun, "list", *tenant)]
    rows = [row for row in terminal.rows(audit) if row["object_type"] == noun and row["object_id"] == str(first["id"])]
    assert [row["action"].partition(".")[2] for row in rows] == ["create", "update", "delete"]
    assert {row["actor"] for row in rows} == {"cli"}


def test_a_hotline_and_an_extension(terminal: Terminal) -> None:
    """What needs another object first; a password is generated, or read from stdin, and shown once."""
    terminal.done("number", "add", "0900000020", *OF_TENANT)
    hotline = terminal.done("hotline", "add", "Support", "--number", "0900000020", *OF_TENANT)
    assert terminal.done("hotline", "update", "1", "--name", "Help", *OF_TENANT)["name"] == "Help"
    assert terminal.done("hotline", "list", *OF_TENANT)[0]["number"] == hotline["number"]
    generated = terminal.done("extension", "add", "1001", "--display-name", "Anna", *OF_TENANT)
    given = terminal.done("extension", "add", "1002", "--password-stdin", *OF_TENANT, typed=f"{PASSWORD}\r\n")
    rotated = terminal.done("extension", "change-password", "1001", *OF_TENANT)

    assert (generated["display_name"], len(generated["sip_password"])) == ("Anna", 24)
    assert given["sip_password"] == PASSWORD
    assert rotated["sip_password"] != generated["sip_password"]
    listed = terminal.done("extension", "list", *OF_TENANT)
    assert [each["number"] for each in listed] == ["1001", "1002"]
    for secret in (PASSWORD, generated["sip_password"], rotated["sip_password"]):
        assert secret not in str(listed)
        assert secret not in str(terminal.rows(audit))
    assert terminal.done("extension", "delete", "1001", *OF_TENANT) == {"deleted": True}
    assert terminal.done("hotline", "delete", "1", *OF_TENANT) == {"deleted": True}


def test_a_token_is_shown_once(terminal: Terminal) -> None:
    """Of the platform or of a tenant; revoked, it stays in the list."""
    platforms = terminal.done("token", "add", "--name", "root")
    tenants = terminal.done("token", "add", *OF_TENANT, "--scope", "read", "--scope", "write")

    assert (platforms["name"], platforms["scopes"]) == ("root", ["admin"])
    assert tenants["scopes"] == ["read", "write"]
    assert [row["tenant_id"] for row in terminal.rows(api_tokens)] == [None, 1]
    listed = terminal.done("token", "list", *OF_TENANT)
    assert [each["id"] for each in listed] == [tenants["id"]]
    assert tenants["token"].partition("|")[2] not in str(listed)
    assert terminal.done("token", "revoke", str(tenants["id"]), *OF_TENANT) == {"revoked": True}
    assert terminal.done("token", "list", *OF_TENANT)[0]["revoked_at"]
    assert terminal.refused("token", "revoke", str(platforms["id"]), *OF_TENANT) == "management: there is no token 1\n"


def test_what_is_refused_is_said_in_a_line(terminal: Terminal) -> None:
    """With exit status 1."""
    terminal.done("team", "add", "Sales", *OF_TENANT)

    assert terminal.refused("tenant", "add", "pbx.test") == "management: The domain has already been taken.\n"
    assert "valid host name" in terminal.refused("tenant", "add", "p_x")
    assert terminal.refused("tenant", "delete", "pbx.test") == "management: The tenant is in use by team Sales.\n"
    assert terminal.refused("tenant", "delete", "no.test") == "management: there is no tenant 'no.test'\n"
    assert terminal.refused("team", "list", "--tenant", "no.test") == "management: there is no tenant 'no.test'\n"
    assert "default one" in terminal.refused(
        "switch", "add", "fs1", "--host", "192.0.2.1", "--password-stdin", typed="ClueCon\n"
    )


def test_wrong_words_are_said_with_status_2(terminal: Terminal) -> None:
    """An unknown command, a missing option, a secret without a terminal."""
    for words in (("nonsense",), ("tenant", "nonsense"), ("team", "add", "Sales"), ("switch", "add", "fs1")):
        status, out, err = terminal.run(*words)
        assert (status, out) == (2, "")
        assert "Traceback" not in err
        assert err


def test_a_call_is_explained(terminal: Terminal) -> None:
    """In words, or as JSON with the documents."""
    terminal.done("extension", "add", "1001", *OF_TENANT)
    words = ("explain-call", "4915550001", "1001", *OF_TENANT, "--at", "2026-03-10T10:00:00+07:00")

    status, out, err = terminal.run(*words)
    as_json = terminal.done(*words)

    assert (status, err) == (0, "")
    assert out.splitlines() == [
        "1001 (none)",
        "  1001 is no active number of the tenant, and calls from outside reach only those",
        "  -> the call ends: UNALLOCATED_NUMBER",
    ]
    assert as_json["outcome"]["cause"] == "UNALLOCATED_NUMBER"
    assert "UNALLOCATED_NUMBER" in as_json["steps"][0]["document"]
    assert "at" in terminal.refused("explain-call", "1001", "1001", *OF_TENANT, "--at", "noon")


def test_names_are_no_markup(terminal: Terminal) -> None:
    """A table shows them as they are."""
    terminal.done("team", "add", "[red]Sales[/red]", *OF_TENANT)

    assert "[red]Sales[/red]" in terminal.run("team", "list", *OF_TENANT)[1]


def test_a_switchs_password_is_never_printed(terminal: Terminal) -> None:
    """Nor stored in the clear."""
    shown = [
        terminal.run("switch", "add", "fs1", "--password-stdin", typed=f"{PASSWORD}\n"),
        terminal.run("switch", "update", "1", "--password-stdin", typed="another one\n"),
        terminal.run("switch", "list"),
        terminal.rows(switches),
    ]

    assert PASSWORD not in str(shown)
    assert "another one" not in str(shown)


def test_a_switch_is_kept_as_it_is_wished_for(terminal: Terminal) -> None:
    """`add --or-update` makes it, gives it other values, and does nothing where nothing is another."""
    keep = ("switch", "add", "fs1", "--or-update", "--password-stdin")
    made = terminal.done(*keep, "--host", "fs1.test", "--port", "8022", typed=f"{PASSWORD}\n")
    again = terminal.done(*keep, "--host", "fs1.test", typed=f"{PASSWORD}\n")
    moved = terminal.done(*keep, "--host", "192.0.2.1", "--profile", "tls", typed="another one\n")

    assert again == made
    assert moved.items() >= {"id": made["id"], "host": "192.0.2.1", "port": 8022, "sofia_profiles": ["tls"]}.items()
    assert [row["action"] for row in terminal.rows(audit)][1:] == ["switch.create", "switch.update"]
    assert "default one" in terminal.refused(*keep, "--host", "192.0.2.1", typed="ClueCon\n")


def test_a_database_without_tables_is_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], database_url: str, command_settings: None
) -> None:
    """With the command that makes them; the processes don't start either."""
    terminal = Terminal(monkeypatch, capsys, database_url)

    for words in (("tenant", "list"), ("serve",), ("worker",)):
        assert "run `management migrate`" in terminal.refused(*words)
    assert terminal.run("migrate")[0] == 0
    assert terminal.done("tenant", "list") == []


def test_a_wrong_setting_is_said_with_status_2(terminal: Terminal) -> None:
    """With its name, its value and its bound."""
    terminal.monkeypatch.setenv("XMLCURL_SWITCH_WAIT_MS", "40000")

    assert terminal.refused("tenant", "list", status=2).startswith("management: XMLCURL_SWITCH_WAIT_MS='40000': ")


def test_without_redis_nothing_is_written(terminal: Terminal, own_redis: RedisServer) -> None:
    """It is said; what only reads goes on."""
    terminal.monkeypatch.setenv("XMLCURL_REDIS_URL", own_redis.url)
    own_redis.stop()

    assert "Redis does not answer" in terminal.refused("tenant", "add", "new.test")
    assert [each["domain"] for each in terminal.done("tenant", "list")] == ["pbx.test"]


def test_a_switch_that_is_yet_to_be_told_is_said(terminal: Terminal) -> None:
    """On stderr: stdout is the object alone."""
    terminal.monkeypatch.setenv("XMLCURL_SWITCH_WAIT_MS", "0")
    terminal.done("switch", "add", "fs1", "--password-stdin", typed=f"{PASSWORD}\n")

    status, out, err = terminal.run("extension", "add", "1001", *OF_TENANT, "--json")

    assert (status, json.loads(out)["number"], err) == (0, "1001", "switches: acked=0 pending=1 failed=0\n")


def test_keys_are_rotated(terminal: Terminal) -> None:
    """With a new key in front, everything is encrypted anew; then the old one can go, and not before."""
    old, new = (terminal.run("keys", "new")[1].strip() for _ in range(2))
    terminal.monkeypatch.setenv("XMLCURL_SECRET_KEYS", old)
    terminal.done("extension", "add", "1001", "--password-stdin", *OF_TENANT, typed=f"{PASSWORD}\n")
    terminal.done("switch", "add", "fs1", "--password-stdin", typed=f"{PASSWORD}\n")
    before = [row["updated_at"] for row in terminal.rows(switches)]
    terminal.monkeypatch.setenv("XMLCURL_SECRET_KEYS", new)
    assert terminal.refused("keys", "rotate") == "management: no key decrypts it\n"

    terminal.monkeypatch.setenv("XMLCURL_SECRET_KEYS", f"{new},{old}")
    assert terminal.done("keys", "rotate") == {"secrets": 2}

    vault = Vault([new])
    for table in (switches, extensions):
        assert [vault.decrypt(row["password_encrypted"]) for row in terminal.rows(table)] == [PASSWORD]
    assert [row["updated_at"] for row in terminal.rows(switches)] == before
    entry = terminal.rows(audit)[-1]
    assert (entry["action"], entry["after"]) == ("keys.rotate", {"secrets": 2})


def test_it_is_a_command(terminal: Terminal) -> None:
    """As administrators run it: a process of its own, exit status and all."""
    listed = subprocess.run([COMMAND, "tenant", "list"], capture_output=True, text=True, timeout=50, check=True)
    refused = subprocess.run(
        [COMMAND, "tenant", "add", "pbx.test"], capture_output=True, text=True, timeout=50, check=False
    )

    assert "pbx.test" in listed.stdout
    assert (refused.returncode, refused.stdout) == (1, "")
    assert refused.stderr == "management: The domain has already been taken.\n"
