"""Rows of ring groups."""

from collections.abc import Mapping
from typing import ClassVar

from management.objects.dialled import DialledRows
from management.objects.forwards import Destined, Forward
from management.objects.parts import Members, Part
from management.ring_groups.commands import RingGroup
from xmlcurl.store.tables import destinations, extensions, ring_group_members, ring_groups, taken_names


class RingGroupRepository(DialledRows[RingGroup]):
    """Living ring groups of one tenant."""

    TABLE = ring_groups
    MODEL = RingGroup
    OWNER = taken_names.c.ring_group_id
    SEARCHED = (ring_groups.c.name, ring_groups.c.number)
    ORDER = (ring_groups.c.name,)
    UNIQUE = "name"
    LINKS = (Destined(destinations.c.ring_group_id),)
    PARTS: ClassVar[Mapping[str, Part]] = {
        "members": Members(ring_group_members.c.ring_group_id, ring_group_members.c.extension_id, extensions.c.number),
        "no_answer": Forward("ring_group", "no_answer"),
    }
