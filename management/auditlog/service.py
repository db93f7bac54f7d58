"""The audit log, for every API, page and command. It can be read, never changed."""

from management.auditlog.repository import AuditRepository, Entry, Wanted
from management.database import Database
from management.paging import Page, PageWanted


class AuditLog:
    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, wanted: Wanted, page: PageWanted) -> Page[Entry]:
        """One page of the entries, the newest first."""
        async with self._database.reading() as connection:
            return await AuditRepository(connection).page(wanted, page)
