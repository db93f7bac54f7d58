"""Who may ask."""

from ipaddress import ip_network

import pytest

from xmlcurl.gate import Gate


@pytest.mark.parametrize("host", ["10.1.2.3", "::ffff:10.1.2.3", "2001:db8::7", "fe80::1%eth0"])
def test_networks_of_both_families(host: str) -> None:
    """IPv4 in IPv6's clothes is IPv4; a zone is not part of the address."""
    gate = Gate([ip_network("10.0.0.0/8"), ip_network("2001:db8::/32"), ip_network("fe80::/10")], [])

    assert gate.admits_address((host, 1))
    assert not gate.admits_address(("11.1.2.3", 1))
