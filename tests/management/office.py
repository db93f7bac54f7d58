"""The management API over a real database and a real Redis, and what tests put into them."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
from fastapi import FastAPI
from sqlalchemy import Engine, Table, event, insert, select, text, update
from starlette.routing import Mount, Route, Router

from management.app import Backend, create_app, services_of
from management.audit import Actor
from management.auth import generate_token_secret, token_text
from management.objects.commands import UNSET
from management.secrets import token_hash
from management.settings import ManagementSettings
from management.vendor_keys.commands import KeyOwner, VendorKeyValues
from xmlcurl.store.tables import api_tokens, changes, metadata, switches, tenants

DOMAIN = "pbx.test"
COUNT_ALL = " UNION ALL ".join(f"SELECT '{name}', count(*) FROM {name}" for name in metadata.tables)  # noqa: S608 - our names


def mounts(app: Router) -> list[Mount]:
    """Where the dialects are."""
    return [each for each in app.routes if isinstance(each, Mount)]


def routes_of(mount: Mount) -> FastAPI:
    assert isinstance(mount.app, FastAPI)
    return mount.app


@dataclass
class Office:
    """One API process with a backend beside it for a look at what it did."""

    settings: ManagementSettings
    backend: Backend
    app: Router
    clients: list[httpx.AsyncClient] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, settings: ManagementSettings, *, routes: Mapping[str, FastAPI] | None = None
    ) -> AsyncIterator["Office"]:
        """`routes`: those of another office that is closed by now; to build them takes longer than most tests."""
        app = create_app(settings)
        for mount in mounts(app):
            if routes and mount.path in routes:
                ours, theirs = routes_of(mount), routes[mount.path]
                theirs.state.services = ours.state.services
                # One may be at two places.
                for route in app.routes:
                    if isinstance(route, Mount | Route) and route.app is ours:
                        route.app = theirs
        async with app.lifespan_context(app):
            office = cls(settings, Backend(settings), app)
            yield office
            for client in office.clients:
                await client.aclose()
            await office.backend.close()

    async def add(self, table: Table, **values: Any) -> int:
        """A row, as if it had always been there; its id."""
        async with self.backend.database.writing() as connection:
            statement = insert(table).values(**values).returning(table.c.id)
            return int((await connection.execute(statement)).scalar_one())

    async def change(self, table: Table, row_id: int, **values: Any) -> None:
        async with self.backend.database.writing() as connection:
            await connection.execute(update(table).where(table.c.id == row_id).values(**values))

    async def rows(self, table: Table) -> list[dict[str, Any]]:
        """Everything in a table, the oldest first."""
        async with self.backend.database.reading() as connection:
            found = await connection.execute(select(table).order_by(table.c.id))
            return [dict(row._mapping) for row in found]

    async def add_tenant(self, domain: str = DOMAIN, **values: Any) -> int:
        return await self.add(tenants, domain=domain, name=domain, **values)

    async def add_token(self, tenant_id: int | None, *scopes: str) -> str:
        """What its owner sends behind `Bearer`."""
        secret = generate_token_secret()
        values = {"tenant_id": tenant_id, "name": "test", "secret_hash": token_hash(secret), "scopes": [*scopes]}
        return token_text(await self.add(api_tokens, **values), secret)

    async def add_key(self, dialect: str, tenant_id: int, *, sdk_app_id: int | None = None) -> tuple[str, str]:
        """A vendor's key of that tenant: its public id, and its secret."""
        values = VendorKeyValues(dialect=dialect, name="test", sdk_app_id=UNSET if sdk_app_id is None else sdk_app_id)
        keys = services_of(self.backend).vendor_keys
        made = (await keys.create(KeyOwner(tenant_id), values, actor=Actor("test"))).result
        return made.key.public_id, made.secret

    def client(self, token: str | None, *, at: str = "/api/pbx", **headers: str) -> httpx.AsyncClient:
        """A client of the API; paths are seen from `at`."""
        if token:
            headers["Authorization"] = f"Bearer {token}"
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app), base_url=f"http://api.test{at}", headers=headers
        )
        self.clients.append(client)
        return client

    async def tenant_client(self, domain: str = DOMAIN, *scopes: str, **values: Any) -> httpx.AsyncClient:
        """A new tenant, and a client with a token of it; every scope unless some are named."""
        token = await self.add_token(await self.add_tenant(domain, **values), *(scopes or ("admin",)))
        return self.client(token)

    async def pending(self) -> list[dict[str, Any]]:
        """The effects of rows in the outbox that nobody has worked on, the oldest first."""
        return [row["effects"] for row in await self.rows(changes) if row["state"] == "pending"]

    async def count_all(self) -> dict[str, int]:
        """How many rows each table has: equal before and after means that nothing was written."""
        async with self.backend.database.reading() as connection:
            return {name: int(rows) for name, rows in await connection.execute(text(COUNT_ALL))}

    async def add_switch(self, name: str, *, enabled: bool = True) -> int:
        values = {"host": "127.0.0.1", "password_encrypted": "irrelevant", "sofia_profiles": ["internal"]}
        return await self.add(switches, name=name, enabled=enabled, **values)

    async def until_somebody_waits(self, task: "asyncio.Task[Any]") -> None:
        """For a lock that the test holds. SQLite does not say; there one writer waits for the other anyway."""
        if not self.settings.database.startswith("postgresql"):
            return
        waits = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()"
        while not task.done():
            async with self.backend.database.reading() as connection:
                if (await connection.execute(text(waits))).scalar_one():
                    return
            await asyncio.sleep(0.01)

    @contextmanager
    def statements(self) -> Iterator[list[str]]:
        """SQL that the API runs meanwhile."""
        seen: list[str] = []

        def note(_connection: Any, _cursor: Any, statement: str, *_more: Any) -> None:
            seen.append(statement)

        # Of the class: the API has an engine of its own, which nobody hands out.
        event.listen(Engine, "before_cursor_execute", note)
        yield seen
        event.remove(Engine, "before_cursor_execute", note)
