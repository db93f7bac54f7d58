"""Rows of teams."""

from management.objects.links import Reference
from management.objects.repository import Rows
from management.teams.commands import Team
from xmlcurl.store.tables import extensions, teams


class TeamRepository(Rows[Team]):
    """Living teams of one tenant."""

    TABLE = teams
    MODEL = Team
    SEARCHED = (teams.c.name,)
    ORDER = (teams.c.name,)
    UNIQUE = "name"
    LINKS = (Reference("extension", extensions.c.team_id, extensions.c.number),)
