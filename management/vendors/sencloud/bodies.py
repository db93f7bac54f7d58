"""Bodies that come in -> what services take; field for field as the vendors' pages have them. Pure.

Ids are texts of digits, "0" for none, as int64 of their clients; what is empty, "0" or null was not said.

Source: docs.sencloud.vn/api-sencloud/tong-dai/voip-api, docs.etelecom.vn/tich-hop-api/tong-dai/api-tong-dai, July 2026;
docs/sencloud.md says of each method whether its page could be read.
"""

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import datetime
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BeforeValidator, Field, WithJsonSchema, model_validator
from pydantic_core import PydanticCustomError

from management.errors import Conflict, Invalid
from management.objects.errors import InUse
from management.vendors.sencloud.cursors import PagingWanted
from management.web.strict import OptionalMoment, StrictModel

NOBODY: Final = "0"
NEVER: Final = "0001-01-01T00:00:00Z"
"""How the vendors' programs write a time that is not set."""

_YEARS: Final = range(1970, 9_999)
_UNASKED: Final = frozenset(
    {"department_id", "duration", "external_id", "external_session_id", "hotline_ids", "user_id"}
)
_EMPTY: Final[tuple[Any, ...]] = (None, "", NOBODY, [], {})

Network = Literal["unknown", "mobifone", "vinaphone", "viettel", "other"]
NETWORKS: Final = frozenset({"mobifone", "vinaphone", "viettel", "other"})
DIRECTIONS: Final[Mapping[str, Any]] = {"in": "inbound", "out": "outbound", "ext": "internal"}
IS_ANSWERED: Final = {"answered": True, "not_answered": False}


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


def required(field: str, text: str | None) -> int:
    """The id that was sent; raises Invalid where none was."""
    found = id_of(text)
    if found is None:
        raise Invalid.of(field, "required")
    return found


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
    return DIRECTIONS.get(asked or "")
