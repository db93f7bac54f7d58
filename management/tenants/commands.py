"""What a tenant is, and what can be wished for one. Standard library only."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Final

from management.errors import Broken
from management.numbers.commands import NUMBER
from management.objects.commands import UNSET, Rule, Unset, Values, between, existing_id, label, matching, one_of
from management.timezones import zones
from xmlcurl.store.model import LANGUAGES, TENANT_STATES
from xmlcurl.store.text import is_domain

LONGEST_NAME: Final = 100
POOL_OF_PARTNER: Final = "partner-{}.invalid"
"""The domain of the pool of that partner (its id): a tenant to the store, to nobody else."""
NAMES_OF_SWITCHES: Final = frozenset({"public", "peers", "global"})
"""A domain is its tenant's context, too. By these, calls come in from gateways and from other switches, and `global` is
where FreeSWITCH looks when a document has not the context that it asked for (v1.10.12, mod_dialplan_xml.c:668).
"""

LONGEST_CACHEABLE_MS: Final = 2_147_483
"""FreeSWITCH never serves from its cache what says more (35 min 47 s): the number of microseconds overflows.

Source: FreeSWITCH v1.10.12, switch_xml.c:2028; seen on a running switch.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tenant:
    """One customer. The domain never changes: every a1-hash has it inside."""

    id: int
    domain: str
    name: str
    state: str
    time_zone: str
    language: str
    cacheable_ms: int
    default_number_id: int | None
    default_number: str | None
    home_switch_id: int | None
    partner_id: int | None
    created_at: datetime
    updated_at: datetime


def _domain(value: str) -> Iterator[Broken]:
    # An address is no domain: phones behind `force-register-domain` send one, whoever's they are.
    if not is_domain(value.lower()) or value.rpartition(".")[2].isdigit():
        yield Broken("domain")
    elif value.lower() in NAMES_OF_SWITCHES or _POOL.fullmatch(value.lower()):
        yield Broken("reserved")


_POOL: Final = re.compile(POOL_OF_PARTNER.replace(".", r"\.").format("[0-9]+"), re.ASCII)


def _time_zone(value: str) -> Iterator[Broken]:
    if value not in zones():
        yield Broken("timezone")


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantValues(Values):
    """`default_number` is one of the tenant's numbers, as digits: what calls show that have no other.

    `home_switch_id`: where its mailboxes and queues are; None: on whichever switch a call is. `partner_id`: who manages
    it with keys of a vendor's API; None: the platform alone.
    """

    REQUIRED: ClassVar[frozenset[str]] = frozenset({"domain", "name"})
    FIXED: ClassVar[frozenset[str]] = frozenset({"domain"})
    RULES: ClassVar[Mapping[str, Rule]] = {
        "domain": _domain,
        "name": label(LONGEST_NAME),
        "state": one_of(TENANT_STATES),
        "time_zone": _time_zone,
        "language": one_of(LANGUAGES),
        "cacheable_ms": between(0, LONGEST_CACHEABLE_MS),
        "default_number": matching(NUMBER, Broken("exists")),
        "home_switch_id": existing_id,
        "partner_id": existing_id,
    }

    domain: str | Unset = UNSET
    name: str | Unset = UNSET
    state: str | Unset = UNSET
    time_zone: str | Unset = UNSET
    language: str | Unset = UNSET
    cacheable_ms: int | Unset = UNSET
    default_number: str | Unset | None = UNSET
    home_switch_id: int | Unset | None = UNSET
    partner_id: int | Unset | None = UNSET
