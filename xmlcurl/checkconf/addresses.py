"""Whom an ACL of FreeSWITCH admits, and where a URL leads."""

import ipaddress
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from xmlcurl.checkconf.configuration import Configuration, is_true
from xmlcurl.checkconf.tree import Element

_FOR_EVERYBODY: Final = {"any_v4.auto", "any_v6.auto", "wan.auto", "wan_v4.auto", "wan_v6.auto"}
_WIDEST_BITS: Final = {4: 4, 6: 3}
"""A network as wide as this is the internet, or a good part of it."""


class AddressLists:
    """The lists of acl.conf, and those that FreeSWITCH makes itself."""

    def __init__(self, configuration: Configuration) -> None:
        file = configuration.file("acl.conf")
        lists = file.child("network-lists") if file else None
        self._lists = {one.get("name"): one for one in (lists.children("list") if lists else ())}

    def admits_everybody(self, name: str) -> bool:
        """A list's name, or CIDRs in its place. A list that there is not admits nobody."""
        if one := self._lists.get(name):
            return _list_admits_everybody(one)
        return name in _FOR_EVERYBODY or is_everybody(name)


def _list_admits_everybody(one: Element) -> bool:
    default = one.get("default")
    is_allowed = not default or is_true(default)
    for node in one.children("node"):
        if is_everybody(node.get("cidr")) or node.get("mask") == "0.0.0.0":  # noqa: S104 - a mask
            kind = node.get("type")
            is_allowed = is_true(kind) if kind else is_allowed
    return is_allowed


def is_everybody(cidrs: str) -> bool:
    """Whether one of these networks, separated by commas, is everybody's.

    Source:
        FreeSWITCH v1.10.12, switch_utils.c:741 (a /32 has no mask, and 0.0.0.0 without one matches all).
    """
    for cidr in cidrs.split(","):
        if cidr.strip() == "0.0.0.0/32":
            return True
        try:
            network = ipaddress.ip_network(cidr.strip(), strict=False)
        except ValueError:
            continue
        if "/" in cidr and network.prefixlen <= _WIDEST_BITS[network.version]:
            return True
    return False


def is_loopback(host: str) -> bool:
    address = _address(host)
    return host == "localhost" or (address is not None and address.is_loopback)


@dataclass(frozen=True, slots=True)
class Url:
    scheme: str
    host: str
    has_credentials: bool

    @property
    def is_private(self) -> bool:
        """An address of a private network, or a name without a dot, which no public resolver knows."""
        address = _address(self.host)
        return address.is_private if address else "." not in self.host


def url_of(text: str) -> Url:
    try:
        parts = urlsplit(text)
        return Url(parts.scheme.lower(), parts.hostname or "", parts.password is not None)
    except ValueError:
        return Url(text.partition(":")[0].lower(), "", has_credentials=False)


def _address(host: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
