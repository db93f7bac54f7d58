"""The rules of outbound routes, for every API, page and command."""

from management.objects.routed import Routed
from management.outbound_routes.commands import OutboundRoute, OutboundRouteValues
from management.outbound_routes.repository import OutboundRouteRepository


class OutboundRoutes(Routed[int, OutboundRoute, OutboundRouteValues]):
    KIND = "outbound_route"
    ROWS = OutboundRouteRepository
