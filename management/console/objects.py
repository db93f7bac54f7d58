"""What the commands of the platform's own nouns share: make, change, delete, list."""

from collections.abc import Callable, Sequence
from typing import Any

from management.console.session import ACTOR, everything, run, show, show_list, show_object, show_sync
from management.objects.commands import Values
from management.objects.service import Objects
from management.web.services import Services

Noun = Callable[[Services], Objects[None, Any, Any, Any]]
"""Which service: `lambda services: services.tenants`."""


def given(**options: Any) -> dict[str, Any]:
    """Options that were given, as values: an empty text takes a value away, where that is possible."""
    return {name: None if value == "" else value for name, value in options.items() if value is not None}


def create(noun: Noun, values: Values, *, as_json: bool) -> None:
    """Make an object, and show it."""

    async def action(services: Services) -> Any:
        return await noun(services).create(None, values, actor=ACTOR)

    show(run(action), as_json=as_json)


def update(noun: Noun, key: int | str, values: Values, *, as_json: bool) -> None:
    """Change an object, and show it."""

    async def action(services: Services) -> Any:
        return await noun(services).update(None, key, values, actor=ACTOR)

    show(run(action), as_json=as_json)


def delete(noun: Noun, key: int | str, *, as_json: bool) -> None:
    """Delete an object, unless something points to it."""

    async def action(services: Services) -> Any:
        return await noun(services).delete(None, key, actor=ACTOR)

    written = run(action)
    show_object({"deleted": True}, as_json=as_json)
    show_sync(written.sync)


def list_all(noun: Noun, columns: Sequence[str], *, search: str | None, as_json: bool) -> None:
    """Show every object, or those that hold a text."""

    async def action(services: Services) -> list[Any]:
        return await everything(lambda wanted: noun(services).list(None, wanted), search)

    show_list(run(action), columns, as_json=as_json)
