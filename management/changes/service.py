"""How far the switches are, and another try for what failed; for every API, page and command."""

from management.audit import Actor
from management.changes.repository import Change, ChangeRepository, Wanted
from management.database import Database
from management.errors import Conflict
from management.objects.errors import ObjectUnknown
from management.paging import Page, PageWanted
from management.writes import Write, Writes, Written
from xmlcurl.store.tables import utc_now


class Changes:
    """One for each process; safe to use from many tasks."""

    def __init__(self, database: Database, writes: Writes) -> None:
        self._database = database
        self._writes = writes

    async def find(self, change_id: int) -> Change:
        """The change of that id; raises ObjectUnknown."""
        async with self._database.reading() as connection:
            return _known(await ChangeRepository(connection).find(change_id), change_id)

    async def list(self, wanted: Wanted, page: PageWanted) -> Page[Change]:
        """One page of the changes, the newest first."""
        async with self._database.reading() as connection:
            return await ChangeRepository(connection).page(wanted, page)

    async def retry(self, change_id: int, *, actor: Actor) -> Written[Change]:
        """A change that failed is pending again: whoever mended the cause need not wait for the next write.

        Raises:
            ObjectUnknown.
            Conflict: it has not failed.
            What `Writes.run` raises.
        """

        async def retry(write: Write) -> Change:
            changes = ChangeRepository(write.connection)
            before = _known(await changes.find(change_id), change_id)
            if not await changes.retry(change_id, utc_now()):
                raise Conflict("state", "not_failed")
            after = _known(await changes.find(change_id), change_id)
            write.audit(
                "change.retry", "change", change_id, before={"state": before.state}, after={"state": after.state}
            )
            return after

        return await self._writes.run(actor, retry)


def _known(found: Change | None, change_id: int) -> Change:
    if found is None:
        raise ObjectUnknown("change", change_id)
    return found
