"""The rules of classes of service, for every API, page and command."""

from collections.abc import Collection
from typing import Any, Final

from management.auth import TenantScope
from management.classes_of_service.commands import LONGEST_NAME, ClassOfService, ClassOfServiceValues
from management.classes_of_service.repository import ClassOfServiceRepository
from management.errors import Invalid
from management.objects.repository import Rows
from management.objects.routed import Routed
from management.paging import PageWanted
from management.writes import Write

_DISABLED: Final = ("outbound_calls_disabled", "outside_hours_calls_disabled", "international_calls_disabled")
_MOST_COMPARED: Final = 10_000


class ClassesOfService(Routed[int, ClassOfService, ClassOfServiceValues]):
    KIND = "class_of_service"
    ROWS = ClassOfServiceRepository

    async def for_routes_in(
        self, write: Write, scope: TenantScope, route_ids: Collection[int], like: int | None
    ) -> ClassOfService:
        """The class that allows exactly these routes, and otherwise what the class `like` does; made if there is none.

        Only in a write that is `alone`.

        Raises:
            Invalid: there is no such route, as "route_ids.0".
        """
        rows = ClassOfServiceRepository(write.connection, scope.id)
        before = None if like is None else await rows.find(like)
        there = (await rows.page(PageWanted(1, _MOST_COMPARED), {})).rows
        disabled = {name: getattr(before, name, False) for name in _DISABLED}
        for each in there:
            is_alike = all(getattr(each, name) == value for name, value in disabled.items())
            if is_alike and not each.all_routes and set(each.route_ids) == set(route_ids):
                return each
        name = _free_name(route_ids, {each.name for each in there})
        values = ClassOfServiceValues(name=name, all_routes=False, route_ids=tuple(route_ids), **disabled)
        values.check(is_new=True)
        return await self.create_in(write, scope, values)

    async def columns(
        self, rows: Rows[ClassOfService], values: ClassOfServiceValues, before: ClassOfService | None
    ) -> dict[str, Any]:
        """Raises Invalid when routes are named where all of them are allowed."""
        columns = values.given()
        if columns.get("all_routes", before is None or before.all_routes):
            if columns.get("route_ids"):
                raise Invalid.of("route_ids", "prohibited")
            columns["route_ids"] = ()
        return columns


def _free_name(route_ids: Collection[int], taken: Collection[str]) -> str:
    """What a person sees: "Outbound routes 69, 70", with a number behind it where that is taken."""
    name = f"Outbound routes {', '.join(map(str, route_ids)) or 'none'}"
    shortened = name if len(name) <= LONGEST_NAME - 6 else f"{name[: LONGEST_NAME - 9]}..."
    candidates = (shortened if count == 1 else f"{shortened} ({count})" for count in range(1, len(taken) + 2))
    return next(each for each in candidates if each not in taken)
