"""What would happen, and why: of calls, and of lookups. Reads only."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final, Protocol

from management.auth import TenantScope
from management.database import Database
from management.errors import Invalid, Unavailable
from management.explain.calls import CallStory
from management.explain.commands import ExplainCall, ExplainLookup
from management.explain.lookups import LookupStory
from management.explain.model import CallExplained, LookupExplained, Step
from management.registrations import Contact
from management.switches.repository import names_of_enabled
from xmlcurl.render.document import RenderRefused
from xmlcurl.store.cache import Cache
from xmlcurl.store.tables import utc_now

_YEARS: Final = range(1970, 9_999)


class Phones(Protocol):
    """Who knows where phones are registered."""

    async def contacts(self, domain: str, number: str) -> Sequence[Contact]: ...


class Explanations:
    """One for each process; safe to use from many tasks."""

    def __init__(self, database: Database, cache: Cache, phones: Phones | None = None) -> None:
        """`cache`: the lookups', of the same build."""
        self._database = database
        self._cache = cache
        self._phones = phones

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
                explained = await CallStory(connection, tenant.id, asked).told()
            except RenderRefused as exc:
                raise Unavailable(str(exc)) from exc
            switches = await names_of_enabled(connection)
        if self._phones is None or len(switches) < 2:
            return explained
        said = {number: await self._where(tenant, number, switches) for number in explained.outcome.rang}
        return replace(explained, steps=tuple(_with_places(step, said, tenant.domain) for step in explained.steps))

    async def _where(self, tenant: TenantScope, number: str, switches: Mapping[int, str]) -> str:
        """On which of several switches the phones of an extension are, in words."""
        assert self._phones is not None  # noqa: S101 - whoever asks has looked
        contacts = await self._phones.contacts(tenant.domain, number)
        places = sorted({switches.get(each.switch_id, "") for each in contacts} - {""})
        return f"{number} is registered on {', '.join(places) or 'no switch that could be asked'}"

    async def lookup(self, tenant: TenantScope | None, asked: ExplainLookup) -> LookupExplained:
        """With a tenant, any other's domain is nobody's.

        Raises:
            Unavailable: the database did not answer.
        """
        async with self._database.reading() as connection:
            return await LookupStory(connection, self._cache, utc_now()).told(asked, tenant.domain if tenant else None)


def _with_places(step: Step, said: Mapping[str, str], domain: str) -> Step:
    places = (sentence for number, sentence in said.items() if f"user/{number}@{domain}" in step.document)
    return replace(step, why=(*step.why, *places))
