"""Routes of extensions: who is asking, a wish, a service, a body. Nothing else."""

import base64
from dataclasses import replace
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Query, Security

from management.errors import Invalid
from management.extensions.repository import Selected
from management.objects.parts import LARGEST_ID
from management.paging import PageWanted
from management.vendors.yeastar import reading, wire, writing
from management.vendors.yeastar.asking import Asked, Asking, by_token
from management.vendors.yeastar.presence_wire import PRINTABLE
from management.vendors.yeastar.wire import ANSWERS, Done
from management.writes import Write

MOST_QUERIED: Final = 100

router = APIRouter(route_class=wire.Route, tags=["extensions"], responses=ANSWERS, dependencies=[Security(by_token)])

ExtensionId = Annotated[int, Query(alias="id", ge=1, le=LARGEST_ID)]
SearchValue = Annotated[str, Query(min_length=1, max_length=100, pattern=PRINTABLE)]
SortBy = Literal["id", "number", "caller_id_name", "email_addr", "mobile_number", "presence_status"]
_COLUMNS: Final = {"caller_id_name": "display_name", "email_addr": "email", "mobile_number": "mobile"}


@router.post("/extension/create")
async def create_extension(asking: Asked, body: wire.CreateBody) -> wire.ExtensionMade | wire.Failure:
    """A new extension, with what happens to its calls and the outbound routes that it may take: all or nothing."""
    return wire.ExtensionMade(id=(await writing.create(asking, body)).id)


@router.post("/extension/update")
async def update_extension(asking: Asked, body: wire.UpdateBody) -> wire.ExtensionMade | wire.Failure:
    """New values; what is left out stays."""
    return wire.ExtensionMade(id=(await writing.update(asking, body)).id)


@router.get("/extension/delete")
async def delete_extension(asking: Asked, extension_id: ExtensionId) -> Done | wire.Failure:
    """Its phones are signed out, its number can be given anew. Refused while something points to it."""
    services, tenant = asking.services, asking.tenant

    async def delete(write: Write) -> None:
        found = await services.extensions.find_in(write, tenant, extension_id)
        await services.extensions.delete_in(write, tenant, found.number)

    await asking.write(delete)
    return Done()


@router.get("/extension/get", response_model_exclude_unset=True)
async def get_extension(asking: Asked, extension_id: ExtensionId) -> wire.ExtensionFound | wire.Failure:
    """One extension."""
    found = await asking.services.extensions.find_by_id(asking.tenant, extension_id)
    (detail,) = await reading.details(asking, [found])
    return wire.ExtensionFound(errcode=0, errmsg="SUCCESS", data=detail)


@router.get("/extension/query", response_model_exclude_unset=True)
async def query_extensions(
    asking: Asked, ids: Annotated[str, Query(pattern=r"^[0-9]{1,18}(,[0-9]{1,18})*$", description="1,2,3")]
) -> wire.ExtensionsFound | wire.Failure:
    """Several extensions, by their ids, separated by commas."""
    wanted = [int(each) for each in ids.split(",")]
    if len(wanted) > MOST_QUERIED:
        raise Invalid.of("ids", "max.array", max=MOST_QUERIED)
    extensions = asking.services.extensions
    found = [await extensions.find_by_id(asking.tenant, each) for each in dict.fromkeys(wanted)]
    return wire.ExtensionsFound(errcode=0, errmsg="SUCCESS", data=await reading.details(asking, found))


def _wanted(
    page: Annotated[int, Query(ge=1, le=1_000_000)] = 1,
    page_size: Annotated[int, Query(ge=1, le=200)] = 20,
) -> PageWanted:
    return PageWanted(page, page_size)


def _selected(sort_by: SortBy = "number", order_by: Literal["asc", "desc"] = "asc") -> Selected:
    return Selected(order=_COLUMNS.get(sort_by, sort_by), is_descending=order_by == "desc")


Wanted = Annotated[PageWanted, Depends(_wanted)]
Order = Annotated[Selected, Depends(_selected)]


@router.get("/extension/list")
async def list_extensions(asking: Asked, wanted: Wanted, order: Order) -> wire.ExtensionsListed | wire.Failure:
    """Extensions, one page of them."""
    return await _listed(asking, wanted, order)


@router.get("/extension/search")
async def search_extensions(
    asking: Asked, wanted: Wanted, order: Order, search_value: SearchValue
) -> wire.ExtensionsListed | wire.Failure:
    """Those whose number or name has `search_value` in it."""
    return await _listed(asking, replace(wanted, search=search_value), order)


@router.get("/extension/getpassword")
async def get_password(
    asking: Asked,
    extension_id: ExtensionId,
    _kind: Annotated[Literal["reg_password"], Query(alias="type")],
) -> wire.PasswordFound | wire.Failure:
    """The registration password, in Base64. PINs of mailboxes are kept as hashes, and can't be read."""
    found = await asking.services.extensions.find_by_id(asking.tenant, extension_id)
    password = await asking.services.extensions.password(asking.tenant, found.number)
    return wire.PasswordFound(password=base64.b64encode(password.encode()).decode())


async def _listed(asking: Asking, wanted: PageWanted, order: Selected) -> wire.ExtensionsListed:
    services, domain = asking.services, asking.tenant.domain
    found = await services.extensions.page(asking.tenant, wanted, selected=order)
    contacts = await services.registrations.contacts_of(domain, [each.number for each in found.rows])
    rows = [wire.row(each, contacts[each.number]) for each in found.rows]
    return wire.ExtensionsListed(total_number=found.total, data=rows)
