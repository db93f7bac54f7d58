"""Rows of greetings, and their files in rows of their own."""

from collections.abc import Mapping
from typing import Any, Final

from sqlalchemy import delete, insert, select, update

from management.greetings.commands import Greeting
from management.objects.forwards import Destined
from management.objects.links import Reference
from management.objects.repository import Rows
from xmlcurl.store.tables import destinations, greeting_files, greetings, ivr_menus, queues

_CONTENT: Final = "content"


class GreetingRepository(Rows[Greeting]):
    """Living greetings of one tenant. Only `file` reads one."""

    TABLE = greetings
    MODEL = Greeting
    SEARCHED = (greetings.c.name,)
    ORDER = (greetings.c.name,)
    UNIQUE = "name"
    LINKS = (
        Reference("queue", queues.c.greeting_id, queues.c.name),
        Reference("ivr menu", ivr_menus.c.greeting_id, ivr_menus.c.name),
        Destined(destinations.c.greeting_id),
    )

    async def file(self, object_id: int) -> tuple[str, bytes] | None:
        """The format and the content of a greeting."""
        of_it = greeting_files.c.greeting_id == greetings.c.id
        statement = (
            select(greetings.c.format, greeting_files.c.content)
            .join(greeting_files, of_it)
            .where(greetings.c.id == object_id, greetings.c.deleted_at.is_(None), *self._own())
        )
        row = (await self._connection.execute(statement)).one_or_none()
        return None if row is None else (row.format, bytes(row.content))

    async def add(self, columns: Mapping[str, Any]) -> int:
        object_id = await super().add(_without_content(columns))
        row = {"tenant_id": self._tenant_id, "greeting_id": object_id, _CONTENT: columns[_CONTENT]}
        await self._connection.execute(insert(greeting_files).values(**row))
        return object_id

    async def change(self, object_id: int, columns: Mapping[str, Any]) -> None:
        await super().change(object_id, _without_content(columns))
        if _CONTENT in columns:
            statement = update(greeting_files).where(greeting_files.c.greeting_id == object_id)
            await self._connection.execute(statement.values(content=columns[_CONTENT]))

    async def remove(self, object_id: int) -> None:
        """Its file is gone for good."""
        await self._connection.execute(delete(greeting_files).where(greeting_files.c.greeting_id == object_id))
        await super().remove(object_id)


def _without_content(columns: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in columns.items() if name != _CONTENT}
