"""Keys of Redis under which the worker says who is registered where. Lookups and management read them."""

from typing import Final

ALIVE_SECONDS: Final = 15
"""How long a look of the worker counts; it looks every few seconds."""


def table_key(switch_id: int) -> str:
    """A hash: number@domain in lower case -> contacts as JSON; the empty name -> which reading this is."""
    return f"xmlcurl:registrations:{switch_id}"


def alive_key(switch_id: int) -> str:
    """Which reading is complete and kept up to date; it ends by itself."""
    return f"xmlcurl:registrations:{switch_id}:alive"
