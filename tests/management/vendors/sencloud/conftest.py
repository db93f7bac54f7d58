"""A shop with a key, a partner with one, and how their programs ask."""

import pytest

from management.settings import ManagementSettings
from tests.management.office import Office
from tests.management.vendors.sencloud.program import Program

SUFFIX = "customers.test"


@pytest.fixture
def management_settings(management_settings: ManagementSettings) -> ManagementSettings:
    return management_settings.model_copy(update={"tenant_domain_suffix": SUFFIX})


@pytest.fixture
async def shop(office: Office) -> Program:
    """A program with a key of the tenant pbx.test, whose id is 1."""
    tenant_id = await office.add_tenant(time_zone="Asia/Ho_Chi_Minh")
    return Program.of(office, ".".join(await office.add_key("sencloud", tenant_id)))


@pytest.fixture
async def partner(office: Office) -> Program:
    """A program with a key of the partner Sales, whose id is 1."""
    return await Program.of_partner(office, "Sales")
