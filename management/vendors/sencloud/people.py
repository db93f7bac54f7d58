"""Methods about account users, with a shop's key: our users."""

from management.users.commands import UserValues
from management.vendors.sencloud import bodies, wire
from management.vendors.sencloud.asking import Shop
from management.vendors.sencloud.cursors import Section
from management.vendors.sencloud.methods import methods
from management.vendors.sencloud.paths import SHOP

router = methods(SHOP, "account users")


@router.post("/CreateAccountUser")
async def create_account_user(asking: Shop, body: bodies.NewUser) -> wire.UserItem:
    """Somebody to whom extensions can belong."""
    zone = await asking.zone()
    with bodies.users_fields():
        written = await asking.services.users.create(asking.tenant, UserValues(**body.given()), actor=asking.actor)
    asking.tell_sync(written.sync)
    return wire.user_item(written.result, zone)


@router.post("/GetAccountUsers")
async def get_account_users(asking: Shop, body: bodies.ListWanted) -> wire.UserPage:
    """Users, in the order in which they were made."""
    section = Section.of(body.paging)
    found = await asking.services.users.slice(asking.tenant, section.wanted)
    rows, pages = section.cut(found, lambda each: each.id)
    zone = await asking.zone()
    return wire.UserPage(account_users=[wire.user_item(each, zone) for each in rows], paging=pages)
