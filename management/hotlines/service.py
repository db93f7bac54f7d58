"""The rules of hotlines, for every API, page and command."""

from typing import Any

from management.auth import TenantScope
from management.effects import Effects
from management.errors import Invalid
from management.hotlines.commands import Hotline, HotlineValues
from management.hotlines.repository import HotlineRepository
from management.objects.repository import Rows
from management.objects.service import Objects
from xmlcurl.store.model import Tag


class Hotlines(Objects[TenantScope, int, Hotline, HotlineValues]):
    KIND = "hotline"
    ROWS = HotlineRepository

    def consequences(self, scope: TenantScope, before: Hotline | None, after: Hotline | None) -> Effects:
        """Its number shows in the documents of the extensions that are linked to it.

        No extension is linked to one that is new, or that can be deleted.
        """
        is_shown = before is not None and after is not None and before.number_id != after.number_id
        return Effects(tags=frozenset({Tag.tenant(scope.id)}), flush_all=is_shown)

    async def columns(self, rows: Rows[Hotline], values: HotlineValues, before: Hotline | None) -> dict[str, Any]:
        columns = values.given()
        if "number" in columns:
            assert isinstance(rows, HotlineRepository)  # noqa: S101 - it is what ROWS says
            columns["number_id"] = await rows.number_id(columns.pop("number"))
            if columns["number_id"] is None:
                raise Invalid.of("number", "exists")
        return columns
