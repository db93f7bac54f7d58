"""Hotlines: bodies and routes."""

from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import OptionalText, Shown, ValuesBody, unset
from management.hotlines.commands import LONGEST_DESCRIPTION, LONGEST_NAME, HotlineValues
from management.numbers.commands import NUMBER


class ChangeHotline(ValuesBody):
    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    number: str = unset(pattern=NUMBER)
    description: OptionalText = unset(maxLength=LONGEST_DESCRIPTION)


class NewHotline(ChangeHotline):
    """`number` is one of the tenant's numbers."""

    name: str
    number: str


class HotlineItem(Shown):
    name: str
    number: str
    description: str | None


NOUN = Noun(
    name="hotline",
    service=lambda services: services.hotlines,
    values=HotlineValues,
    new=NewHotline,
    change=ChangeHotline,
    item=HotlineItem,
    texts=Texts(
        list="Hotlines by name. `search` is found in the name or the number, as it is written.",
        create="A new hotline: one of the tenant's numbers under a name.",
        read="One hotline.",
        update="New values; what is left out stays.",
        delete="Soft delete; refused while an extension is linked to it.",
    ),
)
router = routes_of(NOUN)
