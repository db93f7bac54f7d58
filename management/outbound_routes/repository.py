"""Rows of outbound routes."""

from collections.abc import Mapping
from typing import ClassVar

from management.objects.links import Membership
from management.objects.parts import Members, Part
from management.objects.repository import Rows
from management.outbound_routes.commands import OutboundRoute
from xmlcurl.store.tables import (
    class_of_service_routes,
    classes_of_service,
    gateways,
    outbound_route_gateways,
    outbound_routes,
)


class OutboundRouteRepository(Rows[OutboundRoute]):
    """Living outbound routes of one tenant, in the order in which they are tried."""

    TABLE = outbound_routes
    MODEL = OutboundRoute
    SEARCHED = (outbound_routes.c.name,)
    ORDER = (outbound_routes.c.priority,)
    UNIQUE = "name"
    LINKS = (
        Membership(
            "class of service",
            class_of_service_routes.c.outbound_route_id,
            class_of_service_routes.c.class_of_service_id,
            classes_of_service.c.name,
        ),
    )
    PARTS: ClassVar[Mapping[str, Part]] = {
        "gateway_ids": Members(
            outbound_route_gateways.c.outbound_route_id, outbound_route_gateways.c.gateway_id, gateways.c.id
        ),
    }
