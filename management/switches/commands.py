"""What a switch is, and what can be wished for one. Standard library only."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import IPv4Address
from typing import ClassVar, Final

from management.errors import Broken
from management.objects.commands import UNSET, Rule, Unset, Values, between, host, matching, password

NAME: Final = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$"
LONGEST_PASSWORD: Final = 100
MOST_PROFILES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Switch:
    """One FreeSWITCH, as the worker reaches its event socket. Its password is never shown.

    Args:
        peer_host: where its profile `peers` takes calls from other switches; None: it takes and makes none.
    """

    id: int
    name: str
    host: str
    port: int
    sofia_profiles: tuple[str, ...]
    peer_host: str | None
    peer_port: int
    enabled: bool
    created_at: datetime
    updated_at: datetime


def _is_name(value: str) -> bool:
    return re.fullmatch(NAME.removesuffix("$"), value) is not None


_password: Final = password(1, LONGEST_PASSWORD)


def _ipv4_address(value: str) -> Iterator[Broken]:
    # Calls are let in from it, so no name; and in a dial string the brackets of IPv6 would mean something else.
    try:
        IPv4Address(value)
    except ValueError:
        yield Broken("ipv4")


def _profiles(values: Sequence[str]) -> Iterator[Broken]:
    # They become words of commands: `sofia profile NAME ...`.
    if not values:
        yield Broken("min.array", {"min": 1})
    if len(values) > MOST_PROFILES:
        yield Broken("max.array", {"max": MOST_PROFILES})
    if not all(_is_name(value) for value in values):
        yield Broken("regex")
    if len(set(values)) < len(values):
        yield Broken("distinct")


@dataclass(frozen=True, slots=True, kw_only=True)
class SwitchValues(Values):
    REQUIRED: ClassVar[frozenset[str]] = frozenset({"name", "host", "password"})
    SECRETS: ClassVar[frozenset[str]] = frozenset({"password"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "name": matching(NAME, Broken("regex")),
        "host": host,
        "port": between(1, 65_535),
        "password": _password,
        "sofia_profiles": _profiles,
        "peer_host": _ipv4_address,
        "peer_port": between(1, 65_535),
    }

    name: str | Unset = UNSET
    host: str | Unset = UNSET
    port: int | Unset = UNSET
    password: str | Unset = field(default=UNSET, repr=False)
    sofia_profiles: tuple[str, ...] | Unset = UNSET
    peer_host: str | Unset | None = UNSET
    peer_port: int | Unset = UNSET
    enabled: bool | Unset = UNSET
