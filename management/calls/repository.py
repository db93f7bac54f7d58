"""Rows of call records: written once, listed from the newest on, purged by age."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Self

from sqlalchemy import ColumnElement, Row, Select, and_, delete, insert, literal, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from management.calls.record import CallRecord, Direction
from xmlcurl.store.tables import UtcDateTime, call_records, extensions, gateways, taken_names, tenants, utc_now

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A finished call, as its switch counted it. `tenant` is a domain; None: nobody's. Extensions are their numbers."""

    id: int
    uuid: str
    tenant_id: int | None
    tenant: str | None
    direction: Direction
    caller_number: str | None
    caller_name: str | None
    caller_extension_id: int | None
    caller_extension: str | None
    destination: str | None
    answered_by: str | None
    callee_extension_id: int | None
    callee_extension: str | None
    started_at: datetime
    answered_at: datetime | None
    ended_at: datetime | None
    duration_seconds: int
    billed_seconds: int
    hangup_cause: str | None
    gateway_id: int | None
    recording: str | None
    switch: str | None
    bridge_uuid: str | None


@dataclass(frozen=True, slots=True)
class Cursor:
    """A place in the list: after the call with this beginning and id. Calls that come in don't move it."""

    started_at: datetime
    call_id: int

    @classmethod
    def of(cls, call: Call) -> Self:
        return cls(call.started_at, call.id)

    @classmethod
    def parse(cls, text: str) -> Self:
        """Of `str(cursor)`: two figures, the first of 16 digits at most."""
        microseconds, _, call_id = text.partition("-")
        return cls(_EPOCH + int(microseconds) * _MICROSECOND, int(call_id))

    def __str__(self) -> str:
        return f"{(self.started_at - _EPOCH) // _MICROSECOND}-{self.call_id}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Which calls; None is all of them.

    Args:
        since, until: they began at this moment or later, and before that one.
        extension: made or taken by whoever has, or had, this number in the tenant.
        number: the caller's, the dialled one, or that of whoever answered.
    """

    tenant_id: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    extension: str | None = None
    direction: Direction | None = None
    number: str | None = None
    is_answered: bool | None = None


class CallRepository:
    def __init__(self, connection: AsyncConnection) -> None:
        self._connection = connection

    async def has(self, uuid: str) -> bool:
        found = await self._connection.execute(select(call_records.c.id).where(call_records.c.uuid == uuid))
        return found.first() is not None

    async def add(self, record: CallRecord) -> None:
        """The names in it become the extensions that have them now."""
        tenant_id = await self._tenant_id(record.domain)
        caller = await self._extension(tenant_id, record.signed_in_as)
        reached = record.destination if record.answered_by is None else record.answered_by
        callee = await self._extension(tenant_id, None if record.is_answered_outside else reached)
        values = {
            name: getattr(record, name)
            for name in CallRecord.__dataclass_fields__
            if name not in {"domain", "signed_in_as", "is_answered_outside"}
        }
        values |= {
            "tenant_id": tenant_id,
            "started_at": record.started_at or record.ended_at or utc_now(),
            "caller_extension_id": caller and caller.id,
            "callee_extension_id": callee and callee.id,
            "gateway_id": await self._gateway_id(tenant_id, record.gateway_id),
        }
        if caller:
            values |= {"caller_number": caller.number, "caller_name": caller.display_name}
        await self._connection.execute(insert(call_records).values(**values))

    async def list(self, wanted: Wanted, after: Cursor | None, limit: int) -> Sequence[Call]:
        """The newest first, by when they began."""
        statement = _calls().where(*_conditions(wanted))
        if after is not None:
            place = tuple_(call_records.c.started_at, call_records.c.id)
            statement = statement.where(place < tuple_(literal(after.started_at, UtcDateTime), literal(after.call_id)))
        statement = statement.order_by(call_records.c.started_at.desc(), call_records.c.id.desc()).limit(limit)
        return [Call(**row._mapping) for row in await self._connection.execute(statement)]

    async def find(self, tenant_id: int | None, uuid: str) -> Call | None:
        """`tenant_id` None: whoever's it is."""
        statement = _calls().where(call_records.c.uuid == uuid, *_conditions(Wanted(tenant_id=tenant_id)))
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else Call(**row._mapping)

    async def purge(self, before: datetime) -> int:
        """How many there were that began before that moment."""
        gone = await self._connection.execute(delete(call_records).where(call_records.c.started_at < before))
        return gone.rowcount

    async def _tenant_id(self, domain: str | None) -> int | None:
        living = select(tenants.c.id).where(tenants.c.domain == domain, tenants.c.deleted_at.is_(None))
        return (await self._connection.execute(living)).scalar_one_or_none() if domain else None

    async def _extension(self, tenant_id: int | None, name: str | None) -> Row[Any, Any, Any] | None:
        if tenant_id is None or name is None:
            return None
        named = and_(taken_names.c.extension_id == extensions.c.id, taken_names.c.tenant_id == tenant_id)
        statement = select(extensions.c.id, extensions.c.number, extensions.c.display_name).join(taken_names, named)
        return (await self._connection.execute(statement.where(taken_names.c.name == name))).one_or_none()

    async def _gateway_id(self, tenant_id: int | None, gateway_id: int | None) -> int | None:
        own = select(gateways.c.id).where(gateways.c.id == gateway_id, gateways.c.tenant_id == tenant_id)
        return (await self._connection.execute(own)).scalar_one_or_none() if gateway_id and tenant_id else None


def _calls() -> Select[Any]:
    caller, callee = extensions.alias("caller"), extensions.alias("callee")
    shown = {
        "tenant": tenants.c.domain,
        "caller_extension": caller.c.number,
        "callee_extension": callee.c.number,
    }
    columns = (call_records.c[name] for name in Call.__dataclass_fields__ if name not in shown)
    return (
        select(*columns, *(column.label(name) for name, column in shown.items()))
        .select_from(call_records)
        .outerjoin(tenants, tenants.c.id == call_records.c.tenant_id)
        .outerjoin(caller, caller.c.id == call_records.c.caller_extension_id)
        .outerjoin(callee, callee.c.id == call_records.c.callee_extension_id)
    )


def _conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    calls = call_records.c
    if wanted.tenant_id is not None:
        yield calls.tenant_id == wanted.tenant_id
    if wanted.since is not None:
        yield calls.started_at >= wanted.since
    if wanted.until is not None:
        yield calls.started_at < wanted.until
    if wanted.extension is not None:
        held = select(extensions.c.id).where(extensions.c.number == wanted.extension)
        if wanted.tenant_id is not None:
            held = held.where(extensions.c.tenant_id == wanted.tenant_id)
        yield or_(calls.caller_extension_id.in_(held), calls.callee_extension_id.in_(held))
    if wanted.direction is not None:
        yield calls.direction == wanted.direction
    if wanted.number is not None:
        yield or_(*(each == wanted.number for each in (calls.caller_number, calls.destination, calls.answered_by)))
    if wanted.is_answered is not None:
        yield calls.answered_at.is_not(None) if wanted.is_answered else calls.answered_at.is_(None)
