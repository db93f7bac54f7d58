"""Rows of group mailboxes."""

from sqlalchemy import select

from management.group_mailboxes.commands import GroupMailbox
from management.objects.dialled import DialledRows
from management.objects.forwards import Destined
from xmlcurl.store.tables import destinations, group_mailboxes, taken_names, tenants


class GroupMailboxRepository(DialledRows[GroupMailbox]):
    """Living group mailboxes of one tenant."""

    TABLE = group_mailboxes
    MODEL = GroupMailbox
    OWNER = taken_names.c.group_mailbox_id
    SEARCHED = (group_mailboxes.c.name, group_mailboxes.c.number)
    ORDER = (group_mailboxes.c.name,)
    UNIQUE = "name"
    LINKS = (Destined(destinations.c.group_mailbox_id),)

    async def domain(self) -> str:
        """The tenant's."""
        statement = select(tenants.c.domain).where(tenants.c.id == self._tenant_id)
        return str((await self._connection.execute(statement)).scalar_one())
