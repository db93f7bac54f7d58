"""Sees whether text became a deed: a program that ran, a global that was set or got out, an error in the log."""

import re
from pathlib import Path

from tests.freeswitch.switch import Switch
from tests.hostile import GLOBAL


class Witness:
    """Of everything from now on.

    Args:
        folder: an empty one with a short path; tricks make `probe` in it where they get something to run.
    """

    def __init__(self, switch: Switch, folder: Path) -> None:
        self.switch, self.probe = switch, folder / "p"
        self._before = len(switch.log_text())

    def deeds(self) -> list[str]:
        """The files that programs have made, under any name, and the global that was set; nothing, if all is well."""
        set_globals = re.findall(rf"^{GLOBAL}=.*", self.switch.api("global_getvar"), re.MULTILINE)
        return [*map(str, self.probe.parent.iterdir()), *set_globals]

    def complaints(self) -> list[str]:
        """What FreeSWITCH has logged as an error."""
        return re.findall(r"\[(?:ERR|CRIT|ALERT)\] (.*)", self.switch.log_text()[self._before :])

    def leaked(self, text: str) -> bool:
        """Whether a path of the switch, or its password, is in what somebody outside got to see."""
        secrets = (self.switch.event_socket_password, str(self.switch.prefix), str(self.switch.folder))
        return any(secret in text for secret in secrets)
