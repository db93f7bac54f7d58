"""Extensions as this dialect writes them: bodies to values, extensions to bodies. Pure; rules live in the services.

A body says of which type each value is, and its bounds. What FreeSWITCH can act on becomes values of ours; the rest is
kept for this dialect's clients alone: `KEPT`.

Source:
    Yeastar, "Add an Extension" (the project's seed); its "Query Extension List" and "Query Password of an Extension".
"""

import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal, TypeVar

from pydantic import BaseModel, Field

from management.errors import Invalid
from management.extensions.commands import LANGUAGE, LONGEST_DISPLAY_NAME
from management.extensions.model import Extension
from management.objects.commands import UNSET
from management.objects.parts import LARGEST_ID
from management.registrations import Contact
from management.vendors.yeastar.errors import RoleUnknown
from management.vendors.yeastar.names import SWITCHES, VALUES
from management.vendors.yeastar.presence_wire import PresenceSetting, PresenceStatus
from management.vendors.yeastar.roles import NO_ROLE, ROLES
from management.web.strict import StrictModel, StrictRoute

T = TypeVar("T")

FOLLOW_SYSTEM: Final = "follow_system"
_SOUND: Final = "sound-"
_MIXED: Final = ("[0-9]", "[A-Z]", "[a-z]")

Switch = Annotated[int, Field(ge=0, le=1)]
Id = Annotated[int, Field(ge=1, le=LARGEST_ID)]
Transport = Literal["udp", "tcp", "tls"]
AfterMail = Literal["delete", "mark_as_read", "do_nothing"]


class Route(StrictRoute):
    """Of a key that comes twice the last one counts: the vendor's own sample has one."""

    LAST_KEY_WINS = True


class Failure(BaseModel):
    """Status 200 as well: `errcode` is not 0. `errors`: what is wrong with which field."""

    errcode: Annotated[int, Field(json_schema_extra={"not": {"const": 0}})]
    errmsg: str
    errors: Annotated[dict[str, list[str]], Field(default_factory=dict)]


ANSWERS: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "headers": {
            "X-Switch-Sync": {
                "description": "After a change: how many switches dropped their copies, `acked=2 pending=0 failed=0`",
                "schema": {"type": "string"},
            }
        }
    }
}


class Done(BaseModel):
    errcode: Literal[0] = 0
    errmsg: Literal["SUCCESS"] = "SUCCESS"


class TokensMade(Done):
    """Times in seconds."""

    access_token_expire_time: int
    access_token: str
    refresh_token_expire_time: int
    refresh_token: str


def unset(**schema: Any) -> Any:
    """A field that a client may leave out."""
    return Field(default_factory=lambda: UNSET, **schema)


class OrganizationItem(StrictModel):
    """The id of a department."""

    value: Annotated[str, Field(pattern=r"^[0-9]{1,18}$")]


class ClientSetting(StrictModel):
    """Of a Linkus client: kept and returned, without effect."""

    client: Literal["linkusmobile", "linkusdesktop", "linkusweb"]
    enb_call_waiting: Switch = unset()
    enb_auto_answer: Switch = unset()
    auto_answer_delay_time: int = unset(ge=0, le=60)
    enb_auto_answer_tone: Switch = unset()
    enb_auto_answer_paging: Switch = unset()
    enb_auto_answer_paging_barge: Switch = unset()
    enb_auto_answer_paging_tone: Switch = unset()


class Settings(StrictModel):
    """What is written and read alike. An empty text takes a value away."""

    first_name: str = unset(max_length=63)
    last_name: str = unset(max_length=63)
    email_addr: str = unset(max_length=255)
    mobile_number: str = unset(max_length=31)
    role_id: int = unset(ge=NO_ROLE, le=LARGEST_ID, description="`system/get_menuoptions?menu=role`; 0 is none")
    organization_list: list[OrganizationItem] = unset(max_length=20)
    title: str = unset(max_length=100)
    caller_id: str = unset(max_length=31)
    reg_name: str = unset(min_length=1, max_length=63)
    concurrent_registrations: int = unset(ge=1, le=3)
    presence_status: PresenceStatus = unset()
    presence_list: list[PresenceSetting] = unset(max_length=6)
    presence_mobile_prefix: str = unset(max_length=20)
    agent_id: str = unset(max_length=31)
    enb_vm: Switch = unset()
    enb_vm_pin: Switch = unset()
    vm_lang: str = unset(max_length=20, description="`follow_system`, or a language as `sound-en`, `sound-pt_BR`")
    new_vm_notification: Literal["no", "with_attach", "without_attach"] = unset()
    vm_after_notification: AfterMail = unset()
    enb_all_reject_mode_for_endpoints: Switch = unset()
    dtmf_mode: Literal["rfc4733", "info", "inband", "auto"] = unset()
    transport: Transport = unset()
    enb_qualify: Switch = unset()
    enb_t38_support: Switch = unset()
    enb_srtp: Switch = unset()
    disable_outb_call: Switch = unset()
    disable_outb_call_outside_business_hours: Switch = unset()
    disable_international_call: Switch = unset()
    outbound_route_permission: list[Id] = unset(max_length=100)
    enb_internal_client: Switch = unset()
    linkus_mobile_codec: str = unset(max_length=31)
    client_conf_list: list[ClientSetting] = unset(max_length=3)


class SettingsBody(Settings):
    """With secrets, which are never read."""

    user_password: str = unset(min_length=10, max_length=63, json_schema_extra={"format": "password"})
    reg_password: str = unset(min_length=8, max_length=63, json_schema_extra={"format": "password"})
    vm_pin: str = unset(max_length=20, json_schema_extra={"format": "password"})

    def given(self) -> dict[str, Any]:
        """What the client sent, by its names: plain values, but for `presence_list`.

        Raises:
            Invalid: a password is too simple, a client or a status comes twice.
            RoleUnknown: there is no such role.
        """
        given = {name: _plain(getattr(self, name)) for name in self.model_fields_set}
        if given.get("role_id", NO_ROLE) not in {NO_ROLE, *ROLES}:
            raise RoleUnknown.of("role_id", "exists")
        password = given.get("user_password")
        if password is not None and not all(re.search(kind, password) for kind in _MIXED):
            raise Invalid.of("user_password", "mixed")
        for name, key in (("presence_list", "status"), ("client_conf_list", "client"), ("organization_list", "value")):
            _check_once(name, [getattr(each, key) for each in getattr(self, name)] if name in given else [])
        if "presence_list" in given:
            given["presence_list"] = self.presence_list
        return given


class CreateBody(SettingsBody):
    """A new extension. What is left out takes its default."""

    type: Literal["SIP"]
    number: Annotated[str, Field(min_length=3, max_length=10, pattern=r"^[0-9]*$")]
    user_password: Annotated[str, Field(min_length=10, max_length=63, json_schema_extra={"format": "password"})]
    reg_name: Annotated[str, Field(min_length=1, max_length=63)]
    reg_password: Annotated[str, Field(min_length=8, max_length=63, json_schema_extra={"format": "password"})]
    concurrent_registrations: Annotated[int, Field(ge=1, le=3)]
    presence_status: PresenceStatus


class UpdateBody(SettingsBody):
    """New values of the extension `id`; what is left out stays. Of `presence_list` the statuses that it names."""

    id: Id
    type: Literal["SIP"] = unset()
    number: str = unset(description="As it is: a number can't be changed")


class ExtensionMade(Done):
    id: int


class ExtensionDetail(Settings):
    """All of it, but its secrets."""

    id: int
    type: Literal["SIP"]
    number: str


class ExtensionFound(Done):
    data: ExtensionDetail


class ExtensionsFound(Done):
    data: list[ExtensionDetail]


class SipPhone(BaseModel):
    status: Literal[1]
    ext_dev_type: Literal["sip"]
    ip: str


class SipPhones(BaseModel):
    """One for each phone that is registered."""

    status_list: list[SipPhone]


class LinkusClient(BaseModel):
    """There are none here: always offline."""

    status: Literal[0]
    ext_dev_type: str


class OnlineStatus(BaseModel):
    sip_phone: SipPhones
    linkus_desktop: LinkusClient
    linkus_mobile: LinkusClient
    linkus_web: LinkusClient


class ExtensionRow(BaseModel):
    id: int
    online_status: OnlineStatus
    presence_status: PresenceStatus
    number: str
    caller_id_name: str
    role_name: str
    email_addr: str
    mobile_number: str


class ExtensionsListed(Done):
    total_number: int
    data: list[ExtensionRow]


class PasswordFound(Done):
    """In Base64."""

    password: str


class Option(BaseModel):
    text: str
    value: str


class OptionsFound(Done):
    data: list[Option]


KEPT: Final[Mapping[str, Any]] = {
    "role_id": NO_ROLE,
    "title": "",
    "agent_id": "",
    "enb_internal_client": 0,
    "linkus_mobile_codec": "",
    "client_conf_list": [],
    "transport": "udp",
    "vm_after_notification": "do_nothing",
    "organization_list": [],
}
"""What nothing here acts on, or not on all of it: kept as it was sent; and what an extension without it shows."""

DEFAULTS: Final[Mapping[str, Any]] = {"voicemail_enabled": True}
"""What is another value in this dialect than in the store, for a new extension that says nothing of it."""


def values(given: Mapping[str, Any], before: Extension | None) -> dict[str, Any]:
    """What the extension's own values become; not what other objects must be asked for.

    Raises:
        Invalid: `vm_lang` is no language.
    """
    found: dict[str, Any] = {ours: _text(given[theirs]) for theirs, ours in VALUES.items() if theirs in given}
    found |= {ours: given[theirs] == 1 for theirs, ours in SWITCHES.items() if theirs in given}
    if given.keys() & {"first_name", "last_name"}:
        names = (found.get(name, before and getattr(before, name)) for name in ("first_name", "last_name"))
        found["display_name"] = " ".join(filter(None, names))[:LONGEST_DISPLAY_NAME].strip() or None
    if "transport" in given:
        found["tls_enabled"] = given["transport"] == "tls"
    if "vm_lang" in given:
        found["voicemail_language"] = _language(given["vm_lang"])
    if (notification := given.get("new_vm_notification")) is not None:
        found |= {"voicemail_mail": notification != "no", "voicemail_attach": notification == "with_attach"}
    if "vm_after_notification" in given:
        found["voicemail_delete_after_mail"] = given["vm_after_notification"] == "delete"
    return found if before else {**DEFAULTS, **found}


def kept(before: Extension | None) -> dict[str, Any]:
    """What is kept of an extension for this dialect."""
    return dict(before.vendor_values.get("yeastar", {})) if before else {}


def detail(
    extension: Extension,
    settings: Sequence[PresenceSetting],
    department_ids: Sequence[int],
    route_ids: Sequence[int],
) -> ExtensionDetail:
    said = {**KEPT, **{name: value for name, value in kept(extension).items() if name in KEPT}}
    values = {theirs: getattr(extension, ours) for theirs, ours in VALUES.items() if theirs != "vm_pin"}
    shown = {name: "" if value is None else value for name, value in values.items()}
    shown |= {theirs: int(getattr(extension, ours)) for theirs, ours in SWITCHES.items()}
    if extension.tls_enabled or said["transport"] == "tls":
        said["transport"] = "tls" if extension.tls_enabled else "udp"
    if extension.voicemail_delete_after_mail or said["vm_after_notification"] == "delete":
        said["vm_after_notification"] = "delete" if extension.voicemail_delete_after_mail else "do_nothing"
    shown |= {
        "id": extension.id,
        "type": "SIP",
        "number": extension.number,
        "organization_list": [{"value": str(each)} for each in department_ids],
        "presence_list": [*settings],
        "vm_lang": _shown_language(extension.voicemail_language),
        "new_vm_notification": _notification(extension),
        "outbound_route_permission": [*route_ids],
    }
    return ExtensionDetail(**(said | shown))


def row(extension: Extension, contacts: Sequence[Contact]) -> ExtensionRow:
    phones = [SipPhone(status=1, ext_dev_type="sip", ip=each.address) for each in contacts]
    return ExtensionRow(
        id=extension.id,
        online_status=OnlineStatus(
            sip_phone=SipPhones(status_list=phones),
            linkus_desktop=LinkusClient(status=0, ext_dev_type="linkusdesktop"),
            linkus_mobile=LinkusClient(status=0, ext_dev_type="linkusmobile"),
            linkus_web=LinkusClient(status=0, ext_dev_type="linkusweb"),
        ),
        presence_status=extension.presence_status,
        number=extension.number,
        caller_id_name=extension.display_name or extension.number,
        role_name=ROLES.get(kept(extension).get("role_id", NO_ROLE), ""),
        email_addr=extension.email or "",
        mobile_number=extension.mobile or "",
    )


def _plain(value: Any) -> Any:
    match value:
        case BaseModel():
            return value.model_dump(exclude_unset=True)
        case list():
            return [_plain(each) for each in value]
        case _:
            return value


def _check_once(name: str, keys: Sequence[str]) -> None:
    for index, key in enumerate(keys):
        if key in keys[:index]:
            raise Invalid.of(f"{name}.{index}", "distinct")


def _text(value: Any) -> Any:
    return None if value == "" else value


def _language(value: str) -> str | None:
    language = value.removeprefix(_SOUND).replace("_", "-")
    if value in {"", FOLLOW_SYSTEM}:
        return None
    if not re.fullmatch(LANGUAGE, language) or not value.isascii():
        raise Invalid.of("vm_lang", "exists")
    return language


def _shown_language(language: str | None) -> str:
    return f"{_SOUND}{language.replace('-', '_')}" if language else FOLLOW_SYSTEM


def _notification(extension: Extension) -> Literal["no", "with_attach", "without_attach"]:
    if not extension.voicemail_mail:
        return "no"
    return "with_attach" if extension.voicemail_attach else "without_attach"
