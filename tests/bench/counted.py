"""`python -m tests.bench.counted FILE`: `xmlcurl serve` that writes a line into FILE for each SQL statement.

Counted is what SQLAlchemy hands to the driver, without BEGIN and its end.
"""

import sys
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, event

from xmlcurl.workers import ready


def note_statements(file: Path) -> None:
    """From now on, of every engine."""
    log = file.open("a", buffering=1)

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if not statement.startswith("BEGIN"):
            log.write(f"{' '.join(statement.split())}\n")

    event.listen(Engine, "before_cursor_execute", note)


if __name__ == "__main__":
    note_statements(Path(sys.argv[1]))
    ready(workers=1)()
