"""What is wrong with a call record:

ManagementError
└── Unreadable          it is none, whoever sends it: the same file gets the same answer
"""

from management.errors import ManagementError


class Unreadable(ManagementError):
    """Not what FreeSWITCH says of a finished call. The message says why, and holds nothing of the record."""
