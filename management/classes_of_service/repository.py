"""Rows of classes of service."""

from collections.abc import Mapping
from typing import ClassVar

from management.classes_of_service.commands import ClassOfService
from management.objects.links import Reference
from management.objects.parts import Members, Part
from management.objects.repository import Rows
from xmlcurl.store.tables import class_of_service_routes, classes_of_service, extensions, outbound_routes


class ClassOfServiceRepository(Rows[ClassOfService]):
    """Living classes of service of one tenant."""

    TABLE = classes_of_service
    MODEL = ClassOfService
    SEARCHED = (classes_of_service.c.name,)
    ORDER = (classes_of_service.c.name,)
    UNIQUE = "name"
    LINKS = (Reference("extension", extensions.c.class_of_service_id, extensions.c.number),)
    PARTS: ClassVar[Mapping[str, Part]] = {
        "route_ids": Members(
            class_of_service_routes.c.class_of_service_id,
            class_of_service_routes.c.outbound_route_id,
            outbound_routes.c.id,
        ),
    }
