"""The rules of users, for every API, page and command."""

import asyncio
from typing import Any

from management.auth import TenantScope
from management.effects import Effects
from management.objects.repository import Rows
from management.objects.service import Objects
from management.secrets import password_hash
from management.users.commands import User, UserValues
from management.users.repository import UserRepository


class Users(Objects[TenantScope, int, User, UserValues]):
    KIND = "user"
    ROWS = UserRepository

    def consequences(self, scope: TenantScope, before: User | None, after: User | None) -> Effects:
        """Nothing that FreeSWITCH gets depends on a user."""
        return Effects()

    async def of_email(self, tenant: TenantScope, email: str) -> User | None:
        """Whose address that is, its case does not count."""
        async with self._database.reading() as connection:
            return await UserRepository(connection, tenant.id).of_email(email)

    async def columns(self, rows: Rows[User], values: UserValues, before: User | None) -> dict[str, Any]:
        """An address is stored in lower case: two that differ in case alone are one person's."""
        columns = values.given()
        if columns.get("email"):
            columns["email"] = columns["email"].lower()
        if "password" in columns:
            columns["password_hash"] = await asyncio.to_thread(password_hash, columns.pop("password"))
        return columns
