"""Ring groups: bodies and routes."""

from typing import Literal

from management.api.destination_wire import DestinationBody, DestinationItem
from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import Shown, ValuesBody, unset
from management.objects.commands import NUMBER
from management.ring_groups.commands import LONGEST_NAME, LONGEST_RING, MOST_MEMBERS, SHORTEST_RING, RingGroupValues

Strategy = Literal["simultaneous", "sequence", "random"]


class ChangeRingGroup(ValuesBody):
    """`members` are numbers of extensions; `no_answer` says where a call goes that none of them takes."""

    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    number: str = unset(pattern=NUMBER)
    strategy: Strategy = unset()
    ring_seconds: int = unset(minimum=SHORTEST_RING, maximum=LONGEST_RING)
    members: list[str] = unset(maxItems=MOST_MEMBERS)
    no_answer: DestinationBody | None = unset()


class NewRingGroup(ChangeRingGroup):
    name: str
    number: str


class RingGroupItem(Shown):
    name: str
    number: str
    strategy: Strategy
    ring_seconds: int
    members: list[str]
    no_answer: DestinationItem | None


NOUN = Noun(
    name="ring_group",
    service=lambda services: services.ring_groups,
    values=RingGroupValues,
    new=NewRingGroup,
    change=ChangeRingGroup,
    item=RingGroupItem,
    texts=Texts(
        list="Ring groups by name. `search` is found in the name or the number, as it is written.",
        create="A new ring group; nothing else of the tenant may be called its number.",
        read="One ring group.",
        update="New values; what is left out stays. `members` replaces all of them.",
        delete="Soft delete; refused while calls go on to it.",
    ),
)
router = routes_of(NOUN)
