"""Follows one call through the routes that lookups would serve, at any time, and says why each is as it is."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from management.errors import Invalid, NotFound
from management.explain.commands import ANONYMOUS, ExplainCall
from management.explain.following import Following, Leg
from management.explain.model import CallExplained, Step
from management.explain.people import other_name, out_of_service
from management.explain.reasons import NOTHING, reasons, recognised_by
from xmlcurl.calls import Asked
from xmlcurl.lookup import OUTSIDE, failure_of, load_route
from xmlcurl.render.dialplan import route_document
from xmlcurl.render.reading import read, section_of
from xmlcurl.routing import UNALLOCATED, Call
from xmlcurl.routing.call import OutOfService
from xmlcurl.store.model import Tenant
from xmlcurl.store.queries import find_extension, find_tenant
from xmlcurl.store.reader import Connection
from xmlcurl.store.text import is_dialled

MOST_STEPS: Final = 20
"""Of one call; forwards end much sooner."""

_NOTE: Final = "xmlcurl_hours"


class CallStory:
    """One call of one tenant, in one transaction."""

    def __init__(self, connection: Connection, tenant_id: int, asked: ExplainCall) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._asked = asked

    async def told(self) -> CallExplained:
        """Raises Invalid: `from` is neither an extension's nor a number; NotFound: the tenant is gone."""
        tenant = await find_tenant(self._connection, self._tenant_id)
        if tenant is None:
            raise NotFound("tenant")
        following = Following(await self._leg(tenant), self._asked)
        steps: list[Step] = []
        target: str | None = self._asked.destination
        while target is not None and len(steps) < MOST_STEPS:
            step, target = await self._step(tenant, following, target)
            steps.append(step)
        return CallExplained(self._asked.at.astimezone(ZoneInfo(tenant.time_zone)), tuple(steps), following.outcome)

    async def _leg(self, tenant: Tenant) -> Leg:
        caller = self._asked.caller
        is_from_outside = self._asked.is_from_outside
        if is_from_outside is None:
            is_from_outside = await find_extension(self._connection, self._tenant_id, caller) is None
        if not is_from_outside:
            return Leg(caller, caller, tenant.domain)
        if caller != ANONYMOUS and not caller.removeprefix("+").isdecimal():
            raise Invalid.of("from", "exists")
        return Leg("", caller, OUTSIDE)

    async def _step(self, tenant: Tenant, following: Following, number: str) -> tuple[Step, str | None]:
        leg, at = following.leg, self._asked.at
        asked = _asked(leg, number)
        call, route = None, UNALLOCATED
        if is_dialled(asked.destination):
            loaded, route = await load_route(self._connection, self._tenant_id, asked, at)
            call = loaded.call
        is_nobodys = call is not None and asked.is_from_outside and call.place is None
        destination = NOTHING if call is None or is_nobodys else recognised_by(call)
        why = await self._why(asked, call, is_nobodys=is_nobodys)
        document = route_document(route, leg.context)
        leg.variables.pop(_NOTE, None)
        reading = read(section_of(document), leg.context, leg.variables, at)
        why = (*why, *_clock(tenant, at, leg))
        happens, target = following.carry_out(number, reading.actions)
        return Step(number, destination, why, tuple(reading.rules), happens, document.decode()), target

    async def _why(self, asked: Asked, call: Call | None, *, is_nobodys: bool) -> tuple[str, ...]:
        if not is_dialled(asked.destination):
            return ("what was dialled has characters that nothing is called by",)
        if call is None:
            return await self._why_nobody_may_call(asked)
        if is_nobodys:
            return (f"{asked.destination} is no active number of the tenant, and calls from outside reach only those",)
        if isinstance(call.place, OutOfService):
            return (f"{asked.destination} is an extension's, and {await self._state_of(asked.destination)}",)
        return reasons(call, recognised_by(call))

    async def _why_nobody_may_call(self, asked: Asked) -> tuple[str, ...]:
        payer = asked.on_behalf_of or asked.caller
        return (f"{payer or 'nobody'} may not call: {await self._state_of(payer)}",)

    async def _state_of(self, name: str) -> str:
        extension = await find_extension(self._connection, self._tenant_id, name)
        if extension is None:
            return "no extension of an active tenant is called so"
        is_other_name = f"it is {other_name(extension, name)} of {extension.number}"
        return out_of_service(extension, self._asked.at) or is_other_name


def _asked(leg: Leg, number: str) -> Asked:
    said = leg.variables
    if leg.context == OUTSIDE:
        return Asked(destination=number.removeprefix("+"), is_from_outside=True)
    return Asked(
        destination=number,
        caller=leg.caller,
        on_behalf_of=said.get("xmlcurl_on_behalf_of", ""),
        path=tuple(filter(None, said.get("xmlcurl_path", "").split(","))),
        failed=failure_of(said.get("xmlcurl_failed", "")),
        choice=said.get("xmlcurl_choice", ""),
    )


def _clock(tenant: Tenant, at: datetime, leg: Leg) -> Iterator[str]:
    if note := leg.variables.get(_NOTE):
        local = at.astimezone(ZoneInfo(tenant.time_zone))
        yield f"in {tenant.time_zone} it is {local:%A, %Y-%m-%d %H:%M}: {note}"
