"""The rules of API tokens, for every API, page and command."""

from dataclasses import asdict

from management.audit import Actor
from management.auth import TenantScope, generate_token_secret, token_text
from management.database import Database
from management.objects.errors import ObjectUnknown
from management.paging import Page, PageWanted
from management.secrets import token_hash
from management.tokens.commands import Token, TokenMade, TokenValues
from management.tokens.repository import TokenRepository
from management.writes import Write, Writes, Written


class Tokens:
    """Tokens of a tenant; with `tenant` None, of the platform. One for each process."""

    def __init__(self, database: Database, writes: Writes) -> None:
        self._database = database
        self._writes = writes

    async def find(self, tenant: TenantScope | None, token_id: int) -> Token:
        """The token of that id, revoked or not; raises ObjectUnknown."""
        async with self._database.reading() as connection:
            return _known(await TokenRepository(connection, _id_of(tenant)).find(token_id), token_id)

    async def list(self, tenant: TenantScope | None, wanted: PageWanted) -> Page[Token]:
        """One page of the tokens, the newest first, revoked ones too."""
        async with self._database.reading() as connection:
            return await TokenRepository(connection, _id_of(tenant)).page(wanted)

    async def create(self, tenant: TenantScope | None, values: TokenValues, *, actor: Actor) -> Written[TokenMade]:
        """A new token, with its text for this one time. Stored is a hash.

        Raises:
            Invalid, and what `Writes.run` raises.
        """
        values.check(is_new=True)

        async def create(write: Write) -> TokenMade:
            tokens = TokenRepository(write.connection, _id_of(tenant))
            secret = generate_token_secret()
            token_id = await tokens.add({**values.given(), "secret_hash": token_hash(secret)})
            made = _known(await tokens.find(token_id), token_id)
            write.audit("token.create", "token", token_id, after=asdict(made))
            return TokenMade(made, token_text(token_id, secret))

        return await self._writes.run(actor, create, tenant_id=_id_of(tenant))

    async def revoke(self, tenant: TenantScope | None, token_id: int, *, actor: Actor) -> Written[None]:
        """It is refused from the answer on, by every process; a second time is no fault.

        Raises:
            ObjectUnknown, and what `Writes.run` raises.
        """

        async def revoke(write: Write) -> None:
            tokens = TokenRepository(write.connection, _id_of(tenant))
            before = _known(await tokens.find(token_id, to_change=True), token_id)
            if before.revoked_at is not None:
                return
            await tokens.revoke(token_id)
            after = _known(await tokens.find(token_id), token_id)
            write.audit("token.revoke", "token", token_id, before=asdict(before), after=asdict(after))

        return await self._writes.run(actor, revoke, tenant_id=_id_of(tenant))


def _id_of(tenant: TenantScope | None) -> int | None:
    return None if tenant is None else tenant.id


def _known(found: Token | None, token_id: int) -> Token:
    if found is None:
        raise ObjectUnknown("token", token_id)
    return found
