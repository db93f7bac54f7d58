"""The rules of menus, for every API, page and command."""

from management.ivr_menus.commands import IvrMenu, IvrMenuValues
from management.ivr_menus.repository import IvrMenuRepository
from management.objects.routed import Routed


class IvrMenus(Routed[int, IvrMenu, IvrMenuValues]):
    KIND = "ivr_menu"
    ROWS = IvrMenuRepository
