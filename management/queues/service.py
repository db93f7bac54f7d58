"""The rules of queues, for every API, page and command."""

from collections.abc import Collection, Sequence

from management.auth import TenantScope
from management.effects import Effects
from management.errors import Broken, Invalid
from management.extensions.repository import ExtensionRepository
from management.objects.routed import Routed
from management.queues.commands import MOST_AGENTS, Agent, Queue, QueueValues
from management.queues.repository import QueueRepository
from management.writes import Write


class Queues(Routed[int, Queue, QueueValues]):
    KIND = "queue"
    ROWS = QueueRepository

    async def served_by(self, tenant: TenantScope, numbers: Collection[str]) -> dict[str, tuple[int, ...]]:
        """The ids of the queues that the extensions of these numbers serve, in order; who serves none is not in it."""
        async with self._database.reading() as connection:
            return await QueueRepository(connection, tenant.id).served_by(numbers)

    async def enrol_in(self, write: Write, tenant: TenantScope, number: str, queue_ids: Sequence[int]) -> None:
        """As part of a write: the extension of that number serves exactly these queues from now on. In those that it
        serves already nothing changes, in the others it is the last of the first level.

        Raises:
            ExtensionUnknown: there is none of that number.
            Invalid: "queue_ids.<index>" is no queue, or one that has as many agents as it may have.
        """
        await ExtensionRepository(write.connection, tenant.id).known(number)
        rows = QueueRepository(write.connection, tenant.id)
        served = (await rows.served_by([number])).get(number, ())
        # All writers take them in one order: each waits for another, none for one that waits.
        for queue_id in sorted({*served} ^ {*queue_ids}):
            is_joined = queue_id in queue_ids
            queue = await rows.find(queue_id, to_change=True)
            if is_joined and (queue is None or len(queue.agents) >= MOST_AGENTS):
                broken = Broken("exists") if queue is None else Broken("max.array", {"max": MOST_AGENTS})
                raise Invalid({f"queue_ids.{queue_ids.index(queue_id)}": [broken]})
            if queue is None:
                # Deleted at this moment: nobody serves it any more.
                continue
            others = tuple(each for each in queue.agents if each.extension != number)
            agents = (*others, Agent(extension=number)) if is_joined else others
            await self.update_in(write, tenant, queue_id, QueueValues(agents=agents))

    def consequences(self, scope: TenantScope, before: Queue | None, after: Queue | None) -> Effects:
        """A switch keeps a queue and its agents as it first read them; who left it is dropped by name."""
        routes = super().consequences(scope, before, after)
        if _on_switch(before) == _on_switch(after):
            return routes
        gone = _agents(before) - _agents(after)
        left = frozenset(
            (_name(scope, each), f"{number}@{scope.domain}") for each in (before,) if each for number in gone
        )
        return routes | Effects(
            reload_queues=frozenset({_name(scope, after)}) if after else frozenset(),
            unload_queues=frozenset({_name(scope, before)}) if before and after is None else frozenset(),
            drop_tiers=left,
            # A switch takes a new agent for one who is logged out.
            tell_agents=frozenset((each, scope.domain) for each in _agents(after) - _agents(before)),
        )


def _name(scope: TenantScope, queue: Queue) -> str:
    return f"{queue.id}@{scope.domain}"


def _agents(queue: Queue | None) -> frozenset[str]:
    return frozenset(agent.extension for agent in queue.agents) if queue else frozenset()


def _on_switch(queue: Queue | None) -> tuple[object, ...] | None:
    """What a switch knows of it."""
    if queue is None:
        return None
    return queue.strategy, queue.max_wait_seconds, queue.ring_seconds, queue.wrap_up_seconds, queue.agents
