"""What the bodies of small nouns share: a value that is left out stays, or takes its default."""

from abc import ABC, abstractmethod
from typing import Annotated, Any

from fastapi import Path
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from management.api.wire import Time
from management.objects.commands import UNSET
from management.objects.parts import LARGEST_ID
from management.web.strict import StrictModel

Id = Annotated[int, Path(ge=1, le=LARGEST_ID)]


def _none_if_empty(value: object) -> object:
    return None if value == "" else value


OptionalId = Annotated[int | None, Field(json_schema_extra={"minimum": 1})]
OptionalText = Annotated[str | None, BeforeValidator(_none_if_empty)]
"""Text, or nothing: null, and the empty text that forms send."""


def unset(**schema: Any) -> Any:
    """A field that a client may leave out; `schema` describes it. Its bounds are checked by the command."""
    # A factory: what is left out has no default that the description could show.
    return Field(default_factory=lambda: UNSET, json_schema_extra=schema)


class ValuesBody(StrictModel):
    """New values. Their types are checked here, the rest by the command, for every other way in as well."""

    def given(self) -> dict[str, Any]:
        """What the client sent, by name."""
        return {name: _value(getattr(self, name)) for name in type(self).model_fields if name in self.model_fields_set}


class InnerBody(ValuesBody, ABC):
    """An object inside a body."""

    @abstractmethod
    def value(self) -> Any:
        """What the command takes."""


def _value(sent: Any) -> Any:
    match sent:
        case InnerBody():
            return sent.value()
        case list():
            return tuple(_value(each) for each in sent)
        case dict():
            return {name: _value(each) for name, each in sent.items()}
        case _:
            return sent


class Shown(BaseModel):
    """An object as the API shows it, made from the service's."""

    model_config = ConfigDict(from_attributes=True)

    id: int
    created_at: Time
    updated_at: Time
