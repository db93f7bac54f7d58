"""Objects of a tenant that show in the routes of its calls, and in nothing else."""

from abc import ABC
from typing import Generic, TypeVar

from management.auth import TenantScope
from management.effects import Effects
from management.objects.commands import Values
from management.objects.service import Identified, Objects
from xmlcurl.store.model import Tag

Key = TypeVar("Key", int, str)
Object = TypeVar("Object", bound=Identified)
New = TypeVar("New", bound=Values)


class Routed(Objects[TenantScope, Key, Object, New], ABC, Generic[Key, Object, New]):
    """A switch keeps users, never routes: there is nothing to tell it."""

    def consequences(self, scope: TenantScope, before: Object | None, after: Object | None) -> Effects:
        """Who would meet the object, or miss it, can't be told from it alone."""
        return Effects(tags=frozenset({Tag.calls(scope.id)}))

    def moved(self, scope: TenantScope) -> Effects:
        """Calls that went to the one go to the other; that one is deleted now, which says the same."""
        return Effects()
