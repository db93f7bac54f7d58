"""SELECTs that lookups need, rows in, model objects out. Each is scoped by one tenant's id."""

from collections.abc import Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, select
from sqlalchemy.ext.asyncio import AsyncConnection

from xmlcurl.store.model import CallerId, Extension, GroupMailbox, Tenant
from xmlcurl.store.tables import (
    extensions,
    group_mailboxes,
    hotlines,
    numbers,
    ring_group_members,
    taken_names,
    teams,
    tenants,
)

_TENANT = (
    tenants.c.id.label("tenant_id"),
    tenants.c.domain,
    tenants.c.state.label("tenant_state"),
    tenants.c.time_zone,
    tenants.c.cacheable_ms,
    tenants.c.home_switch_id,
)
_asked = taken_names.alias("asked")
_names = taken_names.alias("names")
_own = numbers.alias("own_number")
_hotline = numbers.alias("hotline_number")
_default = numbers.alias("default_number")
_CALLER_IDS = (_own, _hotline, _default)
# Each column costs; and lookups have no use for passwords, however well encrypted.
_EXTENSION = (extensions.c.tenant_id, *(each for each in extensions.c if each.name in Extension.__slots__))


async def all_domains(connection: AsyncConnection) -> dict[str, int]:
    """Every living tenant's domain, in lower case, with the tenant's id; suspended ones too, pools never."""
    living = select(tenants.c.domain, tenants.c.id).where(tenants.c.deleted_at.is_(None), tenants.c.is_pool.is_(False))
    rows = await connection.execute(living)
    return {row.domain: row.id for row in rows}


async def find_tenant(connection: AsyncConnection, tenant_id: int) -> Tenant | None:
    """The tenant, suspended or not; None when there is none or it was deleted."""
    row = (
        await connection.execute(select(*_TENANT).where(tenants.c.id == tenant_id, tenants.c.deleted_at.is_(None)))
    ).one_or_none()
    return row and _tenant(row)


async def find_tenant_id(connection: AsyncConnection, domain: str) -> int | None:
    """The living tenant that owns `domain`, given in lower case."""
    return (
        await connection.execute(
            select(tenants.c.id).where(
                tenants.c.domain == domain, tenants.c.deleted_at.is_(None), tenants.c.is_pool.is_(False)
            )
        )
    ).scalar_one_or_none()


async def find_extension(connection: AsyncConnection, tenant_id: int, name: str) -> Extension | None:
    """The living extension that has `name` as its number, sign-in name or alias, in one statement.

    Spelling counts. Disabled and expired ones are returned: what they may do is the caller's to say.
    """
    rows = (await connection.execute(_BY_NAME, {"tenant_id": tenant_id, "name": name})).all()
    return _extension(rows) if rows else None


async def find_group_mailbox(connection: AsyncConnection, tenant_id: int, number: str) -> GroupMailbox | None:
    """The living mailbox of a group that has `number`; its tenant may be suspended."""
    columns = [each for each in group_mailboxes.c if each.name in GroupMailbox.__slots__]
    statement = (
        select(*columns, *_TENANT)
        .join(tenants, tenants.c.id == group_mailboxes.c.tenant_id)
        .where(group_mailboxes.c.tenant_id == tenant_id, group_mailboxes.c.number == number)
        .where(group_mailboxes.c.deleted_at.is_(None), tenants.c.deleted_at.is_(None))
    )
    row = (await connection.execute(statement)).one_or_none()
    return row and GroupMailbox(tenant=_tenant(row), **{each.name: row._mapping[each.name] for each in columns})


async def list_extensions(
    connection: AsyncConnection, tenant_id: int, *, team_id: int | None = None
) -> list[Extension]:
    """Living extensions of the tenant, or of one of its teams, by number; disabled and expired ones too."""
    if team_id is None:
        result = await connection.execute(_ALL, {"tenant_id": tenant_id})
    else:
        result = await connection.execute(_BY_TEAM, {"tenant_id": tenant_id, "team_id": team_id})
    rows = result.all()
    return [_extension(list(group)) for _, group in groupby(rows, key=lambda row: row.id)]


async def list_members(connection: AsyncConnection, tenant_id: int, ring_group_id: int) -> list[Extension]:
    """Living members of a ring group in order, without those that are not to be disturbed; disabled ones too."""
    result = await connection.execute(_BY_RING_GROUP, {"tenant_id": tenant_id, "ring_group_id": ring_group_id})
    return [_extension(list(group)) for _, group in groupby(result.all(), key=lambda row: row.id)]


async def find_team_id(connection: AsyncConnection, tenant_id: int, name: str) -> int | None:
    """The living team of that name."""
    return (
        await connection.execute(
            select(teams.c.id).where(teams.c.tenant_id == tenant_id, teams.c.name == name, teams.c.deleted_at.is_(None))
        )
    ).scalar_one_or_none()


def _extensions() -> Select[Any]:
    caller_ids = [
        column.label(f"{number.name}_{column.name}")
        for number in _CALLER_IDS
        for column in (number.c.number, number.c.display_name)
    ]
    # One row for each name of an extension: its aliases come along without a second statement.
    return (
        select(
            *_EXTENSION,
            *_TENANT[1:],
            *caller_ids,
            _names.c.name.label("also"),
            _names.c.is_alias.label("also_alias"),
        )
        .select_from(extensions)
        .join(tenants, tenants.c.id == extensions.c.tenant_id)
        .join(_names, _names.c.extension_id == extensions.c.id)
        .outerjoin(_own, and_(_own.c.id == extensions.c.outbound_number_id, *_usable(_own)))
        .outerjoin(hotlines, and_(hotlines.c.id == extensions.c.hotline_id, hotlines.c.deleted_at.is_(None)))
        .outerjoin(_hotline, and_(_hotline.c.id == hotlines.c.number_id, *_usable(_hotline)))
        .outerjoin(_default, and_(_default.c.id == tenants.c.default_number_id, *_usable(_default)))
        .where(
            extensions.c.tenant_id == bindparam("tenant_id"),
            extensions.c.deleted_at.is_(None),
            tenants.c.deleted_at.is_(None),
        )
        .order_by(extensions.c.number, _names.c.id)
    )


def _usable(number: Any) -> tuple[Any, ...]:
    """An outside caller ID counts while it is an active number of the extension's own tenant."""
    return (
        number.c.tenant_id == extensions.c.tenant_id,
        number.c.status == "active",
        number.c.deleted_at.is_(None),
    )


# Made once: putting a statement together takes longer than running it.
_ALL = _extensions()
_BY_TEAM = _ALL.where(extensions.c.team_id == bindparam("team_id"))
_BY_RING_GROUP = (
    _ALL.join(ring_group_members, ring_group_members.c.extension_id == extensions.c.id)
    .where(
        ring_group_members.c.ring_group_id == bindparam("ring_group_id"),
        extensions.c.presence_status != "do_not_disturb",
    )
    .order_by(None)
    .order_by(ring_group_members.c.position, extensions.c.id, _names.c.id)
)
_BY_NAME = _ALL.join(
    _asked,
    and_(
        _asked.c.extension_id == extensions.c.id,
        _asked.c.tenant_id == bindparam("tenant_id"),
        _asked.c.name == bindparam("name"),
    ),
)


def _tenant(row: Row[*tuple[Any, ...]]) -> Tenant:
    is_active = row.tenant_state == "active"
    return Tenant(row.tenant_id, row.domain, is_active, row.time_zone, row.cacheable_ms, row.home_switch_id)


def _extension(rows: Sequence[Row[*tuple[Any, ...]]]) -> Extension:
    row = rows[0]
    return Extension(
        id=row.id,
        tenant=_tenant(row),
        number=row.number,
        sign_in_name=row.sign_in_name,
        aliases=tuple(each.also for each in rows if each.also_alias),
        display_name=row.display_name,
        status=row.status,
        expires_at=row.expires_at,
        a1_hash=row.a1_hash,
        vm_a1_hash=row.vm_a1_hash,
        credentials_revision=row.credentials_revision,
        max_concurrent=row.max_concurrent,
        concurrent_registrations=row.concurrent_registrations,
        tls_enabled=row.tls_enabled,
        recording_mode=row.recording_mode,
        voicemail_enabled=row.voicemail_enabled,
        voicemail_mail=row.voicemail_mail,
        voicemail_attach=row.voicemail_attach,
        voicemail_delete_after_mail=row.voicemail_delete_after_mail,
        email=row.email,
        outbound_calls_disabled=row.outbound_calls_disabled,
        outside_hours_calls_disabled=row.outside_hours_calls_disabled,
        international_calls_disabled=row.international_calls_disabled,
        internal_caller_id=row.internal_caller_id,
        dtmf_mode=row.dtmf_mode,
        srtp_enabled=row.srtp_enabled,
        t38_enabled=row.t38_enabled,
        qualify_enabled=row.qualify_enabled,
        reject_ends_ringing=row.reject_ends_ringing,
        voicemail_pin_required=row.voicemail_pin_required,
        outbound=_outbound(row),
    )


def _outbound(row: Row[*tuple[Any, ...]]) -> CallerId | None:
    for number in _CALLER_IDS:
        digits, display_name = (getattr(row, f"{number.name}_{column}") for column in ("number", "display_name"))
        if digits is not None:
            return CallerId(digits, display_name)
    return None
