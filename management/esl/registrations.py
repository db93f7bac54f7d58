"""Who is registered on one switch: read from its tables, kept up by events, held against our store. Pure."""

import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from html import unescape
from typing import Final
from urllib.parse import unquote

from management.esl.commands import reads_as
from management.esl.errors import SwitchNotReady
from management.esl.repository import Account

EVENTS: Final = ("sofia::register", "sofia::unregister", "sofia::expire")


class Fault(StrEnum):
    """Why a registration is dropped."""

    OTHER_HOST = "host is not the realm"
    """One tenant's phone that signed in as another tenant's."""
    NOT_IN_SERVICE = "not in service"
    OLDER_CREDENTIALS = "older credentials"
    """Let in with the former password, by a lookup that was in flight."""


Address = tuple[str, str]
"""Number and domain, the domain in lower case."""


@dataclass(frozen=True, slots=True)
class Registration:
    """One row of a sofia profile: where a phone is.

    `user` and `host` are what it registered as, spelled as the phone does; `auth_user` and `realm`
    whom it proved to be. `expires_at` is in seconds of our own clock since 1970.
    """

    profile: str
    call_id: str
    user: str
    host: str
    auth_user: str
    realm: str
    contact: str
    address: str
    user_agent: str
    expires_at: float
    revision: str | None = None
    """The state of the credentials it signed in with; None where that is not known."""

    @property
    def name(self) -> Address:
        return (self.user, self.host.lower())

    def signed_in_with(self, revision: str | None) -> "Registration":
        """Itself, once its revision is known."""
        return replace(self, revision=revision) if self.revision is None else self


class Book:
    """All registrations of one switch. Not thread-safe; one thread has it."""

    def __init__(self) -> None:
        self._rows: dict[tuple[str, str], Registration] = {}
        self._names: dict[Address, set[tuple[str, str]]] = {}

    def __iter__(self) -> Iterator[Registration]:
        return iter(self._rows.values())

    def of(self, name: Address) -> list[Registration]:
        return [self._rows[key] for key in sorted(self._names.get(name, ()))]

    def names(self) -> set[Address]:
        return set(self._names)

    def replace_all(self, rows: Iterable[Registration]) -> None:
        """What the tables say now. Revisions that events told of are forgotten: the phone may have signed in since."""
        self._rows, self._names = {}, {}
        for row in rows:
            self._put(row)

    def replace_name(self, profile: str, name: Address, rows: Iterable[Registration]) -> None:
        """As `replace_all`, for one name on one profile."""
        for row in self.of(name):
            if row.profile == profile:
                self._take(row)
        for row in rows:
            self._put(row)

    def registered(self, row: Registration, *, replaces_all: bool) -> None:
        """A phone signed in. `replaces_all`: the switch keeps one phone of this name only, and says nothing of that.

        The switch keeps one row for a Call-ID and, when the same phone comes with another one,
        changes its row (sofia_reg.c:1987, v1.10.12).
        """
        same_call = self._rows.get((row.profile, row.call_id))
        for other in [*self.of(row.name), *([same_call] if same_call else [])]:
            same_phone = (other.auth_user, other.contact) == (row.auth_user, row.contact)
            if other.profile == row.profile and (replaces_all or same_phone or other.call_id == row.call_id):
                self._take(other)
        self._put(row)

    def gone(self, profile: str, call_id: str, name: Address) -> None:
        """A phone went. If its Call-ID is another name's by now, it was back before this was told."""
        row = self._rows.get((profile, call_id))
        if row is not None and row.name == name:
            self._take(row)

    def spelled_otherwise(self, number: str, domain: str) -> list[Registration]:
        """Rows of a name that a command with this very spelling does not find."""
        return [row for row in self.of((number, domain.lower())) if row.host != domain]

    def at_domain_spelled_otherwise(self, domain: str) -> list[Registration]:
        return [row for row in self._rows.values() if row.host.lower() == domain.lower() and row.host != domain]

    def is_only_one_named_by(self, row: Registration) -> bool:
        """Whether its Call-ID, which the phone chose, is no other registration's address or host.

        A phone that calls itself "victim.test" would have us drop that domain.
        """
        user, host = reads_as(row.call_id)
        return not any(
            other.host == host and user in {None, other.user} and other.call_id != row.call_id
            for other in self._rows.values()
        )

    def _put(self, row: Registration) -> None:
        key = (row.profile, row.call_id)
        if former := self._rows.get(key):
            self._take(former)
        self._rows[key] = row
        self._names.setdefault(row.name, set()).add(key)

    def _take(self, row: Registration) -> None:
        key = (row.profile, row.call_id)
        if self._rows.pop(key, None) is not None:
            keys = self._names[row.name]
            keys.discard(key)
            if not keys:
                del self._names[row.name]


def from_register(event: Mapping[str, str], now: float) -> Registration:
    """The row that a sofia::register tells of. KeyError, ValueError: not one.

    Source:
        FreeSWITCH v1.10.12, sofia_reg.c:2036: from-user and from-host are those of the To header.
    """
    return Registration(
        profile=event["profile-name"],
        call_id=event["call-id"],
        user=event["from-user"],
        host=event["from-host"],
        auth_user=event["username"],
        realm=event["realm"],
        contact=event["contact"],
        address=f"{event['network-ip']}:{event['network-port']}",
        user_agent=event.get("user-agent", ""),
        expires_at=now + int(event["expires"]),
        revision=event.get("xmlcurl_revision"),
    )


_FIELD: Final = re.compile(r"^ {8}<([a-z-]+)>(.*)</\1>$")
_SECONDS_LEFT: Final = re.compile(r"expsecs\((-?\d+)\)$")


def from_xmlstatus(profile: str, reply: str, now: float) -> list[Registration]:
    """The rows of `sofia xmlstatus profile P reg` or `... user U@H`.

    Read line by line, not as XML: call-id, user and realm are written as the phone sent them, so a
    Call-ID may hold tags, but no line end.

    Raises:
        SwitchNotReady: the profile is not running.

    Source:
        FreeSWITCH v1.10.12, mod_sofia.c:2825 (show_reg_callback_xml).
    """
    if not reply.startswith("<?xml"):
        raise SwitchNotReady(f"{profile}: {reply.strip()[:100]}")
    rows: list[Registration] = []
    fields: dict[str, str] = {}
    for line in reply.split("\n"):
        if found := _FIELD.match(line):
            fields.setdefault(found[1], found[2])
        elif line == "    </registration>":
            rows.append(_from_fields(profile, fields, now))
            fields = {}
    return rows


def _from_fields(profile: str, fields: Mapping[str, str], now: float) -> Registration:
    user, _, host = fields["user"].rpartition("@")
    seconds_left = _SECONDS_LEFT.search(fields["status"])
    return Registration(
        profile=profile,
        call_id=fields["call-id"],
        user=user,
        host=host,
        auth_user=unquote(fields["sip-auth-user"]),
        realm=fields["sip-auth-realm"],
        contact=unescape(fields["contact"]),
        address=f"{fields['network-ip']}:{fields['network-port']}",
        user_agent=unescape(fields["agent"]),
        expires_at=now + int(seconds_left[1] if seconds_left else 0),
    )


def revisions_shown(reply: str) -> dict[str, str]:
    """Revisions by Call-ID from `show registrations as json`, whose column `metadata` is ours; it lags, so not all."""
    try:
        rows = json.loads(reply, strict=False).get("rows", [])
        return {row["token"]: row["metadata"] for row in rows if row.get("metadata")}
    except (ValueError, AttributeError, KeyError, TypeError):
        return {}


def fault_of(row: Registration, account: Account | None, our_domains: Collection[str]) -> Fault | None:
    """Why a registration may not stay; None: it may, or its domain is not ours.

    `account` is whose it says to be. A revision that is not known, or newer than what was read, is no reason.
    """
    host, realm = row.host.lower(), row.realm.lower()
    if host != realm and (host in our_domains or realm in our_domains):
        return Fault.OTHER_HOST
    if host not in our_domains:
        return None
    if account is None or not account.is_in_service:
        return Fault.NOT_IN_SERVICE
    if row.revision is not None and _is_older(row.revision, account):
        return Fault.OLDER_CREDENTIALS
    return None


def _is_older(revision: str, account: Account) -> bool:
    extension_id, _, number = revision.partition("-")
    if not number.isdecimal():
        return True
    return extension_id != str(account.extension_id) or int(number) < account.revision
