"""What would happen to a call, and what a lookup is answered: bodies and routes."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Security
from pydantic import BaseModel, ConfigDict, Field, PlainSerializer, StringConstraints, WithJsonSchema

from management.api.asking import AnyAsking, Asking, bearer, may, may_with_or_without_tenant
from management.api.wire import BODY_CODES, Data, Time, answers
from management.auth import READ
from management.explain.commands import ExplainCall, ExplainLookup, GatewayState, PhoneState
from management.web.strict import OptionalMoment, StrictModel, StrictRoute
from xmlcurl.store.tables import utc_now
from xmlcurl.store.text import LONGEST_DOMAIN, LONGEST_NAME

MOST_STATES = 100
"""Of phones, gateways and menus, each, that one request says."""

router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=["explanations"])

Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+-]+$", max_length=LONGEST_NAME)]
Dialled = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9._+*#-]+$", max_length=LONGEST_NAME)]
NumberOutside = Annotated[str, StringConstraints(pattern=r"^(\+?[0-9]{1,20}|anonymous)$")]
GatewayId = Annotated[str, StringConstraints(pattern=r"^[1-9][0-9]{0,9}$")]
LocalTime = Annotated[
    datetime,
    PlainSerializer(lambda time: time.isoformat(timespec="seconds"), return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]


class OutsideBody(StrictModel):
    """A carrier brings the call, from this number, or from who shows none."""

    outside: NumberOutside


class ExplainCallBody(StrictModel):
    """`from`: the number or sign-in name of an extension; where there is none of that name, a number outside.

    `at` is now unless said. Phones and gateways answer unless something else is said of them; in the
    menus of `choices` that is dialled, once each.
    """

    caller: Name | OutsideBody = Field(alias="from")
    to: Dialled
    at: OptionalMoment = None
    phones: dict[Name, PhoneState] = Field({}, max_length=MOST_STATES)
    gateways: dict[GatewayId, GatewayState] = Field({}, max_length=MOST_STATES)
    choices: dict[Name, Dialled] = Field({}, max_length=MOST_STATES)

    def to_command(self) -> ExplainCall:
        outside = self.caller.outside if isinstance(self.caller, OutsideBody) else None
        return ExplainCall(
            caller=outside or str(self.caller),
            destination=self.to,
            is_from_outside=True if outside else None,
            at=self.at or utc_now(),
            phones=self.phones,
            gateways={int(gateway_id): state for gateway_id, state in self.gateways.items()},
            choices=self.choices,
        )


class ExplainLookupBody(StrictModel):
    """`domain` as the switch spells it. `action`: `sip_auth` is a phone that signs in; everything else that asks for
    one user is answered as `user_call` is.
    """

    user: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_NAME)]
    domain: Annotated[str, StringConstraints(min_length=1, max_length=LONGEST_DOMAIN)]
    key: Literal["id", "number-alias"] = "id"
    action: Literal["sip_auth", "user_call"] = "user_call"

    def to_command(self) -> ExplainLookup:
        return ExplainLookup(
            user=self.user,
            domain=self.domain,
            by_alias=self.key == "number-alias",
            signs_in=self.action == "sip_auth",
        )


class StepItem(BaseModel):
    """One question of the switch: what was dialled, what recognised it, why, and what happens then."""

    model_config = ConfigDict(from_attributes=True)

    dialled: str
    destination: str
    why: list[str]
    rules: list[str]
    happens: list[str]
    document: str


class OutcomeItem(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    rang: list[str]
    answered_by: str | None
    shown: str | None
    shown_name: str | None
    mailbox: str | None
    listens: bool
    is_recorded: bool
    cause: str | None


class CallItem(BaseModel):
    """`at` is in the tenant's time zone."""

    model_config = ConfigDict(from_attributes=True)

    at: LocalTime
    steps: list[StepItem]
    outcome: OutcomeItem


class LookupItem(BaseModel):
    """`cached`: whether lookups answer from Redis now, since when, and for how long at most."""

    model_config = ConfigDict(from_attributes=True)

    tenant: str | None
    is_found: bool
    why: list[str]
    cached: Literal["yes", "no", "unknown"]
    cached_at: Time | None
    cached_for_ms: int | None
    document: str


@router.post("/explain-call", responses=answers(*BODY_CODES))
async def explain_call(asking: Annotated[Asking, Depends(may(READ))], body: ExplainCallBody) -> Data[CallItem]:
    """What would happen to this call at this time, step by step, with the documents and the reasons. Calls nobody."""
    explained = await asking.services.explanations.call(asking.tenant, body.to_command())
    return Data(data=CallItem.model_validate(explained))


@router.post("/explain-lookup", responses=answers(404, *BODY_CODES))
async def explain_lookup(
    asking: Annotated[AnyAsking, Depends(may_with_or_without_tenant(READ))], body: ExplainLookupBody
) -> Data[LookupItem]:
    """What FreeSWITCH gets when it asks for this user, why, and whether Redis has it. Another tenant's domain is
    nobody's; a token of the platform that names no tenant may ask for any.
    """
    explained = await asking.services.explanations.lookup(asking.tenant, body.to_command())
    return Data(data=LookupItem.model_validate(explained))
