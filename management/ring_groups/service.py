"""The rules of ring groups, for every API, page and command."""

from management.objects.routed import Routed
from management.ring_groups.commands import RingGroup, RingGroupValues
from management.ring_groups.repository import RingGroupRepository


class RingGroups(Routed[int, RingGroup, RingGroupValues]):
    KIND = "ring_group"
    ROWS = RingGroupRepository
