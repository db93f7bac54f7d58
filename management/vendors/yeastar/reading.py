"""Extensions with all that a client is shown of them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from management.extensions.model import Extension
from management.objects.destination import Destination
from management.paging import PageWanted
from management.presence.commands import PresenceRule
from management.vendors.yeastar import presence_wire, wire
from management.vendors.yeastar.asking import Asking
from management.vendors.yeastar.presence_wire import Named, PresenceSetting

EVERYTHING: Final = PageWanted(1, 10_000)
"""More than a tenant has of what is chosen from."""


async def details(asking: Asking, extensions: Sequence[Extension]) -> list[wire.ExtensionDetail]:
    """In the same order."""
    services, tenant = asking.services, asking.tenant
    rules = {each.id: (await services.presences.find(tenant, each.number)).rules for each in extensions}
    destinations = _destinations(rules.values())
    ids = await services.extensions.ids(tenant, {each.extension for each in destinations if each.extension})
    greetings = await services.greetings.find_many(
        tenant, {each.id for each in destinations if each.id and each.type == "play_greeting"}
    )
    numbers = {extension_id: number for number, extension_id in ids.items()}
    names = {each.name: each.id for each in greetings.values()}

    def settings(extension: Extension) -> list[PresenceSetting]:
        off = wire.kept(extension).get("off", {})
        return [
            presence_wire.shown(status, rule, off.get(status, {}), Named(extension.number, numbers, names))
            for status, rule in rules[extension.id].items()
        ]

    return [
        wire.detail(each, settings(each), await department_ids(asking, each), await route_ids(asking, each))
        for each in extensions
    ]


async def department_ids(asking: Asking, extension: Extension) -> list[int]:
    """Its department, and those that only this dialect knows of, as far as they are still there."""
    kept = [int(each["value"]) for each in wire.kept(extension).get("organization_list", [])]
    first = extension.department_id
    if kept[:1] == [first]:
        kept = kept[1:]
    ids = dict.fromkeys([*([first] if first else []), *kept])
    there = await asking.services.departments.find_many(asking.tenant, ids)
    return [each for each in ids if each in there]


async def route_ids(asking: Asking, extension: Extension) -> list[int]:
    """The outbound routes that it may take; each one without a class of service, or with one that allows all."""
    classes, class_id = asking.services.classes_of_service, extension.class_of_service_id
    found = None if class_id is None else (await classes.find_many(asking.tenant, [class_id])).get(class_id)
    if found and not found.all_routes:
        return [*found.route_ids]
    routes = await asking.services.outbound_routes.list(asking.tenant, EVERYTHING)
    return [each.id for each in routes.rows]


def _destinations(rules: Collection[Mapping[Any, PresenceRule]]) -> list[Destination]:
    return [each for by_status in rules for rule in by_status.values() for each in rule.forwards().values()]
