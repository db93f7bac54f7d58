"""Teams: bodies and routes."""

from typing import Annotated

from fastapi import APIRouter, Depends, Security

from management.api.asking import Asking, bearer, may
from management.api.object_wire import Id, Shown, ValuesBody, unset
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, Deleted, Listed, StrictRoute, Wanted, answers, listed
from management.auth import ADMIN, READ
from management.teams.commands import LONGEST_NAME, TeamValues

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["teams"])

Reader = Annotated[Asking, Depends(may(READ))]
Admin = Annotated[Asking, Depends(may(ADMIN))]


class ChangeTeam(ValuesBody):
    name: str = unset(minLength=1, maxLength=LONGEST_NAME)


class NewTeam(ChangeTeam):
    name: str


class TeamItem(Shown):
    name: str


@router.get("/teams", responses=answers(404, 422))
async def list_teams(asking: Reader, wanted: Wanted) -> Listed[TeamItem]:
    """Teams by name. `search` is found in the name, as it is written."""
    found = await asking.services.teams.list(asking.tenant, wanted)
    return listed(found, [TeamItem.model_validate(each) for each in found.rows])


@router.post("/teams", status_code=201, responses=answers(404, 409, *BODY_CODES) | {201: SYNC_HEADERS})
async def create_team(asking: Admin, body: NewTeam) -> Data[TeamItem]:
    """A new team; its name is unique in the tenant."""
    values = TeamValues(**body.given())
    written = await asking.services.teams.create(asking.tenant, values, actor=asking.actor, wait_ms=asking.wait_ms)
    asking.tell_sync(written.sync)
    return Data(data=TeamItem.model_validate(written.result))


@router.get("/teams/{team_id}", responses=answers(404, 422))
async def read_team(asking: Reader, team_id: Id) -> Data[TeamItem]:
    """One team."""
    found = await asking.services.teams.find(asking.tenant, team_id)
    return Data(data=TeamItem.model_validate(found))


@router.put("/teams/{team_id}", responses=answers(404, 409, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_team(asking: Admin, team_id: Id, body: ChangeTeam) -> Data[TeamItem]:
    """New values; what is left out stays."""
    written = await asking.services.teams.update(
        asking.tenant, team_id, TeamValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=TeamItem.model_validate(written.result))


@router.delete("/teams/{team_id}", responses=answers(404, 409, 422) | {200: SYNC_HEADERS})
async def delete_team(asking: Admin, team_id: Id) -> Data[Deleted]:
    """Soft delete; refused while an extension belongs to it."""
    written = await asking.services.teams.delete(asking.tenant, team_id, actor=asking.actor, wait_ms=asking.wait_ms)
    asking.tell_sync(written.sync)
    return Data(data=Deleted())
