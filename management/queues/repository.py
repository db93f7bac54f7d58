"""Rows of queues."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from sqlalchemy import Column, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncConnection

from management.errors import Broken, Invalid
from management.objects.dialled import DialledRows
from management.objects.forwards import Destined, Forward
from management.objects.parts import Part, living
from management.queues.commands import LOGGED_OUT, Agent, Queue
from xmlcurl.store.tables import agent_statuses, destinations, extensions, greetings, queue_agents, queues, taken_names


@dataclass(frozen=True, slots=True)
class Agents:
    """The agents of a queue, in order."""

    @property
    def empty(self) -> tuple[Agent, ...]:
        return ()

    async def load(self, connection: AsyncConnection, owner_ids: Sequence[int]) -> Mapping[int, tuple[Agent, ...]]:
        statement = (
            select(queue_agents.c.queue_id, extensions.c.number, queue_agents.c.level, agent_statuses.c.status)
            .join(extensions, extensions.c.id == queue_agents.c.extension_id)
            .outerjoin(agent_statuses, agent_statuses.c.extension_id == extensions.c.id)
            .where(queue_agents.c.queue_id.in_(owner_ids))
            .order_by(queue_agents.c.position)
        )
        found: dict[int, tuple[Agent, ...]] = {}
        for queue_id, number, level, status in await connection.execute(statement):
            agent = Agent(extension=number, level=level, status=status or LOGGED_OUT)
            found[queue_id] = (*found.get(queue_id, ()), agent)
        return found

    async def save(
        self, connection: AsyncConnection, tenant_id: int, owner_id: int, field: str, value: Sequence[Agent]
    ) -> None:
        ids = await living(connection, tenant_id, extensions.c.number, [each.extension for each in value])
        if missing := [index for index, each in enumerate(value) if each.extension not in ids]:
            raise Invalid({f"{field}.{index}.extension": [Broken("exists")] for index in missing})
        await self.remove(connection, owner_id)
        rows = [
            {
                "tenant_id": tenant_id,
                "queue_id": owner_id,
                "extension_id": ids[each.extension],
                "position": position,
                "level": each.level,
            }
            for position, each in enumerate(value)
        ]
        if rows:
            await connection.execute(insert(queue_agents), rows)

    async def remove(self, connection: AsyncConnection, owner_id: int) -> None:
        await connection.execute(delete(queue_agents).where(queue_agents.c.queue_id == owner_id))


class QueueRepository(DialledRows[Queue]):
    """Living queues of one tenant."""

    TABLE = queues
    MODEL = Queue
    OWNER = taken_names.c.queue_id
    SEARCHED = (queues.c.name, queues.c.number)
    ORDER = (queues.c.name,)
    UNIQUE = "name"
    LINKS = (Destined(destinations.c.queue_id),)
    REFERENCES: ClassVar[Mapping[str, Column[Any]]] = {"greeting_id": greetings.c.id}
    PARTS: ClassVar[Mapping[str, Part]] = {"agents": Agents(), "timeout": Forward("queue", "timeout")}

    async def served_by(self, numbers: Collection[str]) -> dict[str, tuple[int, ...]]:
        """The ids of the queues that the living extensions of these numbers serve, in order; who serves none is not in
        it.
        """
        statement = (
            select(extensions.c.number, queues.c.id)
            .select_from(queue_agents)
            .join(extensions, extensions.c.id == queue_agents.c.extension_id)
            .join(queues, queues.c.id == queue_agents.c.queue_id)
            .where(
                extensions.c.tenant_id == self._tenant_id,
                extensions.c.number.in_(numbers),
                extensions.c.deleted_at.is_(None),
                queues.c.deleted_at.is_(None),
            )
            .order_by(queues.c.id)
        )
        found: dict[str, tuple[int, ...]] = {}
        for number, queue_id in await self._connection.execute(statement):
            found[number] = (*found.get(number, ()), queue_id)
        return found
