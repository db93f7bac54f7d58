"""Rows of things that are dialled inside their tenant by a number of their own, which no other name may be."""

from collections.abc import Mapping
from typing import Any, ClassVar, TypeVar

from sqlalchemy import Column, delete, insert
from sqlalchemy.exc import IntegrityError

from management.database import is_unique_violation
from management.errors import Conflict, Invalid
from management.objects.repository import Rows
from management.objects.reserved import emergency_numbers
from xmlcurl.store.tables import taken_names

T = TypeVar("T")


class DialledRows(Rows[T]):
    """Rows with a column `number`; OWNER is the link of `taken_names` that says whose a name is."""

    OWNER: ClassVar[Column[Any]]

    async def add(self, columns: Mapping[str, Any]) -> int:
        object_id = await super().add(columns)
        await self._take(object_id, columns["number"])
        return object_id

    async def change(self, object_id: int, columns: Mapping[str, Any]) -> None:
        await super().change(object_id, columns)
        if "number" in columns:
            await self._give_back(object_id)
            await self._take(object_id, columns["number"])

    async def remove(self, object_id: int) -> None:
        await self._give_back(object_id)
        await super().remove(object_id)

    async def _take(self, object_id: int, number: str) -> None:
        assert self._tenant_id is not None  # noqa: S101 - only a tenant's objects are dialled
        if number in await emergency_numbers(self._connection, self._tenant_id):
            raise Invalid.of("number", "emergency")
        row = {"tenant_id": self._tenant_id, self.OWNER.name: object_id, "name": number, "is_number": True}
        try:
            await self._connection.execute(insert(taken_names).values(**row))
        except IntegrityError as exc:
            if is_unique_violation(exc):
                raise Conflict("number") from exc
            raise

    async def _give_back(self, object_id: int) -> None:
        is_its = taken_names.c[self.OWNER.name] == object_id
        await self._connection.execute(delete(taken_names).where(is_its))
