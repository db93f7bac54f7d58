"""Queues: bodies and routes."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

from management.api.destination_wire import DestinationBody, DestinationItem
from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import InnerBody, OptionalId, Shown, ValuesBody, unset
from management.objects.commands import NUMBER
from management.queues.commands import (
    LAST_LEVEL,
    LONGEST_NAME,
    LONGEST_RING,
    LONGEST_WAIT,
    LONGEST_WRAP_UP,
    MOST_AGENTS,
    SHORTEST_RING,
    Agent,
    QueueValues,
)

AgentStatus = Literal["available", "on_break", "logged_out"]
Strategy = Literal[
    "ring-all",
    "longest-idle-agent",
    "round-robin",
    "top-down",
    "agent-with-least-talk-time",
    "agent-with-fewest-calls",
    "sequentially-by-agent-order",
    "random",
]


class AgentBody(InnerBody):
    """An extension, by number, and its level (1): those of a higher one ring later."""

    extension: str
    level: int = unset(minimum=1, maximum=LAST_LEVEL)

    def value(self) -> Agent:
        return Agent(**self.given())


class ChangeQueue(ValuesBody):
    """`max_wait_seconds` 0: callers wait for as long as it takes. `greeting_id` is heard while waiting. `timeout`
    says where a call goes that waited too long, or that nobody is there for.
    """

    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    number: str = unset(pattern=NUMBER)
    strategy: Strategy = unset()
    max_wait_seconds: int = unset(minimum=0, maximum=LONGEST_WAIT)
    ring_seconds: int = unset(minimum=SHORTEST_RING, maximum=LONGEST_RING)
    wrap_up_seconds: int = unset(minimum=0, maximum=LONGEST_WRAP_UP)
    greeting_id: OptionalId = unset()
    agents: list[AgentBody] = unset(maxItems=MOST_AGENTS)
    timeout: DestinationBody | None = unset()


class NewQueue(ChangeQueue):
    name: str
    number: str


class AgentItem(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    extension: str
    level: int
    status: AgentStatus


class QueueItem(Shown):
    name: str
    number: str
    strategy: Strategy
    max_wait_seconds: int
    ring_seconds: int
    wrap_up_seconds: int
    greeting_id: int | None
    agents: list[AgentItem]
    timeout: DestinationItem | None


NOUN = Noun(
    name="queue",
    service=lambda services: services.queues,
    values=QueueValues,
    new=NewQueue,
    change=ChangeQueue,
    item=QueueItem,
    texts=Texts(
        list="Queues by name. `search` is found in the name or the number, as it is written.",
        create="A new queue; nothing else of the tenant may be called its number.",
        read="One queue.",
        update="New values; what is left out stays. `agents` replaces all of them.",
        delete="Soft delete; refused while calls go on to it.",
    ),
)
router = routes_of(NOUN)
