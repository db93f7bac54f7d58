"""Tenants: bodies and routes, for tokens of the platform."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Path, Security
from pydantic import AfterValidator, Field

from management.api.asking import PlatformAsking, bearer, may_on_platform
from management.api.object_wire import OptionalId, OptionalText, Shown, ValuesBody, unset
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, Deleted, Listed, Wanted, answers, listed
from management.auth import ADMIN, READ
from management.tenants.commands import LONGEST_CACHEABLE_MS, LONGEST_NAME, TenantValues
from management.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["tenants"])

Reader = Annotated[PlatformAsking, Depends(may_on_platform(READ))]
Admin = Annotated[PlatformAsking, Depends(may_on_platform(ADMIN))]
Domain = Annotated[
    str,
    Path(pattern=r"^[A-Za-z0-9.-]{1,253}$", description="The tenant's domain, not an id"),
    AfterValidator(str.lower),
]
State = Literal["active", "suspended"]
Language = Literal["en", "vi"]


class ChangeTenant(ValuesBody):
    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    state: State = unset()
    time_zone: str = unset(description="A name of the IANA time zone database")
    language: Language = unset()
    cacheable_ms: int = unset(
        minimum=0,
        maximum=LONGEST_CACHEABLE_MS,
        description="How long a switch may keep a user, in milliseconds; docs/operations.md says when it is safe",
    )
    default_number: OptionalText = unset(description="One of the tenant's numbers: what calls show that have no other")
    home_switch_id: OptionalId = unset(description="The switch with its mailboxes and queues; null: each has its own")
    partner_id: OptionalId = unset(description="Who manages it through a vendor's API, too; null: nobody")


class NewTenant(ChangeTenant):
    domain: Annotated[str, Field(json_schema_extra={"maxLength": 253})]
    name: str


class TenantItem(Shown):
    domain: str
    name: str
    state: State
    time_zone: str
    language: Language
    cacheable_ms: int
    default_number: str | None
    home_switch_id: int | None
    partner_id: int | None


@router.get("/tenants", responses=answers(422))
async def list_tenants(asking: Reader, wanted: Wanted, state: State | None = None) -> Listed[TenantItem]:
    """Tenants by domain. `search` is found in the domain or the name, as it is written."""
    found = await asking.services.tenants.list(None, wanted, {"state": state} if state else None)
    return listed(found, [TenantItem.model_validate(each) for each in found.rows])


@router.post("/tenants", status_code=201, responses=answers(409, *BODY_CODES) | {201: SYNC_HEADERS})
async def create_tenant(asking: Admin, body: NewTenant) -> Data[TenantItem]:
    """A new tenant."""
    values = TenantValues(**body.given())
    written = await asking.services.tenants.create(None, values, actor=asking.actor, wait_ms=asking.wait_ms)
    asking.tell_sync(written.sync)
    return Data(data=TenantItem.model_validate(written.result))


@router.get("/tenants/{domain}", responses=answers(404))
async def read_tenant(asking: Reader, domain: Domain) -> Data[TenantItem]:
    """One tenant."""
    return Data(data=TenantItem.model_validate(await asking.services.tenants.find(None, domain)))


@router.put("/tenants/{domain}", responses=answers(404, 409, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_tenant(asking: Admin, domain: Domain, body: ChangeTenant) -> Data[TenantItem]:
    """New values; what is left out stays. The domain can't be changed: every password hash has it inside."""
    written = await asking.services.tenants.update(
        None, domain, TenantValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=TenantItem.model_validate(written.result))


@router.delete("/tenants/{domain}", responses=answers(404, 409) | {200: SYNC_HEADERS})
async def delete_tenant(asking: Admin, domain: Domain) -> Data[Deleted]:
    """Soft delete; refused while the tenant has anything. Its tokens are refused from then on."""
    written = await asking.services.tenants.delete(None, domain, actor=asking.actor, wait_ms=asking.wait_ms)
    asking.tell_sync(written.sync)
    return Data(data=Deleted())
