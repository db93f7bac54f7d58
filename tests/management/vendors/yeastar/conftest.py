"""A tenant with all that the vendor's sample names, and a program that is signed in."""

import httpx
import pytest

from tests.management.office import Office
from tests.management.vendors.yeastar.program import Program, furnish, signed_in


@pytest.fixture
async def admin(office: Office) -> httpx.AsyncClient:
    """Our own API, for the tenant pbx.test with the id 1."""
    return await furnish(office, await office.add_tenant())


@pytest.fixture
async def program(office: Office, admin: httpx.AsyncClient) -> Program:
    return await signed_in(office, 1)
