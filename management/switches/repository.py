"""Rows of switches."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from management import outbox
from management.objects.links import Reference
from management.objects.repository import Rows
from management.switches.commands import Switch
from xmlcurl.store.tables import switches, tenants


class SwitchRepository(Rows[Switch]):
    """Living switches."""

    TABLE = switches
    MODEL = Switch
    SEARCHED = (switches.c.name, switches.c.host)
    ORDER = (switches.c.name,)
    UNIQUE = "name"
    LINKS = (Reference("tenant", tenants.c.home_switch_id, tenants.c.domain),)

    async def password_encrypted(self, switch_id: int) -> str:
        """The password of its event socket as it is stored."""
        statement = select(switches.c.password_encrypted).where(switches.c.id == switch_id)
        return str((await self._connection.execute(statement)).scalar_one())


async def names_of_enabled(connection: AsyncConnection) -> dict[int, str]:
    """The switches that are told of changes: name by id, in the order of their names."""
    wanted = select(switches.c.id, switches.c.name).where(switches.c.id.in_(outbox.enabled_switches().order_by(None)))
    return {row.id: row.name for row in await connection.execute(wanted.order_by(switches.c.name))}
