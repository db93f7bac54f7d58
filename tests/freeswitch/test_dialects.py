"""A phone signs in with the password that each dialect returned."""

import httpx
import pytest

from tests.freeswitch.administrator import Account
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.management.vendors.views import VIEWS


@pytest.mark.parametrize("dialect", VIEWS)
async def test_a_phone_signs_in_with_what_the_dialect_returned(product: Product, either: Office, dialect: str) -> None:
    """With that password and no other; the number that each of them shows has kept its zero."""
    token = product.tokens[either.domain]
    async with (
        httpx.AsyncClient(base_url=product.management_url, timeout=30.0) as root,
        httpx.AsyncClient(
            base_url=f"{product.management_url}/api/pbx", headers={"Authorization": f"Bearer {token}"}, timeout=30.0
        ) as pbx,
    ):
        view = await VIEWS[dialect].opened(root, pbx)
        created = await view.create(f"0{either.number()}", "Anna")
    assert created.password
    desk = await either.phone(Account(created.number, created.password, either.domain))

    assert await desk.register(password="another password") == 403
    assert await desk.register() == 200
