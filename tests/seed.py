"""Rows for tests, put straight into the tables: what management would have written."""

from collections.abc import Collection
from hashlib import md5
from typing import Any

from sqlalchemy import Connection, Engine, insert, update

from tests.conftest import fresh_metadata
from xmlcurl.store.engine import open_engine
from xmlcurl.store.tables import (
    api_tokens,
    departments,
    extensions,
    hotlines,
    numbers,
    switches,
    taken_names,
    teams,
    tenants,
    users,
    utc_now,
)

__all__ = ["PASSWORD", "Seed", "a1_hash"]

PASSWORD = "correct horse battery"


def a1_hash(name: str, domain: str, password: str = PASSWORD) -> str:
    """What FreeSWITCH compares with: md5 of name, realm and password in lower-case hex."""
    return md5(f"{name}:{domain}:{password}".encode()).hexdigest()  # noqa: S324 - the digest of SIP


class Seed:
    """Writes rows; each method returns the id of the new row. Nothing is purged from any cache."""

    def __init__(self, url: str) -> None:
        self.engine: Engine = open_engine(url)
        self._domains: dict[int, str] = {}

    def close(self) -> None:
        self.engine.dispose()

    def tenant(self, domain: str = "pbx.test", **values: Any) -> int:
        tenant_id = self.row(tenants, domain=domain, **{"name": domain} | values)
        self._domains[tenant_id] = domain
        return tenant_id

    def extension(
        self,
        tenant_id: int,
        number: str,
        *,
        sign_in_name: str = "",
        aliases: Collection[str] = (),
        password: str = PASSWORD,
        pin: str = "",
        **values: Any,
    ) -> int:
        """An extension with all its names."""
        domain = self._domains[tenant_id]
        sign_in_name = sign_in_name or number
        with self.begin() as connection:
            extension_id = self._insert(
                connection,
                extensions,
                {
                    "tenant_id": tenant_id,
                    "number": number,
                    "sign_in_name": sign_in_name,
                    "a1_hash": a1_hash(sign_in_name, domain, password),
                    "vm_a1_hash": a1_hash(number, domain, pin) if pin else None,
                    "password_encrypted": "not used by lookups",
                }
                | values,
            )
            for name in dict.fromkeys((number, sign_in_name, *aliases)):
                self._insert(
                    connection,
                    taken_names,
                    {
                        "tenant_id": tenant_id,
                        "extension_id": extension_id,
                        "name": name,
                        "is_number": name == number,
                        "is_sign_in": name == sign_in_name,
                        "is_alias": name in aliases,
                    },
                )
        return extension_id

    def team(self, tenant_id: int, name: str) -> int:
        return self.row(teams, tenant_id=tenant_id, name=name)

    def department(self, tenant_id: int, name: str) -> int:
        return self.row(departments, tenant_id=tenant_id, name=name)

    def number(self, tenant_id: int, number: str, **values: Any) -> int:
        return self.row(numbers, tenant_id=tenant_id, number=number, **values)

    def hotline(self, tenant_id: int, number_id: int, name: str = "Hotline") -> int:
        return self.row(hotlines, tenant_id=tenant_id, number_id=number_id, name=name)

    def user(self, tenant_id: int, name: str, **values: Any) -> int:
        return self.row(users, tenant_id=tenant_id, name=name, **values)

    def switch(self, name: str, host: str = "127.0.0.1", port: int = 8021, **values: Any) -> int:
        defaults = {"password_encrypted": "not used by lookups", "sofia_profiles": ["internal"]}
        return self.row(switches, name=name, host=host, port=port, **defaults | values)

    def token(self, tenant_id: int | None, secret_hash: str, scopes: Collection[str], **values: Any) -> int:
        row = {"name": "test", "secret_hash": secret_hash, "scopes": list(scopes)} | values
        return self.row(api_tokens, tenant_id=tenant_id, **row)

    def row(self, table: Any, **values: Any) -> int:
        with self.begin() as connection:
            return self._insert(connection, table, values)

    def change(self, table: Any, row_id: int, **values: Any) -> None:
        """Set columns of one row, as a writer's transaction does."""
        with self.begin() as connection:
            connection.execute(update(table).where(table.c.id == row_id).values(**values))

    def delete_extension(self, extension_id: int) -> None:
        """Soft delete: the row stays, its names are free again."""
        with self.begin() as connection:
            connection.execute(update(extensions).where(extensions.c.id == extension_id).values(deleted_at=utc_now()))
            connection.execute(taken_names.delete().where(taken_names.c.extension_id == extension_id))

    def create_tables(self) -> None:
        fresh_metadata().create_all(self.engine)

    def begin(self) -> Any:
        return self.engine.execution_options(writes=True).begin()

    @staticmethod
    def _insert(connection: Connection, table: Any, values: dict[str, Any]) -> int:
        row_id: int = connection.execute(insert(table).values(**values)).inserted_primary_key[0]  # type: ignore[index] # one column
        return row_id
