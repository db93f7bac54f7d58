"""What would happen, and why: of calls, and of lookups. Reads only."""

from typing import Final

from management.auth import TenantScope
from management.database import Database
from management.errors import Invalid, Unavailable
from management.explain.calls import CallStory
from management.explain.commands import ExplainCall, ExplainLookup
from management.explain.lookups import LookupStory
from management.explain.model import CallExplained, LookupExplained
from xmlcurl.render.document import RenderRefused
from xmlcurl.store.cache import Cache
from xmlcurl.store.tables import utc_now

_YEARS: Final = range(1970, 9_999)


class Explanations:
    """One for each process; safe to use from many tasks."""

    def __init__(self, database: Database, cache: Cache) -> None:
        """`cache`: the lookups', of the same build."""
        self._database = database
        self._cache = cache

    async def call(self, tenant: TenantScope, asked: ExplainCall) -> CallExplained:
        """Step by step until the call is over.

        Raises:
            Invalid: who calls is neither an extension nor a number outside; no time zone knows the time.
            Unavailable: the database did not answer, or FreeSWITCH gets an error, too: a row can't be rendered.
        """
        if asked.at.tzinfo is None or asked.at.year not in _YEARS:
            raise Invalid.of("at", "date")
        async with self._database.reading() as connection:
            try:
                return await CallStory(connection, tenant.id, asked).told()
            except RenderRefused as exc:
                raise Unavailable(str(exc)) from exc

    async def lookup(self, tenant: TenantScope | None, asked: ExplainLookup) -> LookupExplained:
        """With a tenant, any other's domain is nobody's.

        Raises:
            Unavailable: the database did not answer.
        """
        async with self._database.reading() as connection:
            return await LookupStory(connection, self._cache, utc_now()).told(asked, tenant.domain if tenant else None)
