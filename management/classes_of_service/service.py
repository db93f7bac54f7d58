"""The rules of classes of service, for every API, page and command."""

from typing import Any

from management.classes_of_service.commands import ClassOfService, ClassOfServiceValues
from management.classes_of_service.repository import ClassOfServiceRepository
from management.errors import Invalid
from management.objects.repository import Rows
from management.objects.routed import Routed


class ClassesOfService(Routed[int, ClassOfService, ClassOfServiceValues]):
    KIND = "class_of_service"
    ROWS = ClassOfServiceRepository

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
