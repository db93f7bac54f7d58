"""The store as the worker's threads need it: synchronous, every exception of SQLAlchemy made ours."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Executable, or_, select, tuple_
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from management import outbox
from management.effects import Effects
from xmlcurl.store.cache import Guard
from xmlcurl.store.model import Tag
from xmlcurl.store.queries_switch import gateway_of, gateways_in_service
from xmlcurl.store.tables import agent_statuses, extensions, queue_agents, queues, switches, taken_names, tenants

Statement = Executable
"""One of outbox.py's."""

_PAIRS_AT_ONCE = 400
"""SQLite takes 999 parameters in one statement where it is old."""


class StoreUnavailable(Exception):
    """The database did not answer, or undid the transaction: nothing was changed, try again."""


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch that is told of changes. Two are equal when nothing about them changed."""

    id: int
    name: str
    host: str
    port: int
    password_encrypted: str
    profiles: tuple[str, ...]
    peer_address: str = ""
    """HOST:PORT of its profile `peers`; empty: no other switch sends it calls."""


@dataclass(frozen=True, slots=True)
class Change:
    """One claimed row of the outbox."""

    id: int
    group_id: str
    tenant_id: int | None
    kind: str
    state: str
    attempts: int
    effects: Effects


@dataclass(frozen=True, slots=True)
class Account:
    """What a registration is held against: an extension by number and domain."""

    tenant_id: int
    extension_id: int
    revision: int
    is_in_service: bool


class Store:
    """Safe to use from many threads."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._writing = engine.execution_options(writes=True)

    def enabled_switches(self) -> list[Switch]:
        wanted = select(switches).where(switches.c.id.in_(outbox.enabled_switches().order_by(None).scalar_subquery()))
        with self._transaction(self._engine) as connection:
            rows = connection.execute(wanted.order_by(switches.c.id)).all()
        return [
            Switch(
                row.id,
                row.name,
                row.host,
                row.port,
                row.password_encrypted,
                tuple(row.sofia_profiles),
                f"{row.peer_host}:{row.peer_port}" if row.peer_host else "",
            )
            for row in rows
        ]

    def claim(
        self, switch_id: int | None, *, owner: str, now: datetime, lease_until: datetime, at_most: int
    ) -> list[Change]:
        """Rows that are due, oldest first, ours until `lease_until`."""
        taking = outbox.claim(switch_id, owner=owner, now=now, lease_until=lease_until, at_most=at_most)
        with self._transaction(self._writing) as connection:
            rows = connection.execute(taking).all()
        return sorted(
            (
                Change(
                    id=row.id,
                    group_id=row.group_id,
                    tenant_id=row.tenant_id,
                    kind=row.kind,
                    state=row.state,
                    attempts=row.attempts,
                    effects=Effects.from_json(row.effects),
                )
                for row in rows
            ),
            key=lambda change: change.id,
        )

    def queues(self) -> list[str]:
        """Every living queue of an active tenant, as switches call it."""
        wanted = (
            select(queues.c.id, tenants.c.domain)
            .join(tenants, tenants.c.id == queues.c.tenant_id)
            .where(queues.c.deleted_at.is_(None), tenants.c.deleted_at.is_(None), tenants.c.state == "active")
            .order_by(queues.c.id)
        )
        with self._transaction(self._engine) as connection:
            return [f"{row.id}@{row.domain}" for row in connection.execute(wanted)]

    def agent_statuses(self, names: Collection[tuple[str, str]] | None = None) -> dict[tuple[str, str], str]:
        """The statuses of living extensions, by number and domain; None: of all that serve a queue."""
        with self._transaction(self._engine) as connection:
            if names is None:
                serving = extensions.c.id.in_(select(queue_agents.c.extension_id))
                return _agent_statuses(connection, serving)
            found: dict[tuple[str, str], str] = {}
            ordered = sorted(names)
            for start in range(0, len(ordered), _PAIRS_AT_ONCE):
                some = tuple_(extensions.c.number, tenants.c.domain).in_(ordered[start : start + _PAIRS_AT_ONCE])
                found |= _agent_statuses(connection, some)
            return found

    def gateway_revisions(self) -> dict[int, str]:
        """Every gateway that switches shall have, by id: as what."""
        with self._transaction(self._engine) as connection:
            rows = connection.execute(gateways_in_service()).all()
        return {row.id: gateway_of(row).revision for row in rows}

    def write(self, statements: Sequence[Statement]) -> None:
        """All of them in one transaction."""
        if statements:
            with self._transaction(self._writing) as connection:
                for statement in statements:
                    connection.execute(statement)

    def accounts(
        self, names: Collection[tuple[str, str]], now: datetime
    ) -> tuple[dict[tuple[str, str], Account], set[str]]:
        """Living extensions among `names` (number, domain in lower case); and which of the domains are tenants'."""
        found: dict[tuple[str, str], Account] = {}
        ours: set[str] = set()
        ordered = sorted(names)
        with self._transaction(self._engine) as connection:
            for start in range(0, len(ordered), _PAIRS_AT_ONCE):
                some = ordered[start : start + _PAIRS_AT_ONCE]
                found |= _accounts(connection, some, now)
                ours |= _domains(connection, {domain for _, domain in some})
        return found, ours

    def is_a_tenants(self, domain: str) -> bool:
        """Whether `domain`, in lower case, is one of ours."""
        with self._transaction(self._engine) as connection:
            return bool(_domains(connection, [domain]))

    def leaving_service(self, extension_id: int, now: datetime) -> tuple[int, Effects] | None:
        """The tenant and what follows of an extension whose term has ended by `now`; None: it has not, or is gone."""
        wanted = (
            select(extensions.c.tenant_id, extensions.c.number, tenants.c.domain, taken_names.c.name)
            .join(tenants, tenants.c.id == extensions.c.tenant_id)
            .join(taken_names, taken_names.c.extension_id == extensions.c.id)
            .where(
                extensions.c.id == extension_id,
                extensions.c.deleted_at.is_(None),
                tenants.c.deleted_at.is_(None),
                extensions.c.expires_at <= now,
            )
        )
        with self._transaction(self._engine) as connection:
            rows = connection.execute(wanted).all()
        if not rows:
            return None
        tenant_id, number, domain, _ = rows[0]
        return tenant_id, Effects(
            tags=frozenset({Tag.extension(tenant_id, extension_id), Tag.members(tenant_id)}),
            guards=frozenset({Guard.of_tenant(tenant_id)}),
            flush_users=frozenset((row.name, domain) for row in rows),
            drop_registrations=frozenset({(number, domain)}),
        )

    @contextmanager
    def _transaction(self, engine: Engine) -> Iterator[Connection]:
        try:
            with engine.begin() as connection:
                yield connection
        except (DBAPIError, PoolTimeout) as exc:
            # Not the message: it quotes the statement's values.
            raise StoreUnavailable(type(exc).__name__) from exc


def _accounts(connection: Connection, names: Sequence[tuple[str, str]], now: datetime) -> dict[Any, Account]:
    in_term = or_(extensions.c.expires_at.is_(None), extensions.c.expires_at > now)
    in_service = (extensions.c.status == "active") & (tenants.c.state == "active") & in_term
    wanted = (
        select(
            extensions.c.number,
            tenants.c.domain,
            extensions.c.tenant_id,
            extensions.c.id,
            extensions.c.credentials_revision,
            in_service.label("in_service"),
        )
        .join(tenants, tenants.c.id == extensions.c.tenant_id)
        .where(
            tuple_(extensions.c.number, tenants.c.domain).in_(names),
            extensions.c.deleted_at.is_(None),
            tenants.c.deleted_at.is_(None),
        )
    )
    return {
        (row.number, row.domain): Account(row.tenant_id, row.id, row.credentials_revision, bool(row.in_service))
        for row in connection.execute(wanted)
    }


def _agent_statuses(connection: Connection, whose: ColumnElement[bool]) -> dict[tuple[str, str], str]:
    wanted = (
        select(extensions.c.number, tenants.c.domain, agent_statuses.c.status)
        .join(tenants, tenants.c.id == extensions.c.tenant_id)
        .outerjoin(agent_statuses, agent_statuses.c.extension_id == extensions.c.id)
        .where(whose, extensions.c.deleted_at.is_(None), tenants.c.deleted_at.is_(None), tenants.c.state == "active")
        .order_by(extensions.c.id)
    )
    return {(row.number, row.domain): row.status or "logged_out" for row in connection.execute(wanted)}


def _domains(connection: Connection, domains: Collection[str]) -> set[str]:
    wanted = select(tenants.c.domain).where(tenants.c.domain.in_(domains), tenants.c.deleted_at.is_(None))
    return set(connection.execute(wanted).scalars())
