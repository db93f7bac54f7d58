"""What services give -> answers; field for field as the vendors' pages have them. Pure.

Source: as of `bodies`.
"""

from datetime import datetime, tzinfo
from typing import Annotated, Final, Literal

from pydantic import BaseModel, Field

from management.auth import TenantScope
from management.calls.repository import Call
from management.extensions.model import Extension
from management.hotlines.commands import Hotline
from management.partners.commands import PartnerHotline, PartnerTenant
from management.tenants.commands import Tenant
from management.users.commands import User
from management.vendors.sencloud.bodies import DIRECTIONS, NETWORKS, NEVER, NOBODY, Network
from management.vendors.sencloud.cursors import Paging

CONNECTION: Final = "1"
"""There is one way into this system; clients hand it back when they activate a tenant."""
CONNECTION_METHOD: Final = "direct"

State = Literal["Z", "P", "N"]
_DIRECTION_OF: Final = {ours: theirs for theirs, ours in DIRECTIONS.items()}
IdOut = Annotated[str, Field(json_schema_extra={"format": "int64"})]


class Updated(BaseModel):
    """1: done. 0: there was nothing to do."""

    updated: Literal[0, 1]


class Removed(BaseModel):
    removed: Literal[0, 1] = 1


class ExtensionInfo(BaseModel):
    expires_at: str
    extension_number: str
    extension_password: Annotated[str, Field(repr=False)]
    tenant_domain: str


class ExtensionItem(ExtensionInfo):
    """`state`: Z without an end, P before it, N behind it."""

    id: IdOut
    user_id: IdOut
    account_id: IdOut
    tenant_id: IdOut
    hotline_id: IdOut
    created_at: str
    updated_at: str
    subscription_id: IdOut
    state: State


class ExtensionPage(BaseModel):
    extensions: list[ExtensionItem]
    paging: Paging


class TenantItem(BaseModel):
    """`status`: Z without a hotline, P with one, N suspended."""

    id: IdOut
    name: str
    domain: str
    owner_id: IdOut
    status: State
    connection_id: IdOut
    connection_method: str
    created_at: str
    updated_at: str


class TenantMade(TenantItem):
    """With a key for the methods of a shop, which is shown this once."""

    shop_key: Annotated[str, Field(repr=False)]


class TenantPage(BaseModel):
    tenants: list[TenantItem]
    paging: Paging


class HotlineItem(BaseModel):
    """`status`: Z while no tenant has it, P, and N when its number is disabled. Nobody's balance is checked."""

    id: IdOut
    name: str
    hotline: str
    description: str
    network: Network
    is_free_charge: Literal[True] = True
    owner_id: IdOut
    status: State
    connection_id: IdOut = CONNECTION
    connection_method: str = CONNECTION_METHOD
    created_at: str
    updated_at: str


class HotlinePage(BaseModel):
    hotlines: list[HotlineItem]
    paging: Paging


class UserItem(BaseModel):
    """Much of it is always the same: nobody signs in with an account of this API."""

    id: IdOut
    full_name: str
    short_name: str = ""
    email: str
    phone: str
    is_blocked: Literal[False] = False
    block_reason: str = ""
    blocked_at: str = NEVER
    email_verified_at: str = NEVER
    email_verification_sent_at: str = NEVER
    phone_verified_at: str = NEVER
    phone_verification_sent_at: str = NEVER
    ref_aff: str = ""
    ref_sale: str = ""
    source: str = "unknown"
    total_shop: int = 1
    created_at: str
    updated_at: str


class UserPage(BaseModel):
    account_users: list[UserItem]
    paging: Paging


class CallTarget(BaseModel):
    """Whom the caller talked to last."""

    add_time: str
    answered_time: str
    ended_time: str
    ring_time: str
    ring_duration: int
    end_reason: str
    fail_code: int = 0
    status: str
    target_number: str
    trunk_name: str


class CallItem(BaseModel):
    id: IdOut
    external_id: str
    external_session_id: str
    caller: str
    callee: str
    direction: Literal["in", "out", "ext"]
    call_state: Literal["answered", "not_answered"]
    call_status: State
    call_targets: list[CallTarget]
    duration: int
    started_at: str
    ended_at: str
    created_at: str
    updated_at: str
    extension_id: IdOut
    user_id: IdOut = NOBODY
    contact_id: IdOut = NOBODY
    note: str = ""
    recording_urls: list[str] = []


class CallPage(BaseModel):
    call_logs: list[CallItem]
    paging: Paging


def time(value: datetime | None, zone: tzinfo) -> str:
    """RFC 3339 with microseconds and the offset of the zone."""
    return NEVER if value is None else value.astimezone(zone).isoformat(timespec="microseconds")


def info(extension: Extension, tenant: TenantScope, zone: tzinfo, password: str) -> ExtensionInfo:
    return ExtensionInfo(
        expires_at=time(extension.expires_at, zone),
        extension_number=extension.number,
        extension_password=password,
        tenant_domain=tenant.domain,
    )


def extension_item(
    extension: Extension, tenant: TenantScope, zone: tzinfo, password: str, now: datetime
) -> ExtensionItem:
    """The term of an extension is its subscription."""
    expires_at = extension.expires_at
    return ExtensionItem(
        **info(extension, tenant, zone, password).model_dump(),
        id=str(extension.id),
        user_id=_id_out(extension.user_id),
        account_id=str(tenant.id),
        tenant_id=str(tenant.id),
        hotline_id=_id_out(extension.hotline_id),
        created_at=time(extension.created_at, zone),
        updated_at=time(extension.updated_at, zone),
        subscription_id=_id_out(extension.id if expires_at else None),
        state="Z" if expires_at is None else "P" if now < expires_at else "N",
    )


def tenant_item(tenant: Tenant | PartnerTenant, owner_id: int | None, zone: tzinfo, *, has_hotline: bool) -> TenantItem:
    return TenantItem(
        id=str(tenant.id),
        name=tenant.name,
        domain=tenant.domain,
        owner_id=_id_out(owner_id),
        status="N" if tenant.state == "suspended" else "P" if has_hotline else "Z",
        connection_id=CONNECTION,
        connection_method=CONNECTION_METHOD,
        created_at=time(tenant.created_at, zone),
        updated_at=time(tenant.updated_at, zone),
    )


def hotline_item(hotline: Hotline | PartnerHotline, owner_id: int | None, zone: tzinfo) -> HotlineItem:
    is_pooled = isinstance(hotline, PartnerHotline) and hotline.is_pooled
    return HotlineItem(
        id=str(hotline.id),
        name=hotline.name,
        hotline=hotline.number,
        description=hotline.description or "",
        network=hotline.carrier if hotline.carrier in NETWORKS else "other",
        owner_id=_id_out(owner_id),
        status="N" if hotline.number_status == "disabled" else "Z" if is_pooled else "P",
        created_at=time(hotline.created_at, zone),
        updated_at=time(hotline.updated_at, zone),
    )


def user_item(user: User, zone: tzinfo) -> UserItem:
    return UserItem(
        id=str(user.id),
        full_name=user.name,
        email=user.email or "",
        phone=user.mobile or "",
        created_at=time(user.created_at, zone),
        updated_at=time(user.updated_at, zone),
    )


def call_item(call: Call, zone: tzinfo) -> CallItem:
    is_answered = call.answered_at is not None
    return CallItem(
        id=str(call.id),
        external_id=call.uuid,
        external_session_id=call.uuid,
        caller=call.caller_number or "",
        callee=call.destination or "",
        direction=_DIRECTION_OF[call.direction],
        call_state="answered" if is_answered else "not_answered",
        call_status="P" if is_answered else "N",
        call_targets=[_target(call, zone)] if call.answered_by else [],
        duration=call.billed_seconds,
        started_at=time(call.started_at, zone),
        ended_at=time(call.ended_at, zone),
        created_at=time(call.started_at, zone),
        updated_at=time(call.ended_at or call.started_at, zone),
        extension_id=_id_out(call.caller_extension_id or call.callee_extension_id),
    )


def _target(call: Call, zone: tzinfo) -> CallTarget:
    return CallTarget(
        add_time=time(call.started_at, zone),
        answered_time=time(call.answered_at, zone),
        ended_time=time(call.ended_at, zone),
        ring_time=time(call.started_at, zone),
        ring_duration=max(0, call.duration_seconds - call.billed_seconds),
        end_reason=call.hangup_cause or "",
        status="answered",
        target_number=call.answered_by or "",
        trunk_name="" if call.gateway_id is None else f"g{call.gateway_id}",
    )


def _id_out(value: int | None) -> str:
    return NOBODY if value is None else str(value)
