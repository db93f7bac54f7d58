"""What is wrong with a call record, or a recording:

ManagementError
├── Unreadable           it is none, whoever sends it: the same file gets the same answer
└── RecordingsElsewhere  recordings are on the switches, and can't be seen from here
"""

from management.errors import ManagementError


class Unreadable(ManagementError):
    """Not what FreeSWITCH says of a finished call. The message says why, and holds nothing of the record."""


class RecordingsElsewhere(ManagementError):
    """Whoever runs this has to set RECORDINGS_DIR, or to mount what it names."""

    def __init__(self) -> None:
        super().__init__("Recordings can't be fetched here: RECORDINGS_DIR names no folder")
