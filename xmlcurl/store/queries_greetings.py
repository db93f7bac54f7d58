"""SELECTs of greetings: which one an object plays, and the file of one."""

from typing import Final

from sqlalchemy import Table, func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from xmlcurl.store.call_model import Greeting
from xmlcurl.store.tables import greeting_files, greetings, tenants

LARGEST_BYTES: Final = 10 * 1024 * 1024
"""No file in the database is larger, unless somebody else put it there; that one is not read."""


async def find_greeting(connection: AsyncConnection, tenant_id: int, owners: Table, owner_id: int) -> Greeting | None:
    """The living greeting of its own tenant that the row of `owners`, queues or menus, names."""
    row = (
        await connection.execute(
            select(greetings.c.id, greetings.c.sha256, greetings.c.format)
            .join(owners, owners.c.greeting_id == greetings.c.id)
            .where(owners.c.id == owner_id, owners.c.tenant_id == tenant_id)
            .where(greetings.c.tenant_id == tenant_id, greetings.c.deleted_at.is_(None))
        )
    ).one_or_none()
    return Greeting(*row) if row else None


async def find_greeting_file(connection: AsyncConnection, wanted: Greeting) -> bytes | None:
    """The file of that living greeting of an active tenant, as long as it is that file and of that format.

    Of whichever tenant: a switch asks, which serves them all, and has been told the name.
    """
    content = (
        await connection.execute(
            select(greeting_files.c.content)
            .join(greetings, greetings.c.id == greeting_files.c.greeting_id)
            .join(tenants, tenants.c.id == greetings.c.tenant_id)
            .where(greetings.c.id == wanted.id, greetings.c.sha256 == wanted.sha256)
            .where(greetings.c.format == wanted.format, greetings.c.deleted_at.is_(None))
            .where(tenants.c.state == "active", tenants.c.deleted_at.is_(None))
            .where(func.length(greeting_files.c.content) <= LARGEST_BYTES)
        )
    ).scalar_one_or_none()
    return None if content is None else bytes(content)
