"""What switches keep: gateways, whom they let in, queues and menus. One method for each kind of answer.

Whatever is not ours is not found, so that the file on the switch's disk answers.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final, TypeVar

import structlog

from xmlcurl.answer import Answer
from xmlcurl.documents import Documents, Loaded
from xmlcurl.keyring import Keyring, SecretUnreadable
from xmlcurl.query import Query
from xmlcurl.render import directory
from xmlcurl.render.configuration import acl_document, menu_document, queue_document
from xmlcurl.render.document import NOT_FOUND
from xmlcurl.render.gateways import Trunk
from xmlcurl.store.model import Document, Tag
from xmlcurl.store.queries import find_tenant
from xmlcurl.store.queries_switch import (
    find_menu_setup,
    find_queue_setup,
    list_gateway_addresses,
    list_gateways,
    list_peer_hosts,
)
from xmlcurl.store.reader import Connection
from xmlcurl.store.switch_model import Gateway
from xmlcurl.store.text import is_domain

PROFILE: Final = "external"
"""The SIP profile that has the gateways; to every other one there are none."""

LONGEST_ID: Final = 18
"""Digits; the database has room for all such numbers."""

Setup = TypeVar("Setup")

_log = structlog.get_logger("xmlcurl.configuration")


class Configuration:
    """Answers queries. What holds a secret is read from the database each time, and remembered nowhere."""

    def __init__(self, documents: Documents, keyring: Keyring) -> None:
        self._documents = documents
        self._keyring = keyring

    async def gateways(self, query: Query) -> Answer:
        """All domains; for the carriers' profile, with every tenant's gateways in them."""
        domains = await self._documents.domains()
        trunks = await self._trunks() if query.asking_profile == PROFILE else []
        return _from_sql(directory.trunks_document(domains, trunks))

    async def of_domain(self, query: Query) -> Answer:
        """One domain; for the carriers' profile, with its tenant's gateways."""
        domains = await self._documents.domains()
        if query.domain not in domains:
            return Answer(NOT_FOUND, is_found=False, source="sql")
        everyone = await self._trunks() if query.asking_profile == PROFILE else []
        trunks = [trunk for trunk in everyone if trunk.gateway.domain == query.domain]
        return _from_sql(directory.trunks_document([query.domain], trunks))

    async def addresses(self, _query: Query) -> Answer:
        """From where calls of gateways, and of other switches, are let in."""
        carriers = await self._documents.read(list_gateway_addresses)
        return _from_sql(acl_document(carriers, await self._documents.read(list_peer_hosts)))

    async def queue(self, query: Query) -> Answer:
        """The one queue that is asked for, with its agents."""
        return await self._one("queue", query.queue, find_queue_setup, queue_document)

    async def menu(self, query: Query) -> Answer:
        """The one menu that is asked for."""
        return await self._one("menu", query.menu, find_menu_setup, menu_document)

    async def _trunks(self) -> list[Trunk]:
        trunks = [self._trunk(gateway) for gateway in await self._documents.read(list_gateways)]
        return [trunk for trunk in trunks if trunk]

    def _trunk(self, gateway: Gateway) -> Trunk | None:
        """None, and a word in the log, for one that can't be said as it shall be."""
        try:
            encrypted = gateway.password_encrypted
            trunk = Trunk(gateway, None if encrypted is None else self._keyring.decrypt(encrypted))
        except SecretUnreadable as exc:
            _log.warning("gateway_left_out", gateway=f"g{gateway.id}", domain=gateway.domain, reason=str(exc))
            return None
        if not trunk.is_safe:
            _log.warning("gateway_left_out", gateway=f"g{gateway.id}", domain=gateway.domain, reason="unsafe text")
            return None
        return trunk

    async def _one(
        self,
        kind: str,
        name: str,
        find: Callable[[Connection, int, int], Awaitable[Setup | None]],
        render: Callable[[str, Setup], bytes],
    ) -> Answer:
        number, _, domain = name.partition("@")
        is_ours = number.isascii() and number.isdigit() and len(number) <= LONGEST_ID and is_domain(domain)
        if not is_ours:
            return Answer(NOT_FOUND, is_found=False)

        async def load(object_id: int, connection: Connection, tenant_id: int) -> Loaded:
            tags = (Tag.tenant(tenant_id), Tag.calls(tenant_id))
            tenant = await find_tenant(connection, tenant_id)
            setup = await find(connection, tenant_id, object_id) if tenant and tenant.is_active else None
            return Loaded(Document(render(domain, setup)) if setup else None, tags)

        found = await self._documents.find(f"{kind} {domain} {number}", domain, partial(load, int(number)))
        body = found.document.body if found.document else NOT_FOUND
        return Answer(body, is_found=found.document is not None, source=found.source)


def _from_sql(body: bytes) -> Answer:
    return Answer(body, is_found=True, source="sql")
