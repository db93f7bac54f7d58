"""The rules of queues, for every API, page and command."""

from management.auth import TenantScope
from management.effects import Effects
from management.objects.routed import Routed
from management.queues.commands import Queue, QueueValues
from management.queues.repository import QueueRepository


class Queues(Routed[int, Queue, QueueValues]):
    KIND = "queue"
    ROWS = QueueRepository

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
