"""Rows of gateways."""

from management.call_settings.repository import EMERGENCY_GATEWAYS
from management.gateways.commands import Gateway
from management.objects.links import Membership
from management.objects.repository import Rows
from xmlcurl.store.tables import gateways, outbound_route_gateways, outbound_routes


class GatewayRepository(Rows[Gateway]):
    """Living gateways of one tenant."""

    TABLE = gateways
    MODEL = Gateway
    SEARCHED = (gateways.c.name, gateways.c.host)
    ORDER = (gateways.c.name,)
    UNIQUE = "name"
    LINKS = (
        Membership(
            "outbound route",
            outbound_route_gateways.c.gateway_id,
            outbound_route_gateways.c.outbound_route_id,
            outbound_routes.c.name,
        ),
        EMERGENCY_GATEWAYS,
    )
