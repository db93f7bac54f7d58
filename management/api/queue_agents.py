"""Agents of queues: body and routes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Security
from pydantic import BaseModel, ConfigDict

from management.api.asking import Asking, bearer, may
from management.api.object_wire import ValuesBody, unset
from management.api.queues import AgentStatus
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, Time, answers
from management.auth import READ, WRITE
from management.objects.commands import NUMBER
from management.queue_agents.commands import QueueAgentValues
from management.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["queues"])

Number = Annotated[str, Path(pattern=NUMBER, description="The extension's number, not an id")]


class QueueAgentBody(ValuesBody):
    status: AgentStatus = unset()


class QueueAgentItem(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    extension: str
    status: AgentStatus
    since: Time | None
    queue_ids: list[int]


@router.get("/extensions/{ext}/agent", responses=answers(404))
async def read_queue_agent(asking: Annotated[Asking, Depends(may(READ))], ext: Number) -> Data[QueueAgentItem]:
    """Whether the extension takes calls of its queues; who never said so is logged out."""
    found = await asking.services.queue_agents.find(asking.tenant, ext)
    return Data(data=QueueAgentItem.model_validate(found))


@router.put("/extensions/{ext}/agent", responses=answers(404, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_queue_agent(
    asking: Annotated[Asking, Depends(may(WRITE))], ext: Number, body: QueueAgentBody
) -> Data[QueueAgentItem]:
    """Logs the agent in (`available`, `on_break`) or out, in all its queues. X-Switch-Sync: how many switches know."""
    written = await asking.services.queue_agents.update(
        asking.tenant, ext, QueueAgentValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=QueueAgentItem.model_validate(written.result))
