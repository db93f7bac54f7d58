"""Extensions and caller IDs as JSON: bodies to commands, results to bodies. Pure; rules live in the service.

A body only says of which type each value is. Its bounds stand in the description of the API too,
from the same constants, and are checked by the commands, for every other way in as well.

Source:
    Zorio's public document, "Máy nhánh (Extensions)" and "caller-ids". Fields of ours: docs/api.md.
"""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, WithJsonSchema

from management.api.object_wire import OptionalId, OptionalText, ValuesBody, unset
from management.api.wire import Time
from management.errors import Broken, Conflict, Invalid
from management.extensions import commands
from management.extensions.commands import ChangePassword, CreateExtension, ExtensionValues, UpdateExtension
from management.extensions.model import Extension, OutboundNumber, RefusedRow, WithPassword
from management.objects.commands import NUMBER, PIN
from management.objects.destination import PREFIX
from management.web.errors import broken_rules, texts
from management.web.services import Registration
from management.web.strict import OptionalMoment, StrictModel
from xmlcurl.store.model import CARRIERS, CLI_TYPES

DtmfMode = Literal["rfc4733", "info", "inband", "auto"]
PresenceStatus = Literal["available", "away", "business_trip", "do_not_disturb", "lunch", "off_work"]
RecordingMode = Literal["none", "inbound", "outbound", "all"]
Status = Literal["active", "disabled"]


_NAME: Final = {"pattern": r"^[A-Za-z0-9._+-]{1,63}$"}
_PASSWORD: Final = {
    "minLength": commands.SHORTEST_PASSWORD,
    "maxLength": commands.LONGEST_PASSWORD,
    "format": "password",
}


class UpdateBody(ValuesBody):
    """What can be changed; what is left out stays. Null, or an empty text, takes a value away."""

    display_name: OptionalText = unset(maxLength=commands.LONGEST_DISPLAY_NAME)
    team_id: OptionalId = unset()
    voicemail_enabled: bool = unset()
    voicemail_pin: OptionalText = unset(pattern=PIN)
    recording_mode: RecordingMode = unset()
    max_concurrent: int = unset(minimum=1, maximum=commands.MOST_CONCURRENT)
    outbound_caller_id: OptionalText = unset(maxLength=15)
    status: Status = unset()

    department_id: OptionalId = unset()
    user_id: OptionalId = unset()
    hotline_id: OptionalId = unset()
    first_name: OptionalText = unset(maxLength=commands.LONGEST_PERSON_NAME)
    last_name: OptionalText = unset(maxLength=commands.LONGEST_PERSON_NAME)
    email: OptionalText = unset(maxLength=255)
    mobile: OptionalText = unset(pattern=commands.MOBILE)
    sign_in_name: str = unset(**_NAME)
    aliases: list[str] = unset(maxItems=commands.MOST_ALIASES)
    expires_at: OptionalMoment = unset()
    tls_enabled: bool = unset()
    concurrent_registrations: int = unset(minimum=1, maximum=commands.MOST_REGISTRATIONS)
    voicemail_mail: bool = unset()
    voicemail_attach: bool = unset()
    voicemail_delete_after_mail: bool = unset()
    voicemail_language: OptionalText = unset(pattern=commands.LANGUAGE)
    outbound_calls_disabled: bool = unset()
    outside_hours_calls_disabled: bool = unset()
    international_calls_disabled: bool = unset()
    class_of_service_id: OptionalId = unset()
    presence_status: PresenceStatus = unset()
    mobile_prefix: OptionalText = unset(pattern=PREFIX)
    internal_caller_id: OptionalText = unset(pattern=commands.SHOWN_INSIDE)
    dtmf_mode: DtmfMode = unset()
    srtp_enabled: bool = unset()
    t38_enabled: bool = unset()
    qualify_enabled: bool = unset()
    reject_ends_ringing: bool = unset()
    voicemail_pin_required: bool = unset()

    def values(self) -> ExtensionValues:
        return ExtensionValues(
            **{name: value for name, value in self.given().items() if name in UpdateBody.model_fields}
        )

    def to_update(self, number: str) -> UpdateExtension:
        return UpdateExtension(extension_number=number, values=self.values())


class CreateBody(UpdateBody):
    """A new extension: the same values, its number, and its password unless one shall be generated."""

    extension_number: Annotated[str, Field(json_schema_extra={"pattern": NUMBER})]
    sip_password: str = unset(**_PASSWORD)

    def to_command(self) -> CreateExtension:
        return CreateExtension(
            extension_number=self.extension_number,
            sip_password=self.given().get("sip_password"),
            values=self.values(),
        )


class ChangePasswordBody(ValuesBody):
    """Another password; left out, it is generated."""

    new_password: str = unset(**_PASSWORD)

    def to_command(self, number: str) -> ChangePassword:
        return ChangePassword(extension_number=number, new_password=self.given().get("new_password"))


class BatchBody(StrictModel):
    """Several new extensions. `mode` "all": all of them or none; "rows": each one that can be."""

    mode: Literal["all", "rows"] = "all"
    extensions: Annotated[
        list[Any],
        Field(min_length=1, max_length=commands.MOST_ROWS),
        WithJsonSchema(
            {
                "type": "array",
                "items": {"$ref": "#/components/schemas/CreateBody"},
                "minItems": 1,
                "maxItems": commands.MOST_ROWS,
            }
        ),
    ]

    def to_commands(self) -> list[CreateExtension | RefusedRow]:
        """One for each row; a row whose types are wrong is refused before it reaches the service."""
        return [_row_to_command(row) for row in self.extensions]


class ExtensionItem(BaseModel):
    """The twelve fields of the document, in its order."""

    model_config = ConfigDict(from_attributes=True)

    extension_number: Annotated[str, Field(json_schema_extra={"pattern": NUMBER})]
    display_name: str | None
    voicemail_enabled: bool
    outbound_caller_id: str | None
    recording_mode: RecordingMode
    status: Status
    team_id: int | None
    department_id: int | None
    max_concurrent: int
    tls_enabled: bool
    created_at: Time
    updated_at: Time


class ExtensionInFull(ExtensionItem):
    """With the fields that are ours: what `fields=all` asks for."""

    id: int
    sign_in_name: str
    aliases: list[str]
    first_name: str | None
    last_name: str | None
    email: str | None
    mobile: str | None
    expires_at: Time | None
    concurrent_registrations: int
    voicemail_mail: bool
    voicemail_attach: bool
    voicemail_delete_after_mail: bool
    voicemail_language: str | None
    outbound_calls_disabled: bool
    outside_hours_calls_disabled: bool
    international_calls_disabled: bool
    class_of_service_id: int | None
    presence_status: PresenceStatus
    mobile_prefix: str | None
    internal_caller_id: str | None
    dtmf_mode: DtmfMode
    srtp_enabled: bool
    t38_enabled: bool
    qualify_enabled: bool
    reject_ends_ringing: bool
    voicemail_pin_required: bool
    hotline_id: int | None
    user_id: int | None


class ExtensionRead(ExtensionItem):
    """With who is registered now, as the switches say."""

    sip_registration: Registration


class ExtensionReadInFull(ExtensionInFull):
    sip_registration: Registration


class ExtensionCreated(ExtensionItem):
    """With the password, for the one time that it is shown."""

    sip_password: str
    generated_password: bool


class PasswordChanged(BaseModel):
    """The password, for the one time that it is shown."""

    extension_number: str
    sip_password: str
    generated_password: bool


class BatchRow(BaseModel):
    """What became of one row, by its place in the body: 201 with `data`, or 409 or 422 with `errors`."""

    index: int
    status: Literal[201, 409, 422]
    data: ExtensionCreated | None = None
    errors: dict[str, list[str]] | None = None


class BatchResult(BaseModel):
    created: int
    refused: int
    results: list[BatchRow]


class CallerIdItem(BaseModel):
    """A number that calls may show."""

    model_config = ConfigDict(from_attributes=True)

    number: str
    display_name: str | None
    carrier: Annotated[str, Field(json_schema_extra={"enum": list(CARRIERS)})]
    cli_type: Annotated[str, Field(json_schema_extra={"enum": list(CLI_TYPES)})]
    status: Status


def item(extension: Extension) -> ExtensionItem:
    return ExtensionItem.model_validate(_shown(extension))


def item_in_full(extension: Extension) -> ExtensionInFull:
    return ExtensionInFull.model_validate(_shown(extension))


def read(extension: Extension, registration: Registration) -> ExtensionRead:
    return ExtensionRead.model_validate(_shown(extension, sip_registration=registration))


def read_in_full(extension: Extension, registration: Registration) -> ExtensionReadInFull:
    return ExtensionReadInFull.model_validate(_shown(extension, sip_registration=registration))


def created(result: WithPassword) -> ExtensionCreated:
    return ExtensionCreated.model_validate(_shown(result.extension, **_password(result)))


def password_changed(result: WithPassword) -> PasswordChanged:
    return PasswordChanged.model_validate(_shown(result.extension, **_password(result)))


def caller_id(number: OutboundNumber) -> CallerIdItem:
    return CallerIdItem.model_validate(number)


def batch_result(results: Sequence[WithPassword | RefusedRow], language: str) -> BatchResult:
    rows = [_batch_row(index, result, language) for index, result in enumerate(results)]
    count = sum(row.status == 201 for row in rows)
    return BatchResult(created=count, refused=len(rows) - count, results=rows)


def _batch_row(index: int, result: WithPassword | RefusedRow, language: str) -> BatchRow:
    if isinstance(result, WithPassword):
        return BatchRow(index=index, status=201, data=created(result))
    status: Literal[409, 422] = 409 if isinstance(result.error, Conflict) else 422
    return BatchRow(index=index, status=status, errors=texts(result.broken(), language))


def _row_to_command(row: object) -> CreateExtension | RefusedRow:
    if not isinstance(row, dict):
        return RefusedRow(Invalid({"extension": [Broken("object")]}))
    try:
        return CreateBody.model_validate(row).to_command()
    except ValidationError as exc:
        return RefusedRow(Invalid(broken_rules(exc.errors())))


def _shown(extension: Extension, **more: Any) -> Mapping[str, Any]:
    values = extension.audited()
    return {**values, "extension_number": extension.number, "aliases": list(extension.aliases), **more}


def _password(result: WithPassword) -> dict[str, Any]:
    return {"sip_password": result.password, "generated_password": result.is_generated}
