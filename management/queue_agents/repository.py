"""Rows of what people wish for all their queues: one for each extension that has ever said so."""

from sqlalchemy import ColumnElement, and_, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from management.queue_agents.commands import QueueAgent
from management.queues.commands import LOGGED_OUT
from xmlcurl.store.tables import agent_statuses, queue_agents, queues, utc_now


class QueueAgentRepository:
    """The agents of one tenant, over a connection in a transaction."""

    def __init__(self, connection: AsyncConnection, tenant_id: int) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    async def agent(self, extension_id: int, number: str) -> QueueAgent:
        serving = (
            select(queues.c.id)
            .join(queue_agents, queue_agents.c.queue_id == queues.c.id)
            .where(
                queues.c.tenant_id == self._tenant_id,
                queue_agents.c.extension_id == extension_id,
                queues.c.deleted_at.is_(None),
            )
            .order_by(queues.c.id)
        )
        queue_ids = tuple((await self._connection.execute(serving)).scalars())
        kept = select(agent_statuses).where(self._is_of(extension_id))
        row = (await self._connection.execute(kept)).one_or_none()
        return QueueAgent(
            extension=number,
            status=row.status if row else LOGGED_OUT,
            since=row.updated_at if row else None,
            queue_ids=queue_ids,
        )

    async def save(self, extension_id: int, status: str) -> None:
        """In place of what was before; nobody else may be saving."""
        values = {"status": status, "updated_at": utc_now()}
        changed = update(agent_statuses).where(self._is_of(extension_id)).values(**values)
        if not (await self._connection.execute(changed.returning(agent_statuses.c.id))).first():
            made = {"tenant_id": self._tenant_id, "extension_id": extension_id, **values}
            await self._connection.execute(insert(agent_statuses).values(**made))

    def _is_of(self, extension_id: int) -> ColumnElement[bool]:
        return and_(agent_statuses.c.tenant_id == self._tenant_id, agent_statuses.c.extension_id == extension_id)
