"""Keys of other vendors' APIs: bodies and routes."""

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Security
from pydantic import BaseModel, ConfigDict, Field

from management.api.asking import Asking, bearer, may
from management.api.object_wire import Id, ValuesBody, unset
from management.api.wire import BODY_CODES, Data, Deleted, Listed, Time, Wanted, answers, listed
from management.auth import ADMIN
from management.vendor_keys.commands import LARGEST_APP_ID, LONGEST_NAME, KeyOwner, VendorKeyMade, VendorKeyValues
from management.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["vendor keys"])

Admin = Annotated[Asking, Depends(may(ADMIN))]
Dialect = Literal["sencloud", "yeastar", "tencent"]


class NewVendorKey(ValuesBody):
    """`sdk_app_id` is Tencent's alone, and must be there: what the requests of its clients call this tenant."""

    dialect: Dialect
    name: Annotated[str, Field(json_schema_extra={"minLength": 1, "maxLength": LONGEST_NAME})]
    sdk_app_id: int = unset(minimum=1, maximum=LARGEST_APP_ID)


class VendorKeyItem(BaseModel):
    """A key without its secret. `last_used_at` is exact to a minute."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    dialect: Dialect
    name: str
    public_id: str
    sdk_app_id: int | None
    last_used_at: Time | None
    revoked_at: Time | None
    created_at: Time


class VendorKeyCreated(VendorKeyItem):
    """With its secret, for the one time that it is shown."""

    secret: str


def created(made: VendorKeyMade) -> VendorKeyCreated:
    return VendorKeyCreated(**VendorKeyItem.model_validate(made.key).model_dump(), secret=made.secret)


@router.get("/vendor-keys", responses=answers(404, 422))
async def list_vendor_keys(asking: Admin, wanted: Wanted) -> Listed[VendorKeyItem]:
    """Keys, the newest first, revoked ones too. `search` is found in the name, as it is written."""
    found = await asking.services.vendor_keys.list(KeyOwner(asking.tenant.id), wanted)
    return listed(found, [VendorKeyItem.model_validate(each) for each in found.rows])


@router.post("/vendor-keys", status_code=201, responses=answers(404, *BODY_CODES))
async def create_vendor_key(asking: Admin, body: NewVendorKey) -> Data[VendorKeyCreated]:
    """A new key of this tenant. `secret` is shown this once."""
    values = VendorKeyValues(**body.given())
    written = await asking.services.vendor_keys.create(KeyOwner(asking.tenant.id), values, actor=asking.actor)
    return Data(data=created(written.result))


@router.get("/vendor-keys/{key_id}", responses=answers(404, 422))
async def read_vendor_key(asking: Admin, key_id: Id) -> Data[VendorKeyItem]:
    """One key, with when it was last used."""
    found = await asking.services.vendor_keys.find(KeyOwner(asking.tenant.id), key_id)
    return Data(data=VendorKeyItem.model_validate(found))


@router.delete("/vendor-keys/{key_id}", responses=answers(404, 422))
async def revoke_vendor_key(asking: Admin, key_id: Id) -> Data[Deleted]:
    """Revoke: it is refused from this answer on. It stays in the list."""
    await asking.services.vendor_keys.revoke(KeyOwner(asking.tenant.id), key_id, actor=asking.actor)
    return Data(data=Deleted())
