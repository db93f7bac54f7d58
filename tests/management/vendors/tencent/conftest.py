"""Clients that sign as Tencent's do, of the tenant pbx.test."""

import httpx
import pytest

from tests.management.office import Office
from tests.management.vendors.tencent.signing import APP_ID, Tencent
from xmlcurl.store.tables import tenants


@pytest.fixture
async def tencent(office: Office, api: httpx.AsyncClient) -> Tencent:
    """With a key of pbx.test."""
    (tenant_id,) = [row["id"] for row in await office.rows(tenants)]
    return Tencent(office, *await office.add_key("tencent", tenant_id, sdk_app_id=APP_ID))
