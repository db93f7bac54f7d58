"""How often, how soon, how long: the worker's clockwork."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds."""

    flush_again: float = 3.0
    """Not less than the longest timeout of an xml_curl binding."""
    poll: float = 1.0
    """How often is looked for changes without being woken."""
    look: float = 2.0
    """How often switches that were added, changed or disabled are looked for."""
    heartbeat: float = 5.0
    read_tables: float = 60.0
    """How often registrations are read anew, whatever the events said."""
    lease: float = 30.0
    """How long a claimed change stays ours; after that another worker may do it again."""
    shortest_pause: float = 0.5
    longest_pause: float = 30.0
