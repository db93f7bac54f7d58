"""Which ESL passwords are refused. For the API that stores them and the worker that uses them."""

from ipaddress import ip_address
from typing import Final

DEFAULT_PASSWORD: Final = "ClueCon"  # noqa: S105  # FreeSWITCH's own, the first that anybody tries


class UnsafeLogin(ValueError):
    """Whoever reaches the switch's event socket commands it; this password would not keep them out."""


def refuse_unsafe_login(host: str, password: str) -> None:
    """Refuse the default password on a switch that others can reach, and passwords that can't be sent.

    Raises:
        UnsafeLogin: `ClueCon` beyond loopback; or empty, or with control characters.
    """
    if not password or not password.isprintable():
        raise UnsafeLogin("an ESL password is one line of visible characters")
    if password == DEFAULT_PASSWORD and not _is_loopback(host):
        raise UnsafeLogin(f"the default password {DEFAULT_PASSWORD} is refused for {host}: set another one there")


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        # Other names are not resolved: what they mean can change after we looked.
        return host.lower() == "localhost"
