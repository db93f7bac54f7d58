"""Gateways: bodies and routes."""

from collections.abc import Sequence
from typing import Annotated, Literal

from fastapi import Depends
from pydantic import BaseModel, ConfigDict, Field

from management.api.asking import Asking, may
from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import OptionalText, Shown, ValuesBody, unset
from management.api.wire import Time
from management.auth import ADMIN
from management.gateways.commands import (
    LONGEST_HOST,
    LONGEST_NAME,
    LONGEST_PASSWORD,
    LONGEST_TERM,
    MOST_ADDRESSES,
    SHORTEST_TERM,
    USERNAME,
    GatewayValues,
)
from management.web.services import Services
from xmlcurl.store.model import CODECS

Status = Literal["active", "disabled"]
Transport = Literal["udp", "tcp", "tls"]
Codec = Literal["PCMA", "PCMU"]


async def _owner_of_switches(asking: Annotated[Asking, Depends(may(ADMIN))]) -> Asking:
    """A gateway opens the switches of all tenants to whom it names: that is the platform's to say."""
    asking.caller.require_platform()
    return asking


class ChangeGateway(ValuesBody):
    """`addresses` are networks that the carrier's calls come from. Null takes the password away."""

    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    status: Status = unset()
    host: str = unset(maxLength=LONGEST_HOST, description="A host name or an address, without a port")
    port: int | None = unset(minimum=1, maximum=65_535)
    transport: Transport = unset()
    registers: bool = unset()
    username: OptionalText = unset(pattern=USERNAME)
    password: OptionalText = unset(minLength=1, maxLength=LONGEST_PASSWORD, format="password", writeOnly=True)
    realm: OptionalText = unset(maxLength=LONGEST_HOST)
    expires_seconds: int = unset(minimum=SHORTEST_TERM, maximum=LONGEST_TERM)
    codecs: list[Codec] = unset(minItems=1, maxItems=len(CODECS))
    addresses: list[str] = unset(maxItems=MOST_ADDRESSES)


class NewGateway(ChangeGateway):
    name: str
    host: str


class GatewayOnSwitchItem(BaseModel):
    """`state` is FreeSWITCH's word, such as REGED, TRYING, FAIL_WAIT, or NOREG of one that does not register; MISSING:
    the switch has no such gateway; UNKNOWN: it could not be asked. `seen_at` is when it was asked.
    """

    model_config = ConfigDict(from_attributes=True)

    switch: str
    state: str
    since: Time | None
    seen_at: Time | None


class GatewayItem(Shown):
    """Without its password, which is never shown."""

    name: str
    status: Status
    host: str
    port: int | None
    transport: Transport
    registers: bool
    username: str | None
    has_password: bool
    realm: str | None
    expires_seconds: int
    codecs: list[Codec]
    addresses: list[str]
    switches: list[GatewayOnSwitchItem] = Field(default_factory=list)


async def _with_states(services: Services, items: Sequence[GatewayItem]) -> list[GatewayItem]:
    """How each is on the enabled switches."""
    states = await services.gateway_states.of([each.id for each in items])
    return [
        each.model_copy(update={"switches": [GatewayOnSwitchItem.model_validate(state) for state in states[each.id]]})
        for each in items
    ]


NOUN = Noun(
    name="gateway",
    service=lambda services: services.gateways,
    values=GatewayValues,
    new=NewGateway,
    change=ChangeGateway,
    item=GatewayItem,
    writer=_owner_of_switches,
    completed=_with_states,
    texts=Texts(
        list="Gateways by name. `search` is found in the name or the host, as it is written.",
        create="A new gateway, with a token of the platform; one that registers needs a username and a password.",
        read="One gateway, and how it is on each enabled switch.",
        update="New values, with a token of the platform; what is left out stays.",
        delete="Soft delete, with a token of the platform; refused while an outbound route or emergency calls go"
        " through it.",
    ),
)
router = routes_of(NOUN)
