"""Logging agents of queues in and out, for every API, page and command, and for phones."""

from dataclasses import asdict

from management.audit import Actor
from management.auth import TenantScope
from management.database import Database
from management.effects import Effects
from management.errors import Invalid
from management.extensions.repository import ExtensionRepository
from management.queue_agents.commands import QueueAgent, QueueAgentValues
from management.queue_agents.repository import QueueAgentRepository
from management.queues.commands import LOGGED_OUT
from management.writes import Write, Writes, Written


class QueueAgents:
    """A status counts in all queues of an extension. One for each process; safe to use from many tasks."""

    def __init__(self, database: Database, writes: Writes) -> None:
        self._database = database
        self._writes = writes

    async def find(self, tenant: TenantScope, number: str) -> QueueAgent:
        """The agent that the extension of that number is, or could be; raises ExtensionUnknown."""
        async with self._database.reading() as connection:
            extension = await ExtensionRepository(connection, tenant.id).known(number)
            return await QueueAgentRepository(connection, tenant.id).agent(extension.id, number)

    async def update(
        self, tenant: TenantScope, number: str, values: QueueAgentValues, *, actor: Actor, wait_ms: int | None = None
    ) -> Written[QueueAgent]:
        """The agent with the new status; what the switches know of it is in `sync`.

        Raises:
            Invalid: no such status, or one that is for those who serve a queue.
            ExtensionUnknown: there is none of that number.
            What `Writes.run` raises.
        """
        values.check(is_new=False)

        async def update(write: Write) -> QueueAgent:
            extension = await ExtensionRepository(write.connection, tenant.id).known(number, to_change=True)
            rows = QueueAgentRepository(write.connection, tenant.id)
            before = await rows.agent(extension.id, number)
            status = values.given().get("status", before.status)
            if status != LOGGED_OUT and not before.queue_ids:
                raise Invalid.of("status", "no_queue")
            if status != before.status:
                await rows.save(extension.id, status)
            after = await rows.agent(extension.id, number)
            # Also when it is the same: who dials the code again may have reasons to.
            write.tell(Effects(tell_agents=frozenset({(number, tenant.domain)})))
            if after != before:
                write.audit(
                    "queue_agent.update", "queue_agent", extension.id, before=asdict(before), after=asdict(after)
                )
            return after

        return await self._writes.run(actor, update, tenant_id=tenant.id, wait_ms=wait_ms)
