"""The rules of numbers, for every API, page and command."""

from management.auth import TenantScope
from management.effects import Effects
from management.numbers.commands import Number, NumberValues
from management.numbers.repository import NumberRepository
from management.objects.service import Objects
from xmlcurl.store.model import Tag


class Numbers(Objects[TenantScope, str, Number, NumberValues]):
    KIND = "number"
    ROWS = NumberRepository

    def consequences(self, scope: TenantScope, before: Number | None, after: Number | None) -> Effects:
        """A number shows in users' documents, also where it did not before: one that is activated.

        Nobody can show one that is new, or that can be deleted: switches need not forget their users for it.
        """
        is_shown = before is not None and after is not None
        return Effects(tags=frozenset({Tag.tenant(scope.id)}), flush_all=is_shown)
