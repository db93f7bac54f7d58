"""The rules of teams, for every API, page and command."""

from management.auth import TenantScope
from management.effects import Effects
from management.objects.service import Objects
from management.teams.commands import Team, TeamValues
from management.teams.repository import TeamRepository
from xmlcurl.store.model import Tag


class Teams(Objects[TenantScope, int, Team, TeamValues]):
    KIND = "team"
    ROWS = TeamRepository

    def consequences(self, scope: TenantScope, before: Team | None, after: Team | None) -> Effects:
        """Groups are asked for by name. A switch keeps users, never groups: there is nothing to tell it."""
        return Effects(tags=frozenset({Tag.members(scope.id)}))
