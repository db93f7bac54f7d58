"""A log that can't be written is lost; a lookup is not."""

import json
import subprocess
import sys
from io import StringIO

import pytest

from xmlcurl.logs import Stderr


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
