"""Each process that serves leaves what it began with alone."""

import gc
import subprocess
import sys
from pathlib import Path

import pytest

from tests.xmlcurl.test_cli import environment
from xmlcurl.garbage import left_alone

COUNTS = """
import gc
from xmlcurl.workers import one_of_many
app = one_of_many()
print(gc.get_freeze_count() > 10_000, gc.isenabled())
"""


@pytest.mark.parametrize("fails", [False, True])
def test_garbage_is_looked_for_again(fails: bool) -> None:
    """Among what comes later."""
    before = gc.get_freeze_count()
    try:
        with left_alone():
            assert not gc.isenabled()
            if fails:
                raise ZeroDivisionError
    except ZeroDivisionError:
        pass

    assert gc.isenabled()
    assert gc.get_freeze_count() > before
    gc.unfreeze()


def test_one_of_many_does_so_too(tmp_path: Path) -> None:
    """It is another process."""
    done = subprocess.run(
        [sys.executable, "-c", COUNTS], env=environment(tmp_path), capture_output=True, text=True, check=True
    )

    assert done.stdout.split() == ["True", "True"]
