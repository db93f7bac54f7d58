"""What a gateway is, and what can be wished for one. Standard library only."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv6Network, ip_network
from typing import ClassVar, Final

from management.errors import Broken
from management.objects.commands import UNSET, Rule, Unset, Values, between, each_once, host, label, one_of, password
from xmlcurl.store.model import CODECS, EXTENSION_STATUSES, TRANSPORTS
from xmlcurl.store.text import is_safe_text

LONGEST_NAME: Final = 100
LONGEST_HOST: Final = 253
LONGEST_PASSWORD: Final = 128
MOST_ADDRESSES: Final = 50
SHORTEST_TERM: Final = 60
LONGEST_TERM: Final = 86_400
USERNAME: Final = r"^[A-Za-z0-9._+@-]{1,128}$"
LARGEST_NETWORKS: Final = {4: 8, 6: 16}
"""The shortest prefix of an admitted network: who allows more, allows everybody."""

_USERNAME: Final = re.compile(USERNAME.removesuffix("$"), re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """A trunk to a carrier: calls outside leave through it, and calls from `addresses` come in.

    On a switch it is called g<id>. Its password is never shown.
    """

    id: int
    name: str
    status: str
    host: str
    port: int | None
    transport: str
    registers: bool
    username: str | None
    password_encrypted: str | None = field(repr=False)
    realm: str | None
    expires_seconds: int
    codecs: tuple[str, ...]
    addresses: tuple[str, ...]
    created_at: datetime
    updated_at: datetime

    @property
    def has_password(self) -> bool:
        return self.password_encrypted is not None


def _username(value: str) -> Iterator[Broken]:
    if not _USERNAME.fullmatch(value) or not is_safe_text(value):
        yield Broken("regex")


_can_be_typed: Final = password(1, LONGEST_PASSWORD)


def _password(value: str) -> Iterator[Broken]:
    yield from _can_be_typed(value)
    # The switch gets it in the clear, so what its pre-processor would change can't be one.
    if value.isprintable() and not is_safe_text(value):
        yield Broken("safe_text")


def _network(value: str) -> Iterator[Broken]:
    try:
        network = ip_network(value)
    except ValueError:
        yield Broken("cidr")
        return
    is_scoped = isinstance(network, IPv6Network) and "%" in value
    if "/" not in value or is_scoped or network.prefixlen < LARGEST_NETWORKS[network.version]:
        yield Broken("cidr")


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayValues(Values):
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "host"})
    SECRETS: ClassVar[frozenset[str]] = frozenset({"password"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "name": label(LONGEST_NAME),
        "status": one_of(EXTENSION_STATUSES),
        "host": host,
        "port": between(1, 65_535),
        "transport": one_of(TRANSPORTS),
        "username": _username,
        "password": _password,
        "realm": host,
        "expires_seconds": between(SHORTEST_TERM, LONGEST_TERM),
        "codecs": each_once(one_of(CODECS), len(CODECS), least=1),
        "addresses": each_once(_network, MOST_ADDRESSES),
    }

    name: str | Unset = UNSET
    status: str | Unset = UNSET
    host: str | Unset = UNSET
    port: int | Unset | None = UNSET
    transport: str | Unset = UNSET
    registers: bool | Unset = UNSET
    username: str | Unset | None = UNSET
    password: str | Unset | None = field(default=UNSET, repr=False)
    realm: str | Unset | None = UNSET
    expires_seconds: int | Unset = UNSET
    codecs: tuple[str, ...] | Unset = UNSET
    addresses: tuple[str, ...] | Unset = UNSET
