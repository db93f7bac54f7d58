"""Call settings: body and routes. Each tenant has them, once."""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Security
from pydantic import BaseModel, ConfigDict, Field

from management.api.asking import Asking, bearer, may
from management.api.object_wire import InnerBody, OptionalText, ValuesBody, unset
from management.api.wire import BODY_CODES, SYNC_HEADERS, Data, answers
from management.auth import ADMIN, READ
from management.call_settings.commands import (
    CLOSES,
    COUNTRY_CODE,
    FEATURE_CODE,
    INTERNATIONAL_PREFIX,
    MOST_EMERGENCY_GATEWAYS,
    MOST_EMERGENCY_NUMBERS,
    MOST_HOURS,
    NATIONAL_PREFIX,
    OPENS,
    CallSettingsValues,
    Hours,
)
from management.web.strict import StrictRoute

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["call settings"])

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
_CODE: Final[dict[str, Any]] = {"pattern": FEATURE_CODE}


class HoursBody(InnerBody):
    """`closes` may be 24:00. Who is open over midnight says so with two of them."""

    weekday: Weekday
    opens: Annotated[str, Field(json_schema_extra={"pattern": OPENS})]
    closes: Annotated[str, Field(json_schema_extra={"pattern": CLOSES})]

    def value(self) -> Hours:
        return Hours(**self.given())


class FeatureCodesBody(InnerBody):
    """A `*` or `#` and digits each; null switches a feature off, what is left out stays."""

    own_voicemail: OptionalText = unset(**_CODE)
    any_voicemail: OptionalText = unset(**_CODE)
    forward_always_on: OptionalText = unset(**_CODE)
    forward_always_off: OptionalText = unset(**_CODE)
    dnd_on: OptionalText = unset(**_CODE)
    dnd_off: OptionalText = unset(**_CODE)
    agent_login: OptionalText = unset(**_CODE)
    agent_logout: OptionalText = unset(**_CODE)

    def value(self) -> dict[str, str | None]:
        return self.given()


class CallSettingsBody(ValuesBody):
    """What is left out stays; lists replace all there was. No `business_hours`: always open.

    Without `emergency_gateway_ids` emergency calls take every active gateway, the oldest first.
    """

    country_code: str = unset(pattern=COUNTRY_CODE)
    international_prefix: str = unset(pattern=INTERNATIONAL_PREFIX)
    national_prefix: str = unset(pattern=NATIONAL_PREFIX)
    emergency_numbers: list[str] = unset(minItems=1, maxItems=MOST_EMERGENCY_NUMBERS)
    emergency_caller_id: OptionalText = unset(maxLength=15)
    emergency_gateway_ids: list[int] = unset(maxItems=MOST_EMERGENCY_GATEWAYS)
    feature_codes: FeatureCodesBody = unset()
    business_hours: list[HoursBody] = unset(maxItems=MOST_HOURS)


class HoursItem(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    weekday: Weekday
    opens: str
    closes: str


class FeatureCodesItem(BaseModel):
    """Null: not offered."""

    own_voicemail: str | None = None
    any_voicemail: str | None = None
    forward_always_on: str | None = None
    forward_always_off: str | None = None
    dnd_on: str | None = None
    dnd_off: str | None = None
    agent_login: str | None = None
    agent_logout: str | None = None


class CallSettingsItem(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    country_code: str
    international_prefix: str
    national_prefix: str
    emergency_numbers: list[str]
    emergency_caller_id: str | None
    emergency_gateway_ids: list[int]
    feature_codes: FeatureCodesItem
    business_hours: list[HoursItem]


@router.get("/call-settings", responses=answers())
async def read_call_settings(asking: Annotated[Asking, Depends(may(READ))]) -> Data[CallSettingsItem]:
    """What the tenant says of its calls; the defaults until it has said anything."""
    return Data(data=CallSettingsItem.model_validate(await asking.services.call_settings.find(asking.tenant)))


@router.put("/call-settings", responses=answers(409, *BODY_CODES) | {200: SYNC_HEADERS})
async def update_call_settings(
    body: CallSettingsBody, asking: Annotated[Asking, Depends(may(ADMIN))]
) -> Data[CallSettingsItem]:
    """New values; what is left out stays. Nothing inside the tenant may be called like an emergency number."""
    written = await asking.services.call_settings.update(
        asking.tenant, CallSettingsValues(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
    )
    asking.tell_sync(written.sync)
    return Data(data=CallSettingsItem.model_validate(written.result))
