"""Menus: bodies and routes."""

from management.api.destination_wire import DestinationBody, DestinationItem
from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import OptionalId, Shown, ValuesBody, unset
from management.ivr_menus.commands import LONGEST_NAME, LONGEST_TIMEOUT, MOST_TRIES, IvrMenuValues
from management.objects.commands import NUMBER


class ChangeIvrMenu(ValuesBody):
    """`options` are destinations by key (`0` to `9`, `*`, `#`); `no_choice` is where a call goes after the last try.
    With `direct_dial` a caller may dial an extension's number instead.
    """

    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    number: str = unset(pattern=NUMBER)
    greeting_id: OptionalId = unset()
    timeout_seconds: int = unset(minimum=1, maximum=LONGEST_TIMEOUT)
    tries: int = unset(minimum=1, maximum=MOST_TRIES)
    direct_dial: bool = unset()
    options: dict[str, DestinationBody] = unset(propertyNames={"pattern": "^[0-9*#]$"})
    no_choice: DestinationBody | None = unset()


class NewIvrMenu(ChangeIvrMenu):
    name: str
    number: str


class IvrMenuItem(Shown):
    name: str
    number: str
    greeting_id: int | None
    timeout_seconds: int
    tries: int
    direct_dial: bool
    options: dict[str, DestinationItem]
    no_choice: DestinationItem | None


NOUN = Noun(
    name="ivr_menu",
    service=lambda services: services.ivr_menus,
    values=IvrMenuValues,
    new=NewIvrMenu,
    change=ChangeIvrMenu,
    item=IvrMenuItem,
    texts=Texts(
        list="Menus by name. `search` is found in the name or the number, as it is written.",
        create="A new menu; nothing else of the tenant may be called its number.",
        read="One menu.",
        update="New values; what is left out stays. `options` replaces all of them.",
        delete="Soft delete; refused while calls go on to it.",
    ),
)
router = routes_of(NOUN)
