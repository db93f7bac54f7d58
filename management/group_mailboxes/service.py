"""The rules of group mailboxes, for every API, page and command."""

from typing import Any

from management.auth import TenantScope
from management.effects import Effects
from management.group_mailboxes.commands import GroupMailbox, GroupMailboxValues
from management.group_mailboxes.repository import GroupMailboxRepository
from management.objects.repository import Rows
from management.objects.routed import Routed
from management.secrets import vm_a1_hash
from management.writes import Write
from xmlcurl.store.model import Tag


class GroupMailboxes(Routed[int, GroupMailbox, GroupMailboxValues]):
    KIND = "group_mailbox"
    ROWS = GroupMailboxRepository

    def consequences(self, scope: TenantScope, before: GroupMailbox | None, after: GroupMailbox | None) -> Effects:
        """mod_voicemail asks for the mailbox as for a user, and a switch may keep the answer."""
        numbers = {each.number for each in (before, after) if each is not None}
        return Effects(
            tags=frozenset({Tag.calls(scope.id), *(Tag.name(scope.id, number) for number in numbers)}),
            flush_users=frozenset((number, scope.domain) for number in numbers),
        )

    async def columns(
        self, rows: Rows[GroupMailbox], values: GroupMailboxValues, before: GroupMailbox | None
    ) -> dict[str, Any]:
        columns = values.given()
        if "pin" in columns:
            assert isinstance(rows, GroupMailboxRepository)  # noqa: S101 - it is what ROWS says
            pin, number = columns.pop("pin"), before.number if before else columns["number"]
            columns["vm_a1_hash"] = None if pin is None else vm_a1_hash(number, await rows.domain(), pin)
        return columns

    async def _conclude(
        self,
        write: Write,
        scope: TenantScope,
        verb: str,
        *,
        before: GroupMailbox | None,
        after: GroupMailbox | None,
        values: GroupMailboxValues | None = None,
        **moved: Any,
    ) -> None:
        await super()._conclude(write, scope, verb, before=before, after=after, values=values, **moved)
        # A PIN that was set by phone lives in the switch: it must open neither this mailbox nor the number's next one.
        if after is None or (values and "pin" in values.given()):
            write.tell(Effects(reset_pins=frozenset((each.number, scope.domain) for each in (before, after) if each)))
