"""Rows of menus."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy import Column

from management.ivr_menus.commands import KEYS, NO_CHOICE, IvrMenu
from management.objects.dialled import DialledRows
from management.objects.forwards import Destined, Forward, Forwards
from management.objects.parts import Part
from xmlcurl.store.tables import destinations, greetings, ivr_menus, taken_names


class IvrMenuRepository(DialledRows[IvrMenu]):
    """Living menus of one tenant."""

    TABLE = ivr_menus
    MODEL = IvrMenu
    OWNER = taken_names.c.ivr_menu_id
    SEARCHED = (ivr_menus.c.name, ivr_menus.c.number)
    ORDER = (ivr_menus.c.name,)
    UNIQUE = "name"
    LINKS = (Destined(destinations.c.ivr_menu_id),)
    REFERENCES: ClassVar[Mapping[str, Column[Any]]] = {"greeting_id": greetings.c.id}
    PARTS: ClassVar[Mapping[str, Part]] = {
        "options": Forwards("ivr_menu", KEYS),
        "no_choice": Forward("ivr_menu", NO_CHOICE),
    }
