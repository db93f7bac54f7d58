"""What one directory lookup is answered, and why: read as lookups read it, with what they keep in Redis beside it."""

from datetime import datetime

from management.explain.commands import ExplainLookup
from management.explain.model import LookupExplained
from management.explain.people import other_name, out_of_service
from xmlcurl.lookup import load_user, user_key
from xmlcurl.query import Query
from xmlcurl.render.directory import masked
from xmlcurl.render.document import NOT_FOUND, RenderRefused
from xmlcurl.store.cache import Cache, CacheUnavailable
from xmlcurl.store.model import Document, Extension
from xmlcurl.store.queries import find_extension, find_tenant, find_tenant_id
from xmlcurl.store.reader import Connection
from xmlcurl.store.text import is_domain, is_name


class LookupStory:
    """One lookup, in one transaction."""

    def __init__(self, connection: Connection, cache: Cache, now: datetime) -> None:
        self._connection = connection
        self._cache = cache
        self._now = now

    async def told(self, asked: ExplainLookup, only_domain: str | None) -> LookupExplained:
        """`only_domain`: other domains are nobody's."""
        domain = asked.domain.lower()
        if not (is_name(asked.user) and is_domain(domain)):
            return _nothing("no user, or no domain, is spelled so")
        is_foreign = only_domain is not None and domain != only_domain
        tenant_id = None if is_foreign else await find_tenant_id(self._connection, domain)
        if tenant_id is None:
            return _nothing(f"no tenant has the domain {domain}")
        return await self._of_tenant(asked, domain, tenant_id)

    async def _of_tenant(self, asked: ExplainLookup, domain: str, tenant_id: int) -> LookupExplained:
        key_name = "number-alias" if asked.by_alias else "id"
        query = Query(user=asked.user, domain=domain, asked_domain=asked.domain, key=key_name)
        key, by_alias, may_be_kept = user_key(query)
        extension = await find_extension(self._connection, tenant_id, asked.user)
        try:
            loaded = await load_user(
                self._connection,
                tenant_id,
                name=asked.user,
                by_alias=by_alias,
                may_be_kept=may_be_kept,
                clock=lambda: self._now,
            )
        except RenderRefused as exc:
            why = f"no document can be made, and the switch gets an error: {exc}"
            return await self._with_cache(key, domain, None, why)
        document = loaded.document
        if asked.signs_in and document and asked.user != document.sign_in_name:
            document = None
        if document:
            return await self._with_cache(key, domain, document, _found(extension, asked))
        return await self._with_cache(key, domain, None, await self._why_not(asked, tenant_id, extension))

    async def _why_not(self, asked: ExplainLookup, tenant_id: int, extension: Extension | None) -> str:
        tenant = await find_tenant(self._connection, tenant_id)
        if tenant is not None and not tenant.is_active:
            return f"{tenant.domain} is suspended"
        if extension is None:
            return f"no extension is called {asked.user}"  # nobody signs in as a mailbox of a group
        if why := out_of_service(extension, self._now):
            return why
        if asked.by_alias and asked.user == extension.number:
            return f"{asked.user} is a number, and was asked for as another name of one"
        said = other_name(extension, asked.user)
        return f"{asked.user} is {said} of {extension.number}, whose phones sign in as {extension.sign_in_name}"

    async def _with_cache(self, key: str, domain: str, document: Document | None, why: str) -> LookupExplained:
        body = masked(document.body) if document else NOT_FOUND
        try:
            kept = await self._cache.peek(key)
        except CacheUnavailable:
            return LookupExplained(domain, document is not None, (why,), "unknown", None, None, body.decode())
        return LookupExplained(
            tenant=domain,
            is_found=document is not None,
            why=(why,),
            cached="yes" if kept else "no",
            cached_at=kept.since if kept else None,
            cached_for_ms=kept.left_ms if kept else None,
            document=body.decode(),
        )


def _found(extension: Extension | None, asked: ExplainLookup) -> str:
    if extension is None:
        return f"{asked.user} is a mailbox of a group, which nobody signs in as"
    return f"{asked.user} is {other_name(extension, asked.user)} of extension {extension.number}, which is in service"


def _nothing(why: str) -> LookupExplained:
    return LookupExplained(None, False, (why,), "no", None, None, NOT_FOUND.decode())
