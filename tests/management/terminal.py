"""The command line, run in the process of the tests."""

import io
import json
import sys
from dataclasses import dataclass
from typing import Any

import pytest
from sqlalchemy import Table, select

from management import cli
from xmlcurl.store.engine import open_engine


@dataclass
class Terminal:
    """Runs commands in this process."""

    monkeypatch: pytest.MonkeyPatch
    capsys: pytest.CaptureFixture[str]
    database_url: str

    def run(self, *words: str, typed: str = "") -> tuple[int, str, str]:
        """Exit status, stdout, stderr."""
        self.monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        self.capsys.readouterr()
        status = cli.run(words)
        return (status, *self.capsys.readouterr())

    def done(self, *words: str, typed: str = "") -> Any:
        """What a command that succeeds prints with --json."""
        status, out, err = self.run(*words, "--json", typed=typed)
        assert (status, err) == (0, "")
        return json.loads(out)

    def refused(self, *words: str, status: int = 1, typed: str = "") -> str:
        """What a command that fails says."""
        ended, out, err = self.run(*words, typed=typed)
        assert (ended, out) == (status, "")
        assert "Traceback" not in err
        return err

    def rows(self, table: Table) -> list[dict[str, Any]]:
        engine = open_engine(self.database_url)
        with engine.connect() as connection:
            rows = [dict(row._mapping) for row in connection.execute(select(table).order_by(table.c.id))]
        engine.dispose()
        return rows
