"""Who may ask: by address, and by HTTP Basic credentials where there are any."""

import base64
import hmac
from collections.abc import Collection, Iterable
from functools import lru_cache
from ipaddress import IPv4Network, IPv6Address, IPv6Network, ip_address


class Gate:
    """Refuses whoever is not on the list of networks, or doesn't know one of the passwords."""

    def __init__(self, allow: Collection[IPv4Network | IPv6Network], credentials: Collection[str]) -> None:
        """`credentials`: each "user:password" that is accepted; without any, the address alone decides."""
        self._allow = tuple(allow)
        self._expected = tuple(b"Basic " + base64.b64encode(pair.encode()) for pair in credentials)
        self._is_allowed = lru_cache(maxsize=1_024)(self._is_in_a_network)

    def admits_address(self, client: tuple[str, int] | None) -> bool:
        """Of the connection itself: no header is believed. None is a connection without an address."""
        return client is not None and self._is_allowed(client[0])

    def admits_credentials(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        """Every pair is compared, each in constant time: how long it takes tells nothing."""
        if not self._expected:
            return True
        given = b""
        for name, value in headers:
            if name == b"authorization":
                given = value
                break
        return True in [hmac.compare_digest(given, expected) for expected in self._expected]

    def _is_in_a_network(self, host: str) -> bool:
        try:
            address = ip_address(host.partition("%")[0])
        except ValueError:
            return False
        if isinstance(address, IPv6Address) and address.ipv4_mapped:
            address = address.ipv4_mapped
        return any(address in network for network in self._allow)
