"""A log that can't be written is lost; a lookup is not."""

import asyncio
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest

from tests.xmlcurl import asking
from tests.xmlcurl.conftest import only_sqlite
from tests.xmlcurl.service import running
from xmlcurl.logs import FLUSH_SECONDS, MOST_UNWRITTEN, Lines, Stderr, members_of


class Full(StringIO):
    def write(self, text: str) -> int:
        raise OSError("No space left on device")

    def flush(self) -> None:
        raise OSError("No space left on device")


def test_it_writes_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    """Whichever it is now."""
    Stderr().write("a line\n")

    assert capsys.readouterr().err == "a line\n"


@pytest.mark.parametrize("is_closed", [True, False])
def test_a_broken_stderr_raises_nothing(monkeypatch: pytest.MonkeyPatch, is_closed: bool) -> None:
    """Its reader went away, or its disk is full."""
    broken = Full()
    if is_closed:
        broken.close()
    monkeypatch.setattr(sys, "stderr", broken)

    Stderr().write("a line\n")
    Stderr().flush()


def test_what_libraries_say_is_one_line_of_json() -> None:
    """Uvicorn tells of requests that are none, in lines that somebody outside can cause."""
    program = """
import logging
from xmlcurl.logs import set_up
set_up("info")
logging.getLogger("uvicorn.error").warning("Invalid HTTP request\\n%s", "and more")
"""

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr

    (line,) = said.splitlines()
    assert json.loads(line)["event"] == "Invalid HTTP request\nand more"
    assert json.loads(line)["level"] == "warning"


async def test_lines_of_lookups_are_written_together_and_soon(capsys: pytest.CaptureFixture[str]) -> None:
    lines = Lines()
    lines.info("lookup", members_of({"user": "1001\n"}))
    lines.info("lookup", members_of({"user": "1002"}))
    at_once = capsys.readouterr().err
    await asyncio.sleep(FLUSH_SECONDS * 2)

    written = [json.loads(line) for line in capsys.readouterr().err.splitlines()]

    assert at_once == ""
    assert [(line["user"], line["event"], line["level"]) for line in written] == [
        ("1001\n", "lookup", "info"),
        ("1002", "lookup", "info"),
    ]
    age = datetime.now(UTC) - datetime.fromisoformat(written[0]["timestamp"])
    assert timedelta() <= age < timedelta(minutes=1)


async def test_a_flood_of_lines_is_written_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """What waits to be written is bounded."""
    lines = Lines()
    for _ in range(MOST_UNWRITTEN):
        lines.info("lookup", members_of({"user": "1001"}))

    assert len(capsys.readouterr().err.splitlines()) == MOST_UNWRITTEN


@only_sqlite
async def test_what_waits_is_written_when_the_service_ends(
    tenant_id: int, migrated_database_url: str, redis_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last tenth of a second of lookups is told of like any other."""
    async with running(migrated_database_url, redis_url) as service:
        await service.post(asking.user())
        capsys.readouterr()
        await service.post(asking.user("4242"))

    assert json.loads(capsys.readouterr().err.splitlines()[-1])["user"] == "4242"


def test_less_severe_lines_than_wanted_are_not_written() -> None:
    program = """
import asyncio
from xmlcurl.logs import lookup_lines, set_up
set_up("warning")
async def main():
    lookup_lines.info("lookup", '"user": "1001"')
asyncio.run(main())
"""

    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stderr

    assert said == ""
