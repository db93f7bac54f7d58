"""Users: bodies and routes."""

from typing import Literal

from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import OptionalText, Shown, ValuesBody, unset
from management.users.commands import LONGEST_NAME, MOBILE, UserValues

Role = Literal["admin", "supervisor", "agent", "read_only"]


class ChangeUser(ValuesBody):
    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    email: OptionalText = unset(maxLength=255)
    mobile: OptionalText = unset(pattern=MOBILE)
    role: Role = unset()


class NewUser(ChangeUser):
    name: str


class UserItem(Shown):
    name: str
    email: str | None
    mobile: str | None
    role: Role


NOUN = Noun(
    name="user",
    service=lambda services: services.users,
    values=UserValues,
    new=NewUser,
    change=ChangeUser,
    item=UserItem,
    texts=Texts(
        list="Users by name. `search` is found in the name or the address, as it is written.",
        create="A new user; an e-mail address is unique in the tenant, and kept in lower case.",
        read="One user.",
        update="New values; what is left out stays. Null takes an address or a mobile number away.",
        delete="Soft delete; refused while an extension belongs to the user.",
    ),
)
router = routes_of(NOUN)
