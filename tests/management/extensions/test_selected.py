"""What dialects need to find extensions by: ids, numbers, an order of their own, a cursor."""

from typing import Any

import httpx
import pytest

from management.app import services_of
from management.auth import TenantScope
from management.errors import NotFound, Unavailable
from management.extensions.repository import EVERY, Selected
from management.extensions.service import Extensions
from management.paging import PageWanted, SliceWanted
from tests.management.office import DOMAIN, Office
from xmlcurl.store.tables import extensions

TENANT = TenantScope(1, DOMAIN, "en")
OTHER = TenantScope(2, "other.test", "en")
LARGEST = 2**63


@pytest.fixture
async def made(office: Office, api: httpx.AsyncClient) -> Extensions:
    """Four extensions of the tenant, and one of another that has the same number."""
    other = await office.tenant_client("other.test")
    for client, number, name in ((api, "0101", "B"), (api, "103", "A"), (api, "102", "C"), (other, "102", "D")):
        body = {"extension_number": number, "display_name": name, "sip_password": f"password-of-{name}"}
        assert (await client.post("/extensions", json=body)).status_code == 201
    return services_of(office.backend).extensions


async def numbers(service: Extensions, selected: Selected, **wanted: Any) -> list[str]:
    return [each.number for each in (await service.page(TENANT, PageWanted(**wanted), None, selected)).rows]


async def sliced(service: Extensions, wanted: SliceWanted) -> list[str]:
    return [each.number for each in await service.slice(TENANT, wanted)]


async def test_lists_are_narrowed_and_ordered(made: Extensions) -> None:
    """By numbers, by what comes behind or before an id, by any column; never with another tenant's."""
    ids = {each.number: each.id for each in (await made.page(TENANT, PageWanted())).rows}

    assert await numbers(made, EVERY) == ["0101", "102", "103"]
    assert await numbers(made, Selected(numbers=("102", "0101", "999"))) == ["0101", "102"]
    assert await numbers(made, Selected(order="display_name")) == ["103", "0101", "102"]
    assert await numbers(made, Selected(order="display_name", is_descending=True)) == ["102", "0101", "103"]
    assert await sliced(made, SliceWanted(9, ids["0101"])) == ["103", "102"]
    assert await sliced(made, SliceWanted(9, ids["102"], is_descending=True)) == ["103", "0101"]
    assert await sliced(made, SliceWanted(1)) == ["0101"]


async def test_an_id_of_another_tenant_is_none(made: Extensions) -> None:
    """Nor is one that no column holds."""
    (theirs,) = (await made.page(OTHER, PageWanted())).rows
    assert (await made.find_by_id(OTHER, theirs.id)).display_name == "D"

    for wrong in (theirs.id, 0, -1, LARGEST):
        with pytest.raises(NotFound):
            await made.find_by_id(TENANT, wrong)


async def test_the_password_can_be_read_again(office: Office, made: Extensions) -> None:
    """Of the tenant's own extension alone; a key that is gone is an outage, not another password."""
    assert await made.password(TENANT, "102") == "password-of-C"
    assert await made.password(OTHER, "102") == "password-of-D"
    with pytest.raises(NotFound):
        await made.password(OTHER, "103")

    row = next(row for row in await office.rows(extensions) if row["number"] == "103")
    await office.change(extensions, row["id"], password_encrypted="of a key that is gone")

    with pytest.raises(Unavailable):
        await made.password(TENANT, "103")
