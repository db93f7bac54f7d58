"""What a call depends on, read from the database -> the call as routing sees it, and what that ends with.

Only what the dialled name needs is read: routes to the outside not for a call to an extension, holidays not for
who is always reached.
"""

import random
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from xmlcurl.routing.call import Call, Callee, OutOfService, Payer, Place
from xmlcurl.store.call_model import Destination, Holiday, Menu, RingGroup
from xmlcurl.store.model import Extension, Tag
from xmlcurl.store.peers import Peers
from xmlcurl.store.queries import find_extension, find_tenant
from xmlcurl.store.queries_calls import (
    find_call_settings,
    find_class_of_service,
    find_default_caller_id,
    find_group,
    find_own_number,
    find_presence,
    list_gateway_ids,
    list_holidays,
    list_outbound_routes,
)
from xmlcurl.store.reader import Connection


@dataclass(frozen=True, slots=True)
class Asked:
    """One routing of one call.

    Args:
        caller: the number, or sign-in name, that signed in; empty: nobody did.
        handed_on: the number of the extension whose phone we called, and whose leg was then transferred; or empty.
        on_behalf_of: the number of the extension that forwarded the call here, or empty.
        path: the numbers that forwarded the call so far.
        failed: BUSY, NO_ANSWER, or empty.
        choice: what was dialled in the menu that is the destination, or empty.
        task: what another switch asks of this one, or empty.
        peers: the switches that send one another calls, as the one sees it that the call is on.
        transfer: "blind" or "attended" when the caller's phone asks during its call, or empty; the destination is
            empty until a number was dialled.
        is_from_outside: it has come from a gateway just now, and `destination` is one of the tenant's public numbers.
    """

    destination: str
    caller: str = ""
    handed_on: str = ""
    on_behalf_of: str = ""
    path: tuple[str, ...] = ()
    failed: str = ""
    choice: str = ""
    transfer: str = ""
    task: str = ""
    peers: Peers = field(default_factory=Peers)
    is_from_outside: bool = False


@dataclass(frozen=True, slots=True)
class LoadedCall:
    """`call` is None where the caller may not call any more. It depends on `tags`, and ends at `ends_at` anyway."""

    call: Call | None
    tags: frozenset[str]
    ends_at: datetime | None
    is_the_same_each_time: bool


class CallLoader:
    """Reads one call of one tenant; a new one for each."""

    def __init__(self, connection: Connection, tenant_id: int, now: datetime) -> None:
        self._connection = connection
        self._tenant_id = tenant_id
        self._now = now
        self._tags = {Tag.tenant(tenant_id), Tag.calls(tenant_id)}
        self._ends: list[datetime] = []

    async def load(self, asked: Asked) -> LoadedCall:
        call = await self._call(asked)
        is_random = call is not None and isinstance(call.place, RingGroup) and call.place.strategy == "random"
        return LoadedCall(call, frozenset(self._tags), min(self._ends, default=None), not is_random)

    async def _call(self, asked: Asked) -> Call | None:
        caller = await self._payer(asked.caller)
        on_behalf_of = await self._payer(asked.on_behalf_of)
        is_gone = (asked.caller and caller is None) or (asked.on_behalf_of and on_behalf_of is None)
        tenant = caller.extension.tenant if caller else await find_tenant(self._connection, self._tenant_id)
        if tenant is None or not tenant.is_active or is_gone:
            return None
        settings = await find_call_settings(self._connection, self._tenant_id)
        call = Call(
            tenant=tenant,
            destination=asked.destination,
            caller=caller,
            handed_on=await self._extension(asked.handed_on) if asked.handed_on else None,
            on_behalf_of=on_behalf_of,
            path=asked.path,
            failed=asked.failed,
            choice=asked.choice,
            transfer=asked.transfer,
            task=asked.task,
            # What another switch asks for is done here: nothing goes from switch to switch for ever.
            home=None if asked.task else asked.peers.address_of_home(tenant.home_switch_id),
            settings=settings,
        )
        if asked.transfer and not asked.destination:
            return call
        if asked.destination in settings.emergency_numbers:
            listed = settings.emergency_gateway_ids
            return replace(call, gateway_ids=listed or await list_gateway_ids(self._connection, self._tenant_id))
        place = await (self._own_number(asked.destination) if asked.is_from_outside else self._place(asked))
        return await self._with_ways_outside(replace(call, place=place))

    async def _with_ways_outside(self, call: Call) -> Call:
        """What a call needs that may leave the tenant, now or by what its destination says."""
        place = call.place
        if isinstance(place, OutOfService) or (isinstance(place, Callee) and not place.presence.ring_mobile):
            return call
        if isinstance(place, Callee):
            place = replace(place, payer=await self._with_class(place.payer))
        everywhere = (self._connection, self._tenant_id)
        return replace(
            call,
            caller=await self._with_class(call.caller) if call.caller else None,
            on_behalf_of=await self._with_class(call.on_behalf_of) if call.on_behalf_of else None,
            place=place,
            routes=await list_outbound_routes(*everywhere),
            holidays=tuple(each for each in await list_holidays(*everywhere) if self._is_to_come(each)),
            default_caller_id=await find_default_caller_id(*everywhere),
        )

    async def _payer(self, name: str) -> Payer | None:
        """Whose number or sign-in name it is; an alias is only for being called."""
        extension = await self._extension(name) if name else None
        if extension is None or name not in {extension.number, extension.sign_in_name}:
            return None
        return Payer(extension) if self._is_in_service(extension) else None

    async def _with_class(self, payer: Payer) -> Payer:
        found = await find_class_of_service(self._connection, self._tenant_id, payer.extension.id)
        return replace(payer, class_of_service=found)

    async def _place(self, asked: Asked) -> Place | None:
        name = asked.destination
        extension = await self._extension(name)
        if extension and not self._is_in_service(extension):
            return OutOfService()
        if extension:
            presence = await find_presence(self._connection, self._tenant_id, extension.id)
            return Callee(Payer(extension), presence)
        group = await find_group(self._connection, self._tenant_id, name)
        if isinstance(group, RingGroup):
            return self._ringing(group)
        if isinstance(group, Menu):
            return await self._chosen(group, asked.choice)
        return group or await self._own_number(name)

    async def _chosen(self, menu: Menu, choice: str) -> Menu:
        """With the extension that was dialled in it as one more option."""
        is_other = bool(choice) and menu.direct_dial and choice not in menu.options
        extension = await self._extension(choice) if is_other else None
        if extension is None or extension.number != choice:
            return menu
        return replace(menu, options={**menu.options, choice: Destination("extension", choice)})

    async def _own_number(self, number: str) -> Place | None:
        return await find_own_number(self._connection, self._tenant_id, number.removeprefix("+"))

    async def _extension(self, name: str) -> Extension | None:
        self._tags.add(Tag.name(self._tenant_id, name))
        extension = await find_extension(self._connection, self._tenant_id, name)
        if extension:
            self._tags.add(Tag.extension(self._tenant_id, extension.id))
        return extension

    def _is_in_service(self, extension: Extension) -> bool:
        if extension.expires_at and self._now < extension.expires_at:
            self._ends.append(extension.expires_at)
        return extension.is_in_service(self._now)

    def _ringing(self, group: RingGroup) -> RingGroup:
        self._tags |= {Tag.extension(self._tenant_id, each.id) for each in group.members}
        members = [each for each in group.members if self._is_in_service(each)]
        if group.strategy == "random":
            random.shuffle(members)
        return replace(group, members=tuple(members))

    def _is_to_come(self, holiday: Holiday) -> bool:
        # Somewhere it may still be yesterday.
        return holiday.is_yearly or holiday.last_day >= (self._now - timedelta(days=1)).date()
