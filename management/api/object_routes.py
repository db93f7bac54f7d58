"""The five routes of a small noun of a tenant, the same for all of them: list, create, read, update, delete.

NOUN = Noun(
    name="team",
    service=lambda services: services.teams,
    values=TeamValues,
    new=NewTeam,
    change=ChangeTeam,
    item=TeamItem,
    texts=Texts(list="Teams by name.", create="A new team.", ...),
)
router = routes_of(NOUN)
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Path, Query, Security

from management.api.asking import Asking, bearer, may
from management.api.object_wire import Shown, ValuesBody
from management.api.wire import BODY_CODES, SYNC_HEADERS, Absent, Data, Deleted, Listed, Wanted, answers, listed
from management.auth import ADMIN, READ, TenantScope
from management.objects.commands import Values
from management.objects.parts import LARGEST_ID
from management.objects.service import Objects
from management.web.services import Services
from management.web.strict import StrictRoute

Reader = Annotated[Asking, Depends(may(READ))]
_ADMINISTRATOR: Final = may(ADMIN)
Filters = Mapping[str, Any]
"""Columns with the values that a list is narrowed to."""


def no_filters() -> Filters:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """What the description of the API says of each route."""

    list: str
    read: str
    update: str
    delete: str
    create: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A small noun as the API offers it.

    Args:
        name: of one object, with underscores: `team` is at /teams/{team_id}, and its operations are `list_teams` ...
        new: the body that makes one; None where the noun makes them in a route of its own.
        plural: where it isn't the name and an s.
        key: the type that the path names an object by, `key_name` what it calls it, `key_bounds` what describes it.
        writer: a dependency: who may change it.
        filters: a dependency: what else the query of a list may say.
        completed: fills in what the service's objects don't say; the items as they are shown.
    """

    name: str
    service: Callable[[Services], Objects[TenantScope, Any, Any, Any]]
    values: type[Values]
    new: type[ValuesBody] | None
    change: type[ValuesBody]
    item: type[Shown]
    texts: Texts
    plural: str = ""
    key: type[int | str] = int
    key_name: str = ""
    key_bounds: Mapping[str, Any] = field(default_factory=lambda: {"ge": 1, "le": LARGEST_ID})
    writer: Callable[..., Any] = _ADMINISTRATOR
    filters: Callable[..., Filters] = no_filters
    completed: Callable[[Services, Sequence[Any]], Awaitable[list[Any]]] | None = None

    async def items(self, services: Services, objects: Sequence[Any]) -> list[Any]:
        """The service's objects as they are shown."""
        made = [self.item.model_validate(each) for each in objects]
        return made if self.completed is None else await self.completed(services, made)

    async def data(self, services: Services, found: Any) -> Any:
        """An answer with one of them."""
        return Data(data=(await self.items(services, [found]))[0])


def routes_of(noun: Noun) -> APIRouter:
    """The router of the noun."""
    plural, key_name = noun.plural or f"{noun.name}s", noun.key_name or f"{noun.name}_id"
    every = f"/{plural.replace('_', '-')}"
    one = f"{every}/{{{key_name}}}"
    router = APIRouter(route_class=StrictRoute, dependencies=[Security(bearer)], tags=[plural.replace("_", " ")])

    async def list_(asking: Reader, wanted: Wanted, filters: Filters = Depends(noun.filters)) -> Any:
        found = await noun.service(asking.services).list(asking.tenant, wanted, filters)
        return listed(found, await noun.items(asking.services, found.rows))

    async def create(body: ValuesBody, asking: Asking = Depends(noun.writer)) -> Any:
        values = noun.values(**body.given())
        written = await noun.service(asking.services).create(
            asking.tenant, values, actor=asking.actor, wait_ms=asking.wait_ms
        )
        asking.tell_sync(written.sync)
        return await noun.data(asking.services, written.result)

    async def read(key: int | str, asking: Reader) -> Any:
        return await noun.data(asking.services, await noun.service(asking.services).find(asking.tenant, key))

    async def update(key: int | str, body: ValuesBody, asking: Asking = Depends(noun.writer)) -> Any:
        written = await noun.service(asking.services).update(
            asking.tenant, key, noun.values(**body.given()), actor=asking.actor, wait_ms=asking.wait_ms
        )
        asking.tell_sync(written.sync)
        return await noun.data(asking.services, written.result)

    async def delete(
        key: int | str, replace_with: int | str | None = None, asking: Asking = Depends(noun.writer)
    ) -> Data[Deleted]:
        written = await noun.service(asking.services).delete(
            asking.tenant, key, actor=asking.actor, wait_ms=asking.wait_ms, replace_with=replace_with
        )
        asking.tell_sync(written.sync)
        return Data(data=Deleted())

    # FastAPI reads the types of bodies and keys from here; this noun has its own.
    create.__annotations__["body"] = noun.new
    update.__annotations__["body"] = noun.change
    for endpoint in (read, update, delete):
        endpoint.__annotations__["key"] = Annotated[noun.key, Path(alias=key_name, **noun.key_bounds)]
    described = {"description": "What points to it points to this one from then on", **noun.key_bounds}
    delete.__annotations__["replace_with"] = Annotated[noun.key | Absent, Query(**described)]
    shown: Any = Data[noun.item]  # type: ignore[name-defined]  # a type that is known when this runs
    page: Any = Listed[noun.item]  # type: ignore[name-defined]

    def offer(
        path: str, method: str, endpoint: Callable[..., Any], model: Any, *codes: int, success: int = 200
    ) -> None:
        verb = endpoint.__name__.rstrip("_")
        router.add_api_route(
            path,
            endpoint,
            methods=[method],
            name=f"{verb}_{plural if verb == 'list' else noun.name}",
            description=getattr(noun.texts, verb),
            response_model=model,
            status_code=success,
            responses=answers(404, *codes) | ({} if method == "GET" else {success: SYNC_HEADERS}),
        )

    offer(every, "GET", list_, page, 422)
    if noun.new:
        offer(every, "POST", create, shown, 409, *BODY_CODES, success=201)
    offer(one, "GET", read, shown, 422)
    offer(one, "PUT", update, shown, 409, *BODY_CODES)
    offer(one, "DELETE", delete, Data[Deleted], 409, 422)
    return router
