"""Outbound routes: bodies and routes."""

from typing import Literal

from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import OptionalText, Shown, ValuesBody, unset
from management.outbound_routes.commands import (
    LARGEST_PRIORITY,
    LONGEST_NAME,
    MOST_GATEWAYS,
    MOST_PATTERNS,
    MOST_STRIPPED,
    PREPENDED,
    OutboundRouteValues,
)

Status = Literal["active", "disabled"]


class ChangeOutboundRoute(ValuesBody):
    """`patterns` are prefixes, or made of digits, X, Z, N and a `.` or `!` at the end; `gateway_ids` are in order."""

    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    status: Status = unset()
    priority: int = unset(minimum=1, maximum=LARGEST_PRIORITY)
    patterns: list[str] = unset(minItems=1, maxItems=MOST_PATTERNS)
    strip: int = unset(minimum=0, maximum=MOST_STRIPPED)
    prepend: OptionalText = unset(pattern=PREPENDED)
    is_international: bool = unset()
    gateway_ids: list[int] = unset(minItems=1, maxItems=MOST_GATEWAYS)


class NewOutboundRoute(ChangeOutboundRoute):
    name: str
    patterns: list[str]
    gateway_ids: list[int]


class OutboundRouteItem(Shown):
    name: str
    status: Status
    priority: int
    patterns: list[str]
    strip: int
    prepend: str | None
    is_international: bool
    gateway_ids: list[int]


NOUN = Noun(
    name="outbound_route",
    service=lambda services: services.outbound_routes,
    values=OutboundRouteValues,
    new=NewOutboundRoute,
    change=ChangeOutboundRoute,
    item=OutboundRouteItem,
    texts=Texts(
        list="Outbound routes, as they are tried. `search` is found in the name, as it is written.",
        create="A new outbound route; its gateways are gateways of the tenant.",
        read="One outbound route.",
        update="New values; what is left out stays. `patterns` and `gateway_ids` replace all of them.",
        delete="Soft delete; refused while a class of service names it.",
    ),
)
router = routes_of(NOUN)
