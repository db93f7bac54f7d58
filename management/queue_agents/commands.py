"""Whether an extension takes calls of its queues, and what can be wished for that. Standard library only."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from management.objects.commands import UNSET, Rule, Unset, Values, one_of
from xmlcurl.store.model import AGENT_STATUSES


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueAgent:
    """An extension as the queues (by id) see it that it serves; `since` None: it never said anything."""

    extension: str
    status: str
    since: datetime | None
    queue_ids: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueAgentValues(Values):
    RULES: ClassVar[Mapping[str, Rule]] = {"status": one_of(AGENT_STATUSES)}

    status: str | Unset = UNSET
