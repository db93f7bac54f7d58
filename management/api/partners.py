"""Partners and their keys: bodies and routes, for tokens of the platform."""

from typing import Annotated

from fastapi import APIRouter, Depends, Security
from pydantic import Field

from management.api.asking import PlatformAsking, bearer, may_on_platform
from management.api.object_wire import Id, Shown, ValuesBody, unset
from management.api.vendor_keys import VendorKeyCreated, VendorKeyItem, created
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, Deleted, Listed, Wanted, answers, listed
from management.auth import ADMIN, READ
from management.partners.commands import LONGEST_NAME, PartnerValues
from management.vendor_keys.commands import LONGEST_NAME as LONGEST_KEY_NAME
from management.vendor_keys.commands import KeyOwner, VendorKeyValues
from management.vendor_keys.service import PARTNERS_DIALECT
from management.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["partners"])

Reader = Annotated[PlatformAsking, Depends(may_on_platform(READ))]
Admin = Annotated[PlatformAsking, Depends(may_on_platform(ADMIN))]


class ChangePartner(ValuesBody):
    name: str = unset(minLength=1, maxLength=LONGEST_NAME)


class NewPartner(ChangePartner):
    name: str


class PartnerItem(Shown):
    name: str


class NewPartnerKey(ValuesBody):
    name: Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": LONGEST_KEY_NAME})]


async def _owner(asking: PlatformAsking, partner_id: Id) -> KeyOwner:
    found = await asking.services.partners.find(None, partner_id)
    return KeyOwner(partner_id=found.id)


@router.get("/partners", responses=answers(422))
async def list_partners(asking: Reader, wanted: Wanted) -> Listed[PartnerItem]:
    """Partners by name. `search` is found in the name, as it is written."""
    found = await asking.services.partners.list(None, wanted)
    return listed(found, [PartnerItem.model_validate(each) for each in found.rows])


@router.post("/partners", status_code=201, responses=answers(409, *BODY_CODES) | {201: SYNC_HEADERS})
async def create_partner(asking: Admin, body: NewPartner) -> Data[PartnerItem]:
    """A new partner: it may have tenants (`partner_id` of /tenants), and keys that act for all of them."""
    written = await asking.services.partners.create(
        None, PartnerValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=PartnerItem.model_validate(written.result))


@router.get("/partners/{partner_id}", responses=answers(404, 422))
async def read_partner(asking: Reader, partner_id: Id) -> Data[PartnerItem]:
    """One partner."""
    return Data(data=PartnerItem.model_validate(await asking.services.partners.find(None, partner_id)))


@router.put("/partners/{partner_id}", responses=answers(404, 409, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_partner(asking: Admin, partner_id: Id, body: ChangePartner) -> Data[PartnerItem]:
    """New values; what is left out stays."""
    written = await asking.services.partners.update(
        None, partner_id, PartnerValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=PartnerItem.model_validate(written.result))


@router.delete("/partners/{partner_id}", responses=answers(404, 409, 422) | {200: SYNC_HEADERS})
async def delete_partner(asking: Admin, partner_id: Id) -> Data[Deleted]:
    """Soft delete; refused while it has tenants, or hotlines that no tenant has. Its keys are refused from then on."""
    written = await asking.services.partners.delete(None, partner_id, actor=asking.actor, wait_ms=asking.wait_ms)
    asking.tell_sync(written.sync)
    return Data(data=Deleted())


@router.get("/partners/{partner_id}/keys", responses=answers(404, 422))
async def list_partner_keys(asking: Admin, partner_id: Id, wanted: Wanted) -> Listed[VendorKeyItem]:
    """Its keys, the newest first, revoked ones too. `search` is found in the name, as it is written."""
    found = await asking.services.vendor_keys.list(await _owner(asking, partner_id), wanted)
    return listed(found, [VendorKeyItem.model_validate(each) for each in found.rows])


@router.post("/partners/{partner_id}/keys", status_code=201, responses=answers(404, *BODY_CODES))
async def create_partner_key(asking: Admin, partner_id: Id, body: NewPartnerKey) -> Data[VendorKeyCreated]:
    """A new key of the SenCloud and eTelecom API, for all tenants of the partner. `secret` is shown this once."""
    values = VendorKeyValues(dialect=PARTNERS_DIALECT, **body.given())
    owner = await _owner(asking, partner_id)
    written = await asking.services.vendor_keys.create(owner, values, actor=asking.actor)
    return Data(data=created(written.result))


@router.delete("/partners/{partner_id}/keys/{key_id}", responses=answers(404, 422))
async def revoke_partner_key(asking: Admin, partner_id: Id, key_id: Id) -> Data[Deleted]:
    """Revoke: it is refused from this answer on. It stays in the list."""
    owner = await _owner(asking, partner_id)
    await asking.services.vendor_keys.revoke(owner, key_id, actor=asking.actor)
    return Data(data=Deleted())
