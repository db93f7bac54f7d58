"""Bodies -> what services take, what they give -> answers; field for field as the vendors' pages have them. Pure.

Ids are texts of digits, "0" for none, as int64 of their clients; what is empty, "0" or null was not said.

Source: docs.sencloud.vn/api-sencloud/tong-dai/voip-api, docs.etelecom.vn/tich-hop-api/tong-dai/api-tong-dai, as of
November 2026; docs/sencloud.md says of each method whether its page could be read.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime, tzinfo
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from management.auth import TenantScope
from management.calls.repository import Call
from management.errors import Conflict, Invalid
from management.extensions.model import Extension
from management.hotlines.commands import Hotline
from management.objects.errors import InUse
from management.partners.commands import PartnerHotline, PartnerTenant
from management.tenants.commands import Tenant
from management.users.commands import User
from management.vendors.sencloud.cursors import Paging, PagingWanted
from management.web.strict import OptionalMoment, StrictModel

NOBODY: Final = "0"
NEVER: Final = "0001-01-01T00:00:00Z"
"""How the vendors' programs write a time that is not set."""
CONNECTION: Final = "1"
"""There is one way into this system; clients hand it back when they activate a tenant."""
CONNECTION_METHOD: Final = "direct"

_YEARS: Final = range(1970, 9_999)
_UNASKED: Final = frozenset(
    {"department_id", "duration", "external_id", "external_session_id", "hotline_ids", "user_id"}
)
_EMPTY: Final[tuple[Any, ...]] = (None, "", NOBODY, [], {})

State = Literal["Z", "P", "N"]
Network = Literal["unknown", "mobifone", "vinaphone", "viettel", "other"]
NETWORKS: Final = frozenset({"mobifone", "vinaphone", "viettel", "other"})
_DIRECTIONS: Final[Mapping[str, Any]] = {"in": "inbound", "out": "outbound", "ext": "internal"}
IS_ANSWERED: Final = {"answered": True, "not_answered": False}
_DIRECTION_OF: Final = {ours: theirs for theirs, ours in _DIRECTIONS.items()}


def id_of(text: str | None) -> int | None:
    """The id that was sent; None where none was."""
    return int(text or NOBODY) or None


def _number(value: object) -> object:
    """An integer, as the document has it; or a text, which alone can begin with a zero."""
    if isinstance(value, int) and not isinstance(value, bool):
        return "" if value == 0 else str(value)
    return value


def _said(value: object) -> object:
    return None if value == NEVER else value


def _in_bounds(value: datetime | None) -> datetime | None:
    # Others can't be told in another zone.
    if value is not None and value.year not in _YEARS:
        raise PydanticCustomError("date", "no year of ours")
    return value


Moment = Annotated[OptionalMoment, BeforeValidator(_said), AfterValidator(_in_bounds)]

# Nineteen digits may be more than an int64 holds: then there is no such object.
Id = Annotated[str | None, Field(pattern=r"^[0-9]{0,19}$", json_schema_extra={"format": "int64"})]
"""An id as it is sent; `id_of` reads it."""
IdOut = Annotated[str, Field(json_schema_extra={"format": "int64"})]
Text = str | None
# What no row holds, and a database may refuse to be asked for.
_SOUGHT: Final = Field(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")
Sought = Annotated[str | None, _SOUGHT]
"""What something is looked for by."""
Number = Annotated[
    str | None,
    BeforeValidator(_number),
    _SOUGHT,
    WithJsonSchema({"anyOf": [{"type": "integer"}, {"type": "string"}, {"type": "null"}]}),
]


class Updated(BaseModel):
    """1: done. 0: there was nothing to do."""

    updated: Literal[0, 1]


class Removed(BaseModel):
    removed: Literal[0, 1] = 1


class NewExtension(StrictModel):
    """Without a number, or with 0, it gets the lowest that is free."""

    extension_number: Number = None
    hotline_id: Id = None
    user_id: Id = None

    def links(self) -> dict[str, Any]:
        return {name: value for name in ("hotline_id", "user_id") if (value := id_of(getattr(self, name)))}


class WantedExtension(StrictModel):
    """By its number; without one by an address and a telephone number, its own or its user's."""

    extension_number: Number = None
    email: Sought = None
    phone: Sought = None

    def contacts(self) -> dict[str, str]:
        return {name: value for name, value in (("email", self.email), ("mobile", self.phone)) if value}


class ExtensionOfUser(StrictModel):
    extension_id: Id = None
    user_id: Id = None

    def ids(self) -> tuple[int, int]:
        """Of the extension and of the user; raises Invalid for one that is missing."""
        return required("extension_id", self.extension_id), required("user_id", self.user_id)


class HotlineOfExtension(StrictModel):
    """`hotline_id` "0" takes the hotline away. `user_id`: only if the extension is that user's."""

    extension_id: Id = None
    hotline_id: Id
    user_id: Id = None


class ListWanted(StrictModel):
    paging: PagingWanted | None = None


class NewUser(StrictModel):
    full_name: str
    phone: Text = None
    email: Text = None
    password: Annotated[Text, Field(repr=False, json_schema_extra={"format": "password", "writeOnly": True})] = None

    def given(self) -> dict[str, Any]:
        said = {"email": self.email, "mobile": self.phone, "password": self.password}
        return {"name": self.full_name, **{name: value for name, value in said.items() if value}}


class CallFilter(StrictModel):
    """By department, duration, hotline or user nothing can be looked for here: such a field is refused unless it is
    empty.
    """

    call_number: Sought = None
    call_state: Literal["", "unknown", "answered", "not_answered"] | None = None
    date_from: Moment = None
    date_to: Moment = None
    direction: Literal["", "unknown", "in", "out", "ext"] | None = None
    extension_ids: Annotated[list[Id] | None, Field(max_length=1)] = None

    @model_validator(mode="before")
    @classmethod
    def _without_empty_ones(cls, said: Any) -> Any:
        if not isinstance(said, dict):
            return said
        return {name: value for name, value in said.items() if name not in _UNASKED or value not in _EMPTY}


class CallsWanted(StrictModel):
    filter: CallFilter | None = None
    paging: PagingWanted | None = None


class NewTenant(StrictModel):
    name: Text = None


class WantedTenant(StrictModel):
    """`tenant_id`: with a partner's key."""

    tenant_id: Id = None


class TenantFilter(StrictModel):
    """`name`: the whole name."""

    name: Sought = None
    owner_id: Id = None


class TenantsWanted(StrictModel):
    filter: TenantFilter | None = None
    paging: PagingWanted | None = None


class NewHotline(StrictModel):
    hotline: str
    name: str
    description: Text = None
    network: Network | None = None
    is_free_charge: Annotated[bool | None, Field(json_schema_extra={"enum": [True, None]})] = None
    owner_id: Id = None

    def number(self) -> dict[str, Any]:
        """Raises Invalid: nobody's balance can be checked."""
        if self.is_free_charge is False:
            raise Invalid.of("is_free_charge", "in")
        return {"number": self.hotline, "carrier": self.network if self.network in NETWORKS else "other"}

    def hotline_values(self) -> dict[str, Any]:
        return {"name": self.name, "number": self.hotline, "description": self.description or None}


class HotlineOfTenant(StrictModel):
    hotline_id: Id = None
    tenant_id: Id = None
    owner_id: Id = None
    connection_id: Id = None


class HotlineWanted(StrictModel):
    hotline_id: Id = None
    owner_id: Id = None


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


def required(field: str, text: str | None) -> int:
    """The id that was sent; raises Invalid where none was."""
    found = id_of(text)
    if found is None:
        raise Invalid.of(field, "required")
    return found


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


@contextmanager
def _fields(theirs: Mapping[str, str]) -> Iterator[None]:
    """Errors name the fields that the client sent."""
    try:
        yield
    except Invalid as exc:
        raise Invalid({theirs.get(name, name): broken for name, broken in exc.errors.items()}) from exc
    except InUse:
        raise
    except Conflict as exc:
        raise Conflict(theirs.get(exc.field, exc.field), exc.broken.rule) from exc


def users_fields() -> AbstractContextManager[None]:
    return _fields({"name": "full_name", "mobile": "phone"})


def hotlines_fields() -> AbstractContextManager[None]:
    return _fields({"number": "hotline"})


def call_direction(asked: str | None) -> Any:
    """What calls of that direction are called here; None: all of them."""
    return _DIRECTIONS.get(asked or "")


def _id_out(value: int | None) -> str:
    return NOBODY if value is None else str(value)
