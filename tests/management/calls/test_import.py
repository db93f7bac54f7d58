"""`management import-cdr` and `management calls purge`."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.management.calls.records import body, from_outside, record
from tests.management.terminal import Terminal
from xmlcurl.store.tables import call_records

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The error folder of a switch."""
    folder = tmp_path / "json_cdr"
    folder.mkdir()
    return folder


def left(folder: Path, *records: Any) -> None:
    for said in records:
        (folder / f"{said['variables']['uuid']}.cdr.json").write_bytes(body(said) + b"\n")


def test_each_file_is_taken_once(terminal: Terminal, folder: Path) -> None:
    """A second run changes nothing, and says so; the files stay."""
    left(folder, record(), from_outside())

    first = terminal.done("import-cdr", str(folder))
    second = terminal.done("import-cdr", str(folder))

    assert [each["result"] for each in (*first, *second)] == ["taken", "taken", "known", "known"]
    assert [row["tenant_id"] for row in terminal.rows(call_records)] == [1, 1]
    assert len(list(folder.iterdir())) == 2


def test_what_is_in_the_database_is_deleted(terminal: Terminal, folder: Path) -> None:
    """With --delete, and nothing else; a file that failed makes the exit status 1."""
    left(folder, record())
    (folder / "broken.cdr.json").write_text("{")
    (folder / "notes.txt").write_text("mine")

    status, out, err = terminal.run("import-cdr", str(folder), "--delete", "--json")

    assert (status, err) == (1, "")
    assert sorted(each["result"] for each in json.loads(out)) == ["it is no JSON", "taken"]
    assert sorted(each.name for each in folder.iterdir()) == ["broken.cdr.json", "notes.txt"]


def test_a_file_that_can_not_be_read(terminal: Terminal, folder: Path) -> None:
    """It costs itself only."""
    (folder / "a.cdr.json").mkdir()
    left(folder, record())

    status, out, _ = terminal.run("import-cdr", str(folder), "--json")

    assert status == 1
    assert [each["result"] for each in json.loads(out)] == ["taken", "Is a directory"]


def test_no_such_folder(terminal: Terminal, folder: Path) -> None:
    """The command line is wrong."""
    assert terminal.run("import-cdr", str(folder / "none"))[0] == 2


def test_old_calls_are_purged(terminal: Terminal, folder: Path) -> None:
    """Those that began before the day, and only those."""
    left(folder, record(), record(variables={"start_uepoch": "1767225600000000"}))
    terminal.done("import-cdr", str(folder))

    assert terminal.done("calls", "purge", "--before", "2026-01-01") == {"deleted": 0}
    assert terminal.done("calls", "purge", "--before", "2026-01-02") == {"deleted": 1}
    assert len(terminal.rows(call_records)) == 1
