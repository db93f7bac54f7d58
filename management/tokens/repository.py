"""Rows of API tokens, of one tenant or of the platform by construction. A token is revoked, never deleted."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, Select, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from management.objects.parts import LARGEST_ID
from management.paging import Page, PageWanted
from management.tokens.commands import Token
from xmlcurl.store.tables import api_tokens, utc_now

_COLUMNS = tuple(api_tokens.c[name] for name in Token.__dataclass_fields__)


class TokenRepository:
    """Tokens of one tenant; `tenant_id` None: those of the platform."""

    def __init__(self, connection: AsyncConnection, tenant_id: int | None) -> None:
        self._connection = connection
        self._tenant_id = tenant_id

    async def find(self, token_id: int, *, to_change: bool = False) -> Token | None:
        """The token of that id, revoked or not. `to_change` keeps other writers away from it."""
        if not 0 < token_id <= LARGEST_ID:
            return None
        statement = self._own().where(api_tokens.c.id == token_id)
        if to_change:
            statement = statement.with_for_update()
        row = (await self._connection.execute(statement)).one_or_none()
        return row and _token(row)

    async def page(self, wanted: PageWanted) -> Page[Token]:
        """Tokens, the newest first, revoked ones too."""
        statement = self._own()
        if wanted.search:
            statement = statement.where(api_tokens.c.name.icontains(wanted.search, autoescape=True))
        counted = select(func.count()).select_from(statement.subquery())
        total = int((await self._connection.execute(counted)).scalar_one())
        statement = statement.order_by(api_tokens.c.id.desc()).limit(wanted.size).offset(wanted.offset)
        return Page.of([_token(row) for row in await self._connection.execute(statement)], wanted, total)

    async def add(self, columns: Mapping[str, Any]) -> int:
        """A new token's id."""
        statement = insert(api_tokens).values(tenant_id=self._tenant_id, **columns).returning(api_tokens.c.id)
        return int((await self._connection.execute(statement)).scalar_one())

    async def revoke(self, token_id: int) -> None:
        """It is refused from now on."""
        await self._connection.execute(
            update(api_tokens).where(api_tokens.c.id == token_id).values(revoked_at=utc_now())
        )

    def _own(self) -> Select[Any]:
        # Of the platform: `IS NULL`.
        return select(*_COLUMNS).where(api_tokens.c.tenant_id.is_not_distinct_from(self._tenant_id))


def _token(row: Row[Any]) -> Token:
    return Token(**{**row._mapping, "scopes": tuple(row.scopes)})
