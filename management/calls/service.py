"""Finished calls: taken once each from the switches, listed, purged.

They are no administrator's change: there is no audit row for them, and nothing that FreeSWITCH was told becomes
stale. So they are kept while Redis is down, too. Who fetches what was said in one is audited.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from management import audit
from management.audit import Actor
from management.calls.record import record_of
from management.calls.recordings import Recordings
from management.calls.repository import Call, CallRepository, Cursor, Wanted
from management.database import Database
from management.errors import Conflict, NotFound

ROWS_AT_ONCE: Final = 500


class Calls:
    def __init__(self, database: Database, recordings: Recordings) -> None:
        self._database = database
        self._recordings = recordings

    async def take(self, body: bytes) -> bool:
        """Keep the record that FreeSWITCH made of a call; committed when it returns. False: it is known already.

        Raises:
            Unreadable: it is no record; the same body never will be.
            Unavailable: the database did not answer; the same body may be sent again.
        """
        record = record_of(body)
        try:
            async with self._database.writing() as connection:
                repository = CallRepository(connection)
                if await repository.has(record.uuid):
                    return False
                await repository.add(record)
        except Conflict:
            # The same record, sent twice, was committed meanwhile.
            async with self._database.reading() as connection:
                if await CallRepository(connection).has(record.uuid):
                    return False
            raise
        return True

    async def list(self, wanted: Wanted, after: Cursor | None, limit: int) -> tuple[Sequence[Call], Cursor | None]:
        """One page, the newest first, and where the next one begins; None: this is the last."""
        async with self._database.reading() as connection:
            found = await CallRepository(connection).list(wanted, after, limit + 1)
        page = found[:limit]
        return page, Cursor.of(page[-1]) if len(found) > limit else None

    async def pages(self, wanted: Wanted, after: Cursor | None) -> AsyncIterator[Sequence[Call]]:
        """All of them, some at a time, so that neither memory nor a transaction is held for as long as it takes."""
        place = after
        while True:
            page, place = await self.list(wanted, place, ROWS_AT_ONCE)
            yield page
            if place is None:
                return

    async def find(self, tenant_id: int | None, uuid: str) -> Call:
        """Raises NotFound: there is none, or it is another tenant's."""
        async with self._database.reading() as connection:
            call = await CallRepository(connection).find(tenant_id, uuid)
        if call is None:
            raise NotFound("call")
        return call

    async def recording(self, tenant_id: int | None, uuid: str, *, actor: Actor) -> Path:
        """The file of the call's recording; the audit log says who had it, before they have.

        Raises:
            NotFound: there is no such call, it is another tenant's, or it has no recording (any more).
            RecordingsElsewhere: it is on a switch, and can't be seen from here.
        """
        call = await self.find(tenant_id, uuid)
        file = await asyncio.to_thread(self._recordings.file_of, call)
        entry = audit.entry(
            actor, "recording.fetch", "recording", uuid, tenant_id=call.tenant_id, after={"file": call.recording}
        )
        async with self._database.writing() as connection:
            await connection.execute(entry)
        return file

    async def purge(self, before: datetime) -> int:
        """Delete the calls that began before that moment; how many they were."""
        async with self._database.writing() as connection:
            return await CallRepository(connection).purge(before)
