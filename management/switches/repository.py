"""Rows of switches."""

from sqlalchemy import select

from management.objects.repository import Rows
from management.switches.commands import Switch
from xmlcurl.store.tables import switches


class SwitchRepository(Rows[Switch]):
    """Living switches."""

    TABLE = switches
    MODEL = Switch
    SEARCHED = (switches.c.name, switches.c.host)
    ORDER = (switches.c.name,)
    UNIQUE = "name"

    async def password_encrypted(self, switch_id: int) -> str:
        """The password of its event socket as it is stored."""
        statement = select(switches.c.password_encrypted).where(switches.c.id == switch_id)
        return str((await self._connection.execute(statement)).scalar_one())
