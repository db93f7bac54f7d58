"""Why a folder could not be checked.

ConfigurationError      no configuration there, or FreeSWITCH could not read it either; names file and line
"""

from xmlcurl.checkconf.place import Place


class ConfigurationError(Exception):
    """What is wrong, and where; never what a file holds, which may be a password."""

    def __init__(self, reason: str, place: Place | None = None) -> None:
        super().__init__(f"{place}: {reason}" if place else reason)
