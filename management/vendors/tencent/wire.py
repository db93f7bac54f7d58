"""Bodies of the six actions to commands, and results to answers, in Tencent's names. Pure; rules live in the services.

Source:
    https://www.tencentcloud.com/document/api/1229/59753 (CreateExtension) and its neighbours, 2025-11-11;
    tencentcloud-sdk-python-ccc 3.1.177, ccc/v20200210/models.py; the examples of tccli.
"""

from collections.abc import Mapping
from typing import Annotated, Final, Generic, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field

from management.auth import TenantScope
from management.extensions.commands import (
    LONGEST_DISPLAY_NAME,
    ChangePassword,
    CreateExtension,
    ExtensionValues,
    UpdateExtension,
)
from management.extensions.model import Extension
from management.extensions.repository import Selected
from management.objects.commands import NUMBER, UNSET
from management.paging import Page, PageWanted
from management.users.commands import User
from management.web.services import Registration
from management.web.strict import StrictModel

MOST_SKILL_GROUPS: Final = 100
MOST_LISTED: Final = 1_000
LAST_PAGE: Final = 1_000_000
OFFLINE: Final = 0
IDLE: Final = 100
SIP_PORT: Final = 5_060
SIPS_PORT: Final = 5_061

T = TypeVar("T")

Number = Annotated[str, Field(pattern=NUMBER)]
Text = Annotated[str, Field(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[str, Field(min_length=1, json_schema_extra={"maxLength": LONGEST_DISPLAY_NAME})]
QueueIds = Annotated[list[int], Field(max_length=MOST_SKILL_GROUPS)]


class InstanceBody(StrictModel):
    """What every action needs. `SdkAppId` is that of the key."""

    SdkAppId: int


class ExtensionBody(InstanceBody):
    """One extension."""

    ExtensionId: Number

    def to_change_password(self) -> ChangePassword:
        return ChangePassword(extension_number=self.ExtensionId)


class CreateBody(ExtensionBody):
    """A new extension, the queues that it serves, and the e-mail address of the user whose it is."""

    ExtensionName: Name
    # Factories: what is left out has no default that the description could show.
    SkillGroupIds: QueueIds = Field(default_factory=list)
    Relation: Text = Field(default_factory=str)

    def to_command(self, user_id: int | None) -> CreateExtension:
        values = ExtensionValues(display_name=self.ExtensionName, user_id=user_id)
        return CreateExtension(extension_number=self.ExtensionId, values=values)


class ModifyBody(ExtensionBody):
    """New values; what is left out stays. An empty `Relation` takes the user away, an empty list all queues."""

    ExtensionName: Name = Field(default_factory=str)
    SkillGroupIds: QueueIds = Field(default_factory=list)
    Relation: Text = Field(default_factory=str)

    @property
    def queue_ids(self) -> list[int] | None:
        """None: they stay."""
        return self.SkillGroupIds if "SkillGroupIds" in self.model_fields_set else None

    def to_command(self, user_id: int | None) -> UpdateExtension:
        values = ExtensionValues(
            display_name=self.ExtensionName if "ExtensionName" in self.model_fields_set else UNSET,
            user_id=user_id if "Relation" in self.model_fields_set else UNSET,
        )
        return UpdateExtension(extension_number=self.ExtensionId, values=values)


class ListBody(InstanceBody):
    """Which extensions, by number; pages are counted from 0."""

    PageNumber: Annotated[int, Field(ge=0, le=LAST_PAGE)] = 0
    PageSize: Annotated[int, Field(ge=1, le=MOST_LISTED)] = 20
    ExtensionIds: Annotated[list[Number], Field(max_length=MOST_LISTED)] = Field(default_factory=list)
    FuzzingKeyWord: Text = Field(default_factory=str)
    IsNeedStatus: bool = False

    @property
    def wanted(self) -> PageWanted:
        return PageWanted(self.PageNumber + 1, self.PageSize, self.FuzzingKeyWord or None)

    @property
    def selected(self) -> Selected:
        return Selected(numbers=tuple(self.ExtensionIds) or None, is_found_by_user=True)


class Result(BaseModel):
    """What every answer has."""

    model_config = ConfigDict(extra="forbid")

    RequestId: str


class Done(Result):
    """It is done."""


class Described(Result):
    """What a phone registers with."""

    ExtensionId: str
    ExtensionDomain: str
    Password: str
    OutboundProxy: str
    Transport: Literal["tls", "udp"]


class PasswordReset(Result):
    """The new password."""

    Password: str


class ExtensionInfo(BaseModel):
    """One extension of a list. Times are in seconds since 1970."""

    model_config = ConfigDict(extra="forbid")

    SdkAppId: int
    FullExtensionId: str
    ExtensionId: str
    SkillGroupId: str
    """Ids of queues, with commas between them."""
    ExtensionName: str
    CreateTime: int
    ModifyTime: int
    Status: Literal[0, 100]
    Register: bool
    Relation: str
    RelationName: str


class Extensions(Result):
    """One page of a list, and how many there are on all of them."""

    Total: int
    ExtensionList: list[ExtensionInfo]


class Failure(BaseModel):
    """The codes stand in docs/tencent.md."""

    Code: str
    Message: str


class Refused(Result):
    """Nothing was done; but after InternalError see what is there."""

    Error: Failure


class Answer(BaseModel, Generic[T]):
    """Every answer, with HTTP's status 200."""

    model_config = ConfigDict(extra="forbid")

    Response: T


def described(request_id: str, tenant: TenantScope, extension: Extension, password: str) -> Described:
    port = SIPS_PORT if extension.tls_enabled else SIP_PORT
    return Described(
        RequestId=request_id,
        ExtensionId=extension.number,
        ExtensionDomain=tenant.domain,
        Password=password,
        OutboundProxy=f"{tenant.domain}:{port}",
        Transport="tls" if extension.tls_enabled else "udp",
    )


def info(
    *,
    app_id: int,
    tenant: TenantScope,
    extension: Extension,
    queue_ids: tuple[int, ...],
    user: User | None,
    registration: Registration,
) -> ExtensionInfo:
    is_registered = registration == "registered"
    return ExtensionInfo(
        SdkAppId=app_id,
        FullExtensionId=f"{extension.number}@{tenant.domain}",
        ExtensionId=extension.number,
        SkillGroupId=",".join(map(str, queue_ids)),
        ExtensionName=extension.display_name or "",
        CreateTime=int(extension.created_at.timestamp()),
        ModifyTime=int(extension.updated_at.timestamp()),
        Status=IDLE if is_registered else OFFLINE,
        Register=is_registered,
        Relation=(user and user.email) or "",
        RelationName=user.name if user else "",
    )


def listed(
    request_id: str,
    *,
    app_id: int,
    tenant: TenantScope,
    page: Page[Extension],
    queues: Mapping[str, tuple[int, ...]],
    users: Mapping[int, User],
    registrations: Mapping[str, Registration],
) -> Extensions:
    """`queues` and `registrations` are by number, `users` by id; who is not in them has none."""
    return Extensions(
        RequestId=request_id,
        Total=page.total,
        ExtensionList=[
            info(
                app_id=app_id,
                tenant=tenant,
                extension=each,
                queue_ids=queues.get(each.number, ()),
                user=users.get(each.user_id) if each.user_id else None,
                registration=registrations.get(each.number, "unknown"),
            )
            for each in page.rows
        ],
    )
