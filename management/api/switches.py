"""Switches: bodies and routes, for tokens of the platform."""

from typing import Annotated

from fastapi import APIRouter, Depends, Security

from management.api.asking import PlatformAsking, bearer, may_on_platform
from management.api.object_wire import Id, OptionalText, Shown, ValuesBody, unset
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, Deleted, Listed, Wanted, answers, listed
from management.auth import ADMIN, READ
from management.switches.commands import LONGEST_PASSWORD, MOST_PROFILES, NAME, SwitchValues
from management.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["switches"])

Reader = Annotated[PlatformAsking, Depends(may_on_platform(READ))]
Admin = Annotated[PlatformAsking, Depends(may_on_platform(ADMIN))]


class ChangeSwitch(ValuesBody):
    name: str = unset(pattern=NAME)
    host: str = unset(maxLength=253, description="A host name or an address")
    port: int = unset(minimum=1, maximum=65_535)
    password: str = unset(minLength=1, maxLength=LONGEST_PASSWORD, format="password", writeOnly=True)
    sofia_profiles: list[str] = unset(minItems=1, maxItems=MOST_PROFILES)
    peer_host: OptionalText = unset(
        maxLength=15,
        description="IPv4 address where its profile `peers` takes calls from other switches; null: it does not",
    )
    peer_port: int = unset(minimum=1, maximum=65_535)
    enabled: bool = unset()


class NewSwitch(ChangeSwitch):
    name: str
    host: str
    password: str


class SwitchItem(Shown):
    """Without its password, which is never shown."""

    name: str
    host: str
    port: int
    sofia_profiles: list[str]
    peer_host: str | None
    peer_port: int
    enabled: bool


@router.get("/switches", responses=answers(422))
async def list_switches(asking: Reader, wanted: Wanted) -> Listed[SwitchItem]:
    """Switches by name. `search` is found in the name or the host, as it is written."""
    found = await asking.services.switches.list(None, wanted)
    return listed(found, [SwitchItem.model_validate(each) for each in found.rows])


@router.post("/switches", status_code=201, responses=answers(409, *BODY_CODES) | {201: SYNC_HEADERS})
async def create_switch(asking: Admin, body: NewSwitch) -> Data[SwitchItem]:
    """A new switch: the ESL worker connects to its event socket, and flushes its cache, at once."""
    values = SwitchValues(**body.given())
    written = await asking.services.switches.create(None, values, actor=asking.actor, wait_ms=asking.wait_ms)
    asking.tell_sync(written.sync)
    return Data(data=SwitchItem.model_validate(written.result))


@router.get("/switches/{switch_id}", responses=answers(404))
async def read_switch(asking: Reader, switch_id: Id) -> Data[SwitchItem]:
    """One switch."""
    return Data(data=SwitchItem.model_validate(await asking.services.switches.find(None, switch_id)))


@router.put("/switches/{switch_id}", responses=answers(404, 409, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_switch(asking: Admin, switch_id: Id, body: ChangeSwitch) -> Data[SwitchItem]:
    """New values; what is left out stays."""
    written = await asking.services.switches.update(
        None, switch_id, SwitchValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=SwitchItem.model_validate(written.result))


@router.delete("/switches/{switch_id}", responses=answers(404, 409) | {200: SYNC_HEADERS})
async def delete_switch(asking: Admin, switch_id: Id) -> Data[Deleted]:
    """Soft delete: it is told of nothing any more."""
    written = await asking.services.switches.delete(None, switch_id, actor=asking.actor, wait_ms=asking.wait_ms)
    asking.tell_sync(written.sync)
    return Data(data=Deleted())
