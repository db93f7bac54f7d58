"""Recordings as files, in the folder where switches put them and where the management side sees them, too."""

import re
from pathlib import Path
from typing import Final

from management.calls.errors import RecordingsElsewhere
from management.calls.repository import Call
from management.errors import NotFound
from xmlcurl.store.text import is_domain

_UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_DAY: Final = re.compile(r"/([0-9]{4})/([0-9]{2})/([0-9]{2})/[^/]+", re.ASCII)


class Recordings:
    """Finds the file of a call. What a phone sent has no part in its path."""

    def __init__(self, folder: Path | None) -> None:
        """`folder`: of FreeSWITCH's recordings; None: it is not to be seen from here."""
        self._folder = folder

    def file_of(self, call: Call) -> Path:
        """A regular file inside the folder, with no link on the way, which could lead to another tenant's.

        Raises:
            NotFound: the call was not recorded, or its file is not there.
            RecordingsElsewhere: there is no such folder, or no setting for it.
        """
        below = _below(call)
        if self._folder is None or not self._folder.is_dir():
            raise RecordingsElsewhere
        file = self._folder.resolve() / below
        if file.resolve() != file or not file.is_file():
            raise NotFound("recording")
        return file


def _below(call: Call) -> Path:
    """Made anew of the tenant's domain, the day and the call's own id: nothing else can be in a path of ours."""
    day = _DAY.fullmatch((call.recording or "").removeprefix(call.tenant or ""))
    if not (day and call.tenant and is_domain(call.tenant) and _UUID.fullmatch(call.uuid)):
        raise NotFound("recording")
    return Path(call.tenant, *day.groups(), f"{call.uuid}.wav")
