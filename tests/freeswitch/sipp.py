"""SIPp (Debian's sip-tester): phones that we did not write, many at a time."""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from management.embedded import tied_to_parent
from tests.freeswitch.switch import Switch
from tests.services import free_port

SCENARIOS = Path(__file__).parent / "sipp"
ANSWER_WITHIN_MS = 15_000
"""Of a request. More than two lookup nodes that hang may take, less than SIP itself would wait (32 s)."""
DONE_WITHIN_SECONDS = 90

needs_sipp = pytest.mark.skipif(shutil.which("sipp") is None, reason="sipp (Debian: sip-tester) is not on PATH")


class Sipp:
    """One run of `sipp/SCENARIO.xml`, a call for each row. It ends by itself.

    Args:
        folder: for its files.
        a_second: how many calls begin each second.
        port: its own; a free one unless somebody has to know it before.
    """

    def __init__(
        self,
        scenario: str,
        rows: Sequence[Sequence[str]],
        switch: Switch,
        folder: Path,
        *,
        a_second: int = 50,
        port: int | None = None,
    ) -> None:
        folder.mkdir(parents=True)
        table = folder / "rows.csv"
        table.write_text("\n".join(["SEQUENTIAL", *(";".join(row) for row in rows), ""]))
        self._errors, self._log = folder / "errors", folder / "log"
        options = {
            "-sf": SCENARIOS / f"{scenario}.xml",
            "-inf": table,
            "-i": "127.0.0.1",
            "-p": port or free_port(),
            "-m": len(rows),
            "-r": a_second,
            "-recv_timeout": ANSWER_WITHIN_MS,
            "-timeout": f"{DONE_WITHIN_SECONDS}s",
            "-error_file": self._errors,
            "-log_file": self._log,
        }
        words = [str(word) for option in options.items() for word in option]
        command = [
            "sipp",
            f"127.0.0.1:{switch.sip_port}",
            *words,
            "-timeout_error",
            "-trace_err",
            "-trace_logs",
            "-nostdin",
        ]
        # By its whole path, since what ties it to us looks nothing up.
        command[0] = shutil.which("sipp") or command[0]
        with (folder / "screen").open("wb") as screen:
            self._process = subprocess.Popen(
                tied_to_parent(command), cwd=folder, stdin=subprocess.DEVNULL, stdout=screen, stderr=subprocess.STDOUT
            )

    def wait(self) -> None:
        """Until every call has ended.

        Raises:
            AssertionError: one went otherwise than its scenario says; with SIPp's reason.
        """
        status = self._process.wait(DONE_WITHIN_SECONDS + 10)
        errors = self._errors.read_text(errors="replace") if self._errors.exists() else ""
        assert status == 0, f"sipp ended with {status}: {errors[:2_000]}"

    def log(self) -> str:
        """What the scenario has noted with `log` actions."""
        return self._log.read_text()
