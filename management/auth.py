"""Who is asking: bearer tokens `<id>|<secret>`, from which address, for which tenant, and what they may do.

The secret is shown once, when the token is made; stored is its SHA-256. Each request reads the token's row, so a
revoked token is refused at once, by every process.
"""

import hmac
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import Any, Final

from sqlalchemy import Row, Select, Table, or_, select, update

from management.audit import Actor
from management.database import Database
from management.errors import Conflict, Forbidden, Invalid, NotFound, TooManyRequests, Unauthenticated, Unavailable
from management.ratelimit import RateLimit, Room
from management.secrets import generate_password, token_hash
from xmlcurl.logs import get_log
from xmlcurl.store.tables import api_tokens, tenants, utc_now

READ: Final = "read"
WRITE: Final = "write"
ADMIN: Final = "admin"
SCOPES: Final = (READ, WRITE, ADMIN)
"""`read`: extensions, numbers, hotlines, teams, departments, users. `write`: change extensions too. `admin`:
change all of these but numbers, and the tenant's tokens and audit log. A token of the platform means
tenants, switches, changes and numbers as well. `admin` includes `write`, `write` includes `read`."""

TENANT_HEADER: Final = "X-Tenant"
"""The header in which a token of the platform names the tenant that it means, by its domain."""

_INCLUDED: Final = {READ: {READ, WRITE, ADMIN}, WRITE: {WRITE, ADMIN}, ADMIN: {ADMIN}}
_SECRET_LENGTH: Final = 40
_LAST_USED_AT_MOST_EVERY: Final = timedelta(minutes=1)
# Nineteen digits could pass what a 64-bit column holds.
_TOKEN: Final = re.compile(r"Bearer +(?P<id>[1-9][0-9]{0,17})\|(?P<secret>[0-9A-Za-z]{40})", re.ASCII | re.IGNORECASE)
_DOMAIN: Final = re.compile(r"[A-Za-z0-9.-]{1,253}", re.ASCII)

Networks = Sequence[IPv4Network | IPv6Network]
log = get_log(part="auth")


@dataclass(frozen=True, slots=True)
class TenantScope:
    """The tenant that a request is about. `domain` in lower case, `language` "en" or "vi"."""

    id: int
    domain: str
    language: str


@dataclass(frozen=True, slots=True)
class Caller:
    """A token that was proven. `tenant` None: a token of the platform, which may act for every tenant."""

    token_id: int
    tenant: TenantScope | None
    scopes: frozenset[str]
    address: str | None

    @property
    def actor(self) -> Actor:
        """What the audit log says."""
        return Actor(f"token:{self.token_id}", self.address)

    def require(self, scope: str) -> None:
        """Raises Forbidden unless the token has `scope`, or one that includes it."""
        if not self.scopes & _INCLUDED[scope]:
            raise Forbidden(scope)

    def require_platform(self) -> None:
        """Raises Forbidden for a token of one tenant."""
        if self.tenant is not None:
            raise Forbidden("platform")


class Failures:
    """How much that was wrong came from an address, tokens and vendors' keys together."""

    def __init__(self, limit: RateLimit) -> None:
        self._limit = limit

    async def look(self, address: str | None) -> None:
        """Raises TooManyRequests when it was too much."""
        _refuse(await self._limit.look(limited_as(address)))

    async def count(self, address: str | None) -> None:
        """One more; raises TooManyRequests once it is too much: guesses that come all at once have passed the look."""
        _refuse(await self._limit.take(limited_as(address)))


class Gate:
    """Proves tokens. One for each process."""

    def __init__(self, database: Database, failures: Failures) -> None:
        self._database = database
        self._failures = failures

    async def admit(self, authorization: str | None, address: str | None) -> Caller:
        """Whose token the header `Authorization` holds.

        Raises:
            Unauthenticated: none, or a wrong, unknown or revoked one, or one of a deleted tenant.
            TooManyRequests: too many wrong ones came from that address.
            Forbidden: its tenant is suspended.
            Unavailable: the database did not answer.
        """
        if not authorization:
            raise Unauthenticated
        await self._failures.look(address)
        row = await self._proven(authorization)
        if row is None:
            log.info("wrong_token", address=address)
            await self._failures.count(address)
            raise Unauthenticated
        await note_use(self._database, api_tokens, row, called="token")
        return _caller(row, address)

    async def act_for(self, caller: Caller, domain: str | None) -> TenantScope:
        """The tenant that `caller` means: its own; a token of the platform names one by its domain.

        Raises:
            NotFound: no such tenant, or not the caller's.
            Invalid: a token of the platform named none.
        """
        if caller.tenant is not None:
            if domain is not None and domain.lower() != caller.tenant.domain:
                raise NotFound("tenant")
            return caller.tenant
        if domain is None:
            raise Invalid.of(TENANT_HEADER, "required")
        if not _DOMAIN.fullmatch(domain):
            raise NotFound("tenant")
        async with self._database.reading() as connection:
            row = (await connection.execute(_tenant_of(domain.lower()))).one_or_none()
        if row is None:
            raise NotFound("tenant")
        return TenantScope(row.id, row.domain, row.language)

    async def _proven(self, authorization: str) -> Row[Any] | None:
        match = _TOKEN.fullmatch(authorization)
        if match is None:
            return None
        async with self._database.reading() as connection:
            row = (await connection.execute(_token(int(match["id"])))).one_or_none()
        # Compared even when there is no such token: the time of the answer tells nothing.
        expected = row.secret_hash if row else ""
        is_right = hmac.compare_digest(expected.ljust(64), token_hash(match["secret"]))
        if row is None or not is_right or row.revoked_at is not None:
            return None
        return None if row.tenant_id is not None and row.domain is None else row


async def note_use(database: Database, table: Table, row: Row[Any], *, called: str) -> None:
    """Notes in `last_used_at` when a credential was used, at most once a minute, in a transaction of its own.

    What fails is logged, with the credential's id under the name `called`: whoever asks is not kept from it.
    """
    now = utc_now()
    too_soon = now - _LAST_USED_AT_MOST_EVERY
    if row.last_used_at is not None and row.last_used_at > too_soon:
        return
    is_due = or_(table.c.last_used_at.is_(None), table.c.last_used_at <= too_soon)
    statement = update(table).where(table.c.id == row.id, is_due)
    try:
        async with database.writing() as connection:
            # Not a change of the credential: its updated_at stays.
            await connection.execute(statement.values(last_used_at=now, updated_at=table.c.updated_at))
    except (Unavailable, Conflict) as exc:
        log.warning("last_used_not_noted", reason=str(exc), **{called: row.id})


def generate_token_secret() -> str:
    """The part of a token behind the bar; stored is only its `token_hash`."""
    return generate_password(_SECRET_LENGTH)


def token_text(token_id: int, secret: str) -> str:
    """What the owner of a token sends behind `Bearer`, as it is shown once."""
    return f"{token_id}|{secret}"


def client_address(peer: str | None, forwarded_for: Iterable[str], trusted: Networks) -> str | None:
    """Who really asks: the peer, or, behind trusted proxies, the last address that none of them wrote about itself.

    `forwarded_for`: the values of all X-Forwarded-For headers. Read from the right; the first address
    that is no trusted proxy is the client. What stands left of it anyone can write.
    """
    hops = [hop.strip() for value in forwarded_for for hop in value.split(",")]
    address = peer
    while hops and is_within(address, trusted):
        hop = hops.pop()
        if _address(hop) is None:
            break
        address = hop
    return address


def is_within(address: str | None, networks: Networks) -> bool:
    """Whether `address` is one of the networks'; no address is in none."""
    parsed = _address(address)
    return parsed is not None and any(parsed in each for each in networks)


def _address(text: str | None) -> IPv4Address | IPv6Address | None:
    """What `text` says, as IPv4 where it is one in IPv6's clothes; None where it is no address."""
    try:
        parsed = ip_address((text or "").partition("%")[0])
    except ValueError:
        return None
    return parsed.ipv4_mapped or parsed if isinstance(parsed, IPv6Address) else parsed


def limited_as(address: str | None) -> str:
    """What counts as one source: an IPv4 address, or the /64 that one IPv6 customer has."""
    parsed = _address(address)
    return str(IPv6Network((parsed, 64), strict=False) if isinstance(parsed, IPv6Address) else parsed)


def _refuse(room: Room | None) -> None:
    if room and not room.is_allowed:
        raise TooManyRequests(room.retry_after_seconds)


def _caller(row: Row[Any], address: str | None) -> Caller:
    if row.state == "suspended":
        raise Forbidden("the tenant is suspended")
    tenant = None if row.tenant_id is None else TenantScope(row.tenant_id, row.domain, row.language)
    return Caller(row.id, tenant, frozenset(row.scopes), address)


def _token(token_id: int) -> Select[Any]:
    living = (tenants.c.id == api_tokens.c.tenant_id) & tenants.c.deleted_at.is_(None)
    return (
        select(api_tokens, tenants.c.domain, tenants.c.state, tenants.c.language)
        .select_from(api_tokens.outerjoin(tenants, living))
        .where(api_tokens.c.id == token_id)
    )


def _tenant_of(domain: str) -> Select[Any]:
    return select(tenants.c.id, tenants.c.domain, tenants.c.language).where(
        tenants.c.domain == domain, tenants.c.deleted_at.is_(None), tenants.c.is_pool.is_(False)
    )
