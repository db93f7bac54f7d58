"""The commands of nouns, made of what the API knows about them: `management team add`, `management queue update` ...

Each noun has list, show, add, update and delete. What is named here once is named nowhere else.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter, Signature
from typing import Annotated, Any, Final

import typer
from pydantic import BaseModel

from management.api import (
    classes_of_service,
    departments,
    gateways,
    greetings,
    group_mailboxes,
    holidays,
    hotlines,
    ivr_menus,
    numbers,
    outbound_routes,
    queues,
    ring_groups,
    teams,
    users,
)
from management.api.object_routes import Noun
from management.api.object_wire import ValuesBody
from management.auth import TenantScope
from management.console.options import options_of, required, values_of
from management.console.session import (
    ACTOR,
    WHAT_REPLACES,
    Json,
    Search,
    Tenant,
    everything,
    run,
    show_items,
    show_object,
    show_sync,
    tenant_of,
)
from management.objects.commands import Values
from management.objects.parts import LARGEST_ID
from management.web.services import Services
from management.writes import SwitchSync, Written

MOST_COLUMNS: Final = 7
"""As many as a terminal has room for; `show` has all values."""

_IDS: Final[Mapping[str, Any]] = {"min": 1, "max": LARGEST_ID}
_OF_TENANT: Final = Parameter("tenant", Parameter.KEYWORD_ONLY, annotation=Annotated[str, Tenant])
_AS_JSON: Final = Parameter("as_json", Parameter.KEYWORD_ONLY, default=False, annotation=Annotated[bool, Json])
_SEARCH: Final = Parameter("search", Parameter.KEYWORD_ONLY, default=None, annotation=Annotated[str | None, Search])


def commands_of(noun: Noun, help: str) -> typer.Typer:  # noqa: A002 - as typer calls it
    """The commands of the noun."""
    app, commands = typer.Typer(no_args_is_help=True, help=help), _Commands(noun)
    called, key = noun.name.replace("_", " "), _key(noun)
    offer(app, "list", "Those of the tenant, or those that hold a text.", [_SEARCH], commands.list)
    offer(app, "show", f"One {called}, with all its values.", [key], commands.show)
    if noun.new:
        options = options_of(noun.new, noun.values, argument=required(noun.new)[0])
        offer(app, "add", f"A new {called}.", options, commands.add)
    options = options_of(noun.change, noun.values)
    offer(app, "update", "Other values; what is left out stays.", [key, *options], commands.update)
    offer(app, "delete", "Delete it, unless something points to it.", [key, _replacement(noun)], commands.delete)
    return app


@dataclass(frozen=True, slots=True)
class _Commands:
    """What the commands of a noun do. Each is called with its options by name."""

    noun: Noun

    def list(self, tenant: str, as_json: bool, search: str | None) -> None:
        async def find(services: Services, scope: TenantScope) -> Sequence[Any]:
            found = await everything(lambda wanted: self.noun.service(services).list(scope, wanted), search)
            return await self.noun.items(services, found)

        items = [each.model_dump(mode="json") for each in _within(tenant, find)]
        show_items(items, _columns(self.noun.item), as_json=as_json)

    def show(self, tenant: str, as_json: bool, key: int | str) -> None:
        async def find(services: Services, scope: TenantScope) -> Any:
            return await self._item(services, await self.noun.service(services).find(scope, key))

        _show(_within(tenant, find), as_json)

    def add(self, tenant: str, as_json: bool, **options: Any) -> None:
        assert self.noun.new  # noqa: S101 - there is no such command where there is no such body
        values = values_of(self.noun.new, self.noun.values, options)
        self._write(
            tenant, as_json, lambda services, scope: self.noun.service(services).create(scope, values, actor=ACTOR)
        )

    def update(self, tenant: str, as_json: bool, key: int | str, **options: Any) -> None:
        values = values_of(self.noun.change, self.noun.values, options)
        self._write(
            tenant, as_json, lambda services, scope: self.noun.service(services).update(scope, key, values, actor=ACTOR)
        )

    def delete(self, tenant: str, as_json: bool, key: int | str, replace_with: int | str | None) -> None:
        async def remove(services: Services, scope: TenantScope) -> Written[None]:
            return await self.noun.service(services).delete(scope, key, actor=ACTOR, replace_with=replace_with)

        written = _within(tenant, remove)
        show_object({"deleted": True}, as_json=as_json)
        show_sync(written.sync)

    def _write(
        self, tenant: str, as_json: bool, change: Callable[[Services, TenantScope], Awaitable[Written[Any]]]
    ) -> None:
        async def written(services: Services, scope: TenantScope) -> tuple[Any, SwitchSync]:
            done = await change(services, scope)
            return await self._item(services, done.result), done.sync

        item, sync = _within(tenant, written)
        _show(item, as_json)
        show_sync(sync)

    async def _item(self, services: Services, found: Any) -> Any:
        return (await self.noun.items(services, [found]))[0]


def offer_settings(
    app: typer.Typer,
    names: tuple[str, str],
    *,
    key: Sequence[Parameter],
    item: type[BaseModel],
    body: type[ValuesBody],
    values: type[Values],
    find: Callable[..., Awaitable[Any]],
    update: Callable[..., Awaitable[Written[Any]]],
) -> None:
    """Two commands for what is always there: show it, change it.

    Args:
        names: of the two commands.
        key: what says whose they are, if anything does.
        find: (services, scope, *keys) -> the present values.
        update: (services, scope, *keys, new values) -> the present values.
    """

    def show(tenant: str, as_json: bool, **keys: str) -> None:
        found = _within(tenant, lambda services, scope: find(services, scope, *keys.values()))
        _show(item.model_validate(found), as_json)

    def change(tenant: str, as_json: bool, **options: Any) -> None:
        keys = [options.pop(each.name) for each in key]
        wanted = values_of(body, values, options)
        conclude(item, _within(tenant, lambda services, scope: update(services, scope, *keys, wanted)), as_json)

    offer(app, names[0], "What is set.", key, show)
    offer(app, names[1], "Other values; what is left out stays.", [*key, *options_of(body, values)], change)


def offer(
    app: typer.Typer, name: str, what: str, parameters: Sequence[Parameter], command: Callable[..., None]
) -> None:
    """A command of `app` with these parameters, with --tenant and --json."""
    every = [*parameters, _OF_TENANT, _AS_JSON]

    def called(**options: Any) -> None:
        command(**options)

    # typer reads the options of a command from its signature; this one is known when this runs.
    described: Any = called
    described.__signature__ = Signature(every)
    described.__annotations__ = {each.name: each.annotation for each in every}
    app.command(name, help=what)(called)


def argument(called: str, what: str, name: str = "") -> Parameter:
    """What a command is about."""
    declared = Annotated[str, typer.Argument(metavar=called.upper(), help=what)]
    return Parameter(name or called, Parameter.KEYWORD_ONLY, annotation=declared)


def _key(noun: Noun) -> Parameter:
    if noun.key is str:
        return argument(noun.key_name, "", "key")
    declared = Annotated[int, typer.Argument(metavar="ID", **_IDS)]
    return Parameter("key", Parameter.KEYWORD_ONLY, annotation=declared)


def _replacement(noun: Noun) -> Parameter:
    bounds = _IDS if noun.key is int else {}
    declared: Any = Annotated[noun.key | None, typer.Option(help=WHAT_REPLACES, **bounds)]
    return Parameter("replace_with", Parameter.KEYWORD_ONLY, default=None, annotation=declared)


def _within(tenant: str, action: Callable[[Services, TenantScope], Awaitable[Any]]) -> Any:
    """What the action returns, for the tenant of that domain."""

    async def run_for(services: Services) -> Any:
        return await action(services, await tenant_of(services, tenant))

    return run(run_for)


def _show(item: BaseModel, as_json: bool) -> None:
    show_object(item.model_dump(mode="json"), as_json=as_json)


def conclude(item: type[BaseModel], written: Written[Any], as_json: bool) -> None:
    """What every change ends with: the object as the API shows it, and which switches are yet to be told."""
    _show(item.model_validate(written.result), as_json)
    show_sync(written.sync)


def _columns(item: type[BaseModel]) -> list[str]:
    names = [name for name in item.model_fields if name not in {"created_at", "updated_at"}]
    return names[:MOST_COLUMNS]


COMMANDS: Final[Mapping[str, typer.Typer]] = {
    noun.name.replace("_", "-"): commands_of(noun, what)
    for noun, what in (
        (teams.NOUN, "Groups of extensions."),
        (departments.NOUN, "Where extensions belong in the company."),
        (users.NOUN, "People, to whom extensions can belong."),
        (numbers.NOUN, "Numbers of the public network, each owned by one tenant."),
        (hotlines.NOUN, "Numbers under a name, for extensions to show."),
        (gateways.NOUN, "Trunks to carriers."),
        (outbound_routes.NOUN, "Which numbers outside go through which gateways."),
        (classes_of_service.NOUN, "What extensions may dial."),
        (holidays.NOUN, "Days on which the tenant is closed."),
        (ring_groups.NOUN, "Extensions that ring together, or in turn."),
        (queues.NOUN, "Callers who wait for agents."),
        (ivr_menus.NOUN, "Menus: keys, and where they lead."),
        (group_mailboxes.NOUN, "Mailboxes of nobody in particular."),
        (greetings.NOUN, "Sounds that callers hear."),
    )
}
"""The nouns by name, as they are typed."""
