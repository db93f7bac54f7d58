"""A process's clock that somebody sets while it runs: libfaketime, where it is installed (Debian: libfaketime).

Only the time of day is set, as an administrator or NTP does; clocks that count from the start of the machine go on.
"""

import shlex
from collections.abc import Mapping
from pathlib import Path

FOLDERS = ("usr/lib/*/faketime", "usr/lib*/faketime", "usr/local/lib*/faketime")


class SteppedClock:
    """The time of day of the processes that get `environment`."""

    def __init__(self, file: Path, library: Path) -> None:
        self._file = file
        self.environment: Mapping[str, str] = {
            "LD_PRELOAD": str(library),
            "FAKETIME_TIMESTAMP_FILE": str(file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        self.step(0)

    @classmethod
    def where_it_can_be(cls, file: Path) -> "SteppedClock | None":
        """None without libfaketime."""
        found = [path for folder in FOLDERS for path in Path("/").glob(f"{folder}/libfaketime.so.1")]
        return cls(file, found[0]) if found else None

    def step(self, seconds: float) -> None:
        """From now on it is `seconds` away from the true time."""
        # In one piece: half a file would be another time.
        new = self._file.with_suffix(".new")
        new.write_text(f"{seconds:+f}")
        new.replace(self._file)

    def program(self, executable: Path) -> Path:
        """A program that does the same as `executable`, by this clock."""
        script = self._file.with_name(executable.name)
        settings = " ".join(f"{name}={shlex.quote(value)}" for name, value in self.environment.items())
        script.write_text(f'#!/bin/sh\nexec env {settings} {shlex.quote(str(executable))} "$@"\n')
        script.chmod(0o700)
        return script
