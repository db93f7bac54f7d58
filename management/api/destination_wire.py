"""Where a call goes on, as JSON: `type`, and what that type needs. The same in every noun."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from management.api.object_wire import InnerBody, unset
from management.api.wire import Absent
from management.objects.commands import NUMBER
from management.objects.destination import DIGITS, MOST_TIMES, PREFIX, Destination

DestinationType = Literal[
    "extension",
    "ext_vm",
    "ring_group",
    "queue",
    "ivr",
    "group_vm",
    "mobile_number",
    "external_num",
    "play_greeting",
    "end_call",
]


class DestinationBody(InnerBody):
    """`extension` for `extension` and `ext_vm`; `id` for `ring_group`, `queue`, `ivr`, `group_vm` and `play_greeting`;
    `number` for `external_num`; where it helps `prefix` (before a number outside), `times` (of a greeting).
    """

    type: DestinationType
    extension: str = unset(pattern=NUMBER)
    id: int = unset(minimum=1)
    number: str = unset(pattern=DIGITS)
    prefix: str = unset(pattern=PREFIX)
    times: int = unset(minimum=1, maximum=MOST_TIMES)

    def value(self) -> Destination:
        return Destination(**self.given())


def _is_none(value: object) -> bool:
    return value is None


def _if_any(**schema: Any) -> Any:
    return Field(default=None, exclude_if=_is_none, **schema)


class DestinationItem(BaseModel):
    """As it was sent: it has only what its type has."""

    model_config = ConfigDict(from_attributes=True)

    type: DestinationType
    extension: Annotated[str | Absent, _if_any()]
    id: Annotated[int | Absent, _if_any()]
    number: Annotated[str | Absent, _if_any()]
    prefix: Annotated[str | Absent, _if_any()]
    times: Annotated[int | Absent, _if_any()]
