"""What people change with their phones: which wish means which write, through the services that the API writes by.

A wish says what shall be, so the same one again changes nothing: a switch asks twice when the first answer was late.
"""

from typing import Final

from management.audit import Actor
from management.auth import TenantScope
from management.by_phone.repository import find_active_tenant, find_inside
from management.database import Database
from management.errors import NotFound
from management.extensions.commands import ExtensionValues, UpdateExtension
from management.extensions.service import Extensions
from management.group_mailboxes.commands import GroupMailboxValues
from management.group_mailboxes.service import GroupMailboxes
from management.objects.destination import Destination
from management.presence.commands import PresenceRuleValues, PresenceValues
from management.presence.service import Presences
from management.queue_agents.commands import QueueAgentValues
from management.queue_agents.service import QueueAgents
from xmlcurl.store.model import Wish

AGENT_STATUS_OF: Final = {"agent_login": "available", "agent_logout": "logged_out"}
NO_WAIT_MS: Final = 0
"""A caller listens to silence meanwhile, and the switch gives up: others are told afterwards, by the outbox."""


class ByPhone:
    """One for each process; safe to use from many tasks."""

    def __init__(
        self,
        database: Database,
        presences: Presences,
        extensions: Extensions,
        mailboxes: GroupMailboxes,
        agents: QueueAgents,
    ) -> None:
        self._database = database
        self._presences = presences
        self._extensions = extensions
        self._mailboxes = mailboxes
        self._agents = agents

    async def carry_out(self, domain: str, wish: Wish) -> None:
        """Does what the phone of `wish.number` wants, as whom the audit log names it: "phone:1001".

        Raises:
            NotFound: there is no such tenant, or it is suspended, or it has no such number.
            Invalid: the API would refuse the values, too.
            Unavailable: nothing was written, or it can't be said; the same wish may be made again.
        """
        async with self._database.reading() as connection:
            tenant = await find_active_tenant(connection, domain)
            if tenant is None:
                raise NotFound("tenant")
            whose = await find_inside(connection, tenant.id, wish.number)
            target = await find_inside(connection, tenant.id, wish.digits)
        actor = Actor(f"phone:{wish.number}")
        if whose and whose.type == "group_vm" and whose.id is not None and wish.kind == "voicemail_pin":
            await self._mailboxes.update(
                tenant, whose.id, GroupMailboxValues(pin=wish.digits), actor=actor, wait_ms=NO_WAIT_MS
            )
        elif whose is None or whose.extension is None:
            raise NotFound("extension")
        elif wish.kind == "voicemail_pin":
            command = UpdateExtension(
                extension_number=whose.extension, values=ExtensionValues(voicemail_pin=wish.digits)
            )
            await self._extensions.update(tenant, command, actor=actor, wait_ms=NO_WAIT_MS)
        elif wish.kind in AGENT_STATUS_OF:
            status = QueueAgentValues(status=AGENT_STATUS_OF[wish.kind])
            await self._agents.update(tenant, whose.extension, status, actor=actor, wait_ms=NO_WAIT_MS)
        else:
            wanted = await self._presence(tenant, whose.extension, wish, target)
            await self._presences.update(tenant, whose.extension, wanted, actor=actor, wait_ms=NO_WAIT_MS)

    async def _presence(
        self, tenant: TenantScope, number: str, wish: Wish, target: Destination | None
    ) -> PresenceValues:
        if wish.kind == "dnd_on":
            return PresenceValues(status="do_not_disturb")
        if wish.kind == "dnd_off":
            return PresenceValues(status="available")
        # Outside, like the API, any digits: by whose permissions they are called is asked at each call.
        always = target or Destination(type="external_num", number=wish.digits)
        rule = PresenceRuleValues(in_always=always, ex_always=always)
        if wish.kind == "forward_always_off":
            rule = PresenceRuleValues(in_always=None, ex_always=None)
        present = await self._presences.find(tenant, number)
        return PresenceValues(rules={present.status: rule})
