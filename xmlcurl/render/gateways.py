"""Gateways as mod_sofia reads them.

Source: FreeSWITCH v1.10.12, sofia.c:3771 (parse_gateways).
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from xmlcurl.render.document import Element, add, add_pairs
from xmlcurl.store.switch_model import GATEWAY_REVISION, Gateway
from xmlcurl.store.text import is_safe_text


@dataclass(frozen=True, slots=True)
class Trunk:
    """A gateway, and its password in clear; None where it has none."""

    gateway: Gateway
    password: str | None = field(repr=False)

    @property
    def is_safe(self) -> bool:
        """Whether every part of it means to FreeSWITCH what it says: one that doesn't must not stop the others."""
        texts = (self.gateway.host, self.gateway.username, self.gateway.realm, self.password)
        return all(is_safe_text(text) for text in texts if text)


def add_gateways(parent: Element, trunks: Iterable[Trunk]) -> None:
    """`<gateways>` of them all, each by the name g<id>."""
    gateways = add(parent, "gateways")
    for trunk in trunks:
        gateway = add(gateways, "gateway", name=f"g{trunk.gateway.id}")
        add_pairs(gateway, "param", _params(trunk))
        # Of calls that leave by it. A gateway has no param for codecs, nor for words of our own.
        variables = {GATEWAY_REVISION: trunk.gateway.revision}
        if trunk.gateway.codecs:
            variables["absolute_codec_string"] = ",".join(trunk.gateway.codecs)
        parent_of_them = add(gateway, "variables")
        for name, value in variables.items():
            add(parent_of_them, "variable", name=name, value=value, direction="outbound")


def _params(trunk: Trunk) -> dict[str, str]:
    gateway = trunk.gateway
    host = f"[{gateway.host}]" if ":" in gateway.host else gateway.host
    params = {
        "proxy": host if gateway.port is None else f"{host}:{gateway.port}",
        # Without a realm of its own FreeSWITCH would take the proxy, port and all.
        "realm": gateway.realm or gateway.host,
        "register": "true" if gateway.registers else "false",
        "register-transport": gateway.transport,
        "expire-seconds": str(gateway.expires_seconds),
        # Who registers is known by its account, in From; the caller ID goes into Remote-Party-ID then.
        "caller-id-in-from": "false" if gateway.registers else "true",
        "context": "public",
        # Calls come in for the number in To: the user of the address that was registered is the gateway's name.
        "extension": "auto_to_user",
    }
    if gateway.username:
        params["username"] = gateway.username
    if trunk.password:
        params["password"] = trunk.password
    return params
