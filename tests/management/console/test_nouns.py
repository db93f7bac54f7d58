"""Every noun of a tenant by the command line: the same values and rules as the API's."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from management.console.nouns import COMMANDS
from tests.management.greetings.sounds import MP3, wav
from tests.management.terminal import Terminal
from xmlcurl.store.tables import audit, gateways

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

OF_TENANT = ("--tenant", "pbx.test")
TO_1001 = {"type": "extension", "extension": "1001"}
TO_GROUP = {"type": "ring_group", "id": 1}
EXTENSIONS = (("extension", "add", "1001"), ("extension", "add", "1002"))
NUMBER = ("number", "add", "842812345678")
GROUP = ("ring-group", "add", "A", "--number", "600")
GATEWAY = ("gateway", "add", "carrier", "--host", "sip.test")


@dataclass(frozen=True, kw_only=True)
class Life:
    """Words without --tenant; `twin` are the words of a second one, which takes the place of the first."""

    before: tuple[tuple[str, ...], ...] = ()
    add: tuple[str, ...]
    made: dict[str, Any]
    update: tuple[str, ...]
    changed: dict[str, Any]
    twin: tuple[str, ...]


LIVES = {
    "team": Life(
        add=("Sales",), made={"name": "Sales"}, update=("--name", "Help"), changed={"name": "Help"}, twin=("Two",)
    ),
    "department": Life(
        add=("Sales",), made={"name": "Sales"}, update=("--name", "Help"), changed={"name": "Help"}, twin=("Two",)
    ),
    "user": Life(
        add=("Anna", "--email", "a@pbx.test"),
        made={"name": "Anna", "email": "a@pbx.test", "role": "agent"},
        update=("--email", "", "--role", "admin"),
        changed={"email": None, "role": "admin"},
        twin=("Two",),
    ),
    "number": Life(
        add=("0900000020", "--display-name", "POC"),
        made={"number": "0900000020", "display_name": "POC", "carrier": "other"},
        update=("--display-name", "", "--carrier", "viettel"),
        changed={"display_name": None, "carrier": "viettel"},
        twin=("0900000021",),
    ),
    "hotline": Life(
        before=(NUMBER,),
        add=("Support", "--number", "842812345678"),
        made={"name": "Support", "number": "842812345678"},
        update=("--name", "Help"),
        changed={"name": "Help"},
        twin=("Two", "--number", "842812345678"),
    ),
    "gateway": Life(
        add=(
            "carrier",
            "--host",
            "sip.test",
            "--codecs",
            "PCMU, PCMA",
            "--addresses",
            "192.0.2.0/24",
            "--port",
            "5070",
        ),
        made={"host": "sip.test", "codecs": ["PCMU", "PCMA"], "addresses": ["192.0.2.0/24"]},
        update=("--addresses", "", "--port", "5070", "--status", "disabled"),
        changed={"addresses": [], "port": 5070, "status": "disabled"},
        twin=("other", "--host", "other.test"),
    ),
    "outbound-route": Life(
        before=(GATEWAY,),
        add=("Country", "--patterns", "0.,09XXXXXXXX", "--gateway-ids", "1", "--priority", "7"),
        made={"patterns": ["0.", "09XXXXXXXX"], "gateway_ids": [1], "priority": 7, "is_international": False},
        update=("--is-international", "--prepend", "84", "--strip", "1"),
        changed={"is_international": True, "prepend": "84", "strip": 1},
        twin=("Two", "--patterns", "1", "--gateway-ids", "1"),
    ),
    "class-of-service": Life(
        add=("Inside", "--international-calls-disabled"),
        made={"name": "Inside", "international_calls_disabled": True, "all_routes": True},
        update=("--no-international-calls-disabled", "--no-all-routes"),
        changed={"international_calls_disabled": False, "all_routes": False, "route_ids": []},
        twin=("Two",),
    ),
    "holiday": Life(
        add=("New Year", "--first-day", "2027-01-01", "--is-yearly"),
        made={"first_day": "2027-01-01", "last_day": "2027-01-01", "is_yearly": True},
        update=("--last-day", "2027-01-02"),
        changed={"last_day": "2027-01-02"},
        twin=("Two", "--first-day", "2027-05-01"),
    ),
    "ring-group": Life(
        before=EXTENSIONS,
        add=("Sales", "--number", "600", "--members", "1001,1002", "--no-answer", json.dumps(TO_1001)),
        made={"number": "600", "members": ["1001", "1002"], "no_answer": TO_1001},
        update=("--members", "1002", "--no-answer", ""),
        changed={"members": ["1002"], "no_answer": None},
        twin=("Two", "--number", "601"),
    ),
    "queue": Life(
        before=EXTENSIONS,
        add=("Support", "--number", "650", "--agents", '[{"extension": "1001"}]', "--timeout", json.dumps(TO_1001)),
        made={
            "number": "650",
            "agents": [{"extension": "1001", "level": 1, "status": "logged_out"}],
            "timeout": TO_1001,
        },
        update=("--agents", '[{"extension": "1002", "level": 2}]', "--max-wait-seconds", "60"),
        changed={
            "agents": [{"extension": "1002", "level": 2, "status": "logged_out"}],
            "max_wait_seconds": 60,
        },
        twin=("Two", "--number", "651"),
    ),
    "ivr-menu": Life(
        before=EXTENSIONS,
        add=("Welcome", "--number", "700", "--options", json.dumps({"1": TO_1001}), "--direct-dial"),
        made={"number": "700", "options": {"1": TO_1001}, "direct_dial": True, "no_choice": None},
        update=("--options", "{}", "--tries", "2"),
        changed={"options": {}, "tries": 2},
        twin=("Two", "--number", "701"),
    ),
    "group-mailbox": Life(
        add=("Office", "--number", "690", "--email", "office@pbx.test", "--voicemail-mail"),
        made={"number": "690", "email": "office@pbx.test", "voicemail_mail": True},
        update=("--name", "Main office", "--no-voicemail-mail"),
        changed={"name": "Main office", "voicemail_mail": False},
        twin=("Two", "--number", "691"),
    ),
}


@pytest.mark.parametrize("noun", sorted(COMMANDS.keys() - {"greeting"}))
def test_its_life(terminal: Terminal, noun: str) -> None:
    """Made, listed, shown, changed, deleted in favour of another; the audit log says who."""
    life = LIVES[noun]
    for words in life.before:
        terminal.done(*words, *OF_TENANT)

    made = terminal.done(noun, "add", *life.add, *OF_TENANT)
    key = life.add[0] if noun == "number" else str(made["id"])
    assert life.made.items() <= made.items()
    assert terminal.done(noun, "show", key, *OF_TENANT) == made
    assert made in terminal.done(noun, "list", *OF_TENANT)
    assert terminal.done(noun, "list", "--search", "nothing like it", *OF_TENANT) == []
    assert life.add[0] in terminal.run(noun, "list", *OF_TENANT)[1]

    changed = terminal.done(noun, "update", key, *life.update, *OF_TENANT)
    assert {**life.made, **life.changed}.items() <= changed.items()

    twin = terminal.done(noun, "add", *life.twin, *OF_TENANT)
    other = life.twin[0] if noun == "number" else str(twin["id"])
    assert terminal.done(noun, "delete", key, "--replace-with", other, *OF_TENANT) == {"deleted": True}
    assert "there is no" in terminal.refused(noun, "show", key, *OF_TENANT)
    kind = noun.replace("-", "_")
    rows = [row for row in terminal.rows(audit) if (row["object_type"], row["object_id"]) == (kind, str(made["id"]))]
    assert [row["action"].partition(".")[2] for row in rows] == ["create", "update", "delete"]
    assert {row["actor"] for row in rows} == {"cli"}


def test_what_is_in_use_moves_on(terminal: Terminal) -> None:
    """As with the API: refused with who uses it, unless another takes its place."""
    for words in (
        *EXTENSIONS,
        NUMBER,
        ("ring-group", "add", "Sales", "--number", "600", "--members", "1001"),
        ("ring-group", "add", "Help", "--number", "601"),
        ("number", "set-destinations", "842812345678", "--open", json.dumps(TO_GROUP)),
    ):
        terminal.done(*words, *OF_TENANT)

    refused = terminal.refused("ring-group", "delete", "1", *OF_TENANT)
    terminal.done("ring-group", "delete", "1", "--replace-with", "2", *OF_TENANT)
    shown = terminal.done("number", "show-destinations", "842812345678", *OF_TENANT)
    missing = terminal.refused("ring-group", "delete", "2", "--replace-with", "9", *OF_TENANT)
    terminal.done("ring-group", "update", "2", "--members", "1001", *OF_TENANT)
    terminal.done("extension", "delete", "1001", "--replace-with", "1002", *OF_TENANT)

    assert refused == "management: The ring group is in use by number 842812345678.\n"
    assert shown["open"] == {"type": "ring_group", "id": 2}
    assert "replace with" in missing
    assert terminal.done("ring-group", "show", "2", *OF_TENANT)["members"] == ["1002"]


def test_a_greeting_is_a_file(terminal: Terminal, tmp_path: Path) -> None:
    """Made of one, given another one, renamed; what is no sound is refused."""
    sound, music, text = tmp_path / "a.wav", tmp_path / "b.mp3", tmp_path / "c.wav"
    sound.write_bytes(wav())
    music.write_bytes(MP3)
    text.write_text("no sound")

    made = terminal.done("greeting", "add", "Welcome", str(sound), *OF_TENANT)
    other = terminal.done("greeting", "upload", "1", str(music), *OF_TENANT)
    renamed = terminal.done("greeting", "update", "1", "--name", "Hello", *OF_TENANT)

    assert (made["name"], made["format"], other["name"]) == ("Welcome", "wav", "Welcome")
    assert other["sha256"] != made["sha256"]
    assert (renamed["name"], renamed["sha256"]) == ("Hello", other["sha256"])
    assert "content" in terminal.refused("greeting", "upload", "1", str(text), *OF_TENANT)
    assert terminal.run("greeting", "add", "None", str(tmp_path / "none.wav"), *OF_TENANT)[0] == 2
    assert terminal.done("greeting", "delete", "1", *OF_TENANT) == {"deleted": True}


def test_where_calls_go(terminal: Terminal) -> None:
    """Of a tenant, a number and an extension; what is left out stays, an empty text takes away."""
    for words in (*EXTENSIONS, NUMBER):
        terminal.done(*words, *OF_TENANT)
    hours = [{"weekday": "monday", "opens": "08:00", "closes": "17:30"}]

    terminal.done("call-settings", "update", "--emergency-numbers", "112,113", *OF_TENANT)
    terminal.done(
        "call-settings",
        "update",
        *("--business-hours", json.dumps(hours)),
        *("--feature-codes", '{"dnd_on": null}'),
        *OF_TENANT,
    )
    settings = terminal.done("call-settings", "show", *OF_TENANT)
    number = ("842812345678", *OF_TENANT)
    terminal.done("number", "set-destinations", *number, "--open", json.dumps(TO_1001), "--closed", json.dumps(TO_1001))
    terminal.done("number", "set-destinations", *number, "--closed", "")
    lunch = {"lunch": {"in_always": TO_1001}}
    terminal.done("extension", "set-presence", "1002", "--status", "lunch", "--rules", json.dumps(lunch), *OF_TENANT)
    presence = terminal.done("extension", "show-presence", "1002", *OF_TENANT)

    assert (settings["emergency_numbers"], settings["business_hours"]) == (["112", "113"], hours)
    assert (settings["feature_codes"]["dnd_on"], settings["feature_codes"]["dnd_off"]) == (None, "*79")
    assert terminal.done("number", "show-destinations", *number) == {"open": TO_1001, "closed": None, "holiday": None}
    assert (presence["status"], presence["rules"]["lunch"]["in_always"]) == ("lunch", TO_1001)
    assert '"extension": "1001"' in terminal.run("number", "show-destinations", *number)[1]


def test_an_agent_logs_in(terminal: Terminal) -> None:
    """Without their phone."""
    terminal.done("extension", "add", "1001", *OF_TENANT)
    terminal.done("queue", "add", "Support", "--number", "650", "--agents", '[{"extension": "1001"}]', *OF_TENANT)

    before = terminal.done("extension", "show-agent", "1001", *OF_TENANT)
    after = terminal.done("extension", "set-agent", "1001", "--status", "available", *OF_TENANT)

    assert (before["status"], after["status"], after["queue_ids"]) == ("logged_out", "available", [1])


def test_a_gateways_password_is_read_and_never_shown(terminal: Terminal) -> None:
    """From standard input; encrypted in the database, and in no output."""
    words = ("gateway", "add", "carrier", "--host", "sip.test", "--registers", "--username", "us")
    shown = [
        terminal.run(*words, "--password-stdin", *OF_TENANT, typed="trunk secret\n"),
        terminal.run("gateway", "list", "--json", *OF_TENANT),
        terminal.run("gateway", "show", "1", *OF_TENANT),
    ]
    stored = terminal.rows(gateways)[0]["password_encrypted"]

    assert [status for status, _, _ in shown] == [0, 0, 0]
    assert "has_password" in shown[2][1]
    assert json.loads(shown[1][1])[0]["switches"] == []
    for secret in ("trunk secret", stored):
        assert secret not in str(shown)
        assert secret not in str(terminal.rows(audit))
    assert terminal.run("gateway", "update", "1", "--password", "on the command line", *OF_TENANT)[0] == 2


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param((*GROUP, "--ring-seconds", "soon"), "ring seconds", id="word"),
        pytest.param((*GROUP, "--ring-seconds", "1"), "ring seconds", id="bound"),
        pytest.param((*GROUP, "--no-answer", "1001"), "no answer", id="plain"),
        pytest.param((*GROUP, "--no-answer", "{"), "no answer", id="no JSON"),
        pytest.param((*GROUP, "--strategy", "all"), "strategy", id="unknown word"),
        pytest.param((*GROUP, "--members", "1,2"), "members", id="in a list"),
        pytest.param(("queue", "add", "A", "--number", "600", "--agents", '[{"level": "1"}]'), "agents", id="inside"),
        pytest.param(("outbound-route", "add", "A", "--patterns", "", "--gateway-ids", "1"), "patterns", id="too few"),
        pytest.param(("holiday", "add", "A", "--first-day", "1.1.2027"), "first day", id="no date"),
        pytest.param(("team", "update", "1", "--name", ""), "name", id="empty"),
    ],
)
def test_what_is_refused_is_said(terminal: Terminal, words: tuple[str, ...], said: str) -> None:
    """In the API's words, with the name of the value, in one line."""
    refused = terminal.refused(*words, *OF_TENANT)

    assert said in refused
    assert refused.count("\n") == 1


@pytest.mark.parametrize("key", ["0", "-1", "x", str(2**63)])
def test_no_such_id_can_be(terminal: Terminal, key: str) -> None:
    """It is a wrong word, not a fault."""
    status, _, err = terminal.run("queue", "show", *OF_TENANT, "--", key)

    assert status == 2
    assert "ID" in err


def test_another_tenants_object_is_not_there(terminal: Terminal) -> None:
    """Not to be shown, changed or deleted, nor to take the place of one's own."""
    terminal.done("tenant", "add", "other.test")
    terminal.done("ring-group", "add", "Theirs", "--number", "600", "--tenant", "other.test")
    terminal.done("ring-group", "add", "Ours", "--number", "600", *OF_TENANT)

    for words in (("show", "1"), ("update", "1", "--name", "Ours now"), ("delete", "1")):
        assert terminal.refused("ring-group", *words, *OF_TENANT) == "management: there is no ring group 1\n"
    assert "replace with" in terminal.refused("ring-group", "delete", "2", "--replace-with", "1", *OF_TENANT)
