"""Names that nothing inside a tenant may have."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from xmlcurl.store.model import CallSettings
from xmlcurl.store.tables import call_settings


async def emergency_numbers(connection: AsyncConnection, tenant_id: int) -> frozenset[str]:
    """The tenant's emergency numbers: who dials one in need must not ring a colleague.

    They stay so until the transaction has ended: who changes them does so alone.
    """
    statement = select(call_settings.c.emergency_numbers).where(call_settings.c.tenant_id == tenant_id)
    kept = (await connection.execute(statement)).scalar_one_or_none()
    return frozenset(CallSettings().emergency_numbers if kept is None else kept)
