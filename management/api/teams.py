"""Teams: bodies and routes."""

from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import Shown, ValuesBody, unset
from management.teams.commands import LONGEST_NAME, TeamValues


class ChangeTeam(ValuesBody):
    name: str = unset(minLength=1, maxLength=LONGEST_NAME)


class NewTeam(ChangeTeam):
    name: str


class TeamItem(Shown):
    name: str


NOUN = Noun(
    name="team",
    service=lambda services: services.teams,
    values=TeamValues,
    new=NewTeam,
    change=ChangeTeam,
    item=TeamItem,
    texts=Texts(
        list="Teams by name. `search` is found in the name, as it is written.",
        create="A new team; its name is unique in the tenant.",
        read="One team.",
        update="New values; what is left out stays.",
        delete="Soft delete; refused while an extension belongs to it.",
    ),
)
router = routes_of(NOUN)
