"""Numbers: bodies and routes."""

from typing import Annotated, Literal

from fastapi import Depends
from pydantic import Field

from management.api.asking import Asking, may
from management.api.object_routes import Filters, Noun, Texts, routes_of
from management.api.object_wire import OptionalText, Shown, ValuesBody, unset
from management.auth import ADMIN
from management.numbers.commands import LONGEST_DISPLAY_NAME, NUMBER, NumberValues

Carrier = Literal["viettel", "mobifone", "vinaphone", "vietnamobile", "landline", "other"]
CliType = Literal["mobile", "fixed_02x", "hotline_1900", "hotline_1800", "brandname"]
Status = Literal["active", "disabled"]


async def _owner_of_numbers(asking: Annotated[Asking, Depends(may(ADMIN))]) -> Asking:
    """Whose numbers are whose, the platform says: a tenant could show any number that it may add itself."""
    asking.caller.require_platform()
    return asking


def _by_status(status: Status | None = None) -> Filters:
    return {"status": status} if status else {}


class ChangeNumber(ValuesBody):
    display_name: OptionalText = unset(maxLength=LONGEST_DISPLAY_NAME)
    carrier: Carrier = unset()
    cli_type: CliType = unset()
    status: Status = unset()


class NewNumber(ChangeNumber):
    number: Annotated[str, Field(json_schema_extra={"pattern": NUMBER})]


class NumberItem(Shown):
    number: str
    display_name: str | None
    carrier: Carrier
    cli_type: CliType
    status: Status


NOUN = Noun(
    name="number",
    service=lambda services: services.numbers,
    values=NumberValues,
    new=NewNumber,
    change=ChangeNumber,
    item=NumberItem,
    key=str,
    key_name="number",
    key_bounds={"pattern": NUMBER, "description": "The number itself, not an id"},
    writer=_owner_of_numbers,
    filters=_by_status,
    texts=Texts(
        list="Numbers, disabled ones too. `search` is found in the number or the display name, as it is written.",
        create="A new number of the tenant, with a token of the platform; no other tenant may have it.",
        read="One number.",
        update="New values, with a token of the platform; what is left out stays. The digits can't be changed.",
        delete="Soft delete, with a token of the platform; refused while an extension, a hotline or the tenant"
        " shows it.",
    ),
)
router = routes_of(NOUN)
