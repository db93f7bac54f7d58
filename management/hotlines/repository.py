"""Rows of hotlines."""

from typing import Any

from sqlalchemy import Select, select

from management.hotlines.commands import Hotline
from management.objects.links import Reference
from management.objects.repository import Rows
from xmlcurl.store.tables import extensions, hotlines, numbers


class HotlineRepository(Rows[Hotline]):
    """Living hotlines of one tenant, each with the digits of its number."""

    TABLE = hotlines
    MODEL = Hotline
    SEARCHED = (hotlines.c.name, numbers.c.number)
    ORDER = (hotlines.c.name,)
    LINKS = (Reference("extension", extensions.c.hotline_id, extensions.c.number),)

    async def number_id(self, number: str) -> int | None:
        """The id of the tenant's number with these digits, active or not: a disabled one is just not shown."""
        return await self.linked_id(numbers.c.number, number, self._tenant_id)

    def _living(self) -> Select[Any]:
        own = (hotlines.c[name] for name in Hotline.__dataclass_fields__ if name in hotlines.c)
        return (
            select(*own, numbers.c.number, numbers.c.carrier, numbers.c.status.label("number_status"))
            .join(numbers, numbers.c.id == hotlines.c.number_id)
            .where(hotlines.c.deleted_at.is_(None), *self._own())
        )
