"""The policy: who is answered what. One method for each kind of answer in `questions.py`.

Everyone who is unknown, disabled, expired or deleted, or whose tenant is not active, is not found.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache, partial
from typing import Final, Protocol

from xmlcurl.answer import Answer
from xmlcurl.by_phone import Outcome
from xmlcurl.calls import Asked, CallLoader, LoadedCall
from xmlcurl.configuration import Configuration
from xmlcurl.documents import Documents, Found, Load, Loaded
from xmlcurl.query import Query
from xmlcurl.render import dialplan, directory
from xmlcurl.render.document import NOT_FOUND
from xmlcurl.routing import BUSY, FOR_PEERS, NO_ANSWER, REJECTED, UNALLOCATED, Route, route_of, transfers
from xmlcurl.routing.leg import PREFIX
from xmlcurl.routing.peers import PROFILE as PEERS
from xmlcurl.routing.peers import RING, leg, task_of
from xmlcurl.routing.services import BY_OUTCOME, wish_of
from xmlcurl.store.model import Document, Extension, Tag, Wish
from xmlcurl.store.peers import Peers
from xmlcurl.store.queries import find_extension, find_group_mailbox, find_team_id, find_tenant, list_extensions
from xmlcurl.store.reader import Connection, StoreUnavailable
from xmlcurl.store.tables import utc_now
from xmlcurl.store.text import is_dialled, is_domain, is_name

OUTSIDE: Final = "public"
"""The context of calls from gateways; no inside number is reached from it."""

NOWHERE: Final = Found(None, "sql")

MOST_KEYS: Final = 8_192
"""So many users' keys are kept in mind: to look at a name and a domain takes as long as to find the document."""

# What every call asks of its own words, each of which is short, or the request was malformed.
_is_name = lru_cache(MOST_KEYS)(is_name)
_is_dialled = lru_cache(MOST_KEYS)(is_dialled)
_is_domain = lru_cache(MOST_KEYS)(is_domain)

MOST_OWNERS: Final = 10_000
"""So many numbers' tenants are kept in mind."""

GATEWAYS: Final = "external"
"""The SIP profile that calls from gateways come in by; only those of this profile are from one."""

BUSY_CAUSES: Final = frozenset({"USER_BUSY", "CALL_REJECTED", "sip:486", "sip:603"})
"""What is said of a call after which the rule for a busy phone counts: it was, or whoever sits at it declined."""

CACHEABLE_MARGIN_MS: Final = 2_000
"""An extension must stay in term for `cacheable` and this longer, or its document goes without the attribute."""

NOBODY: Final = "*"
"""Stands in keys for a caller that did not sign in; no name has this character."""

Clock = Callable[[], datetime]
RenderMembers = Callable[[str, str, Sequence[Extension]], bytes]


class Changes(Protocol):
    """Who changes things for phones. It never raises."""

    async def carry_out(self, domain: str, wish: Wish) -> Outcome: ...


class NoChanges:
    """Where nobody was named who could."""

    async def carry_out(self, _domain: str, _wish: Wish) -> Outcome:
        return Outcome.REFUSED


class Switches(Protocol):
    """Who knows of several switches, and where phones are. It never raises."""

    async def seen_from(self, core_uuid: str) -> Peers: ...
    async def with_phones_of(self, peers: Peers, number: str, domain: str) -> Sequence[str]: ...


class OneSwitch:
    """Where nobody was named who knows."""

    async def seen_from(self, _core_uuid: str) -> Peers:
        return Peers()

    async def with_phones_of(self, _peers: Peers, _number: str, _domain: str) -> Sequence[str]:
        return ()


class Lookup:
    """Answers queries.

    A method that can't raises StoreUnavailable, RenderRefused or TimeoutError; that is no absence.
    """

    def __init__(
        self,
        documents: Documents,
        configuration: Configuration,
        *,
        changes: Changes | None = None,
        switches: Switches | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self.configuration = configuration
        """Answers what is asked of what a switch keeps."""
        self._documents = documents
        self._changes = changes or NoChanges()
        self._switches = switches or OneSwitch()
        self._clock = clock
        self._owners: dict[str, str] = {}

    async def not_found(self, _query: Query) -> Answer:
        return Answer(NOT_FOUND, is_found=False)

    async def user(self, query: Query) -> Answer:
        """The full document of one extension, under whichever of its names it was asked for."""
        answer, _ = await self._user(query)
        return answer

    async def sign_in(self, query: Query) -> Answer:
        """The same document, but only under the sign-in name, and to a REGISTER only for its own number."""
        answer, document = await self._user(query)
        return answer if document and await self._may_sign_in(query, document) else _no(answer)

    async def new_pin(self, query: Query) -> Answer:
        """A new PIN that was typed on a phone: the caller hears whether it was taken.

        Whoever asks, in every domain of ours: "not found" would be consent, and so would a failure.
        """
        if not (is_name(query.user) and is_domain(query.domain) and await self._may_be_ours(query.domain)):
            return await self.not_found(query)
        is_taken = False
        if query.is_of_mailbox:
            wish = Wish("voicemail_pin", query.user, query.new_pin)
            is_taken = await self._changes.carry_out(query.domain, wish) is Outcome.DONE
        return Answer(directory.changed_pin(query.domain, query.user, is_taken=is_taken), is_found=True)

    async def domain(self, query: Query) -> Answer:
        """A tenant's domain without its users: it exists, and it admits no address."""
        return await self._of_domain("domain", query, _load_domain)

    async def group(self, query: Query) -> Answer:
        """A team as a group of pointers to its members."""
        return await self._members("group", query, query.group_name or query.group, directory.group_document)

    async def group_mailboxes(self, query: Query) -> Answer:
        """The mailboxes of a team's members."""
        return await self._members("mailboxes", query, query.group, directory.mailboxes_document, is_final=False)

    async def all_mailboxes(self, query: Query) -> Answer:
        """The mailboxes of a whole tenant."""
        return await self._members("mailboxes", query, "", directory.mailboxes_document, is_final=False)

    async def names(self, query: Query) -> Answer:
        """Everyone's number and name, for dialling by name."""
        return await self._members("names", query, "", directory.names_document)

    async def route(self, query: Query) -> Answer:
        """What a call does next. Every call gets a route, if only a cause: no other dialplan is to decide."""
        if query.destination.startswith(PREFIX):
            return await self._transfer(query)
        refusal = await self._refusal(query)
        if refusal:
            return Answer(dialplan.route_document(refusal, query.context), is_found=True)
        peers = await self._switches.seen_from(query.core_uuid)
        if query.context.lower() == PEERS:
            return await self._route_for_peer(query)
        if _is_from_outside(query):
            return await self._route_from_outside(query, peers)
        asked = Asked(
            destination=query.destination,
            caller=query.caller,
            handed_on="" if query.caller else query.phone,
            on_behalf_of=query.on_behalf_of,
            path=query.path,
            failed=failure_of(query.failed),
            choice=query.choice,
            peers=peers,
        )
        found = await self._route(asked, query.caller_domain or query.context.lower(), query.context)
        if found.document and found.document.wish:
            return await self._changed(query, found.document.wish)
        return _routed(found, query.context)

    async def _transfer(self, query: Query) -> Answer:
        """Keys were pressed during a call: only by a phone of the tenant, and only in a call."""
        wanted, phone, domain = transfers.wanted(query.destination), query.caller or query.phone, query.context.lower()
        is_of_tenant = is_domain(domain) and query.caller_domain in {"", domain}
        if query.well_formed and wanted and is_of_tenant and is_name(phone) and query.is_connected:
            asked = Asked(destination=wanted.number or "", caller=phone, transfer=wanted.kind)
            found = await self._route(asked, domain, query.context)
            if found.document:
                return _routed(found, query.context)
        return Answer(dialplan.route_document(transfers.NOT_DONE, query.context), is_found=True)

    async def _changed(self, query: Query, wish: Wish) -> Answer:
        route = REJECTED
        # A leg keeps who signed in on it wherever others transfer it: to a code, they would change what is not theirs.
        if query.is_as_dialled:
            route = BY_OUTCOME[await self._changes.carry_out(query.caller_domain, wish)]
        return Answer(dialplan.route_document(route, query.context), is_found=True)

    async def _route_for_peer(self, query: Query) -> Answer:
        """Another switch asks; which tenant's it is stands behind the @."""
        task, number, caller = task_of(query.destination)
        asked = Asked(destination=number, caller=caller, task=task)
        return _routed(await self._route(asked, query.request_host, query.context), query.context)

    async def _route_from_outside(self, query: Query, peers: Peers) -> Answer:
        """The number says whose the call is.

        Who had it last is only a hint: the tenant's own document, which every change of its numbers drops, knows.
        """
        asked = Asked(destination=query.destination.removeprefix("+"), peers=peers, is_from_outside=True)
        owner = self._owners.get(asked.destination)
        found = await self._route(asked, owner, query.context) if owner else NOWHERE
        if found.document is None and (owner := await self._documents.owner_of(asked.destination)):
            if len(self._owners) >= MOST_OWNERS:
                self._owners.clear()
            self._owners[asked.destination] = owner
            found = await self._route(asked, owner, query.context)
        return _routed(found, query.context)

    async def _route(self, asked: Asked, domain: str, context: str) -> Found:
        inputs = (
            asked.destination,
            asked.caller or NOBODY,
            f"handed_on={asked.handed_on}",
            asked.on_behalf_of or NOBODY,
            ",".join(asked.path) or NOBODY,
            asked.failed or NOBODY,
            f"choice={asked.choice}",
            f"transfer={asked.transfer}",
            f"task={asked.task}",
            f"at={asked.peers.key}",
            f"{asked.is_from_outside:d}",
            context,
        )
        key = f"route {domain} {' '.join(inputs)}"
        return await self._documents.find(key, domain, partial(self._load_route, asked, context))

    async def _may_be_ours(self, domain: str) -> bool:
        try:
            return await self._documents.is_domain(domain)
        except StoreUnavailable:
            return True

    async def _user(self, query: Query) -> tuple[Answer, Document | None]:
        key, by_alias, may_be_kept = user_key(query)
        if not key:
            return await self.not_found(query), None
        load = partial(load_user, name=query.user, by_alias=by_alias, may_be_kept=may_be_kept, clock=self._clock)
        found = await self._documents.find(key, query.domain, load)
        document = found.document and await self._among_switches(query, found.document)
        if document is None:
            return Answer(NOT_FOUND, is_found=False, source=found.source), None
        return Answer(document.body, is_found=True, source=found.source), document

    async def _among_switches(self, query: Query, document: Document) -> Document:
        """Where phones are on other switches is seen at each call, and stands in nothing that anybody keeps."""
        peers = await self._switches.seen_from(query.core_uuid)
        if not peers.are_several:
            return document
        is_rung = query.action == "user_call" and not query.is_alone
        addresses = await self._switches.with_phones_of(peers, document.number, query.domain) if is_rung else ()
        legs = [leg(address, query.domain, RING, document.number) for address in addresses]
        return replace(document, body=directory.among_switches(document.body, query.domain, legs))

    async def _may_sign_in(self, query: Query, document: Document) -> bool:
        if query.user != document.sign_in_name:
            return False
        if query.sip_auth_method != "REGISTER":
            return True
        if query.sip_to_user != document.number:
            return False
        # FreeSWITCH keeps the registration under the To host, whatever realm was signed in to. An
        # address or an unknown name there is what phones send under force-register-domain.
        host = query.sip_to_host.rstrip(".")
        return host == query.domain or not is_domain(host) or not await self._documents.is_domain(host)

    async def _of_domain(self, key: str, query: Query, load: Load) -> Answer:
        if not is_domain(query.domain):
            return await self.not_found(query)
        found = await self._documents.find(f"{key} {query.domain}", query.domain, load)
        return _answer(found)

    async def _members(
        self, kind: str, query: Query, team: str, render: RenderMembers, *, is_final: bool = True
    ) -> Answer:
        async def load(connection: Connection, tenant_id: int) -> Loaded:
            # What a mailbox is like is not among the things that Tag.members stands for.
            tags = (Tag.tenant(tenant_id), Tag.members(tenant_id))
            tenant = await find_tenant(connection, tenant_id)
            team_id = await find_team_id(connection, tenant_id, team) if team else None
            if tenant is None or not tenant.is_active or (team and team_id is None):
                return Loaded(None, tags)
            now = self._clock()
            everyone = await list_extensions(connection, tenant_id, team_id=team_id)
            members = [each for each in everyone if each.is_in_service(now)]
            body = render(tenant.domain, team or "default", members)
            return Loaded(Document(body), tags, ends_at=_first_end(members), is_final=is_final)

        return await self._of_domain(f"{kind} {query.domain} {team}", query, load)

    async def _refusal(self, query: Query) -> Route | None:
        context = query.context.lower()
        said = (*query.path, *filter(None, (query.on_behalf_of, query.phone)))
        dialled = (query.destination, *((query.choice,) if query.choice else ()))
        if not (query.well_formed and all(map(_is_dialled, dialled)) and all(map(_is_name, said))):
            return UNALLOCATED
        if context == OUTSIDE:
            return None if _is_from_outside(query) else UNALLOCATED
        if context == PEERS:
            return None if _is_from_peer(query) else UNALLOCATED
        if not query.caller:
            return None if _is_domain(context) else UNALLOCATED
        if not (_is_name(query.caller) and _is_domain(query.caller_domain)):
            return REJECTED
        # A context that is no tenant's, such as `default`, says nothing: the caller's own counts.
        is_foreign = context != query.caller_domain and _is_domain(context)
        return REJECTED if is_foreign and await self._documents.is_domain(context) else None

    async def _load_route(self, asked: Asked, context: str, connection: Connection, tenant_id: int) -> Loaded:
        loaded, route = await load_route(connection, tenant_id, asked, self._clock())
        if loaded.call and (wish := wish_of(loaded.call)):
            return Loaded(Document(dialplan.route_document(route, context), wish=wish), is_final=False)
        if loaded.call is None:
            # A phone that is signed in and no longer may be: too rare to be worth remembering.
            return Loaded(Document(dialplan.route_document(route, context)), is_final=False)
        body = None if route is UNALLOCATED else dialplan.route_document(route, context)
        # Those that were forwarded are seldom asked for again.
        is_final = loaded.is_the_same_each_time and not asked.path
        return Loaded(_document(body), loaded.tags, ends_at=loaded.ends_at, is_final=is_final)


def user_key(query: Query) -> tuple[str, bool, bool]:
    """What a user document is remembered under, empty for a name that nobody can have; whether another name than the
    number was asked for; whether FreeSWITCH may keep the document itself.
    """
    return _user_key(query.user, query.domain, query.asked_domain, query.key)


@lru_cache(MOST_KEYS)
def _user_key(name: str, domain: str, asked_domain: str, key: str) -> tuple[str, bool, bool]:
    if not (is_name(name) and is_domain(domain)):
        return "", False, False
    by_alias = key == "number-alias"
    may_be_kept = not by_alias and _may_be_kept(name, domain, asked_domain)
    return f"user {domain} {name} {by_alias:d}{may_be_kept:d}", by_alias, may_be_kept


async def load_route(connection: Connection, tenant_id: int, asked: Asked, now: datetime) -> tuple[LoadedCall, Route]:
    """The call, and what it gets."""
    loaded = await CallLoader(connection, tenant_id, now).load(asked)
    if loaded.call is None:
        return loaded, REJECTED
    is_nobodys = asked.is_from_outside and loaded.call.place is None
    return loaded, UNALLOCATED if is_nobodys else route_of(loaded.call)


async def load_user(
    connection: Connection,
    tenant_id: int,
    *,
    name: str,
    by_alias: bool = False,
    may_be_kept: bool = False,
    clock: Clock = utc_now,
) -> Loaded:
    """The document of the extension that has `name`, or of the mailbox of a group.

    `by_alias`: only if it is another name than the number. `may_be_kept`: what was asked, as it was
    spelled, may have the attribute `cacheable`.
    """
    extension = await find_extension(connection, tenant_id, name)
    tags = [Tag.tenant(tenant_id), Tag.name(tenant_id, name)]
    if extension is None:
        mailbox = None if by_alias else await find_group_mailbox(connection, tenant_id, name)
        if mailbox is None or not mailbox.tenant.is_active:
            return Loaded(None, tags)
        return Loaded(Document(directory.group_mailbox_document(mailbox), name), tags)
    tags.append(Tag.extension(tenant_id, extension.id))
    now = clock()
    if not extension.is_in_service(now) or (by_alias and name == extension.number):
        return Loaded(None, tags)
    cacheable_ms = _cacheable_ms(extension, now) if may_be_kept and _is_own_name(extension, name) else 0
    body = directory.user_document(extension, asked=name, cacheable_ms=cacheable_ms)
    document = Document(body, extension.number, extension.sign_in_name)
    return Loaded(document, tags, extension.expires_at, cacheable_ms)


async def preview(connection: Connection, tenant_id: int, domain: str, number: str) -> bytes:
    """What FreeSWITCH gets when it asks for `number` at the tenant's `domain` now, byte for byte, hashes masked."""
    may_be_kept = _may_be_kept(number, domain, domain)
    loaded = await load_user(connection, tenant_id, name=number, may_be_kept=may_be_kept)
    return directory.masked(loaded.document.body) if loaded.document else NOT_FOUND


async def _load_domain(connection: Connection, tenant_id: int) -> Loaded:
    tenant = await find_tenant(connection, tenant_id)
    body = directory.domain_document(tenant.domain) if tenant and tenant.is_active else None
    return Loaded(_document(body), [Tag.tenant(tenant_id)])


def _is_from_outside(query: Query) -> bool:
    is_on_its_way_in = query.context.lower() == OUTSIDE and query.profile == GATEWAYS
    return is_on_its_way_in and not query.caller


def _is_from_peer(query: Query) -> bool:
    is_asked = task_of(query.destination)[0] in FOR_PEERS
    return query.profile == PEERS and not query.caller and is_asked and is_domain(query.request_host)


def failure_of(cause: str) -> str:
    """What a failed attempt counts as: BUSY or NO_ANSWER; empty where there was none."""
    return "" if not cause else NO_ANSWER if BUSY_CAUSES.isdisjoint(cause.split()) else BUSY


def _routed(found: Found, context: str) -> Answer:
    body = found.document.body if found.document else dialplan.route_document(UNALLOCATED, context)
    return Answer(body, is_found=found.document is not None, source=found.source)


def _may_be_kept(name: str, domain: str, asked_domain: str) -> bool:
    # FreeSWITCH's key is "id" + user + domain without anything between them, as they were spelled:
    # 100 at 1pbx.test would be 1001 at pbx.test, and a flush of pbx.test misses PBX.TEST.
    return name.isdigit() and domain[:1].isalpha() and asked_domain == domain


def _is_own_name(extension: Extension, name: str) -> bool:
    # An alias is only for being called: nobody is kept, or calls, under it.
    return name in {extension.number, extension.sign_in_name}


def _cacheable_ms(extension: Extension, now: datetime) -> int:
    wanted = extension.tenant.cacheable_ms
    if extension.expires_at is None:
        return wanted
    left_ms = (extension.expires_at - now).total_seconds() * 1_000
    return wanted if left_ms >= wanted + CACHEABLE_MARGIN_MS else 0


def _first_end(extensions: Sequence[Extension]) -> datetime | None:
    return min((each.expires_at for each in extensions if each.expires_at), default=None)


def _document(body: bytes | None) -> Document | None:
    return Document(body) if body else None


def _answer(found: Found) -> Answer:
    body = found.document.body if found.document else NOT_FOUND
    return Answer(body, is_found=found.document is not None, source=found.source)


def _no(answer: Answer) -> Answer:
    return Answer(NOT_FOUND, is_found=False, source=answer.source)
